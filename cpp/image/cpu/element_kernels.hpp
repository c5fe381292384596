// SPDX-License-Identifier: Apache-2.0
// From bytes to the element type of a destination, row by row, with factors that repeat every few
// elements. They know no formats. Called by packer and normalize.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/dtype.hpp"

namespace edgefirst::cpu {

/// What happens to the elements of a row; element i uses entry i % period.
struct ElementPattern {
  static constexpr std::size_t kMaxPeriod = 4;
  std::size_t period = 1;
  std::array<float, kMaxPeriod> scale{1, 1, 1, 1};
  std::array<float, kMaxPeriod> offset{};
  /// Whether the element is a colour, whose sign bit signed integers invert; alpha is not.
  std::array<bool, kMaxPeriod> is_color{true, true, true, true};

  /// The pattern that begins at element `first` of this one.
  ElementPattern from(std::size_t first) const;
};

using ElementKernel = void (*)(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern,
                               void* out);

/// u8: copy. i8: ^ 0x80 of colours. u16: * 257. i16: * 257 ^ 0x8000 of colours. f16, f32: scale and
/// offset. For the SIMD target in force; dtype is one of these six. out may have any alignment.
ElementKernel element_kernel(DType dtype);

}  // namespace edgefirst::cpu
