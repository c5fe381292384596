// SPDX-License-Identifier: Apache-2.0
// Colour rows. libjpeg's tables hold (91881 cr + 2^15) >> 16 for red and (116130 cb + 2^15) >> 16
// for blue; for every 8-bit argument one rounded 15-bit product of the doubled value equals them.
// Green rounds a sum of two products and therefore needs 32 bits.
#include "codec/jpeg/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/jpeg/color.cpp"  // NOLINT
#include <hwy/foreach_target.h>

#include "codec/jpeg/color.hpp"
#include "codec/jpeg/vector_ops-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::jpeg::HWY_NAMESPACE {

/// 16-bit results of the even and odd pixels, clamped, back in pixel order.
HWY_INLINE V8 join(V16 even, V16 odd) {
  const D16 d;
  const V16 zero = hn::Zero(d);
  const V16 top = hn::Set(d, 255);
  even = hn::Min(hn::Max(even, zero), top);
  odd = hn::Min(hn::Max(odd, zero), top);
  return hn::BitCast(D8(), hn::Or(even, hn::ShiftLeft<8>(odd)));
}

HWY_INLINE void convert(V16 y, V16 cb, V16 cr, V16& r, V16& g, V16& b) {
  const D16 d;
  const V16 center = hn::Set(d, 128);
  cb = hn::Sub(cb, center);
  cr = hn::Sub(cr, center);
  const V16 red = hn::MulFixedPoint15(hn::Add(cr, cr), hn::Set(d, 22971));
  const V16 blue = hn::MulFixedPoint15(hn::Add(cb, cb), hn::Set(d, 29033));
  V32 lo = hn::Set(D32(), 1 << 15);
  V32 hi = lo;
  // -46802 cr = 18734 cr - 65536 cr keeps the factor within 16 bits.
  add_products(cb, cr, -22554, 18734, lo, hi);
  const V16 green = hn::Sub(pack<16>(lo, hi), cr);
  r = hn::Add(y, red);
  g = hn::Add(y, green);
  b = hn::Add(y, blue);
}

struct FromYcc {
  HWY_INLINE void operator()(const ColorRow& row, std::size_t x, V8& r, V8& g, V8& b) const {
    const hn::Repartition<std::uint16_t, D16> du16;
    const D16 d;
    const auto even = [&](V8 v) {
      return hn::BitCast(d, hn::And(hn::BitCast(du16, v), hn::Set(du16, 0xFF)));
    };
    const auto odd = [&](V8 v) { return hn::BitCast(d, hn::ShiftRight<8>(hn::BitCast(du16, v))); };
    const V8 y = hn::LoadU(D8(), row.samples[0] + x);
    const V8 cb = hn::LoadU(D8(), row.samples[1] + x);
    const V8 cr = hn::LoadU(D8(), row.samples[2] + x);
    V16 even_r, even_g, even_b, odd_r, odd_g, odd_b;
    convert(even(y), even(cb), even(cr), even_r, even_g, even_b);
    convert(odd(y), odd(cb), odd(cr), odd_r, odd_g, odd_b);
    r = join(even_r, odd_r);
    g = join(even_g, odd_g);
    b = join(even_b, odd_b);
  }
};

struct FromRgb {
  HWY_INLINE void operator()(const ColorRow& row, std::size_t x, V8& r, V8& g, V8& b) const {
    r = hn::LoadU(D8(), row.samples[0] + x);
    g = hn::LoadU(D8(), row.samples[1] + x);
    b = hn::LoadU(D8(), row.samples[2] + x);
  }
};

struct FromGrey {
  HWY_INLINE void operator()(const ColorRow& row, std::size_t x, V8& r, V8& g, V8& b) const {
    r = g = b = hn::LoadU(D8(), row.samples[0] + x);
  }
};

