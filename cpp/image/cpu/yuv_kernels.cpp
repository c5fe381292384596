// SPDX-License-Identifier: Apache-2.0
// Packed RGB to YUV for every SIMD target. Channels are taken apart in registers; even and odd
// pixels then travel as 16-bit lanes with 7 fractional bits, so that the mean of a pair is one
// rounded average and no byte changes its place before it is stored.
#include "image/cpu/yuv_kernels.hpp"

#include <cstring>

#include "base/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/cpu/yuv_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgefirst::cpu {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

YuvKernels all_yuv_kernels() { return {}; }

#else

namespace hn = hwy::HWY_NAMESPACE;

using Bytes = hn::ScalableTag<std::uint8_t>;
using Shorts = hn::ScalableTag<std::int16_t>;
using ByteVector = hn::Vec<Bytes>;
using Lanes = hn::Vec<Shorts>;

enum class Output { kGrey, kSemiPlanar, kTwoRows, kYuyv, kVyuy };

// Channels and pixels of a pair travel as vectors of their own, never in structs: members cannot
// have vectors of a size that only the processor knows.

/// Even pixels of a channel with 7 fractional bits.
HWY_INLINE Lanes even_of(ByteVector bytes) {
  const hn::RebindToUnsigned<Shorts> du;
  return hn::BitCast(Shorts(),
                     hn::And(hn::ShiftLeft<7>(hn::BitCast(du, bytes)), hn::Set(du, 0x7F80)));
}
HWY_INLINE Lanes odd_of(ByteVector bytes) {
  const hn::RebindToUnsigned<Shorts> du;
  return hn::BitCast(Shorts(),
                     hn::And(hn::ShiftRight<1>(hn::BitCast(du, bytes)), hn::Set(du, 0x7F80)));
}

HWY_INLINE Lanes mean(Lanes a, Lanes b) {
  const hn::RebindToUnsigned<Shorts> du;
  return hn::BitCast(Shorts(), hn::AverageRound(hn::BitCast(du, a), hn::BitCast(du, b)));
}
/// Of every pair of pixels.
HWY_INLINE Lanes mean(ByteVector bytes) { return mean(even_of(bytes), odd_of(bytes)); }

template <std::size_t kBytes>
HWY_INLINE void load(const std::uint8_t* in, ByteVector& r, ByteVector& g, ByteVector& b) {
  const Bytes d8;
  if constexpr (kBytes == 3) {
    hn::LoadInterleaved3(d8, in, r, g, b);
  } else {
    ByteVector a;
    hn::LoadInterleaved4(d8, in, r, g, b, a);
  }
}

/// Weighted sum plus an offset, rounded to whole levels.
HWY_INLINE Lanes dot(Lanes r, Lanes g, Lanes b, const std::int16_t* weights, std::int16_t offset) {
  const Shorts d;
  const auto sum = hn::Add(hn::Add(hn::MulFixedPoint15(r, hn::Set(d, weights[0])),
                                   hn::MulFixedPoint15(g, hn::Set(d, weights[1]))),
                           hn::MulFixedPoint15(b, hn::Set(d, weights[2])));
  const auto rounding = hn::Set(d, static_cast<std::int16_t>(offset * 128 + 64));
  return hn::ShiftRight<7>(hn::SaturatedAdd(sum, rounding));
}

/// Bytes of which every pair comes from two lanes within 0...255.
HWY_INLINE ByteVector join(Lanes even, Lanes odd) {
  return hn::BitCast(Bytes(), hn::Or(even, hn::ShiftLeft<8>(odd)));
}

/// The weights sum to at most 1: no result leaves its byte.
HWY_INLINE ByteVector luma_of(ByteVector r, ByteVector g, ByteVector b, const RgbToYuv& m) {
  return join(dot(even_of(r), even_of(g), even_of(b), m.luma, m.luma_offset),
              dot(odd_of(r), odd_of(g), odd_of(b), m.luma, m.luma_offset));
}

/// Pairs U V, or V U, of the means of pairs. Full-range chroma may round up to 256.
template <bool kSwaps>
HWY_INLINE ByteVector chroma_of(Lanes r, Lanes g, Lanes b, const RgbToYuv& m) {
  const auto limit = hn::Set(Shorts(), 255);
  const auto u = hn::Min(dot(r, g, b, m.u, 128), limit);
  const auto v = hn::Min(dot(r, g, b, m.v, 128), limit);
  return kSwaps ? join(v, u) : join(u, v);
}

