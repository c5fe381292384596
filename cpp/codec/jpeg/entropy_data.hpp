// SPDX-License-Identifier: Apache-2.0
// The bytes of one scan without byte stuffing, cut at its restart markers (T.81 B.1.1.5, B.2.1).
// Decodes nothing; the scan decoders read the intervals, in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "edgefirst/span.hpp"

#include "codec/jpeg/bit_reader.hpp"
#include "codec/jpeg/qm_decoder.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

class EntropyData {
 public:
  /// Takes the scan that starts at data[0], ends at the first marker other than RSTn and has
  /// intervals restart intervals; further ones are left out.
  void assign(Span<const std::uint8_t> data, std::size_t intervals);

  /// Bits of the index-th restart interval. Markers count modulo 8: where others than the due one
  /// stand in the file, stale ones are skipped and the interval of a lost one is empty.
  BitReader interval(std::size_t index) const;
  /// The same interval where it is arithmetic-coded.
  QmDecoder arithmetic_interval(std::size_t index) const;
  /// Whether the interval is empty because its marker is missing: its data cannot be told from
  /// those of the interval before.
  bool is_lost(std::size_t index) const {
    return index < intervals_.size() && intervals_[index].begin > intervals_[index].end;
  }
  /// Whether a decoder that keeps step begins interval index with nothing to decode: in libjpeg the
  /// first MCU of a lost interval is decoded from zeros, unless the interval before was lost too.
  bool is_void(std::size_t index) const { return is_lost(index) && is_lost(index - 1); }
  /// Whether interval index is the first of a row of lost ones. Its marker alone is missing where
  /// data are left behind the interval before; else its data are missing, too.
  bool is_first_lost(std::size_t index) const { return is_lost(index) && !is_lost(index - 1); }
  /// Restart markers are missing or out of order.
  bool is_irregular() const { return is_irregular_; }

  /// Bytes of data that belong to the scan.
  std::size_t consumed() const { return consumed_; }

 private:
  struct Interval {
    std::size_t begin;
    std::size_t end;
  };
  static constexpr Interval kLost{1, 0};
  void append(Interval interval, unsigned marker);
  void push(Interval interval);

  Scratch bytes_;
  std::vector<Interval> intervals_;
  std::size_t expected_ = 0;
  std::size_t consumed_ = 0;
  bool ends_at_marker_ = false;
  bool is_irregular_ = false;
  // There are data behind the last interval: intervals are shorter than the header says, and what
  // an arithmetic decoder lacks in them is elsewhere rather than left out.
  bool has_surplus_ = false;
};

/// The end of the scan that starts at data[0]: the offset of the FF of the first marker other than
/// RSTn, or data's size.
std::size_t scan_end(Span<const std::uint8_t> data);

}  // namespace edgefirst::jpeg
