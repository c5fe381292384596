// SPDX-License-Identifier: Apache-2.0
// A tracker that several Python threads may hold. Used by the tracker, decoder and image bindings.
#pragma once

#include <atomic>
#include <mutex>

#include "edgefirst/tracker.hpp"

#include "base/fork_safe.hpp"
#include "base/message.hpp"

namespace edgefirst::python {

class TrackerObject {
 public:
  explicit TrackerObject(const ByteTrackOptions& options) : tracker_(options) {}
  explicit TrackerObject(ByteTrack tracker) : tracker_(std::move(tracker)) {}

  /// Runs use(tracker) with the tracker to itself. Call it without the GIL. Throws kDisconnected in
  /// a child of fork() where another thread used the tracker during the fork.
  template <typename Use>
  void exclusively(Use use) {
    const std::lock_guard lock(mutex_);
    if (is_in_use_) {
      raise(ErrorCode::kDisconnected,
            "the tracker was at work in the process that forked this one: make a new one");
    }
    const InUse in_use(is_in_use_);
    use(tracker_);
  }

 private:
  struct InUse {
    explicit InUse(std::atomic<bool>& flag) : is_in_use(flag) { is_in_use = true; }
    ~InUse() { is_in_use = false; }
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;
    std::atomic<bool>& is_in_use;
  };

  ForkSafe<std::mutex> mutex_;
  std::atomic<bool> is_in_use_{false};
  ByteTrack tracker_;
};

}  // namespace edgefirst::python