struct ToRgb {
  static constexpr std::size_t kChannels = 3;
  HWY_INLINE void operator()(V8 r, V8 g, V8 b, std::uint8_t* out) const {
    hn::StoreInterleaved3(r, g, b, D8(), out);
  }
};

struct ToRgba {
  static constexpr std::size_t kChannels = 4;
  HWY_INLINE void operator()(V8 r, V8 g, V8 b, std::uint8_t* out) const {
    hn::StoreInterleaved4(r, g, b, hn::Set(D8(), 255), D8(), out);
  }
};

struct ToBgra {
  static constexpr std::size_t kChannels = 4;
  HWY_INLINE void operator()(V8 r, V8 g, V8 b, std::uint8_t* out) const {
    hn::StoreInterleaved4(b, g, r, hn::Set(D8(), 255), D8(), out);
  }
};

template <class From, class To>
HWY_INLINE void convert_vector(const ColorRow& row, std::size_t x, std::uint8_t* out) {
  V8 r, g, b;
  From()(row, x, r, g, b);
  To()(r, g, b, out);
}

/// Whole vectors; the last one overlaps its predecessor, or goes through a buffer where the row is
/// shorter than a vector.
template <class From, class To>
void convert_row(const ColorRow& row) {
  const std::size_t lanes = hn::Lanes(D8());
  if (row.width < lanes) {
    HWY_ALIGN std::uint8_t pixels[hn::MaxLanes(D8()) * To::kChannels];
    convert_vector<From, To>(row, 0, pixels);
    std::memcpy(row.out, pixels, row.width * To::kChannels);
    return;
  }
  std::size_t x = 0;
  for (; x + lanes <= row.width; x += lanes) {
    convert_vector<From, To>(row, x, row.out + x * To::kChannels);
  }
  if (x < row.width) {
    x = row.width - lanes;
    convert_vector<From, To>(row, x, row.out + x * To::kChannels);
  }
}

template <class From>
PackedKernels packed_kernels() {
  return {convert_row<From, ToRgb>, convert_row<From, ToRgba>, convert_row<From, ToBgra>};
}
ColorKernels AllColorKernels() {
  return {packed_kernels<FromYcc>(), packed_kernels<FromRgb>(), packed_kernels<FromGrey>()};
}

}  // namespace edgefirst::jpeg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/simd.hpp"
#include "codec/jpeg/cmyk.hpp"

namespace edgefirst::jpeg {
namespace {

void copy_luma(const ColorRow& row) { std::memcpy(row.out, row.samples[0], row.width); }

/// libjpeg's luma: (19595 r + 38470 g + 7471 b + 2^15) >> 16.
void rgb_to_grey(const ColorRow& row) {
  for (std::size_t x = 0; x < row.width; ++x) {
    const int sum =
        19595 * row.samples[0][x] + 38470 * row.samples[1][x] + 7471 * row.samples[2][x];
    row.out[x] = static_cast<std::uint8_t>((sum + (1 << 15)) >> 16);
  }
}

}  // namespace

HWY_EXPORT(AllColorKernels);

ColorFn* color_kernel(ColorModel from, PixelFormat to) {
  const bool cmyk =
      from == ColorModel::kCmyk || from == ColorModel::kInvertedCmyk || from == ColorModel::kYcck;
  if (cmyk) return cmyk_kernel(from, to);
  if (to == PixelFormat::kGrey) return from == ColorModel::kRgb ? rgb_to_grey : copy_luma;
  simd::initialize();
  const ColorKernels all = HWY_DYNAMIC_DISPATCH(AllColorKernels)();
  const PackedKernels& kernels =
      from == ColorModel::kGrey ? all.grey : (from == ColorModel::kYcc ? all.ycc : all.rgb);
  if (to == PixelFormat::kRgb) return kernels.rgb;
  if (to == PixelFormat::kRgba) return kernels.rgba;
  return to == PixelFormat::kBgra ? kernels.bgra : nullptr;
}

}  // namespace edgefirst::jpeg
#endif  // HWY_ONCE
