// SPDX-License-Identifier: Apache-2.0
// Huffman-coded bits with byte stuffing (T.81 F.1.2.3), through a small buffer into a byte vector.
// Knows no tables. Copyable, so that a loop can keep it in registers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "edgefirst/span.hpp"

namespace edgefirst::jpeg {

class BitWriter {
 public:
  /// One block has at most 64 codes of 16 + 11 bits, and stuffing may double its bytes.
  static constexpr std::size_t kMaxBlockBytes = 64 * 27 / 8 * 2 + 16;
  static constexpr std::size_t kBufferBytes = 16 * kMaxBlockBytes;

  /// buffer: kBufferBytes bytes that outlive the writer, as out must.
  BitWriter(std::uint8_t* buffer, std::vector<std::uint8_t>& out)
      : out_(&out), buffer_(buffer), next_(buffer) {}

  /// Makes room for a block; call before its first put().
  void begin_block() {
    if (next_ > buffer_ + kBufferBytes - kMaxBlockBytes) next_ = drain(*out_, buffer_, next_);
  }

  /// Appends the low count bits of bits, 0...31; the others must be 0.
  void put(std::uint32_t bits, unsigned count) {
    if (count <= free_) {
      free_ -= count;
      pending_ = pending_ << count | bits;
      return;
    }
    const unsigned left = count - free_;
    flush_word(pending_ << free_ | bits >> left);
    pending_ = bits;  // its upper bits are written; they leave at the top
    free_ = 64 - left;
  }

  /// Pads with ones to a whole byte and hands everything over.
  void finish() {
    begin_block();
    while (free_ % 8 != 0) put(1, 1);
    for (unsigned used = 64 - free_; used > 0;) {
      put_byte(static_cast<std::uint8_t>(pending_ >> (used -= 8)));
    }
    next_ = drain(*out_, buffer_, next_);
  }

 private:
  static std::uint8_t* drain(std::vector<std::uint8_t>& out, std::uint8_t* begin,
                             const std::uint8_t* end) {
    out.insert(out.end(), static_cast<const std::uint8_t*>(begin), end);
    return begin;
  }

  void flush_word(std::uint64_t word) {
    constexpr std::uint64_t kLow = 0x0101010101010101;
    const bool has_ff = (word & ~(word + kLow) & kLow << 7) != 0;
    if (has_ff) {
      for (int shift = 56; shift >= 0; shift -= 8) {
        put_byte(static_cast<std::uint8_t>(word >> shift));
      }
      return;
    }
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    const std::uint64_t bytes = word;
#else
    const std::uint64_t bytes = __builtin_bswap64(word);
#endif
    std::memcpy(next_, &bytes, sizeof bytes);
    next_ += sizeof bytes;
  }

  void put_byte(std::uint8_t byte) {
    *next_++ = byte;
    if (byte == 0xFF) *next_++ = 0;
  }

  std::vector<std::uint8_t>* out_;
  std::uint8_t* buffer_;
  std::uint8_t* next_;
  std::uint64_t pending_ = 0;
  unsigned free_ = 64;  // bits of pending_
};

}  // namespace edgefirst::jpeg
