// SPDX-License-Identifier: Apache-2.0
// Log records of the library. Free while nobody listens: one relaxed load.
//   log(LogLevel::kWarn, "tensor.dma", "heap ", path, " refused ", size, " bytes");
#pragma once

#include <string>

#include "edgefirst/runtime.hpp"

#include "base/message.hpp"

namespace edgefirst {

bool log_enabled(LogLevel level) noexcept;
/// NUL characters become U+FFFD so that no text is cut short. Records of the sink's own calls into
/// the library are left out.
void log_write(LogLevel level, const char* target, const std::string& text) noexcept;

template <typename... Parts>
void log(LogLevel level, const char* target, const Parts&... parts) {
  if (log_enabled(level)) log_write(level, target, message(parts...));
}

}  // namespace edgefirst
