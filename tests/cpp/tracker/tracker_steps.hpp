// SPDX-License-Identifier: Apache-2.0
// One update of a tracker, and its living tracks, as values.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "edgefirst/tracker.hpp"

namespace edgefirst::testing {

using Results = std::vector<std::optional<TrackInfo>>;

inline Results step(ByteTrack& tracker, const std::vector<DetectBox>& boxes, std::uint64_t now) {
  Results results;
  tracker.update(boxes, now, results);
  return results;
}

inline std::vector<ActiveTrackInfo> active(const ByteTrack& tracker) {
  std::vector<ActiveTrackInfo> tracks;
  tracker.active_tracks(tracks);
  return tracks;
}

}  // namespace edgefirst::testing
