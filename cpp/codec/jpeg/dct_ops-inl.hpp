// SPDX-License-Identifier: Apache-2.0
// Vector steps of both DCTs: 32-bit sums of two products, transposition within 128-bit blocks.
// Included once per SIMD target by kernel files of fixed vectors only.
#if defined(EDGEFIRST_CODEC_DCT_OPS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef EDGEFIRST_CODEC_DCT_OPS_INL_HPP
#undef EDGEFIRST_CODEC_DCT_OPS_INL_HPP
#else
#define EDGEFIRST_CODEC_DCT_OPS_INL_HPP
#endif

#include "codec/jpeg/vector_ops-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::jpeg::HWY_NAMESPACE {

inline constexpr std::size_t kLanes16 = hn::MaxLanes(D16());
inline constexpr std::size_t kBlocks = kLanes16 / 8;

/// 32-bit results for the lanes of a 16-bit vector, in the order that pack() reverses.
struct Wide {
  V32 lo;
  V32 hi;
};

HWY_INLINE Wide operator+(Wide x, Wide y) { return {hn::Add(x.lo, y.lo), hn::Add(x.hi, y.hi)}; }
HWY_INLINE Wide operator-(Wide x, Wide y) { return {hn::Sub(x.lo, y.lo), hn::Sub(x.hi, y.hi)}; }

HWY_INLINE Wide add_constant(Wide x, std::int32_t constant) {
  const V32 c = hn::Set(D32(), constant);
  return {hn::Add(x.lo, c), hn::Add(x.hi, c)};
}

/// (x >> kShift) saturated to 16 bits.
template <int kShift>
HWY_INLINE V16 pack(Wide x) {
  return pack<kShift>(x.lo, x.hi);
}

/// Two vectors made ready for sums of products.
class Pairs {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128
 public:
  HWY_INLINE Pairs(V16 a, V16 b)
      : lo_(hn::InterleaveLower(D16(), a, b)), hi_(hn::InterleaveUpper(D16(), a, b)) {}

  /// a * ca + b * cb
  HWY_INLINE Wide multiply(int ca, int cb) const {
    const V16 c = pair_of(ca, cb);
    const V32 zero = hn::Zero(D32());
    V32 unused = zero;
    return {hn::ReorderWidenMulAccumulate(D32(), lo_, c, zero, unused),
            hn::ReorderWidenMulAccumulate(D32(), hi_, c, zero, unused)};
  }

 private:
  V16 lo_;
  V16 hi_;
#else
 public:
  HWY_INLINE Pairs(V16 a, V16 b)
      : a_lo_(hn::PromoteTo(D32(), hn::LowerHalf(a))),
        a_hi_(hn::PromoteTo(D32(), hn::UpperHalf(hn::Half<D16>(), a))),
        b_lo_(hn::PromoteTo(D32(), hn::LowerHalf(b))),
        b_hi_(hn::PromoteTo(D32(), hn::UpperHalf(hn::Half<D16>(), b))) {}

  /// a * ca + b * cb
  HWY_INLINE Wide multiply(int ca, int cb) const {
    const V32 va = hn::Set(D32(), ca);
    const V32 vb = hn::Set(D32(), cb);
    return {hn::Add(hn::Mul(a_lo_, va), hn::Mul(b_lo_, vb)),
            hn::Add(hn::Mul(a_hi_, va), hn::Mul(b_hi_, vb))};
  }

 private:
  V32 a_lo_;
  V32 a_hi_;
  V32 b_lo_;
  V32 b_hi_;
#endif
};

template <class D, class V>
HWY_INLINE void interleave(D d, V& a, V& b) {
  const V lower = hn::InterleaveLower(d, a, b);
  b = hn::InterleaveUpper(d, a, b);
  a = lower;
}

/// Transposes the 8x8 matrix in each 128-bit block column: x[r] lane c becomes x[c] lane r.
/// Interleaving rows i and i + 4 three times rotates the six index bits by three.
HWY_INLINE void transpose_8x8(V16 (&x)[8]) {
  for (int stage = 0; stage < 3; ++stage) {
    V16 y[8] = {x[0], x[4], x[1], x[5], x[2], x[6], x[3], x[7]};
    for (int i = 0; i < 8; i += 2) interleave(D16(), y[i], y[i + 1]);
    for (int i = 0; i < 8; ++i) x[i] = y[i];
  }
}

}  // namespace edgefirst::jpeg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
