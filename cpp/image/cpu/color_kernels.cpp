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

#include "image/cpu/narrow-inl.hpp"

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

/// Luma above black, given with 8 fractional bits.
template <class D>
HWY_INLINE hn::Vec<D> scaled_luma(D d, hn::Vec<hn::RebindToUnsigned<D>> y, const YuvToRgb& m) {
  const hn::RebindToUnsigned<D> du;
  const auto above = hn::SaturatedSub(y, hn::ShiftLeft<8>(hn::Set(du, m.black)));
  const auto product = hn::BitCast(d, hn::MulHigh(above, hn::Set(du, m.luma)));
  return hn::Add(product, hn::Set(d, m.luma_bias));
}

/// What chroma adds to red and blue and takes from green.
template <class V>
struct Tint {
  V red, green, blue;
};

template <class D>
HWY_INLINE Tint<hn::Vec<D>> tint_of(D d, hn::Vec<hn::RebindToUnsigned<D>> uv, const YuvToRgb& m) {
  const hn::RebindToUnsigned<D> du;  // 8 fractional bits
  const auto centered = hn::Xor(uv, hn::Set(du, 0x8080));
  const auto u = hn::BitCast(d, hn::ShiftLeft<8>(centered));
  const auto v = hn::BitCast(d, hn::And(centered, hn::Set(du, 0xFF00)));
  return {hn::MulFixedPoint15(v, hn::Set(d, m.red_v)),
          hn::Add(hn::MulFixedPoint15(u, hn::Set(d, m.green_u)),
                  hn::MulFixedPoint15(v, hn::Set(d, m.green_v))),
          hn::MulFixedPoint15(u, hn::Set(d, m.blue_u))};
}

/// Luma and pairs U V of twice as many pixels as lanes, as they lie in memory.
template <class V>
struct YuvPairs {
  V luma, chroma;
};

template <class D>
HWY_INLINE YuvPairs<hn::Vec<hn::RebindToUnsigned<D>>> load_yuv(D, const std::uint8_t* y,
                                                               const std::uint8_t* uv) {
  const hn::RebindToUnsigned<D> du;
  return {hn::LoadU(du, reinterpret_cast<const std::uint16_t*>(y)),
          hn::LoadU(du, reinterpret_cast<const std::uint16_t*>(uv))};
}

/// store(r, g, b): a Pair each, with 5 fractional bits.
template <class D, class V16, class Store>
HWY_INLINE void yuv_pair(D d, const YuvPairs<V16>& yuv, const YuvToRgb& m, const Store& store) {
  using V = hn::Vec<D>;
  const Tint<V> tint = tint_of(d, yuv.chroma, m);
  const hn::RebindToUnsigned<D> du;
  const auto even = scaled_luma(d, hn::ShiftLeft<8>(yuv.luma), m);
  const auto odd = scaled_luma(d, hn::And(yuv.luma, hn::Set(du, 0xFF00)), m);
  store(Pair<V>{hn::Add(even, tint.red), hn::Add(odd, tint.red)},
        Pair<V>{hn::Sub(even, tint.green), hn::Sub(odd, tint.green)},
        Pair<V>{hn::Add(even, tint.blue), hn::Add(odd, tint.blue)});
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE Pair<V> to_byte_range(D d, const Pair<V>& five_bit) {
  return {to_byte_range(d, five_bit.even), to_byte_range(d, five_bit.odd)};
}

void yuv_points_to_rgb(const std::uint8_t* y, const std::uint8_t* uv, std::size_t n,
                       const YuvToRgb& matrix, std::uint8_t* const* rgb) {
  for_lanes<Shorts>(n, [&](auto d, std::size_t i) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const hn::RebindToUnsigned<decltype(d)> du;
    const auto tint =
        tint_of(d, hn::LoadU(du, reinterpret_cast<const std::uint16_t*>(uv + 2 * i)), matrix);
    const auto bytes = hn::PromoteTo(du, hn::LoadU(d8, y + i));
    const auto luma = scaled_luma(d, hn::ShiftLeft<8>(bytes), matrix);
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
    yuv_pair(d, load_yuv(d, y + 2 * i, uv + 2 * i), matrix, [&](auto r, auto g, auto b) {
      store_pairs(d, to_byte_range(d, r), rgb[0] + 2 * i);
      store_pairs(d, to_byte_range(d, g), rgb[1] + 2 * i);
      store_pairs(d, to_byte_range(d, b), rgb[2] + 2 * i);
    });
  });
  if (n % 2 == 0) return;
  std::uint8_t* const last[3] = {rgb[0] + n - 1, rgb[1] + n - 1, rgb[2] + n - 1};
  yuv_points_to_rgb(y + n - 1, uv + n - 1, 1, matrix, last);
}

