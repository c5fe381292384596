// SPDX-License-Identifier: Apache-2.0
// Table building and the innermost loop of decoding.
#include "codec/jpeg/huffman.hpp"

#include <algorithm>

namespace edgefirst::jpeg {
namespace {

constexpr unsigned kMaxDcSize = 11;  // 8-bit samples: T.81 table F.1
constexpr unsigned kMaxAcSize = 10;  // T.81 table F.2

HuffmanTable::Entry make_entry(std::int32_t value, unsigned middle, unsigned length) {
  return static_cast<HuffmanTable::Entry>(static_cast<std::uint32_t>(value) << 16 | middle << 8 |
                                          length);
}

bool same_table(const HuffmanSpec& a, const HuffmanSpec& b) {
  return a.defined && b.defined && a.counts == b.counts && a.symbol_count == b.symbol_count &&
         std::equal(a.symbols.begin(),
                    a.symbols.begin() + static_cast<std::ptrdiff_t>(a.symbol_count),
                    b.symbols.begin());
}

}  // namespace

void HuffmanTable::build(const HuffmanSpec& spec) {
  if (same_table(spec_, spec)) return;
  spec_ = spec;
  std::uint32_t code = 0;  // of the current length
  std::int32_t symbol = 0;
  for (unsigned bits = 1; bits <= 16; ++bits) {
    offset_[bits] = symbol - static_cast<std::int32_t>(code);
    code += spec.counts[bits - 1];
    symbol += spec.counts[bits - 1];
    limit_[bits] = code << (16 - bits);
    code <<= 1;
  }
  fill_lookup();
}

void HuffmanTable::fill_lookup() {
  lookup_.fill(0);
  std::uint32_t next = 0;  // entry behind the codes so far
  std::size_t symbol_index = 0;
  for (unsigned bits = 1; bits <= kLookupBits; ++bits) {
    for (unsigned i = 0; i < spec_.counts[bits - 1]; ++i) {
      const unsigned symbol = spec_.symbols[symbol_index++];
      const unsigned size = symbol & 15U;
      const unsigned spare = kLookupBits - bits;
      const std::uint32_t entries = std::uint32_t{1} << spare;
      for (std::uint32_t rest = 0; rest < entries; ++rest) {
        Entry entry = make_entry(0, symbol, bits);
        if (size > 0 && size <= spare) {
          auto value = static_cast<std::int32_t>(rest >> (spare - size));
          if (value < 1 << (size - 1)) value -= (1 << size) - 1;
          entry = make_entry(value, symbol >> 4, bits + size);
        }
        lookup_[next + rest] = entry;
      }
      next += entries;
    }
  }
}

int HuffmanTable::take_symbol(BitReader& reader) const {
  const std::uint32_t prefix = reader.peek(16);
  for (unsigned bits = 1; bits <= 16; ++bits) {
    if (prefix >= limit_[bits]) continue;
    reader.skip(bits);
    const std::int32_t code = static_cast<std::int32_t>(prefix >> (16 - bits));
    return spec_.symbols[static_cast<std::size_t>(offset_[bits] + code)];
  }
  return -1;
}

namespace {

/// The DC difference; error codes lie below any difference.
constexpr std::int32_t kDcFailed = -1000000;

inline std::int32_t take_dc(BitReader& reader, const HuffmanTable& table, BlockError& error) {
  const HuffmanTable::Entry entry = table.lookup(reader.peek(HuffmanTable::kLookupBits));
  if (HuffmanTable::value(entry) != 0 && HuffmanTable::run(entry) == 0) {
    reader.skip(HuffmanTable::length(entry));
    return HuffmanTable::value(entry);
  }
  const int size = table.take_symbol(reader);
  if (size >= 0 && size <= static_cast<int>(kMaxDcSize)) {
    return size == 0 ? 0 : reader.take_signed(static_cast<unsigned>(size));
  }
  error = size < 0 ? BlockError::kBadCode : BlockError::kDcSize;
  return kDcFailed;
}

inline std::int16_t dequantise(std::int32_t value, std::uint16_t quant) {
  return static_cast<std::int16_t>(value * quant);
}

/// One AC symbol that the lookup did not answer whole. Advances k; false ends the block.
inline bool take_long_ac(BitReader& reader, const BlockTables& tables, std::int16_t* block, int& k,
                         BlockError& error) {
  const int symbol = tables.ac->take_symbol(reader);
  const unsigned size = static_cast<unsigned>(symbol) & 15U;
  const int run = symbol >> 4;
  if (symbol < 0 || size > kMaxAcSize) {
    error = symbol < 0 ? BlockError::kBadCode : BlockError::kAcSize;
    return false;
  }
  if (size == 0) {
    if (run != 15) return false;  // EOB
    k += 16;
    return true;
  }
  k += run;
  const auto at = static_cast<std::size_t>(k);
  block[kZigzag[at]] = dequantise(reader.take_signed(size), tables.quant[at]);
  ++k;
  return true;
}

}  // namespace

int decode_block(BitReader& shared_reader, const BlockTables& tables, std::int32_t& predictor,
                 std::int16_t* block) {
  BitReader reader = shared_reader;  // in registers for the loop
  BlockError error{};
  reader.refill();
  const std::int32_t difference = take_dc(reader, *tables.dc, error);
  if (difference == kDcFailed) return static_cast<int>(error);
  predictor = static_cast<std::int32_t>(static_cast<std::uint32_t>(predictor) +
                                        static_cast<std::uint32_t>(difference));
  block[0] = static_cast<std::int16_t>(static_cast<std::uint32_t>(predictor) * tables.quant[0]);

  constexpr int kFastSymbols = 5;  // 5 lookups of 11 bits stay within the 56 of a refill
  int k = 1;
  bool more = true;
  while (more && k < static_cast<int>(kBlockSize)) {
    reader.refill();
    for (int i = 0; i < kFastSymbols; ++i) {
      const HuffmanTable::Entry entry = tables.ac->lookup(reader.peek(HuffmanTable::kLookupBits));
      if (HuffmanTable::value(entry) == 0) {
        if (HuffmanTable::run(entry) == 0 && HuffmanTable::length(entry) != 0) {  // EOB
          reader.skip(HuffmanTable::length(entry));
          more = false;
          break;
        }
        reader.refill();
        more = take_long_ac(reader, tables, block, k, error);
        break;
      }
      k += static_cast<int>(HuffmanTable::run(entry));
      const auto at = static_cast<std::size_t>(k);
      block[kZigzag[at]] = dequantise(HuffmanTable::value(entry), tables.quant[at]);
      reader.skip(HuffmanTable::length(entry));
      if (++k >= static_cast<int>(kBlockSize)) break;
    }
  }
  shared_reader = reader;
  if (error != BlockError{}) return static_cast<int>(error);
  return k <= static_cast<int>(kBlockSize) ? k - 1 : static_cast<int>(BlockError::kRunTooLong);
}

}  // namespace edgefirst::jpeg
