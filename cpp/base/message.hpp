// SPDX-License-Identifier: Apache-2.0
// Builds messages and throws them: raise(ErrorCode::kInvalidShape, "rank ", rank, " is not 3").
// Every public error of the library leaves through here.
#pragma once

#include <locale>
#include <sstream>
#include <string>

#include "edgefirst/error.hpp"

namespace edgefirst {

/// Numbers look the same in every locale: 1024 and 0.5, never 1.024 or 0,5. Throws std::bad_alloc
/// rather than cut a text short.
template <typename... Parts>
std::string message(const Parts&... parts) {
  std::ostringstream out;
  out.exceptions(std::ios::badbit | std::ios::failbit);
  out.imbue(std::locale::classic());
  (out << ... << parts);
  return out.str();
}

template <typename... Parts>
[[noreturn]] void raise(ErrorCode code, const Parts&... parts) {
  throw Error(code, message(parts...));
}

/// Runs work. An Error that leaves it names its subject first, as in "photo.jpg: invalid image
/// data", unless it comes of a system call, whose message names the file already.
template <typename Work>
auto naming(const std::string& subject, Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.os_error() != 0) throw;
    throw Error(error.code(), message(subject, ": ", error.what()));
  }
}

}  // namespace edgefirst
