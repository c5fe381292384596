// SPDX-License-Identifier: Apache-2.0
// Decoding written the most naive way, over plain arrays of real numbers: the oracle of the
// decoder's tests. Shares no code with the library.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace edgefirst::testing {

struct ReferenceBox {
  double xmin = 0, ymin = 0, xmax = 0, ymax = 0;
  double score = 0;
  std::size_t label = 0;
  std::size_t anchor = 0;
};

/// values[feature][anchor]: centre x, centre y, width, height, then one score per class.
struct ReferenceHead {
  std::vector<std::vector<double>> boxes;   // 4 rows
  std::vector<std::vector<double>> scores;  // one row per class
};

/// The best class of every anchor (the last of equals), where it reaches the threshold.
inline std::vector<ReferenceBox> reference_candidates(const ReferenceHead& head, double threshold) {
  std::vector<ReferenceBox> found;
  for (std::size_t a = 0; a < head.boxes[0].size(); ++a) {
    double best = -INFINITY;
    std::size_t label = 0;
    bool any = false;
    for (std::size_t c = 0; c < head.scores.size(); ++c) {
      if (std::isnan(head.scores[c][a]) || head.scores[c][a] < best) continue;
      best = head.scores[c][a];
      label = c;
      any = true;
    }
    if (!any || best < threshold) continue;
    const double w = head.boxes[2][a] / 2;
    const double h = head.boxes[3][a] / 2;
    found.push_back({head.boxes[0][a] - w, head.boxes[1][a] - h, head.boxes[0][a] + w,
                     head.boxes[1][a] + h, best, label, a});
  }
  return found;
}

inline double reference_area(const ReferenceBox& box) {
  return (box.xmax - box.xmin) * (box.ymax - box.ymin);
}

inline bool reference_overlaps(const ReferenceBox& a, const ReferenceBox& b, double threshold) {
  const double w = std::max(0.0, std::min(a.xmax, b.xmax) - std::max(a.xmin, b.xmin));
  const double h = std::max(0.0, std::min(a.ymax, b.ymax) - std::max(a.ymin, b.ymin));
  return w * h > threshold * (reference_area(a) + reference_area(b) - w * h);
}

/// Sorts by score, ties by anchor; marks what a stronger unmarked box overlaps.
inline std::vector<ReferenceBox> reference_nms(std::vector<ReferenceBox> boxes, double iou,
                                               bool class_aware, std::size_t max_det) {
  std::stable_sort(boxes.begin(), boxes.end(),
                   [](const ReferenceBox& a, const ReferenceBox& b) { return a.score > b.score; });
  std::vector<bool> dropped(boxes.size(), false);
  std::vector<ReferenceBox> kept;
  for (std::size_t i = 0; i < boxes.size() && kept.size() < max_det; ++i) {
    if (dropped[i]) continue;
    kept.push_back(boxes[i]);
    for (std::size_t j = i + 1; j < boxes.size() && iou < 1.0; ++j) {
      if (class_aware && boxes[i].label != boxes[j].label) continue;
      if (reference_overlaps(boxes[i], boxes[j], iou)) dropped[j] = true;
    }
  }
  return kept;
}

inline double reference_sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// Expected bin of a softmax.
inline double reference_dfl(const std::vector<double>& bins) {
  double total = 0;
  double expected = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    total += std::exp(bins[i]);
    expected += std::exp(bins[i]) * static_cast<double>(i);
  }
  return expected / total;
}

}  // namespace edgefirst::testing
