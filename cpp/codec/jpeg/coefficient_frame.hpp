// SPDX-License-Identifier: Apache-2.0
// Frames whose coefficients arrive over several scans: progressive ones (T.81 annex G) and
// sequential ones with a scan per component. Collects all scans, then hands out blocks. Used by the
// JPEG decoder where BaselineScan cannot work row by row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/jpeg/arithmetic_blocks.hpp"
#include "codec/jpeg/entropy_data.hpp"
#include "codec/jpeg/huffman.hpp"
#include "codec/jpeg/idct.hpp"
#include "codec/jpeg/plane.hpp"
#include "codec/jpeg/progressive.hpp"
#include "codec/jpeg/scan.hpp"
#include "codec/jpeg/types.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

class CoefficientFrame {
 public:
  struct Limits {
    std::size_t max_scans = 0;
    bool tolerant = false;  ///< keep what came before damage instead of throwing
  };

  /// Decodes every scan of the file, whose header was parsed up to its first SOS. Throws
  /// kInvalidData.
  void decode_scans(Span<const std::uint8_t> data, Header& header, const Limits& limits);
  /// MCU rows that the first scan of every component reached.
  std::size_t valid_mcu_rows(const Header& header) const;
  /// Transforms one MCU row into the planes. Rows may be transformed on several threads.
  void transform_row(std::size_t mcu_row, const Header& header, const Plane* planes,
                     BlockQueue& queue) const;
  /// The blocks of a row of a component, left to right, padded to whole MCUs; nullptr where the
  /// data ended before the row, whose coefficients are zeros.
  const std::int16_t* block_row(std::size_t component, std::size_t row) const {
    const Channel& channel = channels_[component];
    if (row >= channel.rows) return nullptr;
    return channel.blocks + row * channel.blocks_per_row * kBlockSize;
  }
  /// What its coefficients are multiplied by, in natural order.
  const std::int16_t* divisors(std::size_t component) const {
    return channels_[component].quant.data();
  }

 private:
  struct Channel {
    std::int16_t* blocks = nullptr;
    std::size_t blocks_per_row = 0;  // padded to whole MCUs
    std::array<std::int16_t, kBlockSize> quant{};
    bool has_quant = false;
    bool has_dc = false;   // a scan of its DC coefficients was met
    std::size_t rows = 0;  // of blocks, zeroed and reached by a scan
    std::size_t valid_mcu_rows = 0;
    std::array<std::uint8_t, kBlockSize> passes{};  // scans that hold a coefficient

    std::int16_t* reach(std::size_t row);
  };
  /// What becomes of MCUs behind a missing restart marker: the first is decoded from zeros, as in
  /// libjpeg, the others keep what they hold.
  enum class Lost : std::uint8_t { kNo, kFirst, kRest };

  void allocate(const Header& header);
  void decode_all(Span<const std::uint8_t> data, Header& header, const Limits& limits);
  void count_passes(const Header& header);
  void check_order(const Header& header, std::size_t bytes) const;
  std::size_t mcu_count(const Header& header) const;
  void check_components(const Header& header) const;
  void build_tables(const Header& header);
  ScanDamage decode_scan(const Header& header);
  ScanDamage decode_huffman_scan(const Header& header);
  ScanDamage decode_arithmetic_scan(const Header& header);
  void note_rows(const Header& header, const ScanDamage& damage);
  // State is what decoding carries from block to block: BandState or ArithmeticState.
  template <class State, class DecodeBlock>
  ScanDamage decode_single(const Header& header, DecodeBlock decode);
  template <class State, class DecodeBlock>
  ScanDamage decode_interleaved(const Header& header, DecodeBlock decode);
  template <class State, class DecodeBlock>
  ScanDamage decode_blocks(const Header& header, DecodeBlock decode);
  template <class State>
  bool restart_if_due(const Header& header, State& state);
  int judge(int error, std::size_t mcu_row);

  Scratch memory_;
  std::array<Channel, kMaxComponents> channels_{};
  EntropyData entropy_;
  ScanSpec scan_;
  std::array<HuffmanTable, kMaxTables> dc_;
  std::array<HuffmanTable, kMaxTables> ac_;
  std::array<BlockTables, kMaxComponents> tables_{};
  std::array<ArithmeticTables, kMaxComponents> arithmetic_tables_{};
  std::size_t interval_ = 0;
  Lost lost_ = Lost::kNo;
  std::size_t lost_row_ = SIZE_MAX;
  std::size_t mcus_to_restart_ = 0;
};

}  // namespace edgefirst::jpeg
