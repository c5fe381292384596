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

/// The first four are those of EdgeFirst HAL 0.24, whose numbers the defaults reproduce; the others
/// go beyond it, each on its own. For the best identities take optimal_assignment, timed_motion,
/// update 1, confirm_after 2 and a lifespan of a second.
struct ByteTrackOptions {
  float high_conf = 0.7F;  ///< score that starts a track and enters the first association
  float iou = 0.25F;       ///< least overlap of a match
  float update = 0.25F;    ///< share of the innovation that corrects the state, 0...1
  /// A track ends when it was not matched for longer than this, whatever came in between. After a
  /// timestamp that goes back, tracks count as last matched at that timestamp.
  std::uint64_t lifespan_ns = 500'000'000;
  /// Matches contested boxes at exactly the least cost, in near-linear time on sparse scenes.
  /// Otherwise one dense single-precision problem per frame decides, with the rounding of EdgeFirst
  /// HAL 0.24 and the same identities; frames above 1024 boxes or tracks are always optimal. Time
  /// and memory of the optimum have a limit: where more than 2048 boxes or tracks overlap in one
  /// crowd, or 8 million pairs in a frame, boxes choose in turn, best score first, the track that
  /// they overlap most.
  bool optimal_assignment = false;
  /// Tracks move by the time between updates, in steps of frame_ns, and are reported where the
  /// filter has them. Otherwise every update is one step, whatever its timestamp. A timestamp that
  /// goes back counts as no time. A frame_ns of 0 is kInvalidArgument then.
  bool timed_motion = false;
  std::uint64_t frame_ns = 33'333'333;
  bool per_class = false;  ///< a detection continues tracks of its own label only
  float low_conf = 0.0F;   ///< least score of the second association
  std::int32_t confirm_after =
      1;                    ///< detections until a track is reported; before, one miss ends it
  bool match_tiny = false;  ///< also boxes whose union is at most 1e-5 of the input's area
};

/// Not thread-safe; independent objects are. After warm-up an update makes no heap allocation.
class EDGEFIRST_API ByteTrack final : public Tracker {
 public:
  explicit ByteTrack(const ByteTrackOptions& options = {});
  ~ByteTrack() override;
  ByteTrack(ByteTrack&&) noexcept;
  ByteTrack& operator=(ByteTrack&&) noexcept;

  /// Advances one frame. results[i] belongs to boxes[i]: the matched track as predicted for this
  /// frame (count before it), the new track, or none, also while a track is tentative. NaN boxes
  /// and scores match nothing. Where this throws, the tracker is as before: a frame that found no
  /// memory may be given again.
  void update(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
              std::vector<std::optional<TrackInfo>>& results) override;

  /// Every living track, also those not seen lately and tentative ones, as of after the last
  /// update.
  void active_tracks(std::vector<ActiveTrackInfo>& tracks) const override;

  const ByteTrackOptions& options() const;

  /// Options and tracks as bytes, the same on every machine. A restored tracker continues exactly
  /// as this one would, apart from the identifiers of tracks to come.
  std::vector<std::uint8_t> snapshot() const;
  /// Throws kInvalidData for bytes that are no snapshot.
  static ByteTrack restore(Span<const std::uint8_t> bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace edgefirst
