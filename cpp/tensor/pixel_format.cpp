// SPDX-License-Identifier: Apache-2.0
// The pixel format table.
#include "edgefirst/pixel_format.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "base/message.hpp"
#include "base/text.hpp"

namespace edgefirst {
namespace {

constexpr auto kPacked = PixelLayout::kPacked;
constexpr auto kSemiPlanar = PixelLayout::kSemiPlanar;
constexpr auto kPlanar = PixelLayout::kPlanar;

constexpr PixelFormatInfo kTable[] = {
    // format, name, label, layout, channels, chroma shifts, yuv, alpha
    {PixelFormat::kRgb, "Rgb", "RGB", kPacked, 3, 0, 0, false, false},
    {PixelFormat::kRgba, "Rgba", "RGBA", kPacked, 4, 0, 0, false, true},
    {PixelFormat::kBgra, "Bgra", "BGRA", kPacked, 4, 0, 0, false, true},
    {PixelFormat::kGrey, "Grey", "Y800", kPacked, 1, 0, 0, false, false},
    {PixelFormat::kYuyv, "Yuyv", "YUYV", kPacked, 2, 1, 0, true, false},
    {PixelFormat::kVyuy, "Vyuy", "VYUY", kPacked, 2, 1, 0, true, false},
    {PixelFormat::kNv12, "Nv12", "NV12", kSemiPlanar, 1, 1, 1, true, false},
    {PixelFormat::kNv16, "Nv16", "NV16", kSemiPlanar, 1, 1, 0, true, false},
    {PixelFormat::kPlanarRgb, "PlanarRgb", "PlanarRgb", kPlanar, 3, 0, 0, false, false},
    {PixelFormat::kPlanarRgba, "PlanarRgba", "PlanarRgba", kPlanar, 4, 0, 0, false, true},
};

struct Alias {
  const char* text;
  PixelFormat format;
};
constexpr Alias kAliases[] = {
    {"RGB ", PixelFormat::kRgb},
    {"GREY", PixelFormat::kGrey},
    {"GRAY", PixelFormat::kGrey},
    {"8BPS", PixelFormat::kPlanarRgb},
    {"PLANAR_RGB", PixelFormat::kPlanarRgb},
    {"PLANAR_RGBA", PixelFormat::kPlanarRgba},
};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_letter(x) == lower_letter(y); });
}

}  // namespace

Span<const PixelFormatInfo> pixel_format_table() { return kTable; }

const PixelFormatInfo& pixel_format_info(PixelFormat format) {
  return kTable[static_cast<std::size_t>(format) - 1];
}

PixelFormat parse_pixel_format(std::string_view text) {
  for (const PixelFormatInfo& info : kTable) {
    if (equal_ignoring_case(text, info.label)) return info.format;
  }
  for (const Alias& alias : kAliases) {
    if (equal_ignoring_case(text, alias.text)) return alias.format;
  }
  std::string labels;
  for (const PixelFormatInfo& info : kTable) labels += std::string(" ") + info.label;
  raise(ErrorCode::kInvalidArgument, "unknown pixel format '", text, "': use one of", labels);
}

std::size_t align_width_for_gpu_pitch(std::size_t width, std::size_t bytes_per_pixel) {
  if (width == 0 || bytes_per_pixel == 0) return width;
  const std::size_t step =
      kGpuPitchAlignmentBytes / std::gcd(kGpuPitchAlignmentBytes, bytes_per_pixel);
  const std::size_t aligned = (width + step - 1) / step * step;
  std::size_t bytes = 0;
  const bool overflows =
      width + step - 1 < width || __builtin_mul_overflow(aligned, bytes_per_pixel, &bytes);
  return overflows ? width : aligned;
}

}  // namespace edgefirst
