// SPDX-License-Identifier: Apache-2.0
// Any bytes as a tracker's snapshot: refused, or a tracker that tracks.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "edgefirst/error.hpp"
#include "edgefirst/tracker.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace edgefirst;
  try {
    ByteTrack tracker = ByteTrack::restore({data, size});
    const std::vector<DetectBox> boxes{{{0.1F, 0.1F, 0.3F, 0.3F}, 0.9F, 0},
                                       {{0.4F, 0.1F, 0.6F, 0.3F}, 0.5F, 1}};
    std::vector<std::optional<TrackInfo>> results;
    for (std::uint64_t time = 0; time < 3; ++time) {
      tracker.update(boxes, time * 33'000'000, results);
      if (results.size() != boxes.size()) std::abort();
    }
    ByteTrack::restore(tracker.snapshot());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidData) std::abort();
  }
  return 0;
}
