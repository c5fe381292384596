// SPDX-License-Identifier: Apache-2.0
// Vector passes over rows of a cost matrix. Ties are settled as a loop from the left would settle
// them, on every target. Called by assignment.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefirst::tracking {

/// The smallest and second smallest of a row's reduced costs, each at its first place.
struct LeastTwo {
  std::size_t first;
  std::int32_t second;  ///< -1 in a row of one
  float first_cost;
  float second_cost;  ///< FLT_MAX in a row of one
};

struct CostRowKernels {
  /// Where row[j] < least[j]: least[j] = row[j], row_of[j] = number.
  void (*lower_columns)(const float* row, std::size_t size, std::int32_t number, float* least,
                        std::int32_t* row_of);
  /// Of row[j] - price[j].
  LeastTwo (*least_two)(const float* row, const float* price, std::size_t size);
  /// The least of row[j] - price[j].
  float (*least)(const float* row, const float* price, std::size_t size);
  /// Places k of [begin, end) where row[c] - price[c] - offset < distance[c] with c = columns[k];
  /// writes k and the new distance, returns how many.
  std::size_t (*nearer)(const float* row, const float* price, float offset, const float* distance,
                        const std::int32_t* columns, std::size_t begin, std::size_t end,
                        std::int32_t* places, float* distances);
  /// The last j with row[j] - price[j] == value and row_of[j] < 0; -1 where none.
  std::int32_t (*last_free)(const float* row, const float* price, const std::int32_t* row_of,
                            std::size_t size, float value);
};

CostRowKernels cost_row_kernels();

}  // namespace edgefirst::tracking
