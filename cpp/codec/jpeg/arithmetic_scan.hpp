// SPDX-License-Identifier: Apache-2.0
// Decodes the one interleaved scan of an arithmetic-coded sequential frame (T.81 SOF9), an MCU row
// at a time and in order, to coefficient rows. BaselineScan transforms them, as it does its own.
#pragma once

#include <array>
#include <cstddef>

#include "codec/jpeg/arithmetic_blocks.hpp"
#include "codec/jpeg/entropy_data.hpp"
#include "codec/jpeg/scan.hpp"
#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

class ArithmeticScan {
 public:
  /// header must outlive the decoding of the frame. entropy is the file from header.entropy_begin
  /// on.
  void start(const Header& header, Span<const std::uint8_t> entropy);
  /// Decodes the next MCU row. From damage on, blocks up to the next restart stay zero.
  void decode_row_ahead(std::size_t mcu_row, const CoefficientRow& row);
  const ScanDamage& damage() const { return damage_; }

 private:
  int decode_mcu(CoefficientRow& row);
  void restart_if_due();

  const Header* header_ = nullptr;
  EntropyData entropy_;
  ArithmeticState state_;
  std::array<ArithmeticTables, kMaxComponents> tables_{};
  std::size_t interval_ = 0;
  std::size_t mcus_to_restart_ = 0;
  std::size_t blocks_per_mcu_ = 0;
  bool is_lost_ = false;  // damaged until the next restart
  ScanDamage doubtful_;   // where bits began to be missing
  ScanDamage damage_;
};

}  // namespace edgefirst::jpeg
