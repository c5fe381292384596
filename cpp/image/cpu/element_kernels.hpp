// SPDX-License-Identifier: Apache-2.0
// From bytes to the element type of a destination, row by row, with factors that repeat every few
// elements. They know no formats. Called by packer and normalize.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/dtype.hpp"
#include "edgefirst/span.hpp"

namespace edgefirst::cpu {

/// What happens to the elements of a row: element i uses entry i % period. The entries are repeated
/// so that a vector can start at any phase.
struct ElementPattern {
  static constexpr std::size_t kMaxPeriod = 4;
  static constexpr std::size_t kMaxLanes = 64;
  static constexpr std::size_t kLength = kMaxPeriod + kMaxLanes;

  /// Factors of one channel. Signed integers invert the sign bit of colours, not of alpha.
  struct Entry {
    float scale = 1;
    float offset = 0;
    bool is_color = true;
  };
  /// Takes 1 to kMaxPeriod entries.
  void set(Span<const Entry> entries);

  std::size_t period = 1;
  std::array<float, kLength> scale{};
  std::array<float, kLength> offset{};
  std::array<std::uint8_t, kLength> sign8{};
  std::array<std::uint16_t, kLength> sign16{};
};

using ElementKernel = void (*)(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern,
                               std::size_t phase, void* out);

/// u8: copy. i8: ^ 0x80 of colours. u16: * 257. i16: * 257 ^ 0x8000 of colours. f16, f32: scale and
/// offset. phase is the pattern's entry for element 0. For the SIMD target in force; dtype is one
/// of these six. out may have any alignment.
ElementKernel element_kernel(DType dtype);

}  // namespace edgefirst::cpu
