// SPDX-License-Identifier: Apache-2.0
#include "base/ignored.hpp"

#include "base/log.hpp"

namespace edgefirst {

void warn_ignored(const std::string& text) noexcept {
  if (log_enabled(LogLevel::kWarn)) log_write(LogLevel::kWarn, "edgefirst_hal::ignored", text);
}

}  // namespace edgefirst
