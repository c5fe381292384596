// SPDX-License-Identifier: Apache-2.0
// Those kernels of resampling that work on blocks of 16 bytes: outputs of few taps straight from
// packed pixels, and the transposes of a band.
#include <cstring>

#include "base/fixed_vectors.hpp"
#include "base/simd.hpp"
#include "image/cpu/resize_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/cpu/band_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "image/cpu/narrow-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Outputs [begin, end), one sample at a time.
template <std::size_t kChannels>
void packed_pixels(const std::int16_t* row, const PairTable& table, std::size_t begin,
                   std::size_t end, std::uint8_t* out) {
  const hn::CappedTag<std::int16_t, 1> d;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  for (std::size_t i = begin; i < end; ++i) {
    const std::int16_t* from = row + table.starts[i] * kChannels;
    for (std::size_t c = 0; c < kChannels; ++c) {
      auto sum = hn::Set(d, 64);
      for (std::size_t k = 0; k < 2 * table.pairs; ++k) {
        const auto sample = hn::Set(d, from[k * kChannels + c]);
        const std::size_t at = pair_position(i, table.pairs, k / 2) + k % 2 * 4;
        sum = hn::SaturatedAdd(sum, hn::MulFixedPoint15(sample, hn::Set(d, table.weights[at])));
      }
      hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<7>(sum)), d8, out + i * kChannels + c);
    }
  }
}

#if HWY_TARGET == HWY_SCALAR  // has no blocks to interleave

template <std::size_t kChannels>
void packed(const std::int16_t* row, const PairTable& table, std::size_t outputs,
            std::uint8_t* out) {
  packed_pixels<kChannels>(row, table, 0, outputs, out);
}

void transpose_in(const std::int16_t* rows, std::size_t pitch, std::size_t columns,
                  std::int16_t* out) {
  for (std::size_t x = 0; x < columns; ++x) {
    for (std::size_t y = 0; y < kBandRows; ++y) out[x * kBandRows + y] = rows[y * pitch + x];
  }
}

void transpose_out(const std::uint8_t* columns, std::size_t count, std::uint8_t* out,
                   std::size_t pitch) {
  for (std::size_t x = 0; x < count; ++x) {
    for (std::size_t y = 0; y < kBandRows; ++y) out[y * pitch + x] = columns[x * kBandRows + y];
  }
}

#else

/// Blocks of 16 bytes belong to outputs of their own: in wide vectors to i and i + 4.
using OutputTag = hn::CappedTag<std::int16_t, 16>;
constexpr bool kWide = hn::MaxLanes(OutputTag()) == 16;

/// For output i, and i + 4 where vectors are wide: two neighbouring pixels of four samples each,
/// weighted and added to those two pairs on.
template <std::size_t kChannels, std::size_t kPairs>
HWY_INLINE hn::Vec<OutputTag> weighted_pairs(const std::int16_t* row, const std::uint32_t* starts,
                                             const std::int16_t* weights, std::size_t i) {
  alignas(16) static constexpr std::uint8_t kSpread[16] = {0, 1, 2, 3, 4,  5,  4,  5,
                                                           6, 7, 8, 9, 10, 11, 10, 11};
  const OutputTag d;
  const hn::Repartition<std::uint8_t, OutputTag> d8;
  const auto weighted = [&](std::size_t pair) {
    const auto from = [&](std::size_t k) { return row + (starts[k] + 2 * pair) * kChannels; };
    hn::Vec<OutputTag> samples;
    if constexpr (kWide) {
      const hn::Half<OutputTag> half;
      samples = hn::Combine(d, hn::LoadU(half, from(i + 4)), hn::LoadU(half, from(i)));
    } else {
      samples = hn::LoadU(d, from(i));
    }
    if constexpr (kChannels == 3) {
      const auto spread = hn::LoadDup128(d8, kSpread);
      samples = hn::BitCast(d, hn::TableLookupBytes(hn::BitCast(d8, samples), spread));
    }
    return hn::MulFixedPoint15(samples, hn::LoadU(d, weights + pair_position(i, kPairs, pair)));
  };
  auto sum = weighted(0);
  for (std::size_t pair = 1; pair < kPairs; ++pair) sum = hn::SaturatedAdd(sum, weighted(pair));
  return sum;
}

