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

using Pair = HuffmanTable::Pair;

Pair pack(unsigned length, unsigned index, unsigned next, unsigned advance) {
  return Pair{length} | Pair{index} << 8 | Pair{next} << 16 | Pair{advance} << 24;
}
Pair packed_value(HuffmanTable::Entry entry) {
  return Pair{static_cast<std::uint16_t>(HuffmanTable::value(entry))};
}
bool is_sixteen_zeros(HuffmanTable::Entry entry) { return HuffmanTable::run(entry) == 0xF0; }
bool is_end(HuffmanTable::Entry entry) {
  return HuffmanTable::value(entry) == 0 && HuffmanTable::length(entry) != 0 &&
         HuffmanTable::run(entry) % 16 == 0 && !is_sixteen_zeros(entry);
}

/// The part of a pair that its first code gives; nothing follows where that is no coefficient.
Pair first_of_pair(HuffmanTable::Entry entry) {
  const unsigned length = HuffmanTable::length(entry);
  const unsigned run = HuffmanTable::run(entry);
  if (HuffmanTable::value(entry) != 0) {
    return packed_value(entry) << 32 | pack(length, run, 0, run + 1);
  }
  if (is_end(entry)) return pack(length, 0, 1, HuffmanTable::kBlockEnds);
  return is_sixteen_zeros(entry) ? pack(length, 0, 1, 16) : pack(0, run, length, 0);
}

/// What is added to it by a second code with room bits.
Pair second_of_pair(HuffmanTable::Entry entry, unsigned room) {
  const unsigned length = HuffmanTable::length(entry);
  const unsigned next = HuffmanTable::run(entry) + 1;
  const bool fits = length != 0 && length <= room;
  if (fits && is_end(entry)) return pack(length, 0, 1, HuffmanTable::kBlockEnds);
  if (!fits || HuffmanTable::value(entry) == 0) return pack(0, 0, 1, 0);
  return packed_value(entry) << 48 | pack(length, 0, next, next);
}

}  // namespace

void HuffmanTable::build(const HuffmanSpec& spec) {
  if (same_table(spec_, spec)) return;
  spec_.defined = false;  // until the lookup is there: the next call builds it where this one fails
  lookup_.assign(kEntries, 0);
  pairs_.clear();
  std::uint32_t code = 0;  // of the current length
  std::int32_t symbol = 0;
  for (unsigned bits = 1; bits <= 16; ++bits) {
    offset_[bits] = symbol - static_cast<std::int32_t>(code);
    code += spec.counts[bits - 1];
    symbol += spec.counts[bits - 1];
    limit_[bits] = code << (16 - bits);
    code <<= 1;
  }
  fill_lookup(spec);
  spec_ = spec;
}

void HuffmanTable::build_pairs(const HuffmanSpec& spec) {
  build(spec);
  if (!pairs_.empty()) return;
  pairs_.resize(kEntries);
  struct Known {
    const Pair* pairs;
    Pair first;
  };
  std::array<Known, kLookupBits + 1> known{};  // by the bits of the first coefficient
  for (std::size_t bits = 0; bits < pairs_.size();) {
    Pair* const out = &pairs_[bits];
    const Entry entry = lookup_[bits];
    const unsigned room = kLookupBits - length(entry);
    const std::size_t count = length(entry) == 0 ? 1 : std::size_t{1} << room;
    bits += count;
    const Pair first = first_of_pair(entry);
    if (value(entry) == 0) {
      std::fill_n(out, count, first);
      continue;
    }
    Known& same = known[length(entry)];  // what can follow depends on the room alone
    for (std::size_t rest = 0; rest < count; ++rest) {
      out[rest] = same.pairs != nullptr
                      ? same.pairs[rest] - same.first + first
                      : first + second_of_pair(lookup_[rest << length(entry)], room);
    }
    if (same.pairs == nullptr) same = {out, first};
  }
}

void HuffmanTable::fill_lookup(const HuffmanSpec& spec) {
  Entry* out = lookup_.data();
  std::size_t symbol_index = 0;
  for (unsigned bits = 1; bits <= kLookupBits; ++bits) {
    for (unsigned i = 0; i < spec.counts[bits - 1]; ++i) {
      const unsigned symbol = spec.symbols[symbol_index++];
      const unsigned size = symbol & 15U;
      const unsigned spare = kLookupBits - bits;
      if (size == 0 || size > std::min(spare, kSizes8.ac)) {
        out = std::fill_n(out, std::size_t{1} << spare, make_entry(0, symbol, bits));
        continue;
      }
      const std::int32_t smallest = 1 - (1 << size);
      for (std::int32_t raw = 0; raw < 1 << size; ++raw) {
        const std::int32_t value = raw < 1 << (size - 1) ? smallest + raw : raw;
        const Entry entry = make_entry(value, symbol >> 4, bits + size);
        out = std::fill_n(out, std::size_t{1} << (spare - size), entry);
      }
    }
  }
}

}  // namespace edgefirst::jpeg
