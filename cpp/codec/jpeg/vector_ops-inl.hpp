// SPDX-License-Identifier: Apache-2.0
// Vector steps that the DCT and colour kernels share: sums of two 16-bit products, packing.
// Included once per SIMD target by kernel files only. Vectors stand alone here, never in structs:
// members cannot have vectors of a size that only the processor knows (SVE).
#if defined(EDGEFIRST_CODEC_VECTOR_OPS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef EDGEFIRST_CODEC_VECTOR_OPS_INL_HPP
#undef EDGEFIRST_CODEC_VECTOR_OPS_INL_HPP
#else
#define EDGEFIRST_CODEC_VECTOR_OPS_INL_HPP
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace edgefirst::jpeg::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Registers are rows of 128-bit blocks.
using D16 = hn::CappedTag<std::int16_t, 32>;
using D32 = hn::RepartitionToWide<D16>;
using D8 = hn::Repartition<std::uint8_t, D16>;
using V16 = hn::Vec<D16>;
using V32 = hn::Vec<D32>;
using V8 = hn::Vec<D8>;

/// (x >> kShift) saturated to 16 bits, of sums in the order that add_products() gives.
template <int kShift>
HWY_INLINE V16 pack(V32 lo, V32 hi) {
  return hn::ReorderDemote2To(D16(), hn::ShiftRight<kShift>(lo), hn::ShiftRight<kShift>(hi));
}

/// Two factors side by side in every 32-bit lane.
HWY_INLINE V16 pair_of(int ca, int cb) {
  const auto both = static_cast<std::int32_t>(static_cast<std::uint32_t>(cb) << 16 |
                                              (static_cast<std::uint32_t>(ca) & 0xFFFFU));
  return hn::BitCast(D16(), hn::Set(D32(), both));
}

/// Adds a * ca + b * cb to 32-bit sums. Which lanes are in lo and which in hi is the target's
/// choice.
HWY_INLINE void add_products(V16 a, V16 b, int ca, int cb, V32& lo, V32& hi) {
  const D32 d;
#if HWY_TARGET == HWY_EMU128  // its own order of lanes is not that of pack()
  const hn::Half<D16> half;
  const V32 va = hn::Set(d, ca);
  const V32 vb = hn::Set(d, cb);
  const auto add = [&](hn::Vec<hn::Half<D16>> x, V32 factor, V32& sum) {
    sum = hn::Add(sum, hn::Mul(hn::PromoteTo(d, x), factor));
  };
  add(hn::LowerHalf(a), va, lo);
  add(hn::LowerHalf(b), vb, lo);
  add(hn::UpperHalf(half, a), va, hi);
  add(hn::UpperHalf(half, b), vb, hi);
#elif HWY_ARCH_X86
  V32 unused = hn::Zero(d);
  const V16 c = pair_of(ca, cb);
  lo = hn::ReorderWidenMulAccumulate(d, hn::InterleaveLower(D16(), a, b), c, lo, unused);
  hi = hn::ReorderWidenMulAccumulate(d, hn::InterleaveUpper(D16(), a, b), c, hi, unused);
#else
  lo = hn::ReorderWidenMulAccumulate(d, a, hn::Set(D16(), static_cast<std::int16_t>(ca)), lo, hi);
  lo = hn::ReorderWidenMulAccumulate(d, b, hn::Set(D16(), static_cast<std::int16_t>(cb)), lo, hi);
#endif
}

}  // namespace edgefirst::jpeg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
