// SPDX-License-Identifier: Apache-2.0
// One followed object and its place in life. Plain values; shared by byte_track and snapshot.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "edgefirst/detection.hpp"

#include "tracker/kalman.hpp"

namespace edgefirst::tracking {

struct Track {
  Uuid uuid{};
  KalmanFilter filter;
  DetectBox last_box;
  std::int32_t count = 0;
  std::uint64_t created = 0;
  std::uint64_t last_updated = 0;
  bool is_confirmed = true;
  bool is_seen = true;  ///< matched by the last update, or started by it

  TrackInfo info(const Motion& motion) const {
    return {uuid, box_of(filter.observation(motion)), count, created, last_updated};
  }
  /// Whether the boxes that the filter stands for are finite.
  bool is_finite(const Motion& motion) const {
    const BoundingBox seen = box_of(filter.observation(motion));
    const BoundingBox own = box_of(filter.position());
    return std::isfinite(seen.xmin + seen.ymin + seen.xmax + seen.ymax) &&
           std::isfinite(own.xmin + own.ymin + own.xmax + own.ymax);
  }
  TrackState state() const {
    if (!is_confirmed) return TrackState::kTentative;
    return is_seen ? TrackState::kConfirmed : TrackState::kLost;
  }
};

/// All that a tracker remembers between updates.
struct TrackerState {
  std::vector<Track> tracks;
  std::uint64_t timestamp_ns = 0;  ///< of the last update
  bool has_started = false;
};

}  // namespace edgefirst::tracking
