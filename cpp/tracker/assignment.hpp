// SPDX-License-Identifier: Apache-2.0
// Minimum-cost one-to-one assignment. Knows nothing of boxes; called by association.
// Source: Jonker and Volgenant, "A Shortest Augmenting Path Algorithm for Dense and Sparse Linear
// Assignment Problems", Computing 38 (1987): column reduction, augmenting row reduction,
// augmentation. Which of several optimal assignments results is part of the tracker's contract.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tracker/cost_rows.hpp"

namespace edgefirst::tracking {

/// Solves square problems; owns its scratch, so repeated solving allocates nothing.
class AssignmentSolver {
 public:
  static constexpr std::int32_t kNone = -1;

  /// cost is row-major, size x size, finite. The result holds the column of every row, is valid
  /// until the next call.
  const std::vector<std::int32_t>& solve(const std::vector<float>& cost, std::size_t size);

 private:
  const float* row_cost(std::size_t row) const { return cost_ + row * size_; }
  float reduced(std::size_t row, std::size_t column) const {
    return cost_[row * size_ + column] - price_[column];
  }
  void reduce_columns();
  void reduce_rows();
  void augment(std::size_t row);
  std::size_t shortest_path(std::size_t row);
  std::size_t collect_nearest();
  std::int32_t scan_nearest();

  const float* cost_ = nullptr;
  std::size_t size_ = 0;
  std::vector<float> price_;                // v: dual variable of each column
  std::vector<std::int32_t> column_of_;     // by row
  std::vector<std::int32_t> row_of_;        // by column
  std::vector<std::size_t> free_rows_;      // without column, in order
  std::vector<std::uint8_t> several_;       // row was the minimum of more than one column
  std::vector<float> distance_;             // shortest path: by column
  std::vector<std::int32_t> previous_row_;  // shortest path: row before the column
  std::vector<std::int32_t> columns_;       // [0, scanned_) done, [scanned_, reached_) nearest
  std::vector<std::int32_t> places_;        // of one relaxation
  std::vector<float> nearer_;
  CostRowKernels kernels_{};
  std::size_t scanned_ = 0;
  std::size_t reached_ = 0;
};

}  // namespace edgefirst::tracking
