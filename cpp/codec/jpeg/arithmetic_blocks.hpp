// SPDX-License-Identifier: Apache-2.0
// Decodes one block of arithmetic-coded coefficients (T.81 F.1.4, F.2.4, G.1.3): sequential blocks,
// and first passes and refinements of progressive scans. Knows no frame; arithmetic_scan.cpp and
// coefficient_frame.cpp call it per block. progressive.hpp does the same for Huffman codes.
#pragma once

#include <array>
#include <cstdint>

#include "codec/jpeg/entropy_data.hpp"
#include "codec/jpeg/qm_decoder.hpp"
#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

/// What decoding carries from block to block, and forgets at a restart.
struct ArithmeticState {
  static constexpr std::size_t kDcBins = 49;   // T.81 table F.4
  static constexpr std::size_t kAcBins = 245;  // T.81 table F.5

  QmDecoder decoder;
  std::array<std::int32_t, kMaxComponents> predictors{};
  std::array<std::uint8_t, kMaxComponents> dc_contexts{};  ///< first bin, by the last difference
  std::array<std::array<QmBin, kDcBins>, kMaxTables> dc{};
  std::array<std::array<QmBin, kAcBins>, kMaxTables> ac{};

  bool is_overrun() const { return decoder.is_overrun(); }
  /// Unknown: how many bits an interval needs is not to be told.
  bool has_bytes() const { return false; }
  /// Begins the index-th interval.
  void restart(const EntropyData& entropy, std::size_t index) {
    *this = ArithmeticState{};
    decoder = entropy.arithmetic_interval(index);
  }
};

/// Which bins a component uses, and how they are chosen.
struct ArithmeticTables {
  std::size_t dc = 0;
  std::size_t ac = 0;
  Conditioning conditioning;
};
ArithmeticTables arithmetic_tables(const Header& header, const Component& component);

/// Throws kInvalidData where bytes of entropy-coded data are too few for the frame that the header
/// claims.
void check_arithmetic_size(const Header& header, std::size_t bytes);

// The functions below return a BlockError as negative number where the data is damaged.

/// Fills the zeroed block; returns the zigzag index of the last non-zero coefficient.
int decode_arithmetic_block(ArithmeticState& state, const ArithmeticTables& tables,
                            std::size_t component, std::int16_t* block);

int decode_arithmetic_dc_first(ArithmeticState& state, const ScanSpec& scan,
                               const ArithmeticTables& tables, std::size_t component,
                               std::int16_t* block);
int decode_arithmetic_dc_refinement(ArithmeticState& state, const ScanSpec& scan,
                                    std::int16_t* block);
int decode_arithmetic_ac_first(ArithmeticState& state, const ScanSpec& scan,
                               const ArithmeticTables& tables, std::int16_t* block);
int decode_arithmetic_ac_refinement(ArithmeticState& state, const ScanSpec& scan,
                                    const ArithmeticTables& tables, std::int16_t* block);

}  // namespace edgefirst::jpeg
