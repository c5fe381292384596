// SPDX-License-Identifier: Apache-2.0
// Table building (T.81 annex C and F.2.2.3).
#include "codec/jpeg/huffman.hpp"

#include <algorithm>

namespace edgefirst::jpeg {
namespace {

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
  has_pairs_ = false;
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

void HuffmanTable::build_pairs(const HuffmanSpec& spec) {
  build(spec);
  if (has_pairs_) return;
  for (std::uint32_t bits = 0; bits < pairs_.size(); ++bits) pairs_[bits] = make_pair(bits);
  has_pairs_ = true;
}

HuffmanTable::Pair HuffmanTable::make_pair(std::uint32_t bits) const {
  constexpr std::uint32_t kMask = (1U << kLookupBits) - 1;
  const auto is_end = [](Entry entry) {
    return value(entry) == 0 && length(entry) != 0 && run(entry) % 16 == 0 && run(entry) != 0xF0;
  };
  const auto pack = [](unsigned length, unsigned index, unsigned next, unsigned advance) {
    return Pair{length} | Pair{index} << 8 | Pair{next} << 16 | Pair{advance} << 24;
  };
  const auto packed_value = [](Entry entry) {
    return Pair{static_cast<std::uint16_t>(value(entry))};
  };
  const Entry first = lookup_[bits];
  const unsigned used = length(first);
  if (is_end(first)) return pack(used, 0, 1, kBlockEnds);
  if (value(first) == 0) return run(first) == 0xF0 ? pack(used, 0, 1, 16) : 0;
  const Pair one = packed_value(first) << 32;
  // The missing bits read as zeros, which only matters to codes longer than what is there.
  const Entry second = lookup_[bits << used & kMask];
  const unsigned both = used + length(second);
  const bool fits = length(second) != 0 && both <= kLookupBits;
  const unsigned at = run(first);
  if (fits && is_end(second)) return one | pack(both, at, 1, at + 1 + kBlockEnds);
  if (!fits || value(second) == 0) return one | pack(used, at, 1, at + 1);
  return one | packed_value(second) << 48 |
         pack(both, at, run(second) + 1, at + 1 + run(second) + 1);
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

HuffmanTable::Code HuffmanTable::find(std::uint32_t prefix, unsigned shortest) const {
  for (unsigned bits = shortest; bits <= 16; ++bits) {
    if (prefix >= limit_[bits]) continue;
    const auto code = static_cast<std::int32_t>(prefix >> (16 - bits));
    return {spec_.symbols[static_cast<std::size_t>(offset_[bits] + code)], bits};
  }
  return {-1, 0};
}

}  // namespace edgefirst::jpeg
