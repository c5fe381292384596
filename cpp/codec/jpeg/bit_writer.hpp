// SPDX-License-Identifier: Apache-2.0
// Huffman-coded bits into a byte vector with byte stuffing (T.81 F.1.2.3). Knows no tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace edgefirst::jpeg {

class BitWriter {
 public:
  explicit BitWriter(std::vector<std::uint8_t>& out) : out_(out) {}

  /// Appends the low count bits of bits, 0...32; the others must be 0.
  void put(std::uint32_t bits, unsigned count) {
    used_ += count;
    pending_ = pending_ << count | bits;
    if (used_ >= 32) flush_word();
  }

  /// Pads with ones to a whole byte.
  void finish() {
    while (used_ % 8 != 0) put(1, 1);
    while (used_ > 0) put_byte(static_cast<std::uint8_t>(pending_ >> (used_ -= 8)));
  }

 private:
  void flush_word() {
    used_ -= 32;
    const auto word = static_cast<std::uint32_t>(pending_ >> used_);
    const bool has_ff = (word & ~(word + 0x01010101U) & 0x80808080U) != 0;
    const std::uint8_t bytes[4] = {
        static_cast<std::uint8_t>(word >> 24), static_cast<std::uint8_t>(word >> 16),
        static_cast<std::uint8_t>(word >> 8), static_cast<std::uint8_t>(word)};
    if (has_ff) {
      for (const std::uint8_t byte : bytes) put_byte(byte);
    } else {
      out_.insert(out_.end(), bytes, bytes + 4);
    }
  }

  void put_byte(std::uint8_t byte) {
    out_.push_back(byte);
    if (byte == 0xFF) out_.push_back(0);
  }

  std::vector<std::uint8_t>& out_;
  std::uint64_t pending_ = 0;
  unsigned used_ = 0;
};

}  // namespace edgefirst::jpeg
