// SPDX-License-Identifier: Apache-2.0
// Colour matrices of ITU-R BT.601, BT.709 and BT.2020 (non-constant luminance) in fixed point.
#include <cmath>

#include "image/cpu/color_kernels.hpp"

namespace edgefirst::cpu {
namespace {

struct LumaWeights {
  double red, green, blue;
};

LumaWeights luma_weights(ColorEncoding encoding) {
  switch (encoding) {
    case ColorEncoding::kBt601:
      return {0.299, 0.587, 0.114};
    case ColorEncoding::kBt2020:
      return {0.2627, 0.6780, 0.0593};
    case ColorEncoding::kBt709:
      break;
  }
  return {0.2126, 0.7152, 0.0722};
}

std::int16_t fixed(double value, int bits) {
  return static_cast<std::int16_t>(std::lround(std::ldexp(value, bits)));
}

/// Luma coefficients that sum to exactly the rounded range, so that grey stays grey.
void set_luma(const LumaWeights& k, double range, std::int16_t* luma) {
  luma[0] = fixed(k.red * range, 15);
  luma[2] = fixed(k.blue * range, 15);
  const long total = std::lround(std::ldexp(range, 15));
  luma[1] = static_cast<std::int16_t>(total - luma[0] - luma[2]);
}

}  // namespace

YuvToRgb yuv_to_rgb(Colorimetry color, bool floor_luma) {
  const LumaWeights k = luma_weights(color.encoding);
  const bool limited = color.range == ColorRange::kLimited;
  const double luma = limited ? 255.0 / 219 : 1;
  const double chroma = limited ? 255.0 / 224 : 1;
  const double offset = limited ? 16 : 0;
  YuvToRgb matrix{};
  matrix.black = static_cast<std::uint8_t>(floor_luma ? offset : 0);
  matrix.luma = static_cast<std::uint16_t>(std::lround(std::ldexp(luma, 13)));
  matrix.luma_bias = static_cast<std::int16_t>(16 - (floor_luma ? 0 : fixed(offset * luma, 5)));
  matrix.red_v = fixed(2 * (1 - k.red) * chroma, 12);
  matrix.blue_u = fixed(2 * (1 - k.blue) * chroma, 12);
  matrix.green_v = fixed(2 * k.red * (1 - k.red) / k.green * chroma, 12);
  matrix.green_u = fixed(2 * k.blue * (1 - k.blue) / k.green * chroma, 12);
  return matrix;
}

RgbToYuv rgb_to_yuv(Colorimetry color) {
  const LumaWeights k = luma_weights(color.encoding);
  const bool limited = color.range == ColorRange::kLimited;
  const double chroma = limited ? 224.0 / 255 : 1;
  const double u = chroma / (2 * (1 - k.blue));
  const double v = chroma / (2 * (1 - k.red));
  RgbToYuv matrix{};
  set_luma(k, limited ? 219.0 / 255 : 1, matrix.luma);
  matrix.luma_offset = limited ? 16 : 0;
  matrix.u[0] = fixed(-k.red * u, 15);
  matrix.u[1] = fixed(-k.green * u, 15);
  matrix.u[2] = static_cast<std::int16_t>(-matrix.u[0] - matrix.u[1]);
  matrix.v[1] = fixed(-k.green * v, 15);
  matrix.v[2] = fixed(-k.blue * v, 15);
  matrix.v[0] = static_cast<std::int16_t>(-matrix.v[1] - matrix.v[2]);
  return matrix;
}

RgbToYuv rgb_to_grey() { return rgb_to_yuv({ColorEncoding::kBt709, ColorRange::kFull}); }

}  // namespace edgefirst::cpu
