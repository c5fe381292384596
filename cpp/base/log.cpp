// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace edgefirst {
namespace {

struct Sink {
  LogSink function = nullptr;
  void* userdata = nullptr;
};

std::atomic<int> g_level{static_cast<int>(LogLevel::kOff)};
std::shared_mutex g_mutex;  // held shared while a record is delivered
Sink g_sink;
thread_local bool t_delivering = false;  // this thread is inside the sink

}  // namespace

void set_log_sink(LogSink sink, void* userdata, LogLevel max_level) {
  if (t_delivering) raise(ErrorCode::kBusy, "a log sink cannot replace the log sink");
  std::unique_lock lock(g_mutex);
  g_sink = {sink, userdata};
  g_level.store(sink == nullptr ? 0 : static_cast<int>(max_level), std::memory_order_relaxed);
}

bool log_enabled(LogLevel level) noexcept {
  return static_cast<int>(level) <= g_level.load(std::memory_order_relaxed);
}

void log_write(LogLevel level, const char* target, const std::string& text) noexcept {
  if (t_delivering) return;
  try {
    const std::string whole = without_nul(text);
    std::shared_lock lock(g_mutex);
    if (g_sink.function == nullptr) return;
    t_delivering = true;
    g_sink.function(level, target, whole.c_str(), g_sink.userdata);
  } catch (...) {  // a record that cannot be delivered is dropped
  }
  t_delivering = false;
}

}  // namespace edgefirst
