// SPDX-License-Identifier: Apache-2.0
// With kr and kb the weights of red and blue in luma and y, cb, cr scaled to full range around 0:
//   r = y + 2 (1 - kr) cr,  b = y + 2 (1 - kb) cb,  g = (y - kr r - kb b) / (1 - kr - kb)
// and back with the weights of BT.601. Both are linear, so one matrix does it.
#include "codec/jpeg/nv12_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace edgefirst::jpeg {
namespace {

struct Weights {
  double r;
  double b;
};

Weights weights_of(ColorEncoding encoding) {
  switch (encoding) {
    case ColorEncoding::kBt709:
      return {0.2126, 0.0722};
    case ColorEncoding::kBt2020:
      return {0.2627, 0.0593};
    default:
      return {0.299, 0.114};
  }
}

using Ycc = std::array<double, 3>;

/// Full-range BT.601 of full-range values by other weights.
Ycc to_bt601(const Ycc& from, Weights w) {
  const double r = from[0] + 2 * (1 - w.r) * from[2];
  const double b = from[0] + 2 * (1 - w.b) * from[1];
  const double g = (from[0] - w.r * r - w.b * b) / (1 - w.r - w.b);
  const Weights to = weights_of(ColorEncoding::kBt601);
  const double y = to.r * r + to.b * b + (1 - to.r - to.b) * g;
  return {y, (b - y) / (2 * (1 - to.b)), (r - y) / (2 * (1 - to.r))};
}

std::int32_t fixed(double value) { return static_cast<std::int32_t>(std::lround(value * 65536)); }

std::uint8_t apply(const std::array<std::int32_t, 4>& row, int y, int cb, int cr) {
  const int value = (row[0] * y + row[1] * cb + row[2] * cr + row[3]) >> 16;
  return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

}  // namespace

Nv12Rows::Nv12Rows(Colorimetry from) {
  is_same_ = from == Colorimetry{ColorEncoding::kBt601, ColorRange::kFull};
  const bool limited = from.range == ColorRange::kLimited;
  const double scales[3] = {limited ? 255.0 / 219 : 1, limited ? 255.0 / 224 : 1,
                            limited ? 255.0 / 224 : 1};
  const Weights weights = weights_of(from.encoding);
  for (std::size_t i = 0; i < 3; ++i) {
    Ycc unit{};
    unit[i] = scales[i];
    const Ycc column = to_bt601(unit, weights);
    y_[i] = fixed(column[0]);
    cb_[i] = fixed(column[1]);
    cr_[i] = fixed(column[2]);
  }
  const std::int32_t black = limited ? 16 : 0;
  y_[3] = -y_[0] * black + (1 << 15);
  cb_[3] = cr_[3] = (128 << 16) + (1 << 15);
}

void Nv12Rows::luma(const std::uint8_t* y, const std::uint8_t* pairs, std::size_t width,
                    std::uint8_t* out) const {
  if (is_same_) {
    std::memcpy(out, y, width);
    return;
  }
  for (std::size_t x = 0; x < width; ++x) {
    const std::uint8_t* pair = pairs + x / 2 * 2;
    out[x] = apply(y_, y[x], pair[0] - 128, pair[1] - 128);
  }
}

/// Chroma does not depend on luma: grey stays grey.
void Nv12Rows::chroma(const std::uint8_t* pairs, std::size_t count, std::uint8_t* cb,
                      std::uint8_t* cr) const {
  for (std::size_t x = 0; x < count; ++x, pairs += 2) {
    cb[x] = is_same_ ? pairs[0] : apply(cb_, 0, pairs[0] - 128, pairs[1] - 128);
    cr[x] = is_same_ ? pairs[1] : apply(cr_, 0, pairs[0] - 128, pairs[1] - 128);
  }
}

}  // namespace edgefirst::jpeg
