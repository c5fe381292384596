// SPDX-License-Identifier: Apache-2.0
// ByteTrack: associates detections over time.
// Source: Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box",
// ECCV 2022; the filter's constants are those of EdgeFirst HAL 0.24.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "edgefirst/detection.hpp"
#include "edgefirst/export.hpp"
#include "edgefirst/span.hpp"

namespace edgefirst {

struct ByteTrackOptions {
  float high_conf = 0.7F;  ///< score that starts a track and enters the first association
  float iou = 0.25F;       ///< least overlap of a match
  float update = 0.25F;    ///< share of the innovation that corrects the state, 0...1
  std::uint64_t lifespan_ns = 500'000'000;  ///< an unmatched track lives this long
  /// Matches contested boxes at exactly the least cost, in near-linear time on sparse scenes.
  /// Otherwise one dense single-precision problem per frame decides, with the rounding of EdgeFirst
  /// HAL 0.24 and the same identities; frames above 1024 boxes or tracks are always optimal.
  bool optimal_assignment = false;
};

/// Not thread-safe; independent objects are. After warm-up an update makes no heap allocation.
class EDGEFIRST_API ByteTrack final : public Tracker {
 public:
  explicit ByteTrack(const ByteTrackOptions& options = {});
  ~ByteTrack() override;
  ByteTrack(ByteTrack&&) noexcept;
  ByteTrack& operator=(ByteTrack&&) noexcept;

  /// Advances one frame. results[i] belongs to boxes[i]: the matched track as predicted for this
  /// frame (count before it), the new track, or none. NaN boxes and scores match nothing.
  void update(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
              std::vector<std::optional<TrackInfo>>& results) override;

  /// Every living track, also those not seen lately, as of after the last update.
  void active_tracks(std::vector<ActiveTrackInfo>& tracks) const override;

  const ByteTrackOptions& options() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace edgefirst
