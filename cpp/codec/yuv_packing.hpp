// SPDX-License-Identifier: Apache-2.0
// Rgb pixels to Yuyv, Vyuy, Nv12 and Nv16, for pictures whose files hold no chroma of that kind:
// BT.601 of full range as in JPEG files (JFIF 1.02), a chroma sample the mean of its pixels. Called
// by PixelOutput, strip by strip.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/pixel_destination.hpp"
#include "codec/scratch.hpp"

namespace edgefirst {

/// A part of a picture: rows of pixels of 3 bytes each, stride bytes apart, and the position of the
/// first pixel in the destination.
struct RgbBlock {
  const std::uint8_t* pixels = nullptr;
  std::size_t stride = 0;
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t x = 0;
  std::size_t y = 0;
};

class YuvPacker {
 public:
  /// x and the width are even; for Nv12 y and the height are, too.
  void pack(const RgbBlock& block, PixelFormat format, const PixelDestination& destination);

 private:
  Scratch scratch_;
};

}  // namespace edgefirst
