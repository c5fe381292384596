// SPDX-License-Identifier: Apache-2.0
// The binary arithmetic decoder of T.81 annex D: answers one decision at a time and adapts the
// probability estimate of its context. Knows no coefficients; arithmetic_blocks.cpp asks for them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/span.hpp"

#include "codec/jpeg/bit_reader.hpp"

namespace edgefirst::jpeg {

/// The probability estimate of a context: twice the row of T.81 table D.3 plus the more probable
/// symbol. Contexts begin at 0.
using QmBin = std::uint16_t;

/// What a bin means, by its value: Qe in bits 0...15, the next bin after the more probable symbol
/// in bits 16...23 and after the less probable one in bits 24...31.
using QmTable = std::array<std::uint32_t, 2 * 114>;
extern const QmTable kQmTable;

class QmDecoder {
 public:
  /// A restart interval that is not in the file; is_overrun() is true.
  QmDecoder() = default;
  /// Encoders leave out zero bytes at the end of an interval. Where a marker shows that the
  /// interval is whole, as many as needed follow.
  QmDecoder(Span<const std::uint8_t> bytes, bool is_whole)
      : spare_(-16), padding_(0), is_whole_(is_whole), next_(bytes.begin()), end_(bytes.end()) {
    refill();
  }

  /// Whether more bits were needed than an interval without a marker behind it can lack.
  bool is_overrun() const {
    return !is_whole_ && padding_ > kMaxMissing + static_cast<std::size_t>(spare_);
  }

  /// Whether the last decisions may be wrong for want of bits.
  bool lacks_bits() const { return !is_whole_ && padding_ > static_cast<std::size_t>(spare_); }

  /// Decodes a decision (T.81 D.2) and updates the bin.
  __attribute__((always_inline)) unsigned decide(QmBin& bin) {
    const std::uint32_t entry = kQmTable[bin];
    const std::uint32_t qe = entry & 0xFFFFU;
    const std::uint32_t likely = bin & 1U;
    range_ -= qe;
    const std::uint64_t split = static_cast<std::uint64_t>(range_) << spare_;
    const bool is_lower = code_ < split;
    if (is_lower && range_ >= kHalf) return likely;
    // The smaller part belongs to the less probable symbol, whichever of the two it is.
    const bool is_likely = is_lower == (range_ >= qe);
    if (!is_lower) {
      code_ -= split;
      range_ = qe;
    }
    bin = static_cast<QmBin>(is_likely ? entry >> 16 & 0xFFU : entry >> 24);
    renormalise();
    return is_likely ? likely : likely ^ 1U;
  }

  /// A decision between equals, whose estimate never changes.
  __attribute__((always_inline)) unsigned decide_evenly() {
    QmBin bin = kEvenBin;
    return decide(bin);
  }

 private:
  static constexpr std::uint32_t kHalf = 0x8000;  // 0.75 in T.81's scale
  static constexpr QmBin kEvenBin = 2 * 113;
  static constexpr std::size_t kMaxMissing = 32;  // bits: the 16 in comparison and two zero bytes

  void renormalise() {
    const auto shift = static_cast<int>(__builtin_clz(range_)) - 16;
    range_ <<= shift;
    if (spare_ < shift) refill();
    spare_ -= shift;
  }

  /// Appends four bytes.
  __attribute__((always_inline)) void refill() {
    std::uint64_t more = 0;
    if (end_ - next_ >= 8) {
      more = load_big_endian_64(next_) >> 32;
      next_ += 4;
    } else {
      for (int i = 0; i < 4; ++i) {
        more <<= 8;
        if (next_ < end_) {
          more |= *next_++;
        } else if (!is_whole_) {
          padding_ += 8;
        }
      }
    }
    code_ = code_ << 32 | more;
    spare_ += 32;
  }

  std::uint64_t code_ = 0;
  std::uint32_t range_ = 0x10000;
  int spare_ = 0;                       // bits of code_ below the 16 that are compared
  std::size_t padding_ = SIZE_MAX / 2;  // zero bits from behind the end
  bool is_whole_ = false;
  const std::uint8_t* next_ = nullptr;
  const std::uint8_t* end_ = nullptr;
};

}  // namespace edgefirst::jpeg
