// SPDX-License-Identifier: Apache-2.0
// Starts threads. Where the system grants none (a limit of a container, no memory for a stack) the
// failure is an Error like any other. Every thread of the library begins here.
#pragma once

#include <system_error>
#include <thread>
#include <utility>

#include "base/message.hpp"

namespace edgefirst {

/// A thread that runs work. Throws kIo with the errno, which is EAGAIN for a limit that is reached.
template <typename Work>
std::thread start_thread(Work&& work) {
  try {
    return std::thread(std::forward<Work>(work));
  } catch (const std::system_error& error) {
    throw Error(ErrorCode::kIo, "the system grants no thread", error.code().value());
  }
}

}  // namespace edgefirst
