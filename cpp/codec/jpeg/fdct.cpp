// SPDX-License-Identifier: Apache-2.0
// The 8x8 forward DCT of Loeffler, Ligtenberg and Moschytz with 13-bit constants, rows first;
// results are 8 times the DCT, which the divisors take back.
#include "base/fixed_vectors.hpp"
#include "codec/jpeg/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/jpeg/fdct.cpp"  // NOLINT
#include <hwy/foreach_target.h>

#include "codec/jpeg/dct_ops-inl.hpp"
#include "codec/jpeg/fdct.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::jpeg::HWY_NAMESPACE {

// round(x * 8192) of the cosine terms.
inline constexpr int k0298 = 2446, k0390 = 3196, k0541 = 4433, k0765 = 6270, k0899 = 7373;
inline constexpr int k1175 = 9633, k1501 = 12299, k1847 = 15137, k1961 = 16069, k2053 = 16819;
inline constexpr int k2562 = 20995, k3072 = 25172;

template <int kShift>
HWY_INLINE V16 descale(Wide x) {
  return pack<kShift>(add_constant(x, 1 << (kShift - 1)));
}

/// One-dimensional transform over x[0...7]. kFirst keeps two fraction bits, the other pass drops
/// them again.
template <bool kFirst>
HWY_INLINE void forward_pass(V16 (&x)[8]) {
  constexpr int kShift = kFirst ? 11 : 15;
  const V16 t0 = hn::Add(x[0], x[7]), t7 = hn::Sub(x[0], x[7]);
  const V16 t1 = hn::Add(x[1], x[6]), t6 = hn::Sub(x[1], x[6]);
  const V16 t2 = hn::Add(x[2], x[5]), t5 = hn::Sub(x[2], x[5]);
  const V16 t3 = hn::Add(x[3], x[4]), t4 = hn::Sub(x[3], x[4]);
  const V16 t10 = hn::Add(t0, t3), t13 = hn::Sub(t0, t3);
  const V16 t11 = hn::Add(t1, t2), t12 = hn::Sub(t1, t2);
  if (kFirst) {
    x[0] = hn::ShiftLeft<2>(hn::Add(t10, t11));
    x[4] = hn::ShiftLeft<2>(hn::Sub(t10, t11));
  } else {
    const V16 two = hn::Set(D16(), 2);
    x[0] = hn::ShiftRight<2>(hn::Add(hn::Add(t10, t11), two));
    x[4] = hn::ShiftRight<2>(hn::Add(hn::Sub(t10, t11), two));
  }
  const Pairs even(t12, t13);
  x[2] = descale<kShift>(even.multiply(k0541, k0541 + k0765));
  x[6] = descale<kShift>(even.multiply(k0541 - k1847, k0541));

  const Pairs sums(hn::Add(t4, t6), hn::Add(t5, t7));
  const Wide z3 = sums.multiply(k1175 - k1961, k1175);
  const Wide z4 = sums.multiply(k1175, k1175 - k0390);
  const Pairs p47(t4, t7);
  const Pairs p56(t5, t6);
  x[7] = descale<kShift>(p47.multiply(k0298 - k0899, -k0899) + z3);
  x[1] = descale<kShift>(p47.multiply(-k0899, k1501 - k0899) + z4);
  x[5] = descale<kShift>(p56.multiply(k2053 - k2562, -k2562) + z4);
  x[3] = descale<kShift>(p56.multiply(-k2562, k3072 - k2562) + z3);
}

/// Row row of one block's table in every 128-bit block.
HWY_INLINE hn::Vec<hn::RebindToUnsigned<D16>> table_row(
    const std::array<std::uint16_t, kBlockSize>& table, int row) {
  return hn::LoadDup128(hn::RebindToUnsigned<D16>(), table.data() + row * 8);
}

HWY_INLINE V16 quantise(V16 x, const Divisors& divisors, int row) {
  const D16 d;
  const hn::RebindToUnsigned<D16> du;
  const auto magnitude = hn::BitCast(du, hn::Abs(x));
  const auto rounded = hn::Add(magnitude, table_row(divisors.half, row));
  const auto scaled = hn::MulHigh(rounded, table_row(divisors.reciprocal, row));
  const V16 quotient = hn::BitCast(d, hn::MulHigh(scaled, table_row(divisors.shift, row)));
  const V16 sign = hn::ShiftRight<15>(x);  // 0 or -1
  return hn::Sub(hn::Xor(quotient, sign), sign);
}

template <class D>
HWY_INLINE void store_row(D d, hn::Vec<D> x, int row, std::int16_t* blocks) {
  if constexpr (hn::MaxLanes(D()) == 8) {
    hn::Store(x, d, blocks + row * 8);
  } else {
    const hn::Half<D> half;
    store_row(half, hn::LowerHalf(half, x), row, blocks);
    store_row(half, hn::UpperHalf(half, x), row, blocks + hn::MaxLanes(half) * 8);
  }
}

void ForwardBlocks(const std::uint8_t* samples, std::size_t stride, std::size_t count,
                   const Divisors& divisors, const CoefficientRow& out) {
  const D16 d;
  const hn::Rebind<std::uint8_t, D16> bytes;
  const V16 center = hn::Set(d, 128);
  for (std::size_t b = 0; b < count; b += kBlocks) {
    V16 x[8];
    for (std::size_t r = 0; r < 8; ++r) {
      const auto row = hn::LoadU(bytes, samples + r * stride + b * 8);
      x[r] = hn::Sub(hn::PromoteTo(d, row), center);
    }
    transpose_8x8(x);
    forward_pass<true>(x);
    transpose_8x8(x);
    forward_pass<false>(x);
    for (int r = 0; r < 8; ++r) {
      const V16 row = quantise(x[r], divisors, r);
      store_row(d, row, r, out.values + b * kBlockSize);
      std::uint8_t masks[8] = {};  // one byte per block; Highway may write eight
      hn::StoreMaskBits(d, hn::Ne(row, hn::Zero(d)), masks);
      for (std::size_t i = 0; i < kBlocks; ++i) {
        out.nonzero[(b + i) * 8 + static_cast<std::size_t>(r)] = masks[i];
      }
    }
  }
}

ForwardFn* Forward() { return ForwardBlocks; }

}  // namespace edgefirst::jpeg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/simd.hpp"

namespace edgefirst::jpeg {

HWY_EXPORT(Forward);

ForwardFn* forward_kernel() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(Forward)();
}

Divisors make_divisors(const std::array<std::uint8_t, kBlockSize>& table) {
  Divisors divisors;
  for (std::size_t i = 0; i < kBlockSize; ++i) {
    const std::uint32_t divisor = 8U * table[i];
    unsigned b = 0;
    while (2U << b < divisor) ++b;
    divisors.reciprocal[i] =
        static_cast<std::uint16_t>(((std::uint32_t{1} << (16 + b)) + divisor - 1) / divisor);
    divisors.shift[i] = static_cast<std::uint16_t>(std::uint32_t{1} << (16 - b));
    divisors.half[i] = static_cast<std::uint16_t>(divisor / 2);
  }
  return divisors;
}

}  // namespace edgefirst::jpeg
#endif  // HWY_ONCE
