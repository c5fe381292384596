// SPDX-License-Identifier: Apache-2.0
// Samples of 9 to 16 bits to packed pixels of native 16-bit samples: colour by libjpeg's formulas
// for that precision, and samples repeated to 16 bits, so that the largest becomes 65535. Called by
// the JPEG decoder for pictures of more than 8 bits a sample.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/pixel_format.hpp"

#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

/// One row at full resolution.
struct DeepRow {
  std::array<const std::uint16_t*, 3> samples{};
  std::size_t channels = 0;  ///< 1 (grey or luma) or 3
  std::size_t width = 0;
  unsigned precision = 12;
  ColorModel color = ColorModel::kGrey;
};

/// Channels that format needs of a picture.
std::size_t deep_channels(const Header& header, PixelFormat format);
/// Writes row as packed Rgb, Rgba, Bgra or Grey.
void write_deep_row(const DeepRow& row, PixelFormat format, std::uint8_t* out);

}  // namespace edgefirst::jpeg
