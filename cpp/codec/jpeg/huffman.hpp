// SPDX-License-Identifier: Apache-2.0
// Huffman decoding of one 8x8 block. A lookup answers symbol and value at once where both fit, of
// two AC coefficients where they fit, or of one and the block's end. Knows no scan structure;
// scan.cpp calls it per block.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "codec/jpeg/bit_reader.hpp"
#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

class HuffmanTable {
 public:
  /// Fewer bits would leave more codes to branches that no processor predicts; with more, tables
  /// outgrow its cache. An image of 1 MB decodes in 0.88 of the time that 11 bits take.
  static constexpr unsigned kLookupBits = 13;

  /// What the next kLookupBits bits mean:
  ///   value != 0: coefficient value behind run zeros, length bits in all
  ///   value == 0: symbol in bits 8...15, its code length bits in 0...7 (0: longer or no code)
  using Entry = std::int32_t;
  static std::int32_t value(Entry entry) { return entry >> 16; }
  static unsigned run(Entry entry) { return static_cast<std::uint32_t>(entry) >> 8 & 0xFFU; }
  static unsigned length(Entry entry) { return static_cast<std::uint32_t>(entry) & 0xFFU; }
  /// Whether value() is the difference that a DC code stands for, 0 included.
  static bool is_difference(Entry entry) { return run(entry) == 0 && length(entry) != 0; }

  /// What the next kLookupBits bits mean in a sequential block. Where one coefficient is known, the
  /// second is a zero behind it; where none is (end of block, sixteen zeros) both are zeros.
  ///   bits 0...7   length; 0: the one symbol in bits 8...15, its code length bits in 16...23
  ///                (0: longer or no code), has more value bits than fit
  ///   bits 8...15  coefficient index, from where decoding stands, of the first value
  ///   bits 16...23 of the second value, counted from the first
  ///   bits 24...31 how far decoding moves; kBlockEnds is added where the block ends
  ///   bits 32...47, 48...63 the values
  using Pair = std::uint64_t;
  static constexpr unsigned kBlockEnds = 128;
  static unsigned pair_length(Pair pair) { return static_cast<unsigned>(pair) & 0xFFU; }
  static int first_index(Pair pair) { return static_cast<int>(pair >> 8 & 0xFFU); }
  static int second_index(Pair pair) { return static_cast<int>(pair >> 16 & 0xFFU); }
  static int lone_symbol(Pair pair) { return first_index(pair); }
  static unsigned lone_length(Pair pair) { return static_cast<unsigned>(pair >> 16) & 0xFFU; }
  static int advance(Pair pair) { return static_cast<int>(pair >> 24 & 0xFFU); }
  static std::int32_t first_value(Pair pair) { return static_cast<std::int16_t>(pair >> 32); }
  static std::int32_t second_value(Pair pair) { return static_cast<std::int16_t>(pair >> 48); }

  /// Does nothing when spec is the one already built.
  void build(const HuffmanSpec& spec);
  /// Also makes pairs ready, for tables of AC coefficients of sequential blocks.
  void build_pairs(const HuffmanSpec& spec);

  Pair lookup_pair(std::uint32_t bits) const { return pairs_[bits]; }
  Entry lookup(std::uint32_t bits) const { return lookup_[bits]; }

  struct Code {
    int symbol;  ///< -1: there is no such code
    unsigned length;
  };
  /// The code, of kShortest bits or more, that the 16 bits of prefix begin with.
  template <unsigned kShortest>
  Code find(std::uint32_t prefix) const {
    unsigned bits = kShortest;  // without a branch on the length, which is as good as random
    for (unsigned i = kShortest; i <= 16; ++i) bits += prefix >= limit_[i] ? 1 : 0;
    if (bits > 16) return {-1, 0};
    const auto code = static_cast<std::int32_t>(prefix >> (16 - bits));
    return {spec_.symbols[static_cast<std::size_t>(offset_[bits] + code)], bits};
  }
  Code find_any(std::uint32_t prefix) const { return find<1>(prefix); }
  Code find_long(std::uint32_t prefix) const { return find<kLookupBits + 1>(prefix); }

 private:
  void fill_lookup(const HuffmanSpec& spec);

  static constexpr std::size_t kEntries = std::size_t{1} << kLookupBits;

  std::vector<Entry> lookup_;
  std::vector<Pair> pairs_;                // empty where only build() was asked for
  std::array<std::uint32_t, 17> limit_{};  // first 16-bit prefix above the codes of a length
  std::array<std::int32_t, 17> offset_{};  // symbol index = offset + code
  HuffmanSpec spec_;
};

/// Most bits that a DC difference and an AC coefficient can have.
struct CoefficientSizes {
  int dc = 0;
  unsigned ac = 0;
};
inline constexpr CoefficientSizes kSizes8{11, 10};   // T.81 tables F.1 and F.2
inline constexpr CoefficientSizes kSizes12{15, 14};  // tables F.6 and F.7

struct BlockTables {
  const HuffmanTable* dc = nullptr;
  const HuffmanTable* ac = nullptr;
  CoefficientSizes largest = kSizes8;
  bool strict = false;  ///< zeros coded past the end of a block are an error
};

enum class BlockError : int {
  kBadCode = -1,
  kDcSize = -2,
  kAcSize = -3,
  kRunTooLong = -4,
  kDataEnds = -5,    ///< found by whoever asks the reader
  kRefinement = -6,  ///< of progressive scans
};

