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

  /// Appends the low count bits of bits, 0...32; the others must be 0.
  void put(std::uint32_t bits, unsigned count) {
    used_ += count;
    pending_ = pending_ << count | bits;
    if (used_ >= 32) flush_word();
  }

  /// Pads with ones to a whole byte and hands everything over.
  void finish() {
    begin_block();
    while (used_ % 8 != 0) put(1, 1);
    while (used_ > 0) put_byte(static_cast<std::uint8_t>(pending_ >> (used_ -= 8)));
    next_ = drain(*out_, buffer_, next_);
  }

 private:
  static std::uint8_t* drain(std::vector<std::uint8_t>& out, std::uint8_t* begin,
                             const std::uint8_t* end) {
    out.insert(out.end(), static_cast<const std::uint8_t*>(begin), end);
    return begin;
  }

  void flush_word() {
    used_ -= 32;
    const auto word = static_cast<std::uint32_t>(pending_ >> used_);
    const bool has_ff = (word & ~(word + 0x01010101U) & 0x80808080U) != 0;
    if (has_ff) {
      for (int shift = 24; shift >= 0; shift -= 8) {
        put_byte(static_cast<std::uint8_t>(word >> shift));
      }
      return;
    }
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    const std::uint32_t bytes = word;
#else
    const std::uint32_t bytes = __builtin_bswap32(word);
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
  unsigned used_ = 0;
};

}  // namespace edgefirst::jpeg
