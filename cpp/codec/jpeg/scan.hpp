// SPDX-License-Identifier: Apache-2.0
// Decodes the one interleaved scan of a baseline frame, an MCU row at a time, into component
// planes. Does no upsampling and no colour; the JPEG decoder alternates it with the renderer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/jpeg/entropy_data.hpp"
#include "codec/jpeg/huffman.hpp"
#include "codec/jpeg/idct.hpp"
#include "codec/jpeg/plane.hpp"
#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

class BaselineScan {
 public:
  /// header and planes must outlive the decoding of the frame. entropy is the file from
  /// header.entropy_begin on.
  void start(const Header& header, const Plane* planes, Span<const std::uint8_t> entropy);
  /// MCU rows in order. Throws kInvalidData; then start() begins anew.
  void decode_row(std::size_t mcu_row);

 private:
  struct McuBlock {
    std::size_t component;
    std::size_t x;  ///< samples from the MCU's left edge, and from its top edge
    std::size_t y;
  };
  BitReader restart();
  [[noreturn]] void fail(int error, std::size_t mcu_row, std::size_t mcu) const;

  const Header* header_ = nullptr;
  const Plane* planes_ = nullptr;
  EntropyData entropy_;
  BitReader reader_;
  BlockQueue queue_;
  std::array<HuffmanTable, kMaxTables> dc_;
  std::array<HuffmanTable, kMaxTables> ac_;
  std::array<BlockTables, kMaxComponents> tables_{};
  std::array<McuBlock, kMaxBlocksPerMcu> blocks_{};
  std::size_t block_count_ = 0;
  std::array<std::int32_t, kMaxComponents> predictors_{};
  std::size_t mcus_to_restart_ = 0;
  unsigned restart_number_ = 0;
};

}  // namespace edgefirst::jpeg
