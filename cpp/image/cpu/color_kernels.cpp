// SPDX-License-Identifier: Apache-2.0
// Row kernels between pixel formats for every SIMD target. Each body is a template over the vector
// length: whole vectors first, then single lanes, so tails give the same bits.
// Bytes that come in pairs (chroma, even and odd luma) are taken apart as 16-bit lanes.
#include "image/cpu/color_kernels.hpp"

#include "base/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/cpu/color_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgefirst::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Bytes = hn::ScalableTag<std::uint8_t>;
using Shorts = hn::ScalableTag<std::int16_t>;
template <typename T>
using One = hn::CappedTag<T, 1>;

/// body(tag, i) for whole vectors of Tag over [0, n), then for 16-byte ones, then single lanes.
template <class Tag, class Body>
HWY_INLINE void for_lanes(std::size_t n, const Body& body) {
  using T = hn::TFromD<Tag>;
  const Tag d;
  const hn::CappedTag<T, 16 / sizeof(T)> block;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t block_lanes = hn::Lanes(block);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) body(d, i);
  for (; i + block_lanes <= n; i += block_lanes) body(block, i);
  for (; i < n; ++i) body(One<T>(), i);
}

/// The two bytes of every 16-bit lane.
template <class V>
struct Pair {
  V even, odd;
};

template <class D>
HWY_INLINE Pair<hn::Vec<D>> load_pairs(D d, const std::uint8_t* from) {
  const hn::RebindToUnsigned<D> du;
  const auto both = hn::LoadU(du, reinterpret_cast<const std::uint16_t*>(from));
  return {hn::BitCast(d, hn::And(both, hn::Set(du, 0xFF))),
          hn::BitCast(d, hn::ShiftRight<8>(both))};
}

template <class D>
HWY_INLINE void store_pairs(D, const Pair<hn::Vec<D>>& pair, std::uint8_t* to) {
  const hn::RebindToUnsigned<D> du;
  const auto both = hn::Or(hn::BitCast(du, pair.even), hn::ShiftLeft<8>(hn::BitCast(du, pair.odd)));
  hn::StoreU(both, du, reinterpret_cast<std::uint16_t*>(to));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V to_byte_range(D d, V five_bit) {
  return hn::Min(hn::Max(hn::ShiftRight<5>(five_bit), hn::Zero(d)), hn::Set(d, 255));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V scaled_luma(D d, V y, const YuvToRgb& m) {
  y = hn::Max(hn::Sub(y, hn::Set(d, m.luma_offset)), hn::Set(d, m.luma_floor));
  y = hn::MulFixedPoint15(hn::ShiftLeft<6>(y), hn::Set(d, m.luma));
  return hn::Add(y, hn::Set(d, 16));  // rounds the shift by 5
}

/// What chroma adds to red and blue and takes from green.
template <class V>
struct Tint {
  V red, green, blue;
};

template <class D>
HWY_INLINE Tint<hn::Vec<D>> tint_of(D d, const std::uint8_t* uv, const YuvToRgb& m) {
  const auto chroma = load_pairs(d, uv);
  const auto center = hn::Set(d, 128);
  const auto u = hn::ShiftLeft<7>(hn::Sub(chroma.even, center));
  const auto v = hn::ShiftLeft<7>(hn::Sub(chroma.odd, center));
  return {hn::MulFixedPoint15(v, hn::Set(d, m.red_v)),
          hn::Add(hn::MulFixedPoint15(u, hn::Set(d, m.green_u)),
                  hn::MulFixedPoint15(v, hn::Set(d, m.green_v))),
          hn::MulFixedPoint15(u, hn::Set(d, m.blue_u))};
}

template <class D>
HWY_INLINE void yuv_pair(D d, const std::uint8_t* y, const std::uint8_t* uv, const YuvToRgb& m,
                         std::uint8_t* const* rgb, std::size_t at) {
  using V = hn::Vec<D>;
  const Tint<V> tint = tint_of(d, uv, m);
  const auto luma = load_pairs(d, y);
  const auto even = scaled_luma(d, luma.even, m);
  const auto odd = scaled_luma(d, luma.odd, m);
  const Pair<V> r{to_byte_range(d, hn::Add(even, tint.red)),
                  to_byte_range(d, hn::Add(odd, tint.red))};
  const Pair<V> g{to_byte_range(d, hn::Sub(even, tint.green)),
                  to_byte_range(d, hn::Sub(odd, tint.green))};
  const Pair<V> b{to_byte_range(d, hn::Add(even, tint.blue)),
                  to_byte_range(d, hn::Add(odd, tint.blue))};
  store_pairs(d, r, rgb[0] + at);
  store_pairs(d, g, rgb[1] + at);
  store_pairs(d, b, rgb[2] + at);
}

void yuv_points_to_rgb(const std::uint8_t* y, const std::uint8_t* uv, std::size_t n,
                       const YuvToRgb& matrix, std::uint8_t* const* rgb) {
  for_lanes<Shorts>(n, [&](auto d, std::size_t i) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto tint = tint_of(d, uv + 2 * i, matrix);
    const auto luma = scaled_luma(d, hn::PromoteTo(d, hn::LoadU(d8, y + i)), matrix);
    const auto store = [&](auto five_bit, std::uint8_t* out) {
      hn::StoreU(hn::DemoteTo(d8, to_byte_range(d, five_bit)), d8, out + i);
    };
    store(hn::Add(luma, tint.red), rgb[0]);
    store(hn::Sub(luma, tint.green), rgb[1]);
    store(hn::Add(luma, tint.blue), rgb[2]);
  });
}

void yuv_to_rgb(const std::uint8_t* y, const std::uint8_t* uv, std::size_t n,
                const YuvToRgb& matrix, std::uint8_t* const* rgb) {
  for_lanes<Shorts>(n / 2, [&](auto d, std::size_t i) {
    yuv_pair(d, y + 2 * i, uv + 2 * i, matrix, rgb, 2 * i);
  });
  if (n % 2 == 0) return;
  const std::uint8_t last[2] = {y[n - 1], y[n - 1]};
  std::uint8_t pixels[3][2];
  std::uint8_t* const channels[3] = {pixels[0], pixels[1], pixels[2]};
  yuv_pair(One<std::int16_t>(), last, uv + n - 1, matrix, channels, 0);
  for (std::size_t c = 0; c < 3; ++c) rgb[c][n - 1] = pixels[c][0];
}

void luma_to_grey(const std::uint8_t* y, std::size_t n, std::uint8_t* grey) {
  for_lanes<Shorts>(n, [&](auto d, std::size_t i) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto luma = hn::Sub(hn::PromoteTo(d, hn::LoadU(d8, y + i)), hn::Set(d, 16));
    // 255/219 with 14 fractional bits
    auto value = hn::MulFixedPoint15(hn::ShiftLeft<6>(luma), hn::Set(d, 19077));
    value = hn::ShiftRight<5>(hn::Add(value, hn::Set(d, 16)));
    hn::StoreU(hn::DemoteTo(d8, value), d8, grey + i);
  });
}

