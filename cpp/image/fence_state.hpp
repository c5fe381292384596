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
  /// States whose work is over. Adding one allocates nothing.
  class Ended {
   public:
    Ended() = default;
    ~Ended() {
      while (first_ != nullptr) first_ = std::move(first_->next_);  // one by one, not in recursion
    }
    Ended(const Ended&) = delete;
    Ended& operator=(const Ended&) = delete;

    void add(std::shared_ptr<State> state) {
      state->next_ = std::move(first_);
      first_ = std::move(state);
    }
    void swap(Ended& other) noexcept { first_.swap(other.first_); }

   private:
    std::shared_ptr<State> first_;
  };

  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  bool is_done() const noexcept { return is_done_.load(std::memory_order_acquire); }

  /// Something and how it is deleted.
  using Needed = std::unique_ptr<void, void (*)(void*)>;
  static Needed nothing() {
    return {nullptr, [](void*) {}};
  }

  /// The work is over. `needed` goes in the thread of who waits, or with the state. Allocates
  /// nothing.
  void settle(std::exception_ptr error, Needed needed) noexcept;

  /// False where the deadline passes first. Throws kDisconnected in a child of fork().
  bool await(const Deadline& deadline);
  /// Throws what the work failed with. Only after its end.
  void rethrow() const;

 private:
  std::mutex mutex_;
  std::condition_variable has_settled_;
  std::atomic<bool> is_done_{false};
  std::exception_ptr error_;     // constant once is_done_
  Needed needed_ = nothing();    // under mutex_
  std::shared_ptr<State> next_;  // of Ended
  const long process_ = process_id();
};

}  // namespace edgefirst
