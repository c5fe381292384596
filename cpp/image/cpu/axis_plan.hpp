// SPDX-License-Identifier: Apache-2.0
// Filter taps along one axis: which source pixels make each output pixel, with 15-bit weights.
// Follows the formulas of Filter in image.hpp; knows nothing of pixels. Used by the resampler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "edgefirst/image.hpp"

namespace edgefirst::cpu {

/// Output i is the sum over k < taps of weights[i * taps + k] / 2^15 * source[starts[i] + k].
struct AxisPlan {
  std::size_t taps = 0;
  std::vector<std::uint32_t> starts;
  std::vector<std::int16_t> weights;  ///< sum to 2^15 per output (one less for a single tap)
  /// The weights again where there are few: each four times over, at pair_position().
  std::vector<std::int16_t> pair_weights;

  static constexpr std::size_t kMostPairedTaps = 4;
  bool has_pairs() const { return taps <= kMostPairedTaps; }
  std::size_t pairs() const { return (taps + 1) / 2; }

  std::size_t size() const { return starts.size(); }
  /// One past the last source pixel that outputs [begin, end) read, and the first.
  std::size_t source_end(std::size_t begin, std::size_t end) const;
  std::size_t source_begin(std::size_t begin, std::size_t end) const;
};

/// source and outputs are at least 1. reversed lists the outputs last to first (a mirror).
void make_axis_plan(std::size_t source, std::size_t outputs, Filter filter, bool reversed,
                    AxisPlan& plan);

}  // namespace edgefirst::cpu
