// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <utility>
#include <vector>

#if !defined(_WIN32)
#include <pthread.h>
#endif

#include "base/sentence.hpp"

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

// nullptr before the first; replaced as a whole, so that a child of fork() finds a whole one
std::atomic<const Sink*> g_sink{nullptr};

/// A child of fork() may find the mutex held by threads that it does not have.
void guard_forks() {
#if !defined(_WIN32)
  ::pthread_atfork(nullptr, nullptr, [] {
    ::new (&g_mutex) std::shared_mutex;
    if (t_delivering) g_mutex.lock_shared();  // by the call that forked, which unlocks it
  });
#endif
}

void check_outside_of_sinks() {
  if (t_delivering) raise(ErrorCode::kBusy, "a log sink cannot replace the log sink");
}

/// g_mutex is held.
void use(Sink sink) {
  static std::once_flag guarded;
  std::call_once(guarded, guard_forks);
  const LogLevel finest = sink.function == nullptr ? LogLevel::kOff : sink.filter.finest();
  auto fresh = std::make_unique<const Sink>(std::move(sink));
  const std::unique_ptr<const Sink> old(g_sink.exchange(fresh.release()));
  g_level.store(static_cast<int>(finest), std::memory_order_relaxed);
}

}  // namespace

void set_log_sink(LogSink sink, void* userdata, LogFilter filter) {
  check_outside_of_sinks();
  const std::unique_lock lock(g_mutex);
  use({sink, userdata, std::move(filter)});
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
  const Sink* sink = g_sink.load();
  if (sink == nullptr || sink->function == nullptr) {
    raise(ErrorCode::kInvalidArgument, "filter: nothing is logged yet; set a log sink first");
  }
  use({sink->function, sink->userdata, std::move(rules)});
}

bool log_enabled(LogLevel level) noexcept {
  return static_cast<int>(level) <= g_level.load(std::memory_order_relaxed);
}

void log_write(LogLevel level, const char* target, const std::string& text) noexcept {
  if (t_delivering) return;
  try {
    const std::string whole = on_one_line(text);
    const std::shared_lock lock(g_mutex);
    const Sink* sink = g_sink.load();
    if (sink == nullptr || sink->function == nullptr) return;
    if (!sink->filter.passes(level, target) || !sink->filter.passes_text(whole)) return;
    t_delivering = true;
    sink->function(level, target, whole.c_str(), sink->userdata);
  } catch (...) {  // a record that cannot be delivered is dropped
  }
  t_delivering = false;
}

}  // namespace edgefirst
