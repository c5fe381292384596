// SPDX-License-Identifier: Apache-2.0
// Pixels of 1, 3 or 4 bytes moved without arithmetic: reversed, turned by a quarter, or with other
// channels. Called by pixel_mover.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefirst::cpu {

/// Rows of an image; the stride may be negative.
template <typename Byte>
struct PixelRows {
  Byte* data;
  std::ptrdiff_t stride;

  Byte* row(std::size_t y) const { return data + static_cast<std::ptrdiff_t>(y) * stride; }
};

struct MoveKernels {
  /// out[i] = in[n - 1 - i], by pixel size.
  using Reverse = void (*)(const std::uint8_t* in, std::size_t n, std::uint8_t* out);
  Reverse reverse1, reverse3, reverse4;
  Reverse reverse_for(std::size_t pixel_bytes) const {
    return pixel_bytes == 1 ? reverse1 : pixel_bytes == 3 ? reverse3 : reverse4;
  }
  /// Pixel (x, y) of out = pixel (y, x) of in, for x < width and y < height.
  using Turn = void (*)(const PixelRows<const std::uint8_t>& in, const PixelRows<std::uint8_t>& out,
                        std::size_t width, std::size_t height);
  Turn turn1, turn3, turn4;
  Turn turn_for(std::size_t pixel_bytes) const {
    return pixel_bytes == 1 ? turn1 : pixel_bytes == 3 ? turn3 : turn4;
  }
  /// n pixels with another number or order of channels; new alpha is 255.
  using Repack = void (*)(const std::uint8_t* in, std::size_t n, std::uint8_t* out);
  Repack rgb_to_rgba, rgb_to_bgra, rgba_to_rgb, bgra_to_rgb, rgba_to_bgra;
};

/// For the SIMD target in force.
MoveKernels move_kernels();

}  // namespace edgefirst::cpu
