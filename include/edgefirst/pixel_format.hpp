// SPDX-License-Identifier: Apache-2.0
// Pixel formats, and the colorimetry of the ones that carry YUV.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "edgefirst/export.hpp"
#include "edgefirst/span.hpp"

namespace edgefirst {

/// The values are part of the Python interface.
enum class PixelFormat : std::uint8_t {
  kRgb = 1,          ///< [H, W, 3]
  kRgba = 2,         ///< [H, W, 4]
  kBgra = 3,         ///< [H, W, 4]
  kGrey = 4,         ///< [H, W, 1] full-range luma
  kYuyv = 5,         ///< [H, W, 2] 4:2:2, bytes Y0 U Y1 V
  kVyuy = 6,         ///< [H, W, 2] 4:2:2, bytes V Y0 U Y1
  kNv12 = 7,         ///< [H*3/2, W] 4:2:0: luma rows, then rows of U V pairs; H even
  kNv16 = 8,         ///< [H*2, W] 4:2:2: luma rows, then rows of U V pairs
  kPlanarRgb = 9,    ///< [3, H, W]
  kPlanarRgba = 10,  ///< [4, H, W]
};

enum class PixelLayout : std::uint8_t { kPacked, kSemiPlanar, kPlanar };

/// One row of the pixel format table.
struct PixelFormatInfo {
  PixelFormat format;
  const char* name;   ///< "Rgb", the enumerator in every language
  const char* label;  ///< FourCC up to its first blank ("Y800"), or the name where there is none
  PixelLayout layout;
  std::uint8_t channels;        ///< per pixel of the primary plane: packed C, planar C, else 1
  std::uint8_t chroma_shift_x;  ///< log2 of the horizontal chroma subsampling
  std::uint8_t chroma_shift_y;  ///< log2 of the vertical chroma subsampling
  bool is_yuv;
  bool has_alpha;
};

EDGEFIRST_API Span<const PixelFormatInfo> pixel_format_table();
EDGEFIRST_API const PixelFormatInfo& pixel_format_info(PixelFormat format);
/// Case-insensitive: a name, a FourCC or one of the aliases (GRAY, 8BPS, PLANAR_RGB ...).
/// Throws kInvalidArgument naming the text.
EDGEFIRST_API PixelFormat parse_pixel_format(std::string_view text);

/// How YUV relates to RGB. Source: ITU-R BT.601, BT.709, BT.2020 (non-constant luminance).
enum class ColorEncoding : std::uint8_t { kBt601 = 0, kBt709 = 1, kBt2020 = 2 };
enum class ColorRange : std::uint8_t { kFull = 0, kLimited = 1 };

/// Travels with an image; nullopt on a tensor means the default: BT.709 limited range.
struct Colorimetry {
  ColorEncoding encoding = ColorEncoding::kBt709;
  ColorRange range = ColorRange::kLimited;
};
inline bool operator==(const Colorimetry& a, const Colorimetry& b) {
  return a.encoding == b.encoding && a.range == b.range;
}
inline bool operator!=(const Colorimetry& a, const Colorimetry& b) { return !(a == b); }

/// Row pitch that GPUs need to import an image: 64 bytes.
inline constexpr std::size_t kGpuPitchAlignmentBytes = 64;
/// The smallest width >= width whose row of bytes_per_pixel-sized pixels is a multiple of 64 bytes.
/// Returns width unchanged when either argument is 0 or the result would overflow.
EDGEFIRST_API std::size_t align_width_for_gpu_pitch(std::size_t width, std::size_t bytes_per_pixel);

}  // namespace edgefirst
