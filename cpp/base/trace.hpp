// SPDX-License-Identifier: Apache-2.0
// Trace spans: a scope that shows up in the trace while a session is active.
//   TraceSpan span("image.convert");
//   span.field("src_fmt", "NV12").field("width", width);
// Without a session the constructor is one relaxed load and field() a branch.
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

class EDGEFIRST_API TraceSpan {
 public:
  /// name must be a literal: it is kept by pointer.
  explicit TraceSpan(const char* name) noexcept
      : name_(name), session_(trace_internal::g_session.load(std::memory_order_relaxed)) {
    if (session_ != 0) begin();
  }
  ~TraceSpan() {
    if (session_ != 0) end();
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;

  bool is_recording() const { return session_ != 0; }

  /// Adds an argument; values are written as strings.
  template <typename Value>
  TraceSpan& field(const char* key, const Value& value) {
    if (session_ != 0) add_field(key, message(value));
    return *this;
  }

 private:
  void begin() noexcept;
  void end() noexcept;
  void add_field(const char* key, const std::string& value) noexcept;

  const char* name_;
  std::uint32_t session_;
  std::uint64_t start_ns_ = 0;
  std::unique_ptr<std::string> arguments_;  // JSON members, made with the first
};

}  // namespace edgefirst
