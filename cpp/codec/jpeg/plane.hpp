// SPDX-License-Identifier: Apache-2.0
// Decoded samples of one component: a ring of rows that holds two MCU rows. Rows carry room on
// both sides, so that filters may read one sample and vectors a whole register beyond.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefirst::jpeg {

struct Plane {
  static constexpr std::size_t kMargin = 64;  // bytes in front of and behind each row

  std::uint8_t* data = nullptr;  ///< first sample of ring row 0
  std::size_t stride = 0;
  std::size_t ring_rows = 0;
  std::size_t width = 0;  ///< samples that carry the image
  std::size_t height = 0;

  std::uint8_t* row(std::size_t y) const { return data + y % ring_rows * stride; }
  /// Row y with those above the image equal to the first and those below to the last.
  const std::uint8_t* clamped_row(std::ptrdiff_t y) const {
    const auto last = static_cast<std::ptrdiff_t>(height) - 1;
    return row(static_cast<std::size_t>(y < 0 ? 0 : (y > last ? last : y)));
  }
};

}  // namespace edgefirst::jpeg
