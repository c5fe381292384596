// SPDX-License-Identifier: Apache-2.0
// T.871 section 7 with constants of 16 fractional bits. Sums are 64-bit, which holds samples of
// every precision.
#include "codec/jpeg/deep_color.hpp"

#include <algorithm>
#include <cstring>

namespace edgefirst::jpeg {
namespace {

using Sum = std::int64_t;

struct Pixel {
  Sum r;
  Sum g;
  Sum b;
};

constexpr Sum kHalf = 1 << 15;

Pixel from_ycc(Sum y, Sum cb, Sum cr) {
  return {y + ((91881 * cr + kHalf) >> 16), y + ((-22554 * cb - 46802 * cr + kHalf) >> 16),
          y + ((116130 * cb + kHalf) >> 16)};
}

Sum luma_of(const Pixel& p) { return (19595 * p.r + 38470 * p.g + 7471 * p.b + kHalf) >> 16; }

class PixelWriter {
 public:
  PixelWriter(unsigned precision, PixelFormat format) : precision_(precision), format_(format) {}

  std::uint8_t* put(const Pixel& p, std::uint8_t* out) const {
    if (format_ == PixelFormat::kGrey) return put(luma_of(p), out);
    const bool reversed = format_ == PixelFormat::kBgra;
    out = put(reversed ? p.b : p.r, out);
    out = put(p.g, out);
    out = put(reversed ? p.r : p.b, out);
    return format_ == PixelFormat::kRgb ? out : put(largest(), out);
  }

 private:
  Sum largest() const { return (Sum{1} << precision_) - 1; }

  /// Repeats the highest bits below the lowest.
  std::uint8_t* put(Sum value, std::uint8_t* out) const {
    const auto sample = static_cast<unsigned>(std::clamp<Sum>(value, 0, largest()));
    const auto wide =
        static_cast<std::uint16_t>(sample << (16 - precision_) | sample >> (2 * precision_ - 16));
    std::memcpy(out, &wide, sizeof wide);
    return out + sizeof wide;
  }

  unsigned precision_;
  PixelFormat format_;
};

}  // namespace

std::size_t deep_channels(const Header& header, PixelFormat format) {
  const bool luma_only = format == PixelFormat::kGrey && header.color == ColorModel::kYcc;
  return luma_only ? 1 : header.component_count;
}

void write_deep_row(const DeepRow& row, PixelFormat format, std::uint8_t* out) {
  const Sum center = Sum{1} << (row.precision - 1);
  const PixelWriter writer(row.precision, format);
  for (std::size_t x = 0; x < row.width; ++x) {
    const Sum first = row.samples[0][x];
    Pixel pixel{first, first, first};
    if (row.channels == 3) {
      const Sum second = row.samples[1][x];
      const Sum third = row.samples[2][x];
      pixel = row.color == ColorModel::kYcc ? from_ycc(first, second - center, third - center)
                                            : Pixel{first, second, third};
    }
    out = writer.put(pixel, out);
  }
}

}  // namespace edgefirst::jpeg
