// SPDX-License-Identifier: Apache-2.0
// Decodes one block in one progressive scan (T.81 G.1.2, G.2): first passes and refinements of DC
// and AC bands. Knows no frame; coefficient_frame.cpp calls it per block and keeps the state in
// registers from block to block.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "codec/jpeg/bit_reader.hpp"
#include "codec/jpeg/entropy_data.hpp"
#include "codec/jpeg/huffman.hpp"
#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

/// What decoding carries from block to block.
struct BandState {
  BitReader reader;
  std::array<std::int32_t, kMaxComponents> predictors{};
  std::uint32_t eob_run = 0;  ///< blocks of the band that are still known to end here

  bool is_overrun() const { return reader.is_overrun(); }
  bool has_bytes() const { return reader.has_bytes(); }
  /// Begins the index-th interval.
  void restart(const EntropyData& entropy, std::size_t index) {
    *this = BandState{};
    reader = entropy.interval(index);
  }
};

/// Functions of this file return 0, or a BlockError as negative number.
inline constexpr int error_of(BlockError error) { return static_cast<int>(error); }

inline int decode_dc_first(BandState& state, const ScanSpec& scan, const HuffmanTable& table,
                           std::size_t component, std::int16_t* block) {
  std::int32_t difference = 0;
  const int error = take_difference(state.reader, table, kSizes12.dc, difference);
  if (error != 0) return error;
  const auto sum = static_cast<std::uint32_t>(state.predictors[component]) +
                   static_cast<std::uint32_t>(difference);
  state.predictors[component] = static_cast<std::int32_t>(sum);
  block[0] = static_cast<std::int16_t>(sum << scan.approximation_low);
  return 0;
}

inline int decode_dc_refinement(BandState& state, const ScanSpec& scan, std::int16_t* block) {
  const std::uint32_t bit = state.reader.take_bit();
  block[0] = static_cast<std::int16_t>(block[0] | static_cast<int>(bit << scan.approximation_low));
  return 0;
}

inline int decode_ac_first(BandState& state, const ScanSpec& scan, const HuffmanTable& table,
                           std::int16_t* block) {
  if (state.eob_run > 0) {
    --state.eob_run;
    return 0;
  }
  BitReader& reader = state.reader;
  const int end = scan.spectral_end;
  for (int k = scan.spectral_begin; k <= end; ++k) {
    reader.refill();
    const HuffmanTable::Entry entry = table.lookup(reader.peek(HuffmanTable::kLookupBits));
    std::int32_t value = HuffmanTable::value(entry);
    if (value != 0) {
      k += static_cast<int>(HuffmanTable::run(entry));
      reader.skip(HuffmanTable::length(entry));
    } else {
      const int symbol = take_symbol(reader, table);
      if (symbol < 0) return error_of(BlockError::kBadCode);
      const unsigned size = static_cast<unsigned>(symbol) & 15U;
      const unsigned run = static_cast<unsigned>(symbol) >> 4;
      if (size == 0 && run != 15) {
        state.eob_run = (1U << run) - 1 + reader.take(run);
        return 0;
      }
      k += static_cast<int>(run);
      if (size != 0) value = reader.take_signed(size);
    }
    if (value == 0) continue;
    if (k > end) return error_of(BlockError::kRunTooLong);
    block[kZigzag[static_cast<std::size_t>(k)]] =
        static_cast<std::int16_t>(static_cast<std::uint32_t>(value) << scan.approximation_low);
  }
  return 0;
}

/// Skips zero_run zeros from coefficient k on and corrects the others; returns where it stopped.
inline int refine(BitReader& reader, const ScanSpec& scan, std::int16_t* block, int k,
                  int zero_run) {
  const int step = 1 << scan.approximation_low;
  const int end = scan.spectral_end;
  for (; k <= end; ++k) {
    std::int16_t& coefficient = block[kZigzag[static_cast<std::size_t>(k)]];
    const int value = coefficient;
    if (value == 0) {
      if (--zero_run < 0) break;
    } else {  // without a branch on the bit, which is as good as random
      const int correct = static_cast<int>(reader.take_bit()) & ((value & step) == 0 ? 1 : 0);
      const int sign = value >> 31 | 1;
      coefficient = static_cast<std::int16_t>(value + sign * (correct << scan.approximation_low));
    }
  }
  return k;
}

/// Whether a refinement has anything to correct.
inline bool has_ac(const std::int16_t* block) {
  std::uint64_t words[kBlockSize / 4];
  std::memcpy(words, block, sizeof words);
  std::uint64_t any = 0;
  for (std::size_t i = 1; i < kBlockSize / 4; ++i) any |= words[i];
  return any != 0 || (block[1] | block[2] | block[3]) != 0;
}

inline int decode_ac_refinement(BandState& state, const ScanSpec& scan, const HuffmanTable& table,
                                std::int16_t* block) {
  constexpr int kWholeBand = 64;
  BitReader& reader = state.reader;
  const int end = scan.spectral_end;
  int k = scan.spectral_begin;
  while (state.eob_run == 0 && k <= end) {
    reader.refill();
    const HuffmanTable::Entry entry = table.lookup(reader.peek(HuffmanTable::kLookupBits));
    int value = HuffmanTable::value(entry);  // the sign bit follows the code
    unsigned run = HuffmanTable::run(entry);
    if (value != 0) {
      reader.skip(HuffmanTable::length(entry));
    } else {
      const int symbol = take_symbol(reader, table);
      if (symbol < 0) return error_of(BlockError::kBadCode);
      run = static_cast<unsigned>(symbol) >> 4;
      const unsigned size = static_cast<unsigned>(symbol) & 15U;
      if (size == 0 && run != 15) {
        state.eob_run = (1U << run) + reader.take(run);
        break;
      }
      if (size != 0) value = reader.take_signed(size);
    }
    if (value < -1 || value > 1) return error_of(BlockError::kRefinement);
    value *= 1 << scan.approximation_low;
    k = refine(reader, scan, block, k, static_cast<int>(run));
    if (value != 0) {
      if (k > end) return error_of(BlockError::kRunTooLong);
      block[kZigzag[static_cast<std::size_t>(k)]] = static_cast<std::int16_t>(value);
    }
    ++k;
  }
  if (state.eob_run > 0) {
    if (has_ac(block)) refine(reader, scan, block, k, kWholeBand);
    --state.eob_run;
  }
  return 0;
}

}  // namespace edgefirst::jpeg