void spread_chroma(const std::uint8_t* uv, std::size_t n, std::uint8_t* u, std::uint8_t* v) {
  for_lanes<Shorts>(n / 2, [&](auto d, std::size_t i) {
    const auto chroma = load_pairs(d, uv + 2 * i);
    store_pairs(d, {chroma.even, chroma.even}, u + 2 * i);
    store_pairs(d, {chroma.odd, chroma.odd}, v + 2 * i);
  });
  if (n % 2 == 0) return;
  u[n - 1] = uv[n - 1];
  v[n - 1] = uv[n];
}

void split2(const std::uint8_t* in, std::size_t n, std::uint8_t* a, std::uint8_t* b) {
  for_lanes<Bytes>(n, [&](auto d, std::size_t i) {
    hn::Vec<decltype(d)> first, second;
    hn::LoadInterleaved2(d, in + 2 * i, first, second);
    hn::StoreU(first, d, a + i);
    hn::StoreU(second, d, b + i);
  });
}

void split3(const std::uint8_t* in, std::size_t n, std::uint8_t* const* out) {
  for_lanes<Bytes>(n, [&](auto d, std::size_t i) {
    hn::Vec<decltype(d)> a, b, c;
    hn::LoadInterleaved3(d, in + 3 * i, a, b, c);
    hn::StoreU(a, d, out[0] + i);
    hn::StoreU(b, d, out[1] + i);
    hn::StoreU(c, d, out[2] + i);
  });
}

void split4(const std::uint8_t* in, std::size_t n, std::uint8_t* const* out) {
  for_lanes<Bytes>(n, [&](auto d, std::size_t i) {
    hn::Vec<decltype(d)> a, b, c, e;
    hn::LoadInterleaved4(d, in + 4 * i, a, b, c, e);
    hn::StoreU(a, d, out[0] + i);
    hn::StoreU(b, d, out[1] + i);
    hn::StoreU(c, d, out[2] + i);
    hn::StoreU(e, d, out[3] + i);
  });
}

