// SPDX-License-Identifier: Apache-2.0
// Packed RGB rows to YUV or grey rows in one pass, without planar rows in between. The bits are
// those of rgb_to_luma and rgb_to_chroma. They see rows, never images. Called by the packer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "edgefirst/pixel_format.hpp"

#include "image/cpu/color_kernels.hpp"

namespace edgefirst::cpu {

/// One row of packed RGB pixels, or two that share their chroma, and where the results go.
struct PackedRows {
  const std::uint8_t* in[2];
  std::uint8_t* luma[2];  ///< packed YUV: the only row
  std::uint8_t* chroma;   ///< semi-planar: pairs U V
};

/// n pixels, an even number; red and blue are exchanged in the matrix where the pixels are BGR.
using PackedToYuv = void (*)(const PackedRows& rows, std::size_t n, const RgbToYuv& matrix);

struct YuvKernels {
  struct Source {
    PackedToYuv grey;
    PackedToYuv semi_planar;  ///< one row
    PackedToYuv two_rows;     ///< semi-planar, chroma of both rows
    PackedToYuv yuyv, vyuy;
  };
  Source rgb, rgba;  ///< three and four bytes a pixel; null on targets without blocks of bytes
};

/// For the SIMD target in force.
YuvKernels yuv_kernels();

}  // namespace edgefirst::cpu