void split2(const std::uint8_t* in, std::size_t n, std::uint8_t* a, std::uint8_t* b) {
  for_lanes<Bytes>(n, [&](auto d, std::size_t i) {
    hn::Vec<decltype(d)> first, second;
    hn::LoadInterleaved2(d, in + 2 * i, first, second);
    hn::StoreU(first, d, a + i);
    hn::StoreU(second, d, b + i);
  });
}

#if HWY_TARGET != HWY_SCALAR
/// Bytes 0...255 in pixel order.
template <class V>
HWY_INLINE hn::Vec<Bytes> joined(const Pair<V>& five_bit) {
  const Bytes d8;
#if HWY_HAVE_SCALABLE
  const Shorts d;
  const auto odd = hn::ShiftLeft<8>(to_byte_range(d, five_bit.odd));
  return hn::BitCast(d8, hn::Or(to_byte_range(d, five_bit.even), odd));
#else
  alignas(16) static constexpr std::uint8_t kOrder[16] = {0, 8,  1, 9,  2, 10, 3, 11,
                                                          4, 12, 5, 13, 6, 14, 7, 15};
  const auto blocks = narrow(hn::ShiftRight<5>(five_bit.even), hn::ShiftRight<5>(five_bit.odd));
  return hn::TableLookupBytes(blocks, hn::LoadDup128(d8, kOrder));
#endif
}

template <YuvOrder kOrder>
HWY_INLINE auto load_frame(const std::uint8_t* y, const std::uint8_t* uv, std::size_t i) {
  if constexpr (kOrder == YuvOrder::kSemiPlanar) {
    return load_yuv(Shorts(), y + i, uv + i);
  } else {
    const Bytes d8;
    const hn::Repartition<std::uint16_t, Bytes> d16;
    hn::Vec<Bytes> first, second;
    hn::LoadInterleaved2(d8, y + 2 * i, first, second);
    constexpr bool kLumaFirst = kOrder == YuvOrder::kLumaFirst;
    return YuvPairs<hn::Vec<decltype(d16)>>{hn::BitCast(d16, kLumaFirst ? first : second),
                                            hn::BitCast(d16, kLumaFirst ? second : first)};
  }
}
#endif

