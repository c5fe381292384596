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

// The two bytes of every 16-bit lane travel as two vectors, never in a struct: members cannot have
// vectors of a size that only the processor knows.
template <class D>
HWY_INLINE void load_pairs(D d, const std::uint8_t* from, hn::Vec<D>& even, hn::Vec<D>& odd) {
  const hn::RebindToUnsigned<D> du;
  const auto both = hn::LoadU(du, reinterpret_cast<const std::uint16_t*>(from));
  even = hn::BitCast(d, hn::And(both, hn::Set(du, 0xFF)));
  odd = hn::BitCast(d, hn::ShiftRight<8>(both));
}

template <class D>
HWY_INLINE void store_pairs(D, hn::Vec<D> even, hn::Vec<D> odd, std::uint8_t* to) {
  const hn::RebindToUnsigned<D> du;
  const auto both = hn::Or(hn::BitCast(du, even), hn::ShiftLeft<8>(hn::BitCast(du, odd)));
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

/// What chroma, pairs U V, adds to red and blue and takes from green.
template <class D>
HWY_INLINE void tint_of(D d, hn::Vec<hn::RebindToUnsigned<D>> uv, const YuvToRgb& m,
                        hn::Vec<D>& red, hn::Vec<D>& green, hn::Vec<D>& blue) {
  const hn::RebindToUnsigned<D> du;  // 8 fractional bits
  const auto centered = hn::Xor(uv, hn::Set(du, 0x8080));
  const auto u = hn::BitCast(d, hn::ShiftLeft<8>(centered));
  const auto v = hn::BitCast(d, hn::And(centered, hn::Set(du, 0xFF00)));
  red = hn::MulFixedPoint15(v, hn::Set(d, m.red_v));
  green = hn::Add(hn::MulFixedPoint15(u, hn::Set(d, m.green_u)),
                  hn::MulFixedPoint15(v, hn::Set(d, m.green_v)));
  blue = hn::MulFixedPoint15(u, hn::Set(d, m.blue_u));
}

/// Luma of two pixels per lane, as they lie in memory.
template <class D>
HWY_INLINE void luma_pair(D d, hn::Vec<hn::RebindToUnsigned<D>> y, const YuvToRgb& m,
                          hn::Vec<D>& even, hn::Vec<D>& odd) {
  const hn::RebindToUnsigned<D> du;
  even = scaled_luma(d, hn::ShiftLeft<8>(y), m);
  odd = scaled_luma(d, hn::And(y, hn::Set(du, 0xFF00)), m);
}

void yuv_points_to_rgb(const std::uint8_t* y, const std::uint8_t* uv, std::size_t n,
                       const YuvToRgb& matrix, std::uint8_t* const* rgb) {
  for_lanes<Shorts>(n, [&](auto d, std::size_t i) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const hn::RebindToUnsigned<decltype(d)> du;
    hn::Vec<decltype(d)> red, green, blue;
    const auto chroma = hn::LoadU(du, reinterpret_cast<const std::uint16_t*>(uv + 2 * i));
    tint_of(d, chroma, matrix, red, green, blue);
    const auto bytes = hn::PromoteTo(du, hn::LoadU(d8, y + i));
    const auto luma = scaled_luma(d, hn::ShiftLeft<8>(bytes), matrix);
    const auto store = [&](auto five_bit, std::uint8_t* out) {
      hn::StoreU(hn::DemoteTo(d8, to_byte_range(d, five_bit)), d8, out + i);
    };
    store(hn::Add(luma, red), rgb[0]);
    store(hn::Sub(luma, green), rgb[1]);
    store(hn::Add(luma, blue), rgb[2]);
  });
}

