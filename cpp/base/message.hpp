// SPDX-License-Identifier: Apache-2.0
// Builds messages and throws them: raise(ErrorCode::kInvalidShape, "rank ", rank, " is not 3").
// Every public error of the library leaves through here.
#pragma once

#include <sstream>
#include <string>

#include "edgefirst/error.hpp"

namespace edgefirst {

template <typename... Parts>
std::string message(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

template <typename... Parts>
[[noreturn]] void raise(ErrorCode code, const Parts&... parts) {
  throw Error(code, message(parts...));
}

}  // namespace edgefirst
