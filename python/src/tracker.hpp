// SPDX-License-Identifier: Apache-2.0
// A tracker that several Python threads may hold. Used by the tracker, decoder and image bindings.
#pragma once

#include <mutex>

#include "edgefirst/tracker.hpp"

namespace edgefirst::python {

class TrackerObject {
 public:
  explicit TrackerObject(const ByteTrackOptions& options) : tracker_(options) {}
  explicit TrackerObject(ByteTrack tracker) : tracker_(std::move(tracker)) {}

  /// Runs use(tracker) with the tracker to itself. Call it without the GIL.
  template <typename Use>
  void exclusively(Use use) {
    const std::lock_guard lock(mutex_);
    use(tracker_);
  }

 private:
  std::mutex mutex_;
  ByteTrack tracker_;
};

}  // namespace edgefirst::python
