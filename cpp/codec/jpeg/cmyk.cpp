// SPDX-License-Identifier: Apache-2.0
// With inverted samples (255: no ink) red = cyan * black / 255, and so on.
#include "codec/jpeg/cmyk.hpp"

#include <algorithm>

namespace edgefirst::jpeg {
namespace {

struct Rgb {
  int r;
  int g;
  int b;
};

/// round(a * b / 255)
int multiply_255(int a, int b) {
  const int t = a * b + 128;
  return (t + (t >> 8)) >> 8;
}

int clamp_8(int value) { return std::clamp(value, 0, 255); }

template <ColorModel kModel>
Rgb convert(const ColorRow& row, std::size_t x) {
  int c = row.samples[0][x];
  int m = row.samples[1][x];
  int y = row.samples[2][x];
  int k = row.samples[3][x];
  if (kModel == ColorModel::kYcck) {  // YCbCr of the inks as light, which Adobe stores inverted
    const int cb = m - 128;
    const int cr = y - 128;
    const int luma = c;
    c = 255 - clamp_8(luma + ((91881 * cr + 32768) >> 16));
    m = 255 - clamp_8(luma + ((-22554 * cb - 46802 * cr + 32768) >> 16));
    y = 255 - clamp_8(luma + ((116130 * cb + 32768) >> 16));
  } else if (kModel == ColorModel::kCmyk) {
    c = 255 - c;
    m = 255 - m;
    y = 255 - y;
    k = 255 - k;
  }
  return {multiply_255(c, k), multiply_255(m, k), multiply_255(y, k)};
}

template <ColorModel kModel, PixelFormat kFormat>
void convert_row(const ColorRow& row) {
  std::uint8_t* out = row.out;
  for (std::size_t x = 0; x < row.width; ++x) {
    const Rgb pixel = convert<kModel>(row, x);
    const auto r = static_cast<std::uint8_t>(pixel.r);
    const auto g = static_cast<std::uint8_t>(pixel.g);
    const auto b = static_cast<std::uint8_t>(pixel.b);
    if (kFormat == PixelFormat::kGrey) {  // libjpeg's luma
      *out++ = static_cast<std::uint8_t>((19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
      continue;
    }
    *out++ = kFormat == PixelFormat::kBgra ? b : r;
    *out++ = g;
    *out++ = kFormat == PixelFormat::kBgra ? r : b;
    if (kFormat != PixelFormat::kRgb) *out++ = 255;
  }
}

template <ColorModel kModel>
ColorFn* kernel_to(PixelFormat to) {
  switch (to) {
    case PixelFormat::kRgb:
      return convert_row<kModel, PixelFormat::kRgb>;
    case PixelFormat::kRgba:
      return convert_row<kModel, PixelFormat::kRgba>;
    case PixelFormat::kBgra:
      return convert_row<kModel, PixelFormat::kBgra>;
    case PixelFormat::kGrey:
      return convert_row<kModel, PixelFormat::kGrey>;
    default:
      return nullptr;
  }
}

}  // namespace

ColorFn* cmyk_kernel(ColorModel from, PixelFormat to) {
  switch (from) {
    case ColorModel::kCmyk:
      return kernel_to<ColorModel::kCmyk>(to);
    case ColorModel::kInvertedCmyk:
      return kernel_to<ColorModel::kInvertedCmyk>(to);
    case ColorModel::kYcck:
      return kernel_to<ColorModel::kYcck>(to);
    default:
      return nullptr;
  }
}

}  // namespace edgefirst::jpeg