void merge2(const std::uint8_t* a, const std::uint8_t* b, std::size_t n, std::uint8_t* out) {
  for_lanes<Bytes>(n, [&](auto d, std::size_t i) {
    hn::StoreInterleaved2(hn::LoadU(d, a + i), hn::LoadU(d, b + i), d, out + 2 * i);
  });
}

void merge3(const std::uint8_t* const* in, std::size_t n, std::uint8_t* out) {
  for_lanes<Bytes>(n, [&](auto d, std::size_t i) {
    hn::StoreInterleaved3(hn::LoadU(d, in[0] + i), hn::LoadU(d, in[1] + i), hn::LoadU(d, in[2] + i),
                          d, out + 3 * i);
  });
}

void merge4(const std::uint8_t* const* in, std::size_t n, std::uint8_t* out) {
  for_lanes<Bytes>(n, [&](auto d, std::size_t i) {
    hn::StoreInterleaved4(hn::LoadU(d, in[0] + i), hn::LoadU(d, in[1] + i), hn::LoadU(d, in[2] + i),
                          hn::LoadU(d, in[3] + i), d, out + 4 * i);
  });
}

/// Weighted sum of three 7-bit samples plus an offset, rounded to whole levels.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V dot(D d, V r, V g, V b, const std::int16_t* weights, std::int16_t offset) {
  const auto sum = hn::Add(hn::Add(hn::MulFixedPoint15(r, hn::Set(d, weights[0])),
                                   hn::MulFixedPoint15(g, hn::Set(d, weights[1]))),
                           hn::MulFixedPoint15(b, hn::Set(d, weights[2])));
  const auto rounding = hn::Set(d, static_cast<std::int16_t>(offset * 128 + 64));
  return hn::ShiftRight<7>(hn::SaturatedAdd(sum, rounding));
}

void rgb_to_luma(const std::uint8_t* const* rgb, std::size_t n, const RgbToYuv& matrix,
                 std::uint8_t* y) {
  for_lanes<Shorts>(n, [&](auto d, std::size_t i) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto load = [&](const std::uint8_t* row) {
      return hn::ShiftLeft<7>(hn::PromoteTo(d, hn::LoadU(d8, row + i)));
    };
    const auto luma =
        dot(d, load(rgb[0]), load(rgb[1]), load(rgb[2]), matrix.luma, matrix.luma_offset);
    hn::StoreU(hn::DemoteTo(d8, luma), d8, y + i);
  });
}

/// Sum of 2 x 2 samples.
template <class D>
HWY_INLINE hn::Vec<D> sum_block(D d, const std::uint8_t* top, const std::uint8_t* bottom) {
  const auto a = load_pairs(d, top);
  const auto b = load_pairs(d, bottom);
  return hn::Add(hn::Add(a.even, a.odd), hn::Add(b.even, b.odd));
}

void rgb_to_chroma(const std::uint8_t* const* top, const std::uint8_t* const* bottom, std::size_t n,
                   const RgbToYuv& matrix, std::uint8_t* u, std::uint8_t* v) {
  for_lanes<Shorts>(n, [&](auto d, std::size_t i) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto load = [&](std::size_t c) {
      return hn::ShiftLeft<5>(sum_block(d, top[c] + 2 * i, bottom[c] + 2 * i));
    };
    const auto r = load(0), g = load(1), b = load(2);
    hn::StoreU(hn::DemoteTo(d8, dot(d, r, g, b, matrix.u, 128)), d8, u + i);
    hn::StoreU(hn::DemoteTo(d8, dot(d, r, g, b, matrix.v, 128)), d8, v + i);
  });
}

void halve(const std::uint8_t* top, const std::uint8_t* bottom, std::size_t n, std::uint8_t* out) {
  for_lanes<Shorts>(n, [&](auto d, std::size_t i) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto sum = hn::Add(sum_block(d, top + 2 * i, bottom + 2 * i), hn::Set(d, 2));
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<2>(sum)), d8, out + i);
  });
}

ColorKernels all_color_kernels() {
  return {yuv_to_rgb,   yuv_points_to_rgb,
          luma_to_grey, spread_chroma,
          split2,       split3,
          split4,       merge2,
          merge3,       merge4,
          rgb_to_luma,  rgb_to_chroma,
          halve};
}

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::cpu {

HWY_EXPORT(all_color_kernels);

ColorKernels color_kernels() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(all_color_kernels)();
}

}  // namespace edgefirst::cpu
#endif
