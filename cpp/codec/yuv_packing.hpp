// SPDX-License-Identifier: Apache-2.0
// Rgb rows to Yuyv, Vyuy, Nv12 and Nv16, for pictures whose files hold no chroma of that kind:
// BT.601 of full range as in JPEG files (JFIF 1.02), a chroma sample the mean of its pixels. Called
// by the front door of decoding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/pixel_output.hpp"
#include "codec/scratch.hpp"

namespace edgefirst {

class YuvPacker {
 public:
  /// rgb: rows of width * 3 bytes. The width is even, that of Nv12 pictures and their height too.
  void pack(const std::uint8_t* rgb, std::size_t width, std::size_t height, PixelFormat format,
            const PixelDestination& destination);

 private:
  Scratch scratch_;
};

}  // namespace edgefirst
