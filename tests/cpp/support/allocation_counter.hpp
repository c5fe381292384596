// SPDX-License-Identifier: Apache-2.0
// Counts heap allocations through operator new, of every thread, or lets one of them fail.
//   AllocationCounter counter;
//   decoder.decode(...);
//   EXPECT_EQ(counter.count(), 0);
#pragma once

#include <cstddef>

namespace edgefirst::testing {

class AllocationCounter {
 public:
  AllocationCounter();
  /// Allocations of the whole process since construction.
  std::size_t count() const;
  /// False under sanitizers, whose own allocator hides the calls.
  static bool is_reliable();

 private:
  std::size_t start_;
};

/// While it lives, the allocation with this number, counted from 1, throws std::bad_alloc.
class FailingAllocation {
 public:
  explicit FailingAllocation(std::size_t number);
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;
  /// Whether there have been as many allocations.
  bool has_failed() const;
};

}  // namespace edgefirst::testing
