// SPDX-License-Identifier: Apache-2.0
// A tracker as bytes. Untrusted on the way back: sizes and values are checked. Called by
// byte_track.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "edgefirst/span.hpp"
#include "edgefirst/tracker.hpp"

#include "tracker/track.hpp"

namespace edgefirst::tracking {

std::vector<std::uint8_t> write_snapshot(const ByteTrackOptions& options,
                                         const TrackerState& state);

/// Throws kInvalidData.
std::pair<ByteTrackOptions, TrackerState> read_snapshot(Span<const std::uint8_t> bytes);

}  // namespace edgefirst::tracking
