// SPDX-License-Identifier: Apache-2.0
// Tells of options that can have no effect: an error, or a warning of the log where the function is
// one of 0.24, whose programs must keep running.
//   report_ignored(options.on_ignored, ErrorCode::kInvalidRect, "the source rectangle is empty");
#pragma once

#include <string>

#include "edgefirst/export.hpp"
#include "edgefirst/ignored.hpp"

#include "base/message.hpp"

namespace edgefirst {

/// The warning; bindings use it for arguments that the core never sees.
EDGEFIRST_API void warn_ignored(const std::string& text) noexcept;

template <typename... Parts>
void report_ignored(OnIgnored on_ignored, ErrorCode code, const Parts&... parts) {
  if (on_ignored == OnIgnored::kRefuse) raise(code, parts...);
  warn_ignored(message(parts...));
}

}  // namespace edgefirst