template <std::size_t kBytes, Output kOutput>
HWY_INLINE void convert_block(const PackedRows& rows, std::size_t i, const RgbToYuv& m) {
  const Bytes d8;
  ByteVector r, g, b;
  load<kBytes>(rows.in[0] + i * kBytes, r, g, b);
  const ByteVector luma = luma_of(r, g, b, m);
  if constexpr (kOutput == Output::kYuyv || kOutput == Output::kVyuy) {
    constexpr bool kSwaps = kOutput == Output::kVyuy;
    const ByteVector chroma = chroma_of<kSwaps>(mean(r), mean(g), mean(b), m);
    hn::StoreInterleaved2(kSwaps ? chroma : luma, kSwaps ? luma : chroma, d8, rows.luma[0] + 2 * i);
    return;
  }
  hn::StoreU(luma, d8, rows.luma[0] + i);
  if constexpr (kOutput == Output::kSemiPlanar) {
    hn::StoreU(chroma_of<false>(mean(r), mean(g), mean(b), m), d8, rows.chroma + i);
  } else if constexpr (kOutput == Output::kTwoRows) {
    ByteVector r2, g2, b2;  // below
    load<kBytes>(rows.in[1] + i * kBytes, r2, g2, b2);
    hn::StoreU(luma_of(r2, g2, b2, m), d8, rows.luma[1] + i);
    const auto chroma = chroma_of<false>(mean(mean(r), mean(r2)), mean(mean(g), mean(g2)),
                                         mean(mean(b), mean(b2)), m);
    hn::StoreU(chroma, d8, rows.chroma + i);
  }
}

/// The last pixels travel through a block of their own.
template <std::size_t kBytes, Output kOutput>
HWY_INLINE void convert_tail(const PackedRows& rows, std::size_t begin, std::size_t n,
                             const RgbToYuv& m) {
  constexpr std::size_t kLanes = hn::MaxLanes(Bytes());
  constexpr bool kPacked = kOutput == Output::kYuyv || kOutput == Output::kVyuy;
  constexpr std::size_t kRows = kOutput == Output::kTwoRows ? 2 : 1;
  const std::size_t count = n - begin;
  std::uint8_t in[2][kLanes * kBytes] = {}, luma[2][kLanes * 2], chroma[kLanes];
  for (std::size_t k = 0; k < kRows; ++k) {
    std::memcpy(in[k], rows.in[k] + begin * kBytes, count * kBytes);
  }
  convert_block<kBytes, kOutput>({{in[0], in[1]}, {luma[0], luma[1]}, chroma}, 0, m);
  for (std::size_t k = 0; k < kRows; ++k) {
    const std::size_t size = kPacked ? 2 : 1;
    std::memcpy(rows.luma[k] + begin * size, luma[k], count * size);
  }
  constexpr bool kHasChroma = kOutput == Output::kSemiPlanar || kOutput == Output::kTwoRows;
  if constexpr (kHasChroma) std::memcpy(rows.chroma + begin, chroma, count);
}

/// The arguments are copied: bytes that the loop stores could alias them.
template <std::size_t kBytes, Output kOutput>
void convert(const PackedRows& rows, std::size_t n, const RgbToYuv& matrix) {
  const std::size_t lanes = hn::Lanes(Bytes());
  const PackedRows own = rows;
  const RgbToYuv m = matrix;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) convert_block<kBytes, kOutput>(own, i, m);
  if (i < n) convert_tail<kBytes, kOutput>(own, i, n, m);
}

template <std::size_t kBytes>
YuvKernels::Source kernels_of() {
  return {convert<kBytes, Output::kGrey>, convert<kBytes, Output::kSemiPlanar>,
          convert<kBytes, Output::kTwoRows>, convert<kBytes, Output::kYuyv>,
          convert<kBytes, Output::kVyuy>};
}

YuvKernels all_yuv_kernels() { return {kernels_of<3>(), kernels_of<4>()}; }

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::cpu {

HWY_EXPORT(all_yuv_kernels);

YuvKernels yuv_kernels() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(all_yuv_kernels)();
}

}  // namespace edgefirst::cpu
#endif
