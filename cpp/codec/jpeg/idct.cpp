// SPDX-License-Identifier: Apache-2.0
// The 8x8 inverse DCT of Loeffler, Ligtenberg and Moschytz with 13-bit constants, columns first,
// rounded after each pass: the results of libjpeg's "islow" method. Rows of several blocks lie side
// by side in one register.
#include "base/fixed_vectors.hpp"
#include "codec/jpeg/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/jpeg/idct.cpp"  // NOLINT
#include <hwy/foreach_target.h>

#include "codec/jpeg/dct_ops-inl.hpp"
#include "codec/jpeg/idct.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::jpeg::HWY_NAMESPACE {

// round(x * 8192) of the cosine terms.
inline constexpr int k0298 = 2446, k0390 = 3196, k0541 = 4433, k0765 = 6270, k0899 = 7373;
inline constexpr int k1175 = 9633, k1501 = 12299, k1847 = 15137, k1961 = 16069, k2053 = 16819;
inline constexpr int k2562 = 20995, k3072 = 25172;

/// One-dimensional transform over x[0...7]; inputs from kInputs on are zero. kBias is added before
/// the shift by kShift: rounding, and in the last pass the level shift.
template <int kInputs, int kShift, int kBias>
HWY_INLINE void inverse_pass(V16 (&x)[8]) {
  constexpr bool kFull = kInputs == 8;
  const V16 zero = hn::Zero(D16());
  const Pairs p26(x[2], kFull ? x[6] : zero);
  const Pairs p04(x[0], kFull ? x[4] : zero);
  const Wide t0 = add_constant(p04.multiply(8192, 8192), kBias);
  const Wide t1 = add_constant(p04.multiply(8192, -8192), kBias);
  const Wide t3 = p26.multiply(k0541 + k0765, k0541);
  const Wide t2 = p26.multiply(k0541, k0541 - k1847);

  const V16 x5 = kFull ? x[5] : zero;
  const V16 x7 = kFull ? x[7] : zero;
  const Pairs sums(hn::Add(x7, x[3]), hn::Add(x5, x[1]));
  const Pairs p71(x7, x[1]);
  const Pairs p53(x5, x[3]);
  const Wide z3 = sums.multiply(k1175 - k1961, k1175);
  const Wide z4 = sums.multiply(k1175, k1175 - k0390);
  const Wide o0 = p71.multiply(k0298 - k0899, -k0899) + z3;
  const Wide o3 = p71.multiply(-k0899, k1501 - k0899) + z4;
  const Wide o1 = p53.multiply(k2053 - k2562, -k2562) + z4;
  const Wide o2 = p53.multiply(-k2562, k3072 - k2562) + z3;

  const Wide e0 = t0 + t3;
  const Wide e3 = t0 - t3;
  const Wide e1 = t1 + t2;
  const Wide e2 = t1 - t2;
  x[0] = pack<kShift>(e0 + o3);
  x[7] = pack<kShift>(e0 - o3);
  x[1] = pack<kShift>(e1 + o2);
  x[6] = pack<kShift>(e1 - o2);
  x[2] = pack<kShift>(e2 + o1);
  x[5] = pack<kShift>(e2 - o1);
  x[3] = pack<kShift>(e3 + o0);
  x[4] = pack<kShift>(e3 - o0);
}

/// Row row of as many blocks as d holds, side by side.
template <class D>
HWY_INLINE hn::Vec<D> load_row(D d, std::int16_t* const* blocks, int row) {
  if constexpr (hn::MaxLanes(D()) == 8) {
    return hn::Load(d, blocks[0] + row * 8);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, load_row(half, blocks + hn::MaxLanes(half) / 8, row),
                       load_row(half, blocks, row));
  }
}

/// The same of their divisors.
template <class D>
HWY_INLINE hn::Vec<D> load_divisors(D d, const BlockTarget* targets, int row) {
  if constexpr (hn::MaxLanes(D()) == 8) {
    return hn::LoadU(d, targets[0].quant + row * 8);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, load_divisors(half, targets + hn::MaxLanes(half) / 8, row),
                       load_divisors(half, targets, row));
  }
}

