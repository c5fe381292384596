// SPDX-License-Identifier: Apache-2.0
// Row kernels between pixel formats and planar byte rows. Integer arithmetic, the same bits on
// every target. They see rows of bytes, never images. Called by row_reader and packer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "edgefirst/pixel_format.hpp"

namespace edgefirst::cpu {

/// YUV -> RGB in 16-bit fixed point. Results carry 5 fractional bits.
struct YuvToRgb {
  std::uint8_t black;                            ///< what luma loses first, held at 0
  std::uint16_t luma;                            ///< 13 fractional bits
  std::int16_t luma_bias;                        ///< rounding, and the offset that is not held at 0
  std::int16_t red_v, green_u, green_v, blue_u;  ///< 12 fractional bits
};
/// floor_luma: values below the offset count as black (semi-planar sources).
YuvToRgb yuv_to_rgb(Colorimetry color, bool floor_luma);

/// RGB -> YUV in 16-bit fixed point, 15 fractional bits.
struct RgbToYuv {
  std::int16_t luma[3];
  std::int16_t u[3];
  std::int16_t v[3];
  std::int16_t luma_offset;
};
RgbToYuv rgb_to_yuv(Colorimetry color);
/// BT.709 luma in full range, for grey images.
RgbToYuv rgb_to_grey();

/// How luma and chroma lie in a row: apart, or byte by byte.
enum class YuvOrder : std::uint8_t { kSemiPlanar, kLumaFirst, kChromaFirst };

struct ColorKernels {
  /// n luma bytes and (n + 1) / 2 pairs U V -> n pixels of R, G, B.
  void (*yuv_to_rgb)(const std::uint8_t* y, const std::uint8_t* uv, std::size_t n,
                     const YuvToRgb& matrix, std::uint8_t* const* rgb);
  /// n luma bytes and (n + 1) / 2 pairs U V -> n packed pixels; alpha is 255. Where luma and chroma
  /// alternate, y points to both and n is even.
  using ToPacked = void (*)(const std::uint8_t* y, const std::uint8_t* uv, std::size_t n,
                            const YuvToRgb& matrix, std::uint8_t* out);
  struct YuvToPacked {
    ToPacked rgb, bgr, rgba, bgra;
  };
  YuvToPacked semi_planar, luma_first, chroma_first;
  /// As yuv_to_rgb with a pair U V for every pixel.
  void (*yuv_points_to_rgb)(const std::uint8_t* y, const std::uint8_t* uv, std::size_t n,
                            const YuvToRgb& matrix, std::uint8_t* const* rgb);
  /// Limited-range luma to full range grey, clamped.
  void (*luma_to_grey)(const std::uint8_t* y, std::size_t n, std::uint8_t* grey);
  /// Pairs U V -> planes of n bytes, each value twice.
  void (*spread_chroma)(const std::uint8_t* uv, std::size_t n, std::uint8_t* u, std::uint8_t* v);
  /// 2n bytes a0 b0 a1 b1 ... -> n bytes each.
  void (*split2)(const std::uint8_t* in, std::size_t n, std::uint8_t* a, std::uint8_t* b);
  void (*split3)(const std::uint8_t* in, std::size_t n, std::uint8_t* const* out);
  void (*split4)(const std::uint8_t* in, std::size_t n, std::uint8_t* const* out);
  void (*merge2)(const std::uint8_t* a, const std::uint8_t* b, std::size_t n, std::uint8_t* out);
  void (*merge3)(const std::uint8_t* const* in, std::size_t n, std::uint8_t* out);
  void (*merge4)(const std::uint8_t* const* in, std::size_t n, std::uint8_t* out);
  /// n pixels -> n luma bytes.
  void (*rgb_to_luma)(const std::uint8_t* const* rgb, std::size_t n, const RgbToYuv& matrix,
                      std::uint8_t* y);
  /// n pairs of 2x2 pixels (rows top and bottom, the same for 4:2:2) -> n bytes of U and of V.
  void (*rgb_to_chroma)(const std::uint8_t* const* top, const std::uint8_t* const* bottom,
                        std::size_t n, const RgbToYuv& matrix, std::uint8_t* u, std::uint8_t* v);
  /// Mean of n blocks of 2x2 samples (rows top and bottom), rounded half up.
  void (*halve)(const std::uint8_t* top, const std::uint8_t* bottom, std::size_t n,
                std::uint8_t* out);
};

/// For the SIMD target in force.
ColorKernels color_kernels();

}  // namespace edgefirst::cpu
