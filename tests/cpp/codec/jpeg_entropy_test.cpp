// SPDX-License-Identifier: Apache-2.0
// What entropy decoding stands on: bytes without stuffing, on every SIMD target, and lookups of two
// coefficients against codes taken one at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/simd.hpp"
#include "codec/jpeg/huffman.hpp"
#include "codec/jpeg/standard_tables.hpp"
#include "codec/jpeg/unstuff.hpp"

namespace edgefirst::jpeg {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Bytes in which an FF is as frequent as rarity says, followed by 00 in three of four cases.
Bytes make_stuffed(std::mt19937& random, std::size_t size, unsigned rarity) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    const bool is_behind_ff = i > 0 && bytes[i - 1] == 0xFF;
    if (is_behind_ff && random() % 4 != 0) continue;
    bytes[i] = static_cast<std::uint8_t>(random() % rarity == 0 ? 0xFF : random());
  }
  return bytes;
}

/// The bytes up to the first FF without 00, or the end, and where that is.
std::pair<Bytes, std::size_t> unstuff_plainly(const Bytes& in) {
  Bytes out;
  std::size_t i = 0;
  for (; i < in.size(); ++i) {
    const bool is_ff = in[i] == 0xFF;
    if (is_ff && (i + 1 == in.size() || in[i + 1] != 0)) break;
    out.push_back(in[i]);
    if (is_ff) ++i;
  }
  return {out, i};
}

class JpegUnstuff : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { ASSERT_TRUE(simd::force_target(GetParam())); }
  void TearDown() override { simd::reset_target(); }
};

