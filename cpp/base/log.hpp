// SPDX-License-Identifier: Apache-2.0
// Log records of the library. Free while nobody listens: one relaxed load.
//   log(LogLevel::kWarn, "edgefirst_tensor::dma", "heap ", path, " refused ", size, " bytes");
// A target is a crate of EdgeFirst HAL 0.24 and a module of ours in it: what users of RUST_LOG
// type.
#pragma once

#include <string>

#include "edgefirst/runtime.hpp"

#include "base/log_filter.hpp"
#include "base/message.hpp"

namespace edgefirst {

/// Replaces the sink as the public function does, with a filter instead of one level for all.
EDGEFIRST_API void set_log_sink(LogSink sink, void* userdata, LogFilter filter);

/// Whether any target has the level.
bool log_enabled(LogLevel level) noexcept;
/// Delivers the record if the filter lets it pass. NUL characters become U+FFFD so that no text is
/// cut short. Records of the sink's own calls into the library are left out.
void log_write(LogLevel level, const char* target, const std::string& text) noexcept;

/// A record that finds no memory is dropped.
template <typename... Parts>
void log(LogLevel level, const char* target, const Parts&... parts) noexcept {
  if (!log_enabled(level)) return;
  try {
    log_write(level, target, message(parts...));
  } catch (...) {
  }
}

}  // namespace edgefirst
