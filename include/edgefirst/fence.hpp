// SPDX-License-Identifier: Apache-2.0
// The end of work that goes on without its caller: what ImageProcessor::convert_async() returns.
#pragma once

#include <chrono>
#include <memory>

#include "edgefirst/export.hpp"

namespace edgefirst {

/// A cheap value whose copies stand for the same work. Thread-safe. Dropping it neither stops the
/// work nor waits for it; it may outlive the processor, which ends its work before it goes.
class EDGEFIRST_API Fence {
 public:
  /// Of nothing: done.
  Fence() = default;

  /// Whether the work is over, well or not. Never blocks and never throws.
  bool is_done() const noexcept;

  /// Waits until the work is over, and throws what it failed with, every time it is asked.
  /// Throws kDisconnected in a child of fork() where the work was not over: it stayed behind.
  void wait() const;
  /// The same, but no longer than that: false while the work is not over.
  bool wait_for(std::chrono::nanoseconds timeout) const;

 private:
  friend class ConvertQueue;
  class State;
  explicit Fence(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace edgefirst
