// SPDX-License-Identifier: Apache-2.0
// Which box continues which track: pairs that overlap enough, matched at least total cost.
// Knows no filter and no track life cycle; called by byte_track.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "edgefirst/detection.hpp"
#include "edgefirst/span.hpp"

#include "tracker/assignment.hpp"

namespace edgefirst::tracking {

/// Intersection over union; 0 where the union is at most least_union.
float overlap(const BoundingBox& a, const BoundingBox& b, float least_union);

/// Which pairs may match at all.
struct Gate {
  float least_overlap = 0.25F;
  float least_union = 1e-5F;
  Span<const std::size_t> track_labels;  ///< empty: labels do not count
};

/// One frame of association. Boxes and tracks leave it once they are matched, so stages follow
/// each other. Owns its scratch; allocates nothing in steady state.
class Association {
 public:
  static constexpr std::int32_t kNone = -1;
  static constexpr std::size_t kLargestGroup = 2048;
  static constexpr std::size_t kMostPairs = std::size_t{1} << 23;

  /// Starts a frame. Boxes that are not usable match nothing. tracks are the predicted boxes.
  void begin(Span<const DetectBox> boxes, Span<const std::uint8_t> usable,
             Span<const BoundingBox> tracks, const Gate& gate);
  /// Matches what is left: pairs of score >= least_score, as many as possible, at the least sum of
  /// (1.5 - score) + (1.5 - overlap).
  /// Contested groups are solved one by one, to the exact optimum, or, when whole_frame, as one
  /// single-precision problem whose rounding decides as 0.24 does. Time and memory of the optimum
  /// have limits: in groups of more than kLargestGroup boxes or tracks, and in all of a frame of
  /// more than kMostPairs pairs, boxes choose in turn, best score first, the free track that they
  /// overlap most.
  void match(float least_score, bool whole_frame);

  /// The track of a box, or kNone.
  std::int32_t track_of(std::size_t box) const { return track_of_[box]; }

 private:
  struct Pair {
    std::uint32_t box, track;
    float cost;
    std::uint32_t group;
  };

  void collect_pairs(float least_score);
  template <typename Visit>
  void visit_overlaps(std::uint32_t box, Visit visit) const;
  bool add_pairs(std::uint32_t box);
  void choose_in_turn(float least_score);
  void choose_in_group(std::size_t begin, std::size_t end);
  void group_pairs();
  bool is_contested() const;
  void solve_group(std::size_t begin, std::size_t end);
  void solve_frame();
  void solve(std::size_t begin, std::size_t end);
  std::uint32_t root(std::uint32_t node);
  void assign(std::uint32_t box, std::uint32_t track);

  Span<const DetectBox> boxes_;
  Span<const std::uint8_t> usable_;
  Span<const BoundingBox> tracks_;
  Gate gate_;
  std::vector<std::int32_t> track_of_;     // by box
  std::vector<std::uint8_t> track_taken_;  // by track
  std::vector<std::uint32_t> by_left_;     // tracks in ascending order of xmin
  std::vector<float> left_;                // their xmin
  std::vector<float> reach_;               // the largest xmax up to each of them
  std::vector<Pair> overlapping_;          // all of the frame, by box; none where too_many_
  bool too_many_ = false;                  // pairs to list them all
  std::vector<std::uint32_t> order_;       // of choices
  std::vector<Pair> pairs_;                // those of the present match
  std::vector<std::uint32_t> parent_;      // union-find over boxes, then tracks
  std::vector<std::uint32_t> row_boxes_;
  std::vector<std::uint32_t> column_tracks_;
  std::vector<std::size_t> row_index_;     // by box
  std::vector<std::size_t> column_index_;  // by track
  std::vector<float> cost_;
  AssignmentSolver solver_;
};

}  // namespace edgefirst::tracking
