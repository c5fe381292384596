// SPDX-License-Identifier: Apache-2.0
// The assignment solver against exhaustive search.
#include "tracker/assignment.hpp"

#include <gtest/gtest.h>

#include <random>

#include "support/allocation_counter.hpp"
#include "tracker/reference_tracker.hpp"

namespace edgefirst::tracking {
namespace {

double total(const std::vector<float>& cost, std::size_t n, const std::vector<std::int32_t>& to) {
  double sum = 0;
  for (std::size_t row = 0; row < n; ++row) {
    sum += cost[row * n + static_cast<std::size_t>(to[row])];
  }
  return sum;
}

void expect_permutation(const std::vector<std::int32_t>& columns) {
  std::vector<int> seen(columns.size(), 0);
  for (const std::int32_t column : columns) {
    ASSERT_GE(column, 0);
    ASSERT_LT(static_cast<std::size_t>(column), columns.size());
    ++seen[static_cast<std::size_t>(column)];
  }
  for (const int count : seen) EXPECT_EQ(count, 1);
}

TEST(Assignment, FindsLeastTotalCost) {
  std::mt19937 random(7);
  AssignmentSolver solver;
  for (int round = 0; round < 600; ++round) {
    const std::size_t n = 1 + static_cast<std::size_t>(round % 7);
    // Every third round draws from few values, so that ties abound.
    std::uniform_int_distribution<int> value(0, round % 3 == 0 ? 3 : 1000);
    std::vector<float> cost(n * n);
    testing::Matrix matrix(n, std::vector<double>(n));
    for (std::size_t i = 0; i < n * n; ++i) {
      cost[i] = static_cast<float>(value(random)) / 8.0F;
      matrix[i / n][i % n] = cost[i];
    }
    const std::vector<std::int32_t>& columns = solver.solve(cost, n);
    expect_permutation(columns);
    EXPECT_DOUBLE_EQ(total(cost, n, columns), testing::ExhaustiveMatching(matrix).cost());
  }
}

TEST(Assignment, ReturnsPermutationForEveryMatrix) {
  std::mt19937 random(11);
  AssignmentSolver solver;
  for (const std::size_t n : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65}) {
    for (const int kind : {0, 1, 2}) {
      std::vector<float> cost(n * n, kind == 0 ? 0.0F : 1e6F);
      std::uniform_real_distribution<float> value(0.0F, 3.0F);
      for (float& entry : cost) {
        if (kind == 2 && random() % 3 == 0) entry = value(random);
      }
      expect_permutation(solver.solve(cost, n));
    }
  }
}

TEST(Assignment, PrefersTheDiagonalOfAnAllEqualMatrix) {
  // Column reduction hands row 0 to the last column; the other rows are placed one by one.
  AssignmentSolver solver;
  const std::vector<float> cost(4, 1.0F);
  EXPECT_EQ(solver.solve(cost, 2), (std::vector<std::int32_t>{1, 0}));
}

TEST(Assignment, AllocatesNothingOnceWarm) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizer allocator";
  AssignmentSolver solver;
  std::vector<float> cost(40 * 40);
  std::mt19937 random(3);
  for (float& entry : cost) entry = static_cast<float>(random() % 1000);
  solver.solve(cost, 40);
  testing::AllocationCounter counter;
  solver.solve(cost, 40);
  EXPECT_EQ(counter.count(), 0U);
}

}  // namespace
}  // namespace edgefirst::tracking
