// SPDX-License-Identifier: Apache-2.0
// Frames whose coefficients arrive over several scans: progressive ones (T.81 annex G) and
// sequential ones with a scan per component. Collects all scans, then hands out blocks. Used by the
// JPEG decoder where BaselineScan cannot work row by row.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/jpeg/entropy_data.hpp"
#include "codec/jpeg/huffman.hpp"
#include "codec/jpeg/idct.hpp"
#include "codec/jpeg/plane.hpp"
#include "codec/jpeg/types.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

class CoefficientFrame {
 public:
  /// Decodes every scan of the file, whose header was parsed up to its first SOS. Throws
  /// kInvalidData.
  void decode_scans(Span<const std::uint8_t> data, Header& header, std::size_t max_scans);
  /// Transforms one MCU row into the planes.
  void transform_row(std::size_t mcu_row, const Header& header, const Plane* planes);

 private:
  struct Channel {
    std::int16_t* blocks = nullptr;
    std::size_t blocks_per_row = 0;                 // padded to whole MCUs
    std::array<std::uint16_t, kBlockSize> quant{};  // natural order
    bool has_quant = false;
  };
  using DecodeBlockFn = void (CoefficientFrame::*)(std::size_t component, std::int16_t* block);

  void allocate(const Header& header);
  void decode_scan(const Header& header);
  void decode_single(const Header& header, DecodeBlockFn decode);
  void decode_interleaved(const Header& header, DecodeBlockFn decode);
  void count_mcu(const Header& header);
  DecodeBlockFn choose_decoder(const Header& header) const;
  void decode_sequential(std::size_t component, std::int16_t* block);
  void decode_dc_first(std::size_t component, std::int16_t* block);
  void decode_dc_refinement(std::size_t component, std::int16_t* block);
  void decode_ac_first(std::size_t component, std::int16_t* block);
  void decode_ac_refinement(std::size_t component, std::int16_t* block);
  /// Skips zero_run zeros from coefficient k on and corrects the others; returns where it stopped.
  int refine(std::int16_t* block, int k, int zero_run);
  unsigned take_symbol(const HuffmanTable& table);

  Scratch memory_;
  std::array<Channel, kMaxComponents> channels_{};
  EntropyData entropy_;
  BitReader reader_;
  ScanSpec scan_;
  std::array<HuffmanTable, kMaxTables> dc_;
  std::array<HuffmanTable, kMaxTables> ac_;
  std::array<BlockTables, kMaxComponents> tables_{};
  std::array<std::int32_t, kMaxComponents> predictors_{};
  std::size_t mcus_to_restart_ = 0;
  unsigned restart_number_ = 0;
  std::uint32_t eob_run_ = 0;  // blocks of the band that are still known to end here
  BlockQueue queue_;
};

}  // namespace edgefirst::jpeg
