// SPDX-License-Identifier: Apache-2.0
// Waiting for work of another thread.
#include "edgefirst/fence.hpp"

#include <algorithm>

#include "base/message.hpp"
#include "image/fence_state.hpp"

namespace edgefirst {

void Fence::State::settle(std::exception_ptr error, Needed needed) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  error_ = std::move(error);
  needed_ = std::move(needed);
  is_done_.store(true, std::memory_order_release);
  has_settled_.notify_all();
}

bool Fence::State::await(const Deadline& deadline) {
  Needed needed = nothing();  // goes after the lock does
  if (process_ != process_id()) {
    if (is_done()) return true;
    raise(ErrorCode::kDisconnected,
          "the work of this fence stayed in the process that forked this one");
  }
  std::unique_lock<std::mutex> lock(mutex_);
  const auto is_over = [this] { return is_done(); };
  if (!deadline) {
    has_settled_.wait(lock, is_over);
  } else if (!has_settled_.wait_until(lock, *deadline, is_over)) {
    return false;
  }
  needed = std::move(needed_);
  return true;
}

void Fence::State::rethrow() const {
  if (error_ != nullptr) std::rethrow_exception(error_);
}

bool Fence::is_done() const noexcept { return state_ == nullptr || state_->is_done(); }

void Fence::wait() const {
  if (state_ == nullptr) return;
  state_->await(std::nullopt);
  state_->rethrow();
}

bool Fence::wait_for(std::chrono::nanoseconds timeout) const {
  constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24 * 365);  // now + it exists
  if (state_ == nullptr) return true;
  const auto patience = std::clamp(timeout, std::chrono::nanoseconds(0), kLongest);
  if (!state_->await(std::chrono::steady_clock::now() + patience)) return false;
  state_->rethrow();
  return true;
}

}  // namespace edgefirst
