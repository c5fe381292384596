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

struct Rgb8 {
  V8 r;
  V8 g;
  V8 b;
};

/// 16-bit results of the even and odd pixels, clamped, back in pixel order.
HWY_INLINE V8 join(V16 even, V16 odd) {
  const D16 d;
  const V16 zero = hn::Zero(d);
  const V16 top = hn::Set(d, 255);
  even = hn::Min(hn::Max(even, zero), top);
  odd = hn::Min(hn::Max(odd, zero), top);
  return hn::BitCast(D8(), hn::Or(even, hn::ShiftLeft<8>(odd)));
}

struct Rgb16 {
  V16 r;
  V16 g;
  V16 b;
};

HWY_INLINE Rgb16 convert(V16 y, V16 cb, V16 cr) {
  const D16 d;
  const V16 center = hn::Set(d, 128);
  cb = hn::Sub(cb, center);
  cr = hn::Sub(cr, center);
  const V16 red = hn::MulFixedPoint15(hn::Add(cr, cr), hn::Set(d, 22971));
  const V16 blue = hn::MulFixedPoint15(hn::Add(cb, cb), hn::Set(d, 29033));
  // -46802 cr = 18734 cr - 65536 cr keeps the factor within 16 bits.
  const Wide sum = add_constant(Pairs(cb, cr).multiply(-22554, 18734), 1 << 15);
  const V16 green = hn::Sub(pack<16>(sum), cr);
  return {hn::Add(y, red), hn::Add(y, green), hn::Add(y, blue)};
}

struct FromYcc {
  HWY_INLINE Rgb8 operator()(const ColorRow& row, std::size_t x) const {
    const hn::Repartition<std::uint16_t, D16> du16;
    const D16 d;
    const auto even = [&](V8 v) {
      return hn::BitCast(d, hn::And(hn::BitCast(du16, v), hn::Set(du16, 0xFF)));
    };
    const auto odd = [&](V8 v) { return hn::BitCast(d, hn::ShiftRight<8>(hn::BitCast(du16, v))); };
    const V8 y = hn::LoadU(D8(), row.samples[0] + x);
    const V8 cb = hn::LoadU(D8(), row.samples[1] + x);
    const V8 cr = hn::LoadU(D8(), row.samples[2] + x);
    const Rgb16 e = convert(even(y), even(cb), even(cr));
    const Rgb16 o = convert(odd(y), odd(cb), odd(cr));
    return {join(e.r, o.r), join(e.g, o.g), join(e.b, o.b)};
  }
};

struct FromRgb {
  HWY_INLINE Rgb8 operator()(const ColorRow& row, std::size_t x) const {
    return {hn::LoadU(D8(), row.samples[0] + x), hn::LoadU(D8(), row.samples[1] + x),
            hn::LoadU(D8(), row.samples[2] + x)};
  }
};

struct FromGrey {
  HWY_INLINE Rgb8 operator()(const ColorRow& row, std::size_t x) const {
    const V8 y = hn::LoadU(D8(), row.samples[0] + x);
    return {y, y, y};
  }
};

struct ToRgb {
  static constexpr std::size_t kChannels = 3;
  HWY_INLINE void operator()(Rgb8 p, std::uint8_t* out) const {
    hn::StoreInterleaved3(p.r, p.g, p.b, D8(), out);
  }
};

struct ToRgba {
  static constexpr std::size_t kChannels = 4;
  HWY_INLINE void operator()(Rgb8 p, std::uint8_t* out) const {
    hn::StoreInterleaved4(p.r, p.g, p.b, hn::Set(D8(), 255), D8(), out);
  }
};

struct ToBgra {
  static constexpr std::size_t kChannels = 4;
  HWY_INLINE void operator()(Rgb8 p, std::uint8_t* out) const {
    hn::StoreInterleaved4(p.b, p.g, p.r, hn::Set(D8(), 255), D8(), out);
  }
};

/// Whole vectors; the last one overlaps its predecessor, or goes through a buffer where the row is
/// shorter than a vector.
template <class From, class To>
void convert_row(const ColorRow& row) {
  constexpr std::size_t kPixels = hn::MaxLanes(D8());
  const From load;
  const To store;
  if (row.width < kPixels) {
    HWY_ALIGN std::uint8_t pixels[kPixels * To::kChannels];
    store(load(row, 0), pixels);
    std::memcpy(row.out, pixels, row.width * To::kChannels);
    return;
  }
  std::size_t x = 0;
  for (; x + kPixels <= row.width; x += kPixels) store(load(row, x), row.out + x * To::kChannels);
  if (x < row.width) {
    x = row.width - kPixels;
    store(load(row, x), row.out + x * To::kChannels);
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
