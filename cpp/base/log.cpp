// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace edgefirst {
namespace {

struct Sink {
  LogSink function = nullptr;
  void* userdata = nullptr;
  LogFilter filter;
};

std::atomic<int> g_level{static_cast<int>(LogLevel::kOff)};
std::shared_mutex g_mutex;               // held shared while a record is delivered
thread_local bool t_delivering = false;  // this thread is inside the sink

Sink& current_sink() {
  static auto* sink = new Sink;  // records may come while the process exits
  return *sink;
}

void check_outside_of_sinks() {
  if (t_delivering) raise(ErrorCode::kBusy, "a log sink cannot replace the log sink");
}

/// g_mutex is held.
void use_filter(LogFilter filter) {
  Sink& sink = current_sink();
  const LogLevel finest = sink.function == nullptr ? LogLevel::kOff : filter.finest();
  sink.filter = std::move(filter);
  g_level.store(static_cast<int>(finest), std::memory_order_relaxed);
}

}  // namespace

void set_log_sink(LogSink sink, void* userdata, LogFilter filter) {
  check_outside_of_sinks();
  const std::unique_lock lock(g_mutex);
  current_sink().function = sink;
  current_sink().userdata = userdata;
  use_filter(std::move(filter));
}

void set_log_sink(LogSink sink, void* userdata, LogLevel max_level) {
  set_log_sink(sink, userdata, LogFilter(max_level));
}

void set_log_filter(const std::string& filter) {
  check_outside_of_sinks();
  std::vector<std::string> complaints;
  LogFilter rules = LogFilter::parse(filter, complaints);
  if (!complaints.empty()) raise(ErrorCode::kInvalidArgument, "filter: ", complaints.front());
  const std::unique_lock lock(g_mutex);
  if (current_sink().function == nullptr) {
    raise(ErrorCode::kInvalidArgument, "filter: nothing is logged yet; set a log sink first");
  }
  use_filter(std::move(rules));
}

bool log_enabled(LogLevel level) noexcept {
  return static_cast<int>(level) <= g_level.load(std::memory_order_relaxed);
}

void log_write(LogLevel level, const char* target, const std::string& text) noexcept {
  if (t_delivering) return;
  try {
    const std::string whole = without_nul(text);
    const std::shared_lock lock(g_mutex);
    const Sink& sink = current_sink();
    if (sink.function == nullptr) return;
    if (!sink.filter.passes(level, target) || !sink.filter.passes_text(whole)) return;
    t_delivering = true;
    sink.function(level, target, whole.c_str(), sink.userdata);
  } catch (...) {  // a record that cannot be delivered is dropped
  }
  t_delivering = false;
}

}  // namespace edgefirst
