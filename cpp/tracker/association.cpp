// SPDX-License-Identifier: Apache-2.0
// Gate, split into connected groups, solve; huge groups choose greedily. Pairs below the gate cost
// more than any valid matching, so the least total cost of a frame is the sum over its groups; in
// single precision, though, one problem over the whole frame rounds costs against 1e6 and settles
// contested pairs differently.
#include "tracker/association.hpp"

#include <algorithm>
#include <numeric>

namespace edgefirst::tracking {
namespace {

constexpr float kForbidden = 1'000'000.0F;

/// Lists of pairs above this are freed after their frame, which took long enough to fill them
/// again.
constexpr std::size_t kKeptPairs = std::size_t{1} << 20;

template <typename Pair>
void empty(std::vector<Pair>& pairs) {
  if (pairs.capacity() > kKeptPairs) pairs = {};
  pairs.clear();
}

float area(const BoundingBox& box) { return (box.xmax - box.xmin) * (box.ymax - box.ymin); }

}  // namespace

float overlap(const BoundingBox& a, const BoundingBox& b, float least_union) {
  const float width = std::max(std::min(a.xmax, b.xmax) - std::max(a.xmin, b.xmin), 0.0F);
  const float height = std::max(std::min(a.ymax, b.ymax) - std::max(a.ymin, b.ymin), 0.0F);
  const float intersection = width * height;
  const float total = area(a) + area(b) - intersection;
  return total <= least_union ? 0.0F : intersection / total;
}

void Association::begin(Span<const DetectBox> boxes, Span<const std::uint8_t> usable,
                        Span<const BoundingBox> tracks, const Gate& gate) {
  boxes_ = boxes;
  usable_ = usable;
  tracks_ = tracks;
  track_of_.assign(boxes.size(), kNone);
  track_taken_.assign(tracks.size(), 0);
  by_left_.resize(tracks.size());
  std::iota(by_left_.begin(), by_left_.end(), 0U);
  std::sort(by_left_.begin(), by_left_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return tracks[a].xmin != tracks[b].xmin ? tracks[a].xmin < tracks[b].xmin : a < b;
  });
  left_.resize(tracks.size());
  reach_.resize(tracks.size());
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const BoundingBox& track = tracks[by_left_[i]];
    left_[i] = track.xmin;
    reach_[i] = i == 0 ? track.xmax : std::max(reach_[i - 1], track.xmax);
  }
  gate_ = gate;
  empty(overlapping_);
  empty(pairs_);
  too_many_ = false;
  for (std::uint32_t box = 0; box < boxes.size() && !too_many_; ++box) {
    if (usable[box] != 0) too_many_ = !add_pairs(box);
  }
}

void Association::match(float least_score, bool whole_frame) {
  if (too_many_) {
    choose_in_turn(least_score);
    return;
  }
  collect_pairs(least_score);
  group_pairs();
  if (whole_frame && is_contested()) {
    solve_frame();
    return;
  }
  for (std::size_t begin = 0; begin < pairs_.size();) {
    std::size_t end = begin + 1;
    while (end < pairs_.size() && pairs_[end].group == pairs_[begin].group) ++end;
    if (end - begin == 1) {
      assign(pairs_[begin].box, pairs_[begin].track);
    } else {
      solve_group(begin, end);
    }
    begin = end;
  }
}

/// Where every pair is alone, every solver matches them all.
bool Association::is_contested() const {
  return std::adjacent_find(pairs_.begin(), pairs_.end(), [](const Pair& a, const Pair& b) {
           return a.group == b.group;
         }) != pairs_.end();
}

void Association::collect_pairs(float least_score) {
  pairs_.clear();
  for (const Pair& pair : overlapping_) {
    const bool is_free = track_of_[pair.box] == kNone && track_taken_[pair.track] == 0;
    if (is_free && boxes_[pair.box].score >= least_score) pairs_.push_back(pair);
  }
}

/// Calls visit(track, overlap) for every free track that the gate lets through, until it answers
/// false.
template <typename Visit>
void Association::visit_overlaps(std::uint32_t box, Visit visit) const {
  const DetectBox& detection = boxes_[box];
  std::size_t begin = 0;
  std::size_t end = by_left_.size();
  if (gate_.least_overlap > 0.0F) {  // only tracks that share a column with the box can pass
    const auto first = std::upper_bound(reach_.begin(), reach_.end(), detection.box.xmin);
    const auto last = std::lower_bound(left_.begin(), left_.end(), detection.box.xmax);
    begin = static_cast<std::size_t>(first - reach_.begin());
    end = static_cast<std::size_t>(last - left_.begin());
  }
  for (std::size_t i = begin; i < end; ++i) {
    const std::uint32_t track = by_left_[i];
    if (track_taken_[track] != 0) continue;
    if (!gate_.track_labels.empty() && gate_.track_labels[track] != detection.label) continue;
    const float shared = overlap(detection.box, tracks_[track], gate_.least_union);
    if (shared >= gate_.least_overlap && !visit(track, shared)) return;
  }
}

/// False where the list is full.
bool Association::add_pairs(std::uint32_t box) {
  const float score = boxes_[box].score;
  visit_overlaps(box, [&](std::uint32_t track, float shared) {
    overlapping_.push_back({box, track, (1.5F - score) + (1.5F - shared), 0});
    return overlapping_.size() <= kMostPairs;
  });
  return overlapping_.size() <= kMostPairs;
}

