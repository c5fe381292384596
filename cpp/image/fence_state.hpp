// SPDX-License-Identifier: Apache-2.0
// What the copies of a fence share with who does the work: whether it is over, what it failed with,
// and what it needed until then. Used by ConvertQueue.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>

#include "edgefirst/fence.hpp"

#include "base/process.hpp"

namespace edgefirst {

class Fence::State {
 public:
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  bool is_done() const noexcept { return is_done_.load(std::memory_order_acquire); }

  /// The work is over. `needed` goes in the thread of who waits, or with the state.
  void settle(std::exception_ptr error, std::shared_ptr<void> needed);

  /// False where the deadline passes first. Throws kDisconnected in a child of fork().
  bool await(const Deadline& deadline);
  /// Throws what the work failed with. Only after its end.
  void rethrow() const;

 private:
  std::mutex mutex_;
  std::condition_variable has_settled_;
  std::atomic<bool> is_done_{false};
  std::exception_ptr error_;      // constant once is_done_
  std::shared_ptr<void> needed_;  // under mutex_
  const long process_ = process_id();
};

}  // namespace edgefirst
