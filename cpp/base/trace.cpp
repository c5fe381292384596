// SPDX-License-Identifier: Apache-2.0
// Writes Chrome trace-event JSON, one event a line, B/E pairs per thread.
// Source: "Trace Event Format" (Google, 2016). ts is in microseconds since the session's start.
#include "base/trace.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <unordered_set>

namespace edgefirst {

namespace trace_internal {
std::atomic<std::uint32_t> g_session{0};
}

namespace {

using Clock = std::chrono::steady_clock;

struct Session {
  std::FILE* file = nullptr;
  Clock::time_point start;
  bool first = true;
  std::unordered_set<int> named_threads;
};

std::mutex g_mutex;
Session g_file_session;
std::uint32_t g_last_session = 0;

int thread_number() {
  static std::atomic<int> next{1};
  thread_local const int number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

std::uint64_t nanoseconds(Clock::time_point time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

/// Strictly increasing within a thread, so that nesting survives sorting by time.
std::uint64_t now_ns() {
  thread_local std::uint64_t last = 0;
  last = std::max(last + 1, nanoseconds(Clock::now()));
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

/// Requires g_mutex and an open file.
void write_line(const std::string& line) {
  std::fputs(g_file_session.first ? "[\n" : ",\n", g_file_session.file);
  g_file_session.first = false;
  std::fputs(line.c_str(), g_file_session.file);
}

void write_event(char phase, const char* name, std::uint64_t at_ns, const std::string& arguments) {
  const int thread = thread_number();
  if (g_file_session.named_threads.insert(thread).second) {
    write_line(message("{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":", thread,
                       ",\"args\":{\"name\":\"", thread, "\"}}"));
  }
  const std::uint64_t start = nanoseconds(g_file_session.start);
  char time[32];
  std::snprintf(time, sizeof time, "%.3f", static_cast<double>(at_ns - start) / 1000.0);
  const std::string component = std::string(name).substr(0, std::string(name).find('.'));
  std::string line = message("{\"ph\":\"", phase, "\",\"name\":\"", name, "\",\"cat\":\"edgefirst.",
                             component, "\",\"pid\":1,\"tid\":", thread, ",\"ts\":", time);
  if (!arguments.empty()) line += ",\"args\":{" + arguments + "}";
  write_line(line + "}");
}

}  // namespace

void start_tracing(const std::string& path) {
  std::lock_guard lock(g_mutex);
  if (g_file_session.file != nullptr) {
    raise(ErrorCode::kAlreadyActive, "trace capture already active: stop it first");
  }
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    throw Error(ErrorCode::kIo, message("cannot create trace file '", path, "'"), errno);
  }
  g_file_session = Session{file, Clock::now(), true, {}};
  if (++g_last_session == 0) ++g_last_session;
  trace_internal::g_session.store(g_last_session, std::memory_order_relaxed);
}

void stop_tracing() {
  std::lock_guard lock(g_mutex);
  if (g_file_session.file == nullptr) return;
  trace_internal::g_session.store(0, std::memory_order_relaxed);
  std::fputs(g_file_session.first ? "[\n]\n" : "\n]\n", g_file_session.file);
  std::fclose(g_file_session.file);
  g_file_session.file = nullptr;
}

bool is_tracing_active() { return trace_internal::g_session.load(std::memory_order_relaxed) != 0; }

void TraceSpan::begin() noexcept { start_ns_ = now_ns(); }

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
  const std::uint64_t end_ns = now_ns();
  try {
    std::lock_guard lock(g_mutex);
    const bool same = trace_internal::g_session.load(std::memory_order_relaxed) == session_;
    if (!same || g_file_session.file == nullptr) return;
    const std::string none;
    const std::string& arguments = arguments_ == nullptr ? none : *arguments_;
    write_event('B', name_, start_ns_, arguments);
    write_event('E', name_, end_ns, arguments);
  } catch (...) {  // a span that finds no memory is left out
  }
}

}  // namespace edgefirst
