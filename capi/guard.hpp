// SPDX-License-Identifier: Apache-2.0
// The boundary of the C functions: exceptions become errno, a return value and hal_last_error().
// The only place under capi/ that catches. Does not decide what is an error: bodies and the core
// do. Called by every C function that can fail.
#pragma once

#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>

#include "edgefirst/error.hpp"
#include "edgefirst/hal.h"

namespace edgefirst::capi {

/// A mistake in the arguments themselves (NULL, unknown enum value, index past the end): EINVAL
/// whatever the function's errno rule says.
class BadCall final : public Error {
 public:
  explicit BadCall(const std::string& message) : Error(ErrorCode::kInvalidArgument, message) {}
};

/// Which errno a failure gets: that of the error table, or for functions that document fewer, one
/// value for all codes but the kept ones.
struct ErrnoRule {
  int otherwise = 0;          ///< 0: the table's
  std::uint32_t kept = 0;     ///< bit per ErrorCode that keeps the table's errno
  bool system_error = false;  ///< Error::os_error() goes first where there is one

  template <typename... Codes>
  static constexpr ErrnoRule all(int otherwise, Codes... but) {
    return {otherwise, (0U | ... | (1U << static_cast<unsigned>(but))), false};
  }
  /// The errno of the system call where there was one; else as all(), or as the table.
  template <typename... Codes>
  static constexpr ErrnoRule system(int otherwise = 0, Codes... but) {
    return {otherwise, all(otherwise, but...).kept, true};
  }

  int errno_of(const Error& error) const noexcept;
};

/// Records the failure of a C function: errno, hal_last_error() and an ERROR log record.
void fail(int errno_value, const char* function, const char* reason) noexcept;
/// The same for the exception being handled.
void fail_with_current_exception(const ErrnoRule& rule, const char* function) noexcept;
const char* last_error() noexcept;

/// Leaves errno as it was.
class ErrnoKeeper {
 public:
  ErrnoKeeper() noexcept : saved_(errno) {}
  ~ErrnoKeeper() { errno = saved_; }
  ErrnoKeeper(const ErrnoKeeper&) = delete;
  ErrnoKeeper& operator=(const ErrnoKeeper&) = delete;

 private:
  int saved_;
};

/// Runs body. Success: its result (0 for void) and errno as before. Failure: NULL or -1.
template <typename Body>
auto guard(const ErrnoRule& rule, Body&& body,
           const char* function = __builtin_FUNCTION()) noexcept {
  using Result = decltype(body());
  if constexpr (std::is_void_v<Result>) {
    return guard(
        rule, [&]() -> int { return body(), 0; }, function);
  } else {
    try {
      const ErrnoKeeper keeper;
      return body();
    } catch (...) {
      fail_with_current_exception(rule, function);
    }
    if constexpr (std::is_pointer_v<Result>) {
      return Result{nullptr};
    } else {
      return Result{-1};
    }
  }
}

template <typename Body>
auto guard(Body&& body, const char* function = __builtin_FUNCTION()) noexcept {
  return guard(ErrnoRule{}, body, function);
}

/// Frees a handle; its destructor may disturb errno.
template <typename Handle>
void release(Handle* handle) noexcept {
  const ErrnoKeeper keeper;
  delete handle;
}

// Argument checks, to be made first in a body. They throw BadCall.

struct NamedPointer {
  const char* name;
  const void* pointer;
};
void require(std::initializer_list<NamedPointer> pointers);
void require_index(std::size_t index, std::size_t size);
/// An image has a width and a height.
void require_size(std::size_t width, std::size_t height);
/// A rectangle of at least one pixel inside an image of that size.
void require_inside(const char* name, const hal_rect& rect, std::size_t width, std::size_t height);
/// A required text: not NULL, valid UTF-8.
std::string required_text(const char* name, const char* text);
/// length bytes of valid UTF-8, which need no NUL; 0: up to the NUL.
std::string required_text(const char* name, const char* text, std::size_t length);
/// An optional text: NULL and invalid UTF-8 count as empty.
std::string optional_text(const char* text);
/// A copy for the caller to free().
char* to_malloc(const std::string& text);

}  // namespace edgefirst::capi
