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
  /// Takes the scan that starts at data[0] and ends at the first marker other than RSTn.
  void assign(Span<const std::uint8_t> data);

  /// Bits of the index-th restart interval. Markers count modulo 8: where others than the due one
  /// stand in the file, stale ones are skipped and the interval of a lost one is empty.
  BitReader interval(std::size_t index) const;
  /// The same interval where it is arithmetic-coded.
  QmDecoder arithmetic_interval(std::size_t index) const;

  /// Bytes of data that belong to the scan.
  std::size_t consumed() const { return consumed_; }

 private:
  struct Interval {
    std::size_t begin;
    std::size_t end;
    bool is_lost = false;
  };
  void append(Interval interval, unsigned marker);

  Scratch bytes_;
  std::vector<Interval> intervals_;
  std::size_t consumed_ = 0;
  bool ends_at_marker_ = false;
};

/// The end of the scan that starts at data[0]: the offset of the FF of the first marker other than
/// RSTn, or data's size.
std::size_t scan_end(Span<const std::uint8_t> data);

}  // namespace edgefirst::jpeg
