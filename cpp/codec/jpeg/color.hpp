// SPDX-License-Identifier: Apache-2.0
// Turns full-resolution component rows into packed 8-bit pixels with libjpeg's fixed-point
// YCbCr -> RGB (BT.601 full range), bit for bit. The renderer picks one function per image.
#pragma once

#include <cstddef>
#include <cstdint>

#include "edgefirst/pixel_format.hpp"

#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

/// Component rows of width samples, readable up to Plane::kMargin bytes beyond. Writes exactly
/// width pixels.
struct ColorRow {
  const std::uint8_t* samples[4] = {};  ///< one per component

  std::uint8_t* out = nullptr;
  std::size_t width = 0;
};
using ColorFn = void(const ColorRow& row);

struct PackedKernels {
  ColorFn* rgb = nullptr;
  ColorFn* rgba = nullptr;
  ColorFn* bgra = nullptr;
};
struct ColorKernels {
  PackedKernels ycc;
  PackedKernels rgb;
  PackedKernels grey;
};

/// nullptr where format is none of Rgb, Rgba, Bgra, Grey.
ColorFn* color_kernel(ColorModel from, PixelFormat to);

}  // namespace edgefirst::jpeg
