// SPDX-License-Identifier: Apache-2.0
// Counts heap allocations through operator new, of every thread.
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

}  // namespace edgefirst::testing
