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

std::string without_nul(std::string text) {
  for (std::size_t at = text.find('\0'); at != std::string::npos; at = text.find('\0', at)) {
    text.replace(at, 1, "\xEF\xBF\xBD");
  }
  return text;
}

}  // namespace

void set_log_sink(LogSink sink, void* userdata, LogLevel max_level) {
  std::unique_lock lock(g_mutex);
  g_sink = {sink, userdata};
  g_level.store(sink == nullptr ? 0 : static_cast<int>(max_level), std::memory_order_relaxed);
}

bool log_enabled(LogLevel level) noexcept {
  return static_cast<int>(level) <= g_level.load(std::memory_order_relaxed);
}

void log_write(LogLevel level, const char* target, const std::string& text) noexcept {
  try {
    std::shared_lock lock(g_mutex);
    if (g_sink.function != nullptr) {
      g_sink.function(level, target, without_nul(text).c_str(), g_sink.userdata);
    }
  } catch (...) {  // a record that cannot be delivered is dropped
  }
}

}  // namespace edgefirst
