// SPDX-License-Identifier: Apache-2.0
// The bytes of one scan without byte stuffing, cut at its restart markers (T.81 B.1.1.5, B.2.1).
// Decodes nothing; scan.cpp reads the intervals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "edgefirst/span.hpp"

#include "codec/jpeg/bit_reader.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

class EntropyData {
 public:
  /// Takes the scan that starts at data[0] and ends at the first marker other than RSTn.
  void assign(Span<const std::uint8_t> data);

  /// Bits of the first interval.
  BitReader first();
  /// Bits behind the restart marker number 0...7 that is due. Where other markers stand there, it
  /// skips stale ones and answers an empty interval for a lost one.
  BitReader after_restart(unsigned number);

  /// Bytes of data that belong to the scan.
  std::size_t consumed() const { return consumed_; }

 private:
  struct Interval {
    std::size_t begin;
    std::size_t end;
    unsigned marker;  // RST number in front of it
  };
  BitReader reader(const Interval& interval) const;

  Scratch bytes_;
  std::vector<Interval> intervals_;
  std::size_t next_ = 0;
  std::size_t consumed_ = 0;
};

}  // namespace edgefirst::jpeg
