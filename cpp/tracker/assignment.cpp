// SPDX-License-Identifier: Apache-2.0
// Jonker-Volgenant in single precision.
#include "tracker/assignment.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace edgefirst::tracking {
namespace {

constexpr float kLarge = std::numeric_limits<float>::max();

}  // namespace

const std::vector<std::int32_t>& AssignmentSolver::solve(const std::vector<float>& cost,
                                                         std::size_t size) {
  kernels_ = cost_row_kernels();
  cost_ = cost.data();
  size_ = size;
  column_of_.assign(size, kNone);
  row_of_.assign(size, kNone);
  price_.assign(size, kLarge);
  several_.assign(size, 0);
  free_rows_.clear();
  reduce_columns();
  for (int sweep = 0; sweep < 2 && !free_rows_.empty(); ++sweep) reduce_rows();
  for (const std::size_t row : free_rows_) augment(row);
  return column_of_;
}

void AssignmentSolver::reduce_columns() {
  for (std::size_t row = 0; row < size_; ++row) {
    kernels_.lower_columns(row_cost(row), size_, static_cast<std::int32_t>(row), price_.data(),
                           row_of_.data());
  }
  for (std::size_t column = size_; column-- > 0;) {
    const auto row = static_cast<std::size_t>(row_of_[column]);
    if (column_of_[row] == kNone) {
      column_of_[row] = static_cast<std::int32_t>(column);
    } else {
      several_[row] = 1;
      row_of_[column] = kNone;
    }
  }
  for (std::size_t row = 0; row < size_; ++row) {
    if (column_of_[row] == kNone) {
      free_rows_.push_back(row);
    } else if (several_[row] == 0) {
      const auto own = static_cast<std::size_t>(column_of_[row]);
      const float price = std::exchange(price_[own], -kLarge);  // leaves the own column out
      const float least = kernels_.least(row_cost(row), price_.data(), size_);
      price_[own] = price - least;
    }
  }
}

void AssignmentSolver::reduce_rows() {
  const std::size_t count = free_rows_.size();
  std::size_t next = 0;
  std::size_t kept = 0;
  for (std::size_t iteration = 1; next < count; ++iteration) {
    const std::size_t row = free_rows_[next++];
    auto [first, second, first_cost, second_cost] =
        kernels_.least_two(row_cost(row), price_.data(), size_);
    const float price = price_[first] - (second_cost - first_cost);
    const bool lowers = price < price_[first];
    const bool in_time = iteration < next * size_;  // guards against cycling by rounding
    std::int32_t displaced = row_of_[first];
    if (in_time && lowers) {
      price_[first] = price;
    } else if (in_time && displaced != kNone && second != kNone) {
      first = static_cast<std::size_t>(second);
      displaced = row_of_[first];
    }
    if (displaced != kNone) {
      std::size_t& slot = in_time && lowers ? free_rows_[--next] : free_rows_[kept++];
      slot = static_cast<std::size_t>(displaced);
    }
    column_of_[row] = static_cast<std::int32_t>(first);
    row_of_[first] = static_cast<std::int32_t>(row);
  }
  free_rows_.resize(kept);
}

void AssignmentSolver::augment(std::size_t row) {
  // Where a nearest column is free, the shortest path is that one step.
  const float least = kernels_.least(row_cost(row), price_.data(), size_);
  const std::int32_t free =
      kernels_.last_free(row_cost(row), price_.data(), row_of_.data(), size_, least);
  if (free != kNone) {
    column_of_[row] = free;
    row_of_[static_cast<std::size_t>(free)] = static_cast<std::int32_t>(row);
    return;
  }
  std::size_t column = shortest_path(row);
  while (true) {
    const auto before = static_cast<std::size_t>(previous_row_[column]);
    row_of_[column] = static_cast<std::int32_t>(before);
    const std::int32_t next = std::exchange(column_of_[before], static_cast<std::int32_t>(column));
    if (before == row) return;
    column = static_cast<std::size_t>(next);
  }
}

std::size_t AssignmentSolver::shortest_path(std::size_t row) {
  distance_.resize(size_);
  previous_row_.assign(size_, static_cast<std::int32_t>(row));
  columns_.resize(size_);
  std::iota(columns_.begin(), columns_.end(), 0);
  places_.resize(size_);
  nearer_.resize(size_);
  for (std::size_t column = 0; column < size_; ++column) distance_[column] = reduced(row, column);
  scanned_ = 0;
  reached_ = 0;
  std::size_t settled = 0;
  std::int32_t last = kNone;
  while (last == kNone) {
    if (scanned_ == reached_) {
      settled = scanned_;
      reached_ = collect_nearest();
      for (std::size_t k = scanned_; k < reached_; ++k) {
        if (row_of_[columns_[k]] == kNone) last = columns_[k];
      }
    }
    if (last == kNone) last = scan_nearest();
  }
  const float least = distance_[columns_[settled]];
  for (std::size_t k = 0; k < settled; ++k) {
    price_[columns_[k]] += distance_[columns_[k]] - least;
  }
  return static_cast<std::size_t>(last);
}

/// Moves the columns of least distance among the unscanned to the front; returns their end.
std::size_t AssignmentSolver::collect_nearest() {
  std::size_t end = scanned_ + 1;
  float least = distance_[static_cast<std::size_t>(columns_[scanned_])];
  for (std::size_t k = end; k < size_; ++k) {
    const float distance = distance_[static_cast<std::size_t>(columns_[k])];
    if (distance > least) continue;
    if (distance < least) {
      end = scanned_;
      least = distance;
    }
    std::swap(columns_[k], columns_[end++]);
  }
  return end;
}

/// Relaxes through the nearest columns; returns an unassigned column that became as near.
std::int32_t AssignmentSolver::scan_nearest() {
  while (scanned_ != reached_) {
    const auto column = static_cast<std::size_t>(columns_[scanned_++]);
    const auto row = static_cast<std::size_t>(row_of_[column]);
    const float least = distance_[column];
    const float offset = reduced(row, column) - least;
    const std::size_t count =
        kernels_.nearer(row_cost(row), price_.data(), offset, distance_.data(), columns_.data(),
                        reached_, size_, places_.data(), nearer_.data());
    for (std::size_t i = 0; i < count; ++i) {
      const auto k = static_cast<std::size_t>(places_[i]);
      const auto other = static_cast<std::size_t>(columns_[k]);
      distance_[other] = nearer_[i];
      previous_row_[other] = static_cast<std::int32_t>(row);
      if (std::fabs(nearer_[i] - least) < std::numeric_limits<float>::epsilon()) {
        if (row_of_[other] == kNone) return static_cast<std::int32_t>(other);
        std::swap(columns_[k], columns_[reached_++]);
      }
    }
  }
  return kNone;
}

}  // namespace edgefirst::tracking