/// Writes the samples of columns x, clamped to 8 bits, as rows.
HWY_INLINE void store_blocks(V16 (&x)[8], const BlockTarget* targets) {
  const D16 d;
  const V16 zero = hn::Zero(d);
  const V16 top = hn::Set(d, 255);
  V16 w[4];  // bytes of two columns per lane
  for (int i = 0; i < 4; ++i) {
    const V16 even = hn::Min(hn::Max(x[2 * i], zero), top);
    const V16 odd = hn::Min(hn::Max(x[2 * i + 1], zero), top);
    w[i] = hn::Or(even, hn::ShiftLeft<8>(odd));
  }
  interleave(d, w[0], w[1]);  // columns 0-3 of rows 0-3, of rows 4-7
  interleave(d, w[2], w[3]);
  const hn::Repartition<std::int32_t, D16> d32;
  const hn::Repartition<std::uint64_t, D16> d64;
  constexpr std::size_t kRowsPerStore = 2 * kBlocks;
  HWY_ALIGN std::uint64_t rows[4 * kRowsPerStore];
  for (int i = 0; i < 2; ++i) {
    const auto left = hn::BitCast(d32, w[i]);
    const auto right = hn::BitCast(d32, w[i + 2]);
    hn::Store(hn::BitCast(d64, hn::InterleaveLower(d32, left, right)), d64,
              rows + (2 * i) * kRowsPerStore);
    hn::Store(hn::BitCast(d64, hn::InterleaveUpper(d32, left, right)), d64,
              rows + (2 * i + 1) * kRowsPerStore);
  }
  for (std::size_t b = 0; b < kBlocks; ++b) {
    std::uint8_t* out = targets[b].out;
    for (std::size_t r = 0; r < 8; ++r, out += targets[b].stride) {
      std::memcpy(out, &rows[r / 2 * kRowsPerStore + 2 * b + r % 2], 8);
    }
  }
}

template <int kInputs>
HWY_INLINE void inverse_dct(std::int16_t* const* blocks, const BlockTarget* targets) {
  const D16 d;
  V16 x[8];
  for (int r = 0; r < kInputs; ++r) {
    x[r] = hn::Mul(load_row(d, blocks, r), load_divisors(d, targets, r));
  }
  for (std::size_t b = 0; b < kBlocks; ++b) std::memset(blocks[b], 0, kInputs * 16);
  inverse_pass<kInputs, 11, 1 << 10>(x);
  transpose_8x8(x);
  inverse_pass<kInputs, 18, (128 << 18) + (1 << 17)>(x);
  store_blocks(x, targets);
}

void InverseFull(std::int16_t* const* blocks, const BlockTarget* targets) {
  inverse_dct<8>(blocks, targets);
}
void InverseCorner(std::int16_t* const* blocks, const BlockTarget* targets) {
  inverse_dct<4>(blocks, targets);
}
IdctKernels AllIdctKernels() { return {kBlocks, InverseFull, InverseCorner}; }

}  // namespace edgefirst::jpeg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cstring>

#include "base/simd.hpp"

namespace edgefirst::jpeg {

HWY_EXPORT(AllIdctKernels);

IdctKernels idct_kernels() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(AllIdctKernels)();
}

void BlockLanes::reset() {
  kernels_ = idct_kernels();
  full_.size = corner_.size = 0;
}

/// A block that has only a DC coefficient: the same sample everywhere.
Span<std::int16_t* const> BlockLanes::fill(std::int16_t* block, const BlockTarget& target) {
  const auto dc = static_cast<std::int16_t>(block[0] * target.quant[0]);
  const int level = std::clamp(((dc + 4) >> 3) + 128, 0, 255);
  std::uint8_t* out = target.out;
  for (int r = 0; r < 8; ++r, out += target.stride) std::memset(out, level, 8);
  block[0] = 0;
  flat_.blocks[0] = block;
  return {flat_.blocks.data(), 1};
}

Span<std::int16_t* const> BlockLanes::run(Lane& lane, IdctFn* kernel) {
  const std::size_t size = lane.size;
  for (std::size_t i = size; i < kernels_.batch; ++i) {  // the first stands in for the rest
    lane.blocks[i] = lane.blocks[0];
    lane.targets[i] = lane.targets[0];
  }
  kernel(lane.blocks.data(), lane.targets.data());
  lane.size = 0;
  return {lane.blocks.data(), size};
}

void BlockLanes::flush() {
  if (full_.size > 0) run(full_, kernels_.full);
  if (corner_.size > 0) run(corner_, kernels_.corner);
}

void BlockQueue::reset() {
  lanes_.reset();
  storage_.fill(0);
  for (std::size_t i = 0; i < kBlocks; ++i) free_[i] = storage_.data() + i * kBlockSize;
  free_count_ = kBlocks - 1;
  current_ = free_[free_count_];
}

void BlockQueue::flush() {
  lanes_.flush();
  for (std::size_t i = 0; i < kBlocks; ++i) free_[i] = storage_.data() + i * kBlockSize;
  free_count_ = kBlocks - 1;
  current_ = free_[free_count_];
}

}  // namespace edgefirst::jpeg
#endif  // HWY_ONCE
