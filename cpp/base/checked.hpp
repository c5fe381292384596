// SPDX-License-Identifier: Apache-2.0
// Sizes that come from callers or files are multiplied and added here, where overflow is an error.
#pragma once

#include <cstddef>

#include "base/message.hpp"

namespace edgefirst {

inline std::size_t checked_multiply(std::size_t a, std::size_t b) {
  std::size_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) {
    raise(ErrorCode::kOutOfMemory, "size overflow: ", a, " x ", b, " bytes cannot be addressed");
  }
  return product;
}

inline std::size_t checked_add(std::size_t a, std::size_t b) {
  std::size_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) {
    raise(ErrorCode::kOutOfMemory, "size overflow: ", a, " + ", b, " bytes cannot be addressed");
  }
  return sum;
}

/// The smallest multiple of alignment that is >= size; alignment must not be 0.
inline std::size_t round_up(std::size_t size, std::size_t alignment) {
  return checked_add(size, alignment - 1) / alignment * alignment;
}

/// Whether [start, start + length) lies within [0, extent).
inline bool lies_within(std::size_t start, std::size_t length, std::size_t extent) {
  return length <= extent && start <= extent - length;
}

}  // namespace edgefirst