/// Without a list of pairs: as many comparisons as boxes times tracks, and no memory for them.
void Association::choose_in_turn(float least_score) {
  overlapping_ = {};
  order_.clear();
  for (std::uint32_t box = 0; box < boxes_.size(); ++box) {
    const bool takes_part = usable_[box] != 0 && boxes_[box].score >= least_score;
    if (takes_part && track_of_[box] == kNone) order_.push_back(box);
  }
  std::stable_sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return boxes_[a].score > boxes_[b].score;
  });
  for (const std::uint32_t box : order_) {
    std::uint32_t best = 0;
    float most = -1.0F;
    visit_overlaps(box, [&](std::uint32_t track, float shared) {
      if (shared > most || (shared == most && track < best)) {
        best = track;
        most = shared;
      }
      return true;
    });
    if (most >= 0.0F) assign(box, best);
  }
}

/// The same among the pairs [begin, end), which are in the order of their boxes.
void Association::choose_in_group(std::size_t begin, std::size_t end) {
  order_.clear();  // first pairs of the boxes
  for (std::size_t i = begin; i < end; ++i) {
    if (i == begin || pairs_[i].box != pairs_[i - 1].box) {
      order_.push_back(static_cast<std::uint32_t>(i));
    }
  }
  std::stable_sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return boxes_[pairs_[a].box].score > boxes_[pairs_[b].box].score;
  });
  for (const std::uint32_t first : order_) {
    const std::uint32_t box = pairs_[first].box;
    std::uint32_t best = 0;
    float most = -1.0F;
    for (std::size_t i = first; i < end && pairs_[i].box == box; ++i) {
      const std::uint32_t track = pairs_[i].track;
      if (track_taken_[track] != 0) continue;
      const float shared = overlap(boxes_[box].box, tracks_[track], gate_.least_union);
      if (!(shared > most)) continue;
      best = track;
      most = shared;
    }
    if (most >= 0.0F) assign(box, best);
  }
}

std::uint32_t Association::root(std::uint32_t node) {
  while (parent_[node] != node) {
    parent_[node] = parent_[parent_[node]];
    node = parent_[node];
  }
  return node;
}

/// Orders the pairs by connected group, then box, then track. A group's number is its least node.
void Association::group_pairs() {
  const auto box_count = static_cast<std::uint32_t>(boxes_.size());
  parent_.resize(boxes_.size() + tracks_.size());
  std::iota(parent_.begin(), parent_.end(), 0U);
  for (const Pair& pair : pairs_) {
    const std::uint32_t a = root(pair.box);
    const std::uint32_t b = root(box_count + pair.track);
    parent_[std::max(a, b)] = std::min(a, b);
  }
  for (Pair& pair : pairs_) pair.group = root(pair.box);
  std::sort(pairs_.begin(), pairs_.end(), [](const Pair& a, const Pair& b) {
    if (a.group != b.group) return a.group < b.group;
    return a.box != b.box ? a.box < b.box : a.track < b.track;
  });
}

void Association::solve_group(std::size_t begin, std::size_t end) {
  row_boxes_.clear();
  column_tracks_.clear();
  for (std::size_t i = begin; i < end; ++i) {
    if (row_boxes_.empty() || row_boxes_.back() != pairs_[i].box) {
      row_boxes_.push_back(pairs_[i].box);
    }
    column_tracks_.push_back(pairs_[i].track);
  }
  std::sort(column_tracks_.begin(), column_tracks_.end());
  column_tracks_.erase(std::unique(column_tracks_.begin(), column_tracks_.end()),
                       column_tracks_.end());
  if (std::max(row_boxes_.size(), column_tracks_.size()) > kLargestGroup) {
    choose_in_group(begin, end);
  } else {
    solve(begin, end);
  }
}

void Association::solve_frame() {
  row_boxes_.resize(boxes_.size());
  std::iota(row_boxes_.begin(), row_boxes_.end(), 0U);
  column_tracks_.resize(tracks_.size());
  std::iota(column_tracks_.begin(), column_tracks_.end(), 0U);
  solve(0, pairs_.size());
}

/// Assigns row_boxes_ to column_tracks_ by the costs of pairs [begin, end).
void Association::solve(std::size_t begin, std::size_t end) {
  const std::size_t rows = row_boxes_.size();
  const std::size_t columns = column_tracks_.size();
  const std::size_t size = std::max(rows, columns);
  row_index_.resize(boxes_.size());
  column_index_.resize(tracks_.size());
  for (std::size_t i = 0; i < rows; ++i) row_index_[row_boxes_[i]] = i;
  for (std::size_t i = 0; i < columns; ++i) column_index_[column_tracks_[i]] = i;
  cost_.resize(size * size);
  float* row_cost = cost_.data();
  for (std::size_t row = 0; row < size; ++row, row_cost += size) {  // padding is free
    std::fill_n(row_cost, columns, row < rows ? kForbidden : 0.0F);
    std::fill_n(row_cost + columns, size - columns, 0.0F);
  }
  for (std::size_t i = begin; i < end; ++i) {
    cost_[row_index_[pairs_[i].box] * size + column_index_[pairs_[i].track]] = pairs_[i].cost;
  }
  const std::vector<std::int32_t>& column_of = solver_.solve(cost_, size);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto column = static_cast<std::size_t>(column_of[row]);
    if (column < columns && cost_[row * size + column] < kForbidden) {
      assign(row_boxes_[row], column_tracks_[column]);
    }
  }
}

void Association::assign(std::uint32_t box, std::uint32_t track) {
  track_of_[box] = static_cast<std::int32_t>(track);
  track_taken_[track] = 1;
}

}  // namespace edgefirst::tracking