/// Outputs i and i + 1, and those four on where vectors are wide, as whole levels.
template <std::size_t kChannels, std::size_t kPairs>
HWY_INLINE hn::Vec<OutputTag> two_outputs(const std::int16_t* row, const std::uint32_t* starts,
                                          const std::int16_t* weights, std::size_t i) {
  const OutputTag d;
  const hn::Repartition<std::uint64_t, OutputTag> d64;
  const auto a = hn::BitCast(d64, weighted_pairs<kChannels, kPairs>(row, starts, weights, i));
  const auto b = hn::BitCast(d64, weighted_pairs<kChannels, kPairs>(row, starts, weights, i + 1));
  const auto first = hn::BitCast(d, hn::InterleaveLower(d64, a, b));
  const auto second = hn::BitCast(d, hn::InterleaveUpper(d64, a, b));
  const auto sum = hn::SaturatedAdd(hn::SaturatedAdd(first, hn::Set(d, 64)), second);
  return hn::ShiftRight<7>(sum);
}

/// Four outputs of four samples each in a block; those of three are stored with four bytes to
/// spare.
template <std::size_t kChannels, class V8>
HWY_INLINE void store_outputs(V8 bytes, std::uint8_t* out) {
  const hn::FixedTag<std::uint8_t, 16> block;
  const hn::DFromV<V8> d8;
  if constexpr (kChannels == 4) {
    hn::StoreU(bytes, d8, out);
  } else {
    alignas(16) static constexpr std::uint8_t kNarrow[16] = {0,  1,  2,  4,  5,  6,  8,  9,
                                                             10, 12, 13, 14, 15, 15, 15, 15};
    const auto pixels = hn::TableLookupBytes(bytes, hn::LoadDup128(d8, kNarrow));
    if constexpr (kWide) {
      hn::StoreU(hn::LowerHalf(block, pixels), block, out);
      hn::StoreU(hn::UpperHalf(block, pixels), block, out + 12);
    } else {
      hn::StoreU(pixels, block, out);
    }
  }
}

/// Outputs at a time.
constexpr std::size_t kStep = kWide ? 8 : 4;

/// Outputs i ... i + kStep - 1, i a multiple of kStep.
template <std::size_t kChannels, std::size_t kPairs>
HWY_INLINE void packed_step(const std::int16_t* row, const PairTable& table, std::size_t i,
                            std::uint8_t* out) {
  const std::uint32_t* starts = table.starts + i;
  const std::int16_t* weights = table.weights + pair_position(i, kPairs, 0);
  const auto first = two_outputs<kChannels, kPairs>(row, starts, weights, 0);
  const auto second = two_outputs<kChannels, kPairs>(row, starts, weights, 2);
  store_outputs<kChannels>(narrow(first, second), out);
}

template <std::size_t kChannels, std::size_t kPairs>
HWY_INLINE void packed_of(const std::int16_t* row, const PairTable& table, std::size_t outputs,
                          std::uint8_t* out) {
  constexpr std::size_t kMargin = kChannels == 3 ? 2 : 0;  // pixels that a store may spill into
  std::size_t i = 0;
  for (; i + kStep + kMargin <= outputs; i += kStep) {
    packed_step<kChannels, kPairs>(row, table, i, out + i * kChannels);
  }
  if (kMargin != 0 && i + kStep <= outputs) {
    std::uint8_t last[kStep * 4];
    packed_step<kChannels, kPairs>(row, table, i, last);
    std::memcpy(out + i * kChannels, last, kStep * kChannels);
    i += kStep;
  }
  packed_pixels<kChannels>(row, table, i, outputs, out);
}

template <std::size_t kChannels>
void packed(const std::int16_t* row, const PairTable& table, std::size_t outputs,
            std::uint8_t* out) {
  const PairTable own = table;  // bytes that the loop stores could alias it
  if (own.pairs == 1) return packed_of<kChannels, 1>(row, own, outputs, out);
  packed_of<kChannels, 2>(row, own, outputs, out);
}

/// Vectors of which every 16-byte block holds 8 samples of a row 8 below the block before.
using BlockTag = hn::CappedTag<std::int16_t, 16>;
constexpr std::size_t kBlockRows = hn::MaxLanes(BlockTag());

