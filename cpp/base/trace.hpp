// SPDX-License-Identifier: Apache-2.0
// Trace spans: a scope that shows up in the trace while a session is active.
//   TraceSpan span("image.convert");
//   span.field("src_fmt", "NV12").field("width", width);
// Work that another thread takes over is linked to the span that hands it over:
//   const TraceHandoff handoff;                       // here
//   const TraceSpan span("parallel.work", handoff);   // there
// Without a session a constructor is one relaxed load and field() a branch.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "edgefirst/export.hpp"
#include "edgefirst/runtime.hpp"

#include "base/message.hpp"

namespace edgefirst {

namespace trace_internal {
/// 0: none, else the number of the running session.
extern EDGEFIRST_API std::atomic<std::uint32_t> g_session;
}  // namespace trace_internal

/// Who hands work to other threads, and when. Cheap to copy.
class EDGEFIRST_API TraceHandoff {
 public:
  TraceHandoff() noexcept : session_(trace_internal::g_session.load(std::memory_order_relaxed)) {
    if (session_ != 0) record();
  }

 private:
  friend class TraceSpan;
  void record() noexcept;

  std::uint32_t session_;
  int thread_ = 0;
  std::uint64_t at_ns_ = 0;
  const char* span_ = nullptr;  ///< the innermost of the thread, or nullptr
};

class EDGEFIRST_API TraceSpan {
 public:
  /// name must be a literal, which is kept by pointer, or nullptr for no span.
  explicit TraceSpan(const char* name, const char* file = __builtin_FILE(),
                     int line = __builtin_LINE()) noexcept
      : name_(name),
        file_(file),
        line_(line),
        session_(name == nullptr ? 0 : trace_internal::g_session.load(std::memory_order_relaxed)) {
    if (session_ != 0) begin();
  }
  /// A span of work handed over, with the caller's span as the argument "of" and an arrow from
  /// there. In the caller's own thread it is none: the caller's span shows that time already.
  TraceSpan(const char* name, const TraceHandoff& handoff, const char* file = __builtin_FILE(),
            int line = __builtin_LINE()) noexcept
      : name_(name), file_(file), line_(line), session_(handoff.session_) {
    if (session_ != 0) begin_work(handoff);
  }
  ~TraceSpan() {
    if (session_ != 0) end();
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;

  bool is_recording() const { return session_ != 0; }
  const char* name() const { return name_; }

  /// Adds an argument; values are written as strings. One that finds no memory is left out.
  template <typename Value>
  TraceSpan& field(const char* key, const Value& value) noexcept {
    if (session_ == 0) return *this;
    try {
      add_field(key, message(value));
    } catch (...) {
    }
    return *this;
  }

 private:
  void begin() noexcept;
  void begin_work(const TraceHandoff& handoff) noexcept;
  void end() noexcept;
  void add_field(const char* key, const std::string& value) noexcept;

  const char* name_;
  const char* file_;
  int line_;
  std::uint32_t session_;
  std::uint64_t start_ns_ = 0;
  const TraceSpan* outer_ = nullptr;
  int handed_by_ = 0;  ///< number of another thread, or 0
  std::uint64_t handed_ns_ = 0;
  std::unique_ptr<std::string> arguments_;  ///< JSON members, made with the first
};

}  // namespace edgefirst
