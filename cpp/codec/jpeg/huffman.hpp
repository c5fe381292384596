// SPDX-License-Identifier: Apache-2.0
// Huffman decoding of one 8x8 block, dequantised on the way. An 11-bit lookup answers symbol and
// value at once where both fit. Knows no scan structure; scan.cpp calls it per block.
#pragma once

#include <array>
#include <cstdint>

#include "codec/jpeg/bit_reader.hpp"
#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

class HuffmanTable {
 public:
  static constexpr unsigned kLookupBits = 11;

  /// What the next kLookupBits bits mean:
  ///   value != 0: coefficient value behind run zeros, length bits in all
  ///   value == 0: symbol in bits 8...15, its code length bits in 0...7 (0: longer or no code)
  using Entry = std::int32_t;
  static std::int32_t value(Entry entry) { return entry >> 16; }
  static unsigned run(Entry entry) { return static_cast<std::uint32_t>(entry) >> 8 & 0xFFU; }
  static unsigned length(Entry entry) { return static_cast<std::uint32_t>(entry) & 0xFFU; }

  /// Does nothing when spec is the one already built.
  void build(const HuffmanSpec& spec);

  Entry lookup(std::uint32_t bits) const { return lookup_[bits]; }

  /// Takes one code of any length; the reader must hold 16 bits. -1: no such code.
  int take_symbol(BitReader& reader) const;

 private:
  void fill_lookup();

  std::array<Entry, std::size_t{1} << kLookupBits> lookup_{};
  std::array<std::uint32_t, 17> limit_{};  // first 16-bit prefix above the codes of a length
  std::array<std::int32_t, 17> offset_{};  // symbol index = offset + code
  HuffmanSpec spec_;
};

struct BlockTables {
  const HuffmanTable* dc = nullptr;
  const HuffmanTable* ac = nullptr;
  const std::uint16_t* quant = nullptr;  ///< 80 entries in zigzag order
};

enum class BlockError : int { kBadCode = -1, kDcSize = -2, kAcSize = -3, kRunTooLong = -4 };

/// Adds one block's coefficients to the zeroed block in natural order and updates the DC
/// predictor. Returns the zigzag index of the last non-zero coefficient (an upper bound of it), or
/// a BlockError as negative number.
int decode_block(BitReader& reader, const BlockTables& tables, std::int32_t& predictor,
                 std::int16_t* block);

}  // namespace edgefirst::jpeg