TEST_P(JpegUnstuff, StopsAtMarkersAndStaysWithinTheMargin) {
  std::mt19937 random(5);
  for (std::size_t size = 0; size < 300; ++size) {
    for (const unsigned rarity : {2U, 20U, 400U, 1000000U}) {
      const Bytes in = make_stuffed(random, size, rarity);
      const auto [expected, stop] = unstuff_plainly(in);
      Bytes out(size + kUnstuffMargin, 0xAB);
      const UnstuffCursor cursor = unstuff_kernel()({in.data(), out.data()}, in.data() + in.size());
      EXPECT_EQ(static_cast<std::size_t>(cursor.in - in.data()), stop);
      out.resize(static_cast<std::size_t>(cursor.out - out.data()));
      ASSERT_EQ(out, expected) << "size " << size << ", rarity " << rarity;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, JpegUnstuff, ::testing::ValuesIn(simd::available_targets()));

/// Canonical codes of random lengths for random symbols, some of which only 12-bit samples have.
HuffmanSpec make_spec(std::mt19937& random) {
  HuffmanSpec spec;
  spec.defined = true;
  std::uint32_t left = 1;  // bit strings of a length that begin no shorter code
  for (std::size_t length = 1; length <= 16; ++length) {
    left = std::min<std::uint32_t>(left * 2, 256);
    const std::uint32_t most = std::min<std::uint32_t>(left, 256 - spec.symbol_count);
    const std::uint32_t count = most == 0 ? 0 : random() % (most + 1) / (length < 6 ? 2 : 1);
    spec.counts[length - 1] = static_cast<std::uint8_t>(std::min<std::uint32_t>(count, 255));
    left -= spec.counts[length - 1];
    for (unsigned i = 0; i < spec.counts[length - 1]; ++i) {
      spec.symbols[spec.symbol_count++] = static_cast<std::uint8_t>(random());
    }
  }
  return spec;
}

/// One AC code by T.81 figure F.13, from the bits left-aligned in window.
struct PlainCode {
  bool is_code = false;
  unsigned symbol = 0;
  unsigned code_length = 0;
  unsigned length = 0;  // with the value bits
  int value = 0;
};
PlainCode decode_plainly(const HuffmanSpec& spec, std::uint64_t window) {
  std::uint32_t code = 0;
  std::size_t symbol = 0;
  for (unsigned length = 1; length <= 16; ++length) {
    const auto bits = static_cast<std::uint32_t>(window >> (64 - length));
    if (bits - code < spec.counts[length - 1]) {
      PlainCode found{true, spec.symbols[symbol + bits - code], length, 0, 0};
      const unsigned size = found.symbol & 15U;
      found.length = length + size;
      if (size > 0) {
        const auto raw = static_cast<int>(window << length >> (64 - size));
        found.value = raw < 1 << (size - 1) ? raw - (1 << size) + 1 : raw;
      }
      return found;
    }
    code = (code + spec.counts[length - 1]) << 1;
    symbol += spec.counts[length - 1];
  }
  return {};
}

struct Coefficients {
  unsigned length = 0;
  int moved = 0;
  std::vector<std::pair<int, int>> values;  // index from the start, value
};
Coefficients coefficients_of(HuffmanTable::Pair pair) {
  Coefficients found{HuffmanTable::pair_length(pair), HuffmanTable::advance(pair), {}};
  const int first = HuffmanTable::first_index(pair);
  if (HuffmanTable::first_value(pair) != 0) {
    found.values.emplace_back(first, HuffmanTable::first_value(pair));
  }
  if (HuffmanTable::second_value(pair) != 0) {
    found.values.emplace_back(first + HuffmanTable::second_index(pair),
                              HuffmanTable::second_value(pair));
  }
  return found;
}

/// As many whole codes as a pair may hold.
Coefficients expected_of(const HuffmanSpec& spec, std::uint32_t bits) {
  constexpr unsigned kBits = HuffmanTable::kLookupBits;
  Coefficients expected;
  for (int codes = 0; codes < 2; ++codes) {
    const auto window = static_cast<std::uint64_t>(bits) << (64 - kBits) << expected.length;
    const PlainCode code = decode_plainly(spec, window);
    const unsigned size = code.symbol & 15U;
    if (!code.is_code || expected.length + code.length > kBits || size > kSizes8.ac) break;
    if (size == 0 && code.symbol == 0xF0 && codes == 1) break;
    expected.length += code.length;
    if (size == 0) {
      expected.moved += code.symbol == 0xF0 ? 16 : static_cast<int>(HuffmanTable::kBlockEnds);
      break;
    }
    const int run = static_cast<int>(code.symbol >> 4);
    expected.values.emplace_back(expected.moved + run, code.value);
    expected.moved += run + 1;
  }
  return expected;
}

void expect_right_pairs(const HuffmanSpec& spec) {
  HuffmanTable table;
  table.build_pairs(spec);
  for (std::uint32_t bits = 0; bits < 1U << HuffmanTable::kLookupBits; ++bits) {
    const HuffmanTable::Pair pair = table.lookup_pair(bits);
    const Coefficients expected = expected_of(spec, bits);
    ASSERT_EQ(HuffmanTable::pair_length(pair), expected.length) << "bits " << bits;
    if (expected.length != 0) {
      const Coefficients found = coefficients_of(pair);
      ASSERT_EQ(found.moved, expected.moved) << "bits " << bits;
      ASSERT_EQ(found.values, expected.values) << "bits " << bits;
      continue;
    }
    const auto window = static_cast<std::uint64_t>(bits) << (64 - HuffmanTable::kLookupBits);
    const PlainCode code = decode_plainly(spec, window);
    if (code.is_code && code.code_length <= HuffmanTable::kLookupBits) {
      ASSERT_EQ(HuffmanTable::lone_length(pair), code.code_length) << "bits " << bits;
      ASSERT_EQ(HuffmanTable::lone_symbol(pair), static_cast<int>(code.symbol));
    }
  }
}

TEST(JpegHuffman, PairsHoldWhatCodesOneAtATimeGive) {
  expect_right_pairs(standard_ac_table(0));
  expect_right_pairs(standard_ac_table(1));
  std::mt19937 random(11);
  for (int i = 0; i < 40; ++i) expect_right_pairs(make_spec(random));
}

TEST(JpegHuffman, FindsCodesOfEveryLength) {
  std::mt19937 random(12);
  for (int i = 0; i < 20; ++i) {
    const HuffmanSpec spec = make_spec(random);
    HuffmanTable table;
    table.build(spec);
    for (std::uint32_t prefix = 0; prefix < 65536; ++prefix) {
      const PlainCode expected = decode_plainly(spec, static_cast<std::uint64_t>(prefix) << 48);
      const HuffmanTable::Code found = table.find_any(prefix);
      ASSERT_EQ(found.symbol, expected.is_code ? static_cast<int>(expected.symbol) : -1);
      if (expected.is_code && expected.code_length > HuffmanTable::kLookupBits) {
        ASSERT_EQ(table.find_long(prefix).symbol, static_cast<int>(expected.symbol));
      }
    }
  }
}

}  // namespace
}  // namespace edgefirst::jpeg
