// SPDX-License-Identifier: Apache-2.0
// BT.601 full range with 16 fraction bits:
//   Y  = ( 19595 R + 38470 G +  7471 B + 2^15) >> 16
//   Cb = (-11059 R - 21709 G + 32768 B + 128 * 2^16 + 2^15 - 1) >> 16
//   Cr = ( 32768 R - 27439 G -  5329 B + 128 * 2^16 + 2^15 - 1) >> 16
// Factors beyond 16 bits are split over the two pairs (R, G) and (B, G), one of them doubled.
#include "codec/jpeg/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/jpeg/encode_color.cpp"  // NOLINT
#include <hwy/foreach_target.h>

#include "codec/jpeg/encode_color.hpp"
#include "codec/jpeg/vector_ops-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::jpeg::HWY_NAMESPACE {

inline constexpr int kChromaBias = (128 << 16) + (1 << 15) - 1;

HWY_INLINE V16 luma_of(V16 r, V16 g, V16 b) {
  V32 lo = hn::Set(D32(), 1 << 15);
  V32 hi = lo;
  add_products(r, g, 19595, 38470 - 16384, lo, hi);
  add_products(b, g, 7471, 16384, lo, hi);
  return pack<16>(lo, hi);
}

/// own / 2 + green_a g, twice, since factors have 16 bits; then the other colour and green.
HWY_INLINE V16 chroma_of(V16 own, V16 other, V16 g, int green_a, int factor, int green_b) {
  V32 lo = hn::Set(D32(), kChromaBias);
  V32 hi = lo;
  add_products(other, g, factor, green_b, lo, hi);
  for (int half = 0; half < 2; ++half) add_products(own, g, 16384, green_a, lo, hi);
  return pack<16>(lo, hi);
}

HWY_INLINE V16 blue_chroma_of(V16 r, V16 g, V16 b) {
  return chroma_of(b, r, g, -5000, -11059, 10000 - 21709);
}

HWY_INLINE V16 red_chroma_of(V16 r, V16 g, V16 b) {
  return chroma_of(r, b, g, -10000, -5329, 20000 - 27439);
}

struct LoadRgb {
  static constexpr std::size_t kChannels = 3;
  HWY_INLINE void operator()(const std::uint8_t* from, V8& r, V8& g, V8& b) const {
    hn::LoadInterleaved3(D8(), from, r, g, b);
  }
};

struct LoadRgba {
  static constexpr std::size_t kChannels = 4;
  HWY_INLINE void operator()(const std::uint8_t* from, V8& r, V8& g, V8& b) const {
    V8 alpha;
    hn::LoadInterleaved4(D8(), from, r, g, b, alpha);
  }
};

struct LoadBgra {
  static constexpr std::size_t kChannels = 4;
  HWY_INLINE void operator()(const std::uint8_t* from, V8& r, V8& g, V8& b) const {
    V8 alpha;
    hn::LoadInterleaved4(D8(), from, b, g, r, alpha);
  }
};

HWY_INLINE V16 even_samples(V8 v) {
  const hn::Repartition<std::uint16_t, D16> du;
  return hn::BitCast(D16(), hn::And(hn::BitCast(du, v), hn::Set(du, 0xFF)));
}
HWY_INLINE V16 odd_samples(V8 v) {
  const hn::Repartition<std::uint16_t, D16> du;
  return hn::BitCast(D16(), hn::ShiftRight<8>(hn::BitCast(du, v)));
}
HWY_INLINE V8 join(V16 even, V16 odd) {
  return hn::BitCast(D8(), hn::Or(even, hn::ShiftLeft<8>(odd)));
}

template <class LoadPixels>
HWY_INLINE void convert_vector(const std::uint8_t* pixels, const YccRow& row, std::size_t x) {
  V8 r, g, b;
  LoadPixels()(pixels, r, g, b);
  const V16 r0 = even_samples(r), g0 = even_samples(g), b0 = even_samples(b);
  const V16 r1 = odd_samples(r), g1 = odd_samples(g), b1 = odd_samples(b);
  hn::StoreU(join(luma_of(r0, g0, b0), luma_of(r1, g1, b1)), D8(), row.y + x);
  hn::StoreU(join(blue_chroma_of(r0, g0, b0), blue_chroma_of(r1, g1, b1)), D8(), row.cb + x);
  hn::StoreU(join(red_chroma_of(r0, g0, b0), red_chroma_of(r1, g1, b1)), D8(), row.cr + x);
}

template <class LoadPixels>
void convert_pixels(const std::uint8_t* pixels, std::size_t width, const YccRow& row) {
  const std::size_t lanes = hn::Lanes(D8());
  constexpr std::size_t kChannels = LoadPixels::kChannels;
  std::size_t x = 0;
  for (; x + lanes <= width; x += lanes) {
    convert_vector<LoadPixels>(pixels + x * kChannels, row, x);
  }
  if (x == width) return;
  HWY_ALIGN std::uint8_t tail[hn::MaxLanes(D8()) * kChannels] = {};
  std::memcpy(tail, pixels + x * kChannels, (width - x) * kChannels);
  convert_vector<LoadPixels>(tail, row, x);
}

/// The rounding term alternates between 1 and 2, so that no drift remains.
void Halve(const std::uint8_t* upper, const std::uint8_t* lower, std::uint8_t* out,
           std::size_t width) {
  const D16 d;
  const hn::Rebind<std::uint8_t, D16> narrow;
  const V16 bias = hn::BitCast(d, hn::Set(D32(), 0x00020001));
  for (std::size_t x = 0; x < width; x += hn::Lanes(d)) {
    const V8 a = hn::LoadU(D8(), upper + 2 * x);
    const V8 b = hn::LoadU(D8(), lower + 2 * x);
    const V16 sum =
        hn::Add(hn::Add(even_samples(a), odd_samples(a)), hn::Add(even_samples(b), odd_samples(b)));
    hn::StoreU(hn::DemoteTo(narrow, hn::ShiftRight<2>(hn::Add(sum, bias))), narrow, out + x);
  }
}

EncodeKernels AllEncodeKernels() {
  return {convert_pixels<LoadRgb>, convert_pixels<LoadRgba>, convert_pixels<LoadBgra>, Halve};
}

}  // namespace edgefirst::jpeg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/simd.hpp"

namespace edgefirst::jpeg {

HWY_EXPORT(AllEncodeKernels);

EncodeKernels encode_kernels() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(AllEncodeKernels)();
}

}  // namespace edgefirst::jpeg
#endif  // HWY_ONCE
