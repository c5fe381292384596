// SPDX-License-Identifier: Apache-2.0
// Bits of one restart interval whose byte stuffing is already removed, through a 64-bit reservoir.
// Behind the end it delivers zero bits and knows that it did. Knows no codes; huffman.hpp does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace edgefirst::jpeg {

inline std::uint64_t load_big_endian_64(const std::uint8_t* bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return value;
#else
  return __builtin_bswap64(value);
#endif
}

class BitReader {
 public:
  BitReader() = default;
  BitReader(const std::uint8_t* begin, const std::uint8_t* end) : next_(begin), end_(end) {}

  /// Afterwards at least 56 bits can be read.
  void refill() {
    if (end_ - next_ >= 8) {
      // The bits below count_ already equal the ones that OR in again.
      bits_ |= load_big_endian_64(next_) >> count_;
      next_ += (63 - count_) >> 3;
      count_ |= 56;
    } else {
      refill_at_end();
    }
  }

  /// Whether a whole byte or more is left, which padding never is.
  bool has_bytes() const { return end_ != next_ || count_ >= padding_ + 8; }
  /// Whether bits from behind the end were taken.
  bool is_overrun() const { return padding_ > count_; }

  /// The next count bits, 1...32; they stay.
  std::uint32_t peek(unsigned count) const {
    return static_cast<std::uint32_t>(bits_ >> (64 - count));
  }
  void skip(unsigned count) {
    bits_ <<= count;
    count_ -= count;
  }
  /// count bits, 0...32.
  std::uint32_t take(unsigned count) {
    if (count == 0) return 0;
    const std::uint32_t bits = peek(count);
    skip(count);
    return bits;
  }
  /// One bit, refilling when none is left.
  std::uint32_t take_bit() {
    if (count_ == 0) refill();
    return take(1);
  }
  /// count bits as the signed value of T.81 F.2.2.1 (EXTEND); count 1...16.
  std::int32_t take_signed(unsigned count) {
    const auto raw = static_cast<std::int32_t>(peek(count));
    skip(count);
    const std::int32_t is_negative = (raw >> (count - 1)) - 1;  // -1 or 0
    return raw + (is_negative & (1 - (1 << count)));
  }

 private:
  void refill_at_end() {
    while (count_ <= 56) {
      if (next_ < end_) {
        bits_ |= static_cast<std::uint64_t>(*next_++) << (56 - count_);
      } else {
        padding_ += 8;
      }
      count_ += 8;
    }
  }

  std::uint64_t bits_ = 0;  // left-aligned
  unsigned count_ = 0;
  unsigned padding_ = 0;  // zero bits from behind the end, the last ones of the reservoir
  const std::uint8_t* next_ = nullptr;
  const std::uint8_t* end_ = nullptr;
};

}  // namespace edgefirst::jpeg
