// SPDX-License-Identifier: Apache-2.0
// Makes Chrome trace events of spans: B/E pairs per thread, and s/f pairs from thread to thread.
// Source: "Trace Event Format" (Google, 2016). ts is in microseconds since the session's start.
#include "base/trace.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/trace_session.hpp"

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace edgefirst {

namespace trace_internal {
std::atomic<std::uint32_t> g_session{0};
}

namespace {

using Clock = std::chrono::steady_clock;

std::mutex g_mutex;
std::unique_ptr<TraceSession> g_open;
std::uint32_t g_last_session = 0;

thread_local const TraceSpan* t_innermost = nullptr;
// This thread holds g_mutex and is inside the session, or it works for a thread that is: a span
// that waited for g_mutex there would wait for ever.
thread_local bool t_delivering = false;
constexpr std::uint32_t kSilent = ~std::uint32_t{0};  // session of spans of such work

int thread_number() {
  static std::atomic<int> next{1};
  thread_local const int number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

/// Strictly increasing within a thread, so that nesting survives sorting by time.
std::uint64_t now_ns() {
  thread_local std::uint64_t last = 0;
  const auto now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch());
  last = std::max(last + 1, static_cast<std::uint64_t>(now.count()));
  return last;
}

void append_json_string(std::string& out, const std::string& text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '"';
}

/// A source file's name from the project's root on, wherever it was compiled.
std::string_view source_name(std::string_view file) {
  for (const std::string_view folder : {"python/src/", "cpp/"}) {
    const std::size_t at = file.rfind(folder);
    if (at != std::string_view::npos) return file.substr(at);
  }
  return file;
}

/// What the events of a span have in common.
std::string event_head(const char* name, int thread) {
  const std::string_view text = name;
  return message("\"name\":\"", text, "\",\"cat\":\"edgefirst.", text.substr(0, text.find('.')),
                 "\",\"pid\":1,\"tid\":", thread);
}

class Delivery {
 public:
  Delivery() : lock_(g_mutex) { t_delivering = true; }
  ~Delivery() { t_delivering = false; }
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

 private:
  std::lock_guard<std::mutex> lock_;
};

/// A child of fork() has no part in the session; a process that ends completes its file.
void guard_process() {
#if !defined(_WIN32)
  ::pthread_atfork(
      [] {
        if (!t_delivering) g_mutex.lock();
      },
      [] {
        if (!t_delivering) g_mutex.unlock();
      },
      [] {
        trace_internal::g_session.store(0, std::memory_order_relaxed);
        if (t_delivering) return;  // a sink forked: its caller still uses the session
        g_open.reset();
        g_mutex.unlock();
      });
#endif
  std::atexit([] {
    if (!g_open || !g_open->has_file()) return;
    try {
      stop_tracing();
    } catch (const Error& error) {
      log(LogLevel::kError, "edgefirst_hal::trace", error.what());
    }
  });
}

void start(FunctionRef<void()> open) {
  static std::once_flag guarded;
  std::call_once(guarded, guard_process);
  if (t_delivering) raise(ErrorCode::kAlreadyActive, "a trace sink cannot start a capture");
  const std::lock_guard lock(g_mutex);
  if (g_open) raise(ErrorCode::kAlreadyActive, "trace capture already active: stop it first");
  open();
  g_open->begin(now_ns());
  if (++g_last_session == kSilent) g_last_session = 1;
  trace_internal::g_session.store(g_last_session, std::memory_order_relaxed);
}

}  // namespace

void start_tracing(const std::string& path, std::size_t max_bytes) {
  start([&] { g_open = std::make_unique<TraceSession>(path, max_bytes); });
}

void start_tracing(TraceSink sink, void* userdata, std::size_t max_bytes) {
  start([&] { g_open = std::make_unique<TraceSession>(sink, userdata, max_bytes); });
}

void stop_tracing() {
  if (t_delivering) return;
  const Delivery delivery;
  const auto session = std::move(g_open);
  if (!session) return;
  trace_internal::g_session.store(0, std::memory_order_relaxed);
  session->complete();
}

bool is_tracing_active() { return trace_internal::g_session.load(std::memory_order_relaxed) != 0; }

void TraceHandoff::record() noexcept {
  if (t_delivering) {
    session_ = kSilent;
    return;
  }
  thread_ = thread_number();
  at_ns_ = now_ns();
  span_ = t_innermost == nullptr ? nullptr : t_innermost->name();
}

void TraceSpan::begin() noexcept {
  outer_ = t_innermost;
  t_innermost = this;
  start_ns_ = now_ns();
}

void TraceSpan::begin_work(const TraceHandoff& handoff) noexcept {
  if (session_ == kSilent) {
    handed_by_ = t_delivering ? 1 : 0;
    t_delivering = true;
    return;
  }
  if (handoff.thread_ == thread_number()) {
    session_ = 0;
    return;
  }
  begin();
  handed_by_ = handoff.thread_;
  handed_ns_ = handoff.at_ns_;
  if (handoff.span_ != nullptr) add_field("of", handoff.span_);
}

void TraceSpan::add_field(const char* key, const std::string& value) noexcept {
  try {
    if (arguments_ == nullptr) arguments_ = std::make_unique<std::string>();
    if (!arguments_->empty()) *arguments_ += ',';
    append_json_string(*arguments_, key);
    *arguments_ += ':';
    append_json_string(*arguments_, value);
  } catch (...) {  // a field that finds no memory is left out
  }
}

// Both events are written at the end of the span: fields set inside it then stand at its begin,
// and a span that outlives its session leaves no lone B. Viewers order events by ts.
void TraceSpan::end() noexcept {
  if (session_ == kSilent) {
    t_delivering = handed_by_ != 0;
    return;
  }
  const std::uint64_t end_ns = now_ns();
  t_innermost = outer_;
  if (t_delivering) return;
  try {
    const int thread = thread_number();
    const Delivery delivery;
    const bool same = trace_internal::g_session.load(std::memory_order_relaxed) == session_;
    if (!same || !g_open) return;
    const std::string head = event_head(name_, thread);
    std::string tail;
    append_json_string(tail, std::string(source_name(file_)));
    tail = message(",\".file\":", tail, ",\".line\":", line_);
    if (arguments_ != nullptr) tail += message(",\"args\":{", *arguments_, "}");
    std::vector<std::string> events;
    const auto add = [&](const char* phase, const std::string& common, std::uint64_t at_ns,
                         const std::string& rest) {
      events.push_back(message("{\"ph\":\"", phase, "\",", common,
                               ",\"ts\":", g_open->timestamp(at_ns), rest, "}"));
    };
    add("B", head, start_ns_, tail);
    add("E", head, end_ns, tail);
    if (handed_by_ != 0) {
      static std::uint64_t last_arrow = 0;  // under g_mutex
      const std::string arrow = message(",\"id\":", ++last_arrow);
      add("s", event_head(name_, handed_by_), handed_ns_, arrow);
      add("f", head, start_ns_, arrow + ",\"bp\":\"e\"");
    }
    g_open->write(thread, events);
  } catch (...) {  // a span that finds no memory is left out
  }
}

}  // namespace edgefirst