/// Takes the next code; the reader must hold 16 bits. -1: there is no such code.
inline int take_symbol(BitReader& reader, const HuffmanTable& table) {
  const HuffmanTable::Entry entry = table.lookup(reader.peek(HuffmanTable::kLookupBits));
  if (HuffmanTable::value(entry) == 0 && HuffmanTable::length(entry) != 0) {
    reader.skip(HuffmanTable::length(entry));
    return static_cast<int>(HuffmanTable::run(entry));
  }
  const bool is_long = HuffmanTable::length(entry) == 0;
  const HuffmanTable::Code code =
      is_long ? table.find_long(reader.peek(16)) : table.find_any(reader.peek(16));
  reader.skip(code.length);
  return code.symbol;
}

/// Takes the symbol of a pair that holds only one, or none.
inline int take_lone_symbol(BitReader& reader, const HuffmanTable& table, HuffmanTable::Pair pair) {
  const unsigned length = HuffmanTable::lone_length(pair);
  if (length == 0) return take_symbol(reader, table);
  reader.skip(length);
  return HuffmanTable::lone_symbol(pair);
}

/// Takes a DC difference, of at most largest bits. Returns 0, or a BlockError.
__attribute__((always_inline)) inline int take_difference(BitReader& reader,
                                                          const HuffmanTable& table, int largest,
                                                          std::int32_t& difference) {
  reader.refill();
  const HuffmanTable::Entry entry = table.lookup(reader.peek(HuffmanTable::kLookupBits));
  if (HuffmanTable::is_difference(entry)) {
    difference = HuffmanTable::value(entry);
    reader.skip(HuffmanTable::length(entry));
    return 0;
  }
  const int size = take_symbol(reader, table);
  if (size < 0) return static_cast<int>(BlockError::kBadCode);
  if (size > largest) return static_cast<int>(BlockError::kDcSize);
  difference = size == 0 ? 0 : reader.take_signed(static_cast<unsigned>(size));
  return 0;
}

/// Adds one block's coefficients to the zeroed block in natural order and updates the DC
/// predictor. Returns the zigzag index of the last non-zero coefficient (an upper bound of it), or
/// a BlockError as negative number. Inlined into its callers' loops, where the reader then stays in
/// registers from block to block.
__attribute__((always_inline)) inline int decode_block(BitReader& reader, const BlockTables& tables,
                                                       std::int32_t& predictor,
                                                       std::int16_t* block) {
  constexpr int kFastLookups = 4;
  static_assert(kFastLookups * HuffmanTable::kLookupBits <= 56, "a refill gives 56 bits");
  constexpr int kEnd = kBlockSize;
  constexpr auto kCoefficient = HuffmanTable::Pair{1} << 48;
  std::int32_t difference = 0;
  const int error = take_difference(reader, *tables.dc, tables.largest.dc, difference);
  if (error != 0) return error;
  const auto sum = static_cast<std::uint32_t>(predictor) + static_cast<std::uint32_t>(difference);
  predictor = static_cast<std::int32_t>(sum);
  block[0] = static_cast<std::int16_t>(sum);

  const auto store = [&](int k, std::int32_t value) {
    block[kZigzag[static_cast<std::size_t>(k)]] = static_cast<std::int16_t>(value);
  };
  int k = 1;
  HuffmanTable::Pair pair = 0;
  while (k < kEnd) {
    reader.refill();
    for (int fast = 0; fast < kFastLookups; ++fast) {
      pair = tables.ac->lookup_pair(reader.peek(HuffmanTable::kLookupBits));
      if (HuffmanTable::pair_length(pair) == 0) break;
      const int first = k + HuffmanTable::first_index(pair);
      if (first >= kEnd - 1) {  // behind the last coefficient the next block's bits begin
        pair = 0;
        break;
      }
      store(first + HuffmanTable::second_index(pair), HuffmanTable::second_value(pair));
      store(first, HuffmanTable::first_value(pair));
      k += HuffmanTable::advance(pair);
      reader.skip(HuffmanTable::pair_length(pair));
      if (k >= kEnd) break;
    }
    if (HuffmanTable::pair_length(pair) != 0) continue;
    reader.refill();
    const int symbol = take_lone_symbol(reader, *tables.ac, pair);
    const unsigned size = static_cast<unsigned>(symbol) & 15U;
    if (symbol < 0) return static_cast<int>(BlockError::kBadCode);
    if (size > tables.largest.ac) return static_cast<int>(BlockError::kAcSize);
    if (size == 0 && symbol != 0xF0) {  // bands of blocks end only in progressive scans
      k += HuffmanTable::kBlockEnds;
      break;
    }
    k += symbol >> 4;
    if (size != 0) {
      store(k, reader.take_signed(size));
      pair = kCoefficient;
    }
    ++k;
  }
  if (k > static_cast<int>(HuffmanTable::kBlockEnds)) k -= HuffmanTable::kBlockEnds;
  if (k <= kEnd) return k - 1;
  // Sixteen zeros may leave the block without harm; a coefficient may not.
  const bool is_harmless = HuffmanTable::second_value(pair) == 0 && !tables.strict;
  return is_harmless ? kEnd - 1 : static_cast<int>(BlockError::kRunTooLong);
}

}  // namespace edgefirst::jpeg