/// kBytes of a pixel: four with alpha; kSwaps: blue first.
template <YuvOrder kOrder, std::size_t kBytes, bool kSwaps>
void yuv_to_packed(const std::uint8_t* y, const std::uint8_t* uv, std::size_t n,
                   const YuvToRgb& matrix, std::uint8_t* out) {
  const YuvToRgb m = matrix;  // bytes that the loop stores could alias it
  std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
  const Bytes d8;
  const std::size_t step = hn::Lanes(d8);
  for (; i + step <= n; i += step) {
    const auto yuv = load_frame<kOrder>(y, uv, i);
    yuv_pair(Shorts(), yuv, m, [&](const auto& r, const auto& g, const auto& b) {
      const auto first = joined(kSwaps ? b : r), last = joined(kSwaps ? r : b);
      if constexpr (kBytes == 3) {
        hn::StoreInterleaved3(first, joined(g), last, d8, out + i * kBytes);
      } else {
        hn::StoreInterleaved4(first, joined(g), last, hn::Set(d8, 255), d8, out + i * kBytes);
      }
    });
  }
#endif
  constexpr std::size_t kChunk = 64;
  std::uint8_t planes[3][kChunk], split[2][kChunk];
  std::uint8_t* const rgb[3] = {planes[0], planes[1], planes[2]};
  for (; i < n; i += kChunk) {
    const std::size_t count = n - i < kChunk ? n - i : kChunk;
    if constexpr (kOrder == YuvOrder::kSemiPlanar) {
      yuv_to_rgb(y + i, uv + i, count, m, rgb);
    } else {
      constexpr std::size_t kLuma = kOrder == YuvOrder::kLumaFirst ? 0 : 1;
      split2(y + 2 * i, count, split[0], split[1]);
      yuv_to_rgb(split[kLuma], split[1 - kLuma], count, m, rgb);
    }
    for (std::size_t k = 0; k < count; ++k) {
      std::uint8_t* pixel = out + (i + k) * kBytes;
      for (std::size_t c = 0; c < 3; ++c) pixel[c] = planes[kSwaps ? 2 - c : c][k];
      if constexpr (kBytes == 4) pixel[3] = 255;
    }
  }
}

template <YuvOrder kOrder>
ColorKernels::YuvToPacked yuv_to_packed_of() {
  return {yuv_to_packed<kOrder, 3, false>, yuv_to_packed<kOrder, 3, true>,
          yuv_to_packed<kOrder, 4, false>, yuv_to_packed<kOrder, 4, true>};
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

/// load(tag, channel, i): the mean of pair i or of its block, with 7 fractional bits.
template <class Load>
HWY_INLINE void chroma_row(std::size_t n, const RgbToYuv& matrix, const Load& load, std::uint8_t* u,
                           std::uint8_t* v) {
  for_lanes<Shorts>(n, [&](auto d, std::size_t i) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto r = load(d, 0, i), g = load(d, 1, i), b = load(d, 2, i);
    hn::StoreU(hn::DemoteTo(d8, dot(d, r, g, b, matrix.u, 128)), d8, u + i);
    hn::StoreU(hn::DemoteTo(d8, dot(d, r, g, b, matrix.v, 128)), d8, v + i);
  });
}

void rgb_to_chroma(const std::uint8_t* const* top, const std::uint8_t* const* bottom, std::size_t n,
                   const RgbToYuv& matrix, std::uint8_t* u, std::uint8_t* v) {
  if (top[0] == bottom[0]) {  // one row: half the loads
    const auto load = [&](auto d, std::size_t c, std::size_t i) {
      const auto pair = load_pairs(d, top[c] + 2 * i);
      return hn::ShiftLeft<6>(hn::Add(pair.even, pair.odd));
    };
    return chroma_row(n, matrix, load, u, v);
  }
  const auto load = [&](auto d, std::size_t c, std::size_t i) {
    return hn::ShiftLeft<5>(sum_block(d, top[c] + 2 * i, bottom[c] + 2 * i));
  };
  chroma_row(n, matrix, load, u, v);
}

void halve(const std::uint8_t* top, const std::uint8_t* bottom, std::size_t n, std::uint8_t* out) {
  for_lanes<Shorts>(n, [&](auto d, std::size_t i) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto sum = hn::Add(sum_block(d, top + 2 * i, bottom + 2 * i), hn::Set(d, 2));
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<2>(sum)), d8, out + i);
  });
}

ColorKernels all_color_kernels() {
  return {yuv_to_rgb,
          yuv_to_packed_of<YuvOrder::kSemiPlanar>(),
          yuv_to_packed_of<YuvOrder::kLumaFirst>(),
          yuv_to_packed_of<YuvOrder::kChromaFirst>(),
          yuv_points_to_rgb,
          luma_to_grey,
          spread_chroma,
          split2,
          split3,
          split4,
          merge2,
          merge3,
          merge4,
          rgb_to_luma,
          rgb_to_chroma,
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
