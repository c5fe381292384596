// SPDX-License-Identifier: Apache-2.0
// A mutex that a child of fork() finds free, whoever held it in the parent: those threads do not
// exist in the child. For what is sound at every moment, or whose owner knows that it is not.
#pragma once

#include <atomic>
#include <new>
#include <thread>

#include "base/process.hpp"

namespace edgefirst {

/// Locks and unlocks as Mutex does, std::mutex or std::shared_mutex.
template <typename Mutex>
class ForkSafe {
 public:
  void lock() { of_this_process().lock(); }
  void unlock() { mutex_.unlock(); }
  void lock_shared() { of_this_process().lock_shared(); }
  void unlock_shared() { mutex_.unlock_shared(); }

 private:
  static constexpr long kRenewing = -1;

  Mutex& of_this_process() {
    const long own = process_id();
    for (long owner = owner_.load(std::memory_order_acquire); owner != own;) {
      if (owner != kRenewing && owner_.compare_exchange_strong(owner, kRenewing)) {
        ::new (&mutex_) Mutex;
        owner_.store(own, std::memory_order_release);
        return mutex_;
      }
      std::this_thread::yield();
      owner = owner_.load(std::memory_order_acquire);
    }
    return mutex_;
  }

  Mutex mutex_;
  std::atomic<long> owner_{process_id()};
};

}  // namespace edgefirst