template <class D>
HWY_INLINE hn::Vec<D> load_blocks(D d, const std::int16_t* from, std::size_t pitch) {
  constexpr std::size_t kLanes = hn::MaxLanes(d);
  if constexpr (kLanes == 8) {
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, load_blocks(half, from + kLanes / 2 * pitch, pitch),
                       load_blocks(half, from, pitch));
  }
}

/// kBlockRows rows of 8 samples become 8 columns, in three rounds of interleaving.
HWY_INLINE void transpose_blocks(const std::int16_t* from, std::size_t pitch, std::int16_t* to) {
  const BlockTag d16;
  const hn::RepartitionToWide<BlockTag> d32;
  const hn::RepartitionToWide<decltype(d32)> d64;
  hn::Vec<BlockTag> a[8], b[8];
  for (std::size_t i = 0; i < 8; ++i) a[i] = load_blocks(d16, from + i * pitch, pitch);
  for (std::size_t i = 0; i < 8; i += 2) {
    b[i] = hn::InterleaveLower(d16, a[i], a[i + 1]);
    b[i + 1] = hn::InterleaveUpper(d16, a[i], a[i + 1]);
  }
  for (std::size_t i = 0; i < 8; i += 4) {
    for (std::size_t j = 0; j < 2; ++j) {
      const auto low = hn::BitCast(d32, b[i + j]);
      const auto high = hn::BitCast(d32, b[i + j + 2]);
      a[i + 2 * j] = hn::BitCast(d16, hn::InterleaveLower(d32, low, high));
      a[i + 2 * j + 1] = hn::BitCast(d16, hn::InterleaveUpper(d32, low, high));
    }
  }
  for (std::size_t j = 0; j < 4; ++j) {
    const auto low = hn::BitCast(d64, a[j]);
    const auto high = hn::BitCast(d64, a[j + 4]);
    const auto even = hn::BitCast(d16, hn::InterleaveLower(d64, low, high));
    const auto odd = hn::BitCast(d16, hn::InterleaveUpper(d64, low, high));
    hn::StoreU(even, d16, to + (2 * j) * kBandRows);
    hn::StoreU(odd, d16, to + (2 * j + 1) * kBandRows);
  }
}

void transpose_in(const std::int16_t* rows, std::size_t pitch, std::size_t columns,
                  std::int16_t* out) {
  for (std::size_t x = 0; x < columns; x += 8) {
    for (std::size_t y = 0; y < kBandRows; y += kBlockRows) {
      transpose_blocks(rows + y * pitch + x, pitch, out + x * kBandRows + y);
    }
  }
}

/// One round of a 16 x 16 byte transpose: row i meets row i + 8.
template <class D>
HWY_INLINE void interleave_round(D d, const hn::Vec<D>* from, hn::Vec<D>* to) {
  for (std::size_t i = 0; i < 8; ++i) {
    to[2 * i] = hn::InterleaveLower(d, from[i], from[i + 8]);
    to[2 * i + 1] = hn::InterleaveUpper(d, from[i], from[i + 8]);
  }
}

void transpose_out(const std::uint8_t* columns, std::size_t count, std::uint8_t* out,
                   std::size_t pitch) {
  const hn::FixedTag<std::uint8_t, 16> d;
  using V = hn::Vec<decltype(d)>;
  for (std::size_t x = 0; x < count; x += 16) {
    for (std::size_t y = 0; y < kBandRows; y += 16) {
      V a[16], b[16];
      for (std::size_t i = 0; i < 16; ++i) {
        a[i] = hn::LoadU(d, columns + (x + i) * kBandRows + y);
      }
      interleave_round(d, a, b);
      interleave_round(d, b, a);
      interleave_round(d, a, b);
      interleave_round(d, b, a);
      for (std::size_t i = 0; i < 16; ++i) hn::StoreU(a[i], d, out + (y + i) * pitch + x);
    }
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

BandKernels all_band_kernels() { return {packed<3>, packed<4>, transpose_in, transpose_out}; }

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::cpu {

HWY_EXPORT(all_band_kernels);

BandKernels band_kernels() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(all_band_kernels)();
}

}  // namespace edgefirst::cpu
#endif