void yuv_to_rgb(const std::uint8_t* y, const std::uint8_t* uv, std::size_t n,
                const YuvToRgb& matrix, std::uint8_t* const* rgb) {
  for_lanes<Shorts>(n / 2, [&](auto d, std::size_t i) {
    const hn::RebindToUnsigned<decltype(d)> du;
    hn::Vec<decltype(d)> even, odd, red, green, blue;
    const auto chroma = hn::LoadU(du, reinterpret_cast<const std::uint16_t*>(uv + 2 * i));
    tint_of(d, chroma, matrix, red, green, blue);
    luma_pair(d, hn::LoadU(du, reinterpret_cast<const std::uint16_t*>(y + 2 * i)), matrix, even,
              odd);
    const auto store = [&](auto five_bit_even, auto five_bit_odd, std::uint8_t* out) {
      store_pairs(d, to_byte_range(d, five_bit_even), to_byte_range(d, five_bit_odd), out + 2 * i);
    };
    store(hn::Add(even, red), hn::Add(odd, red), rgb[0]);
    store(hn::Sub(even, green), hn::Sub(odd, green), rgb[1]);
    store(hn::Add(even, blue), hn::Add(odd, blue), rgb[2]);
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
HWY_INLINE hn::Vec<Bytes> joined(hn::Vec<Shorts> even, hn::Vec<Shorts> odd) {
  const Bytes d8;
#if HWY_HAVE_SCALABLE
  const Shorts d;
  const auto high = hn::ShiftLeft<8>(to_byte_range(d, odd));
  return hn::BitCast(d8, hn::Or(to_byte_range(d, even), high));
#else
  alignas(16) static constexpr std::uint8_t kOrder[16] = {0, 8,  1, 9,  2, 10, 3, 11,
                                                          4, 12, 5, 13, 6, 14, 7, 15};
  const auto blocks = narrow(hn::ShiftRight<5>(even), hn::ShiftRight<5>(odd));
  return hn::TableLookupBytes(blocks, hn::LoadDup128(d8, kOrder));
#endif
}

/// Luma and pairs U V of a vector of pixels.
template <YuvOrder kOrder, class V16>
HWY_INLINE void load_frame(const std::uint8_t* y, const std::uint8_t* uv, std::size_t i, V16& luma,
                           V16& chroma) {
  const Bytes d8;
  const hn::Repartition<std::uint16_t, Bytes> d16;
  if constexpr (kOrder == YuvOrder::kSemiPlanar) {
    luma = hn::LoadU(d16, reinterpret_cast<const std::uint16_t*>(y + i));
    chroma = hn::LoadU(d16, reinterpret_cast<const std::uint16_t*>(uv + i));
  } else {
    hn::Vec<Bytes> first, second;
    hn::LoadInterleaved2(d8, y + 2 * i, first, second);
    constexpr bool kLumaFirst = kOrder == YuvOrder::kLumaFirst;
    luma = hn::BitCast(d16, kLumaFirst ? first : second);
    chroma = hn::BitCast(d16, kLumaFirst ? second : first);
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
  const Shorts d;
  const std::size_t step = hn::Lanes(d8);
  for (; i + step <= n; i += step) {
    hn::Vec<hn::RebindToUnsigned<Shorts>> luma, chroma;
    load_frame<kOrder>(y, uv, i, luma, chroma);
    hn::Vec<Shorts> even, odd, red, green, blue;
    tint_of(d, chroma, m, red, green, blue);
    luma_pair(d, luma, m, even, odd);
    const auto r = joined(hn::Add(even, red), hn::Add(odd, red));
    const auto g = joined(hn::Sub(even, green), hn::Sub(odd, green));
    const auto b = joined(hn::Add(even, blue), hn::Add(odd, blue));
    const auto first = kSwaps ? b : r, last = kSwaps ? r : b;
    if constexpr (kBytes == 3) {
      hn::StoreInterleaved3(first, g, last, d8, out + i * kBytes);
    } else {
      hn::StoreInterleaved4(first, g, last, hn::Set(d8, 255), d8, out + i * kBytes);
    }
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
    hn::Vec<decltype(d)> first, second;
    load_pairs(d, uv + 2 * i, first, second);
    store_pairs(d, first, first, u + 2 * i);
    store_pairs(d, second, second, v + 2 * i);
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

template <class D>
HWY_INLINE hn::Vec<D> sum_pair(D d, const std::uint8_t* from) {
  hn::Vec<D> even, odd;
  load_pairs(d, from, even, odd);
  return hn::Add(even, odd);
}

/// Sum of 2 x 2 samples.
template <class D>
HWY_INLINE hn::Vec<D> sum_block(D d, const std::uint8_t* top, const std::uint8_t* bottom) {
  return hn::Add(sum_pair(d, top), sum_pair(d, bottom));
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
      return hn::ShiftLeft<6>(sum_pair(d, top[c] + 2 * i));
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
