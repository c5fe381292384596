// SPDX-License-Identifier: Apache-2.0
// Heads that have suppressed already: rows are kept as they come.
#include <cmath>

#include "decoder/activation.hpp"
#include "decoder/heads.hpp"

namespace edgefirst::decoding {
namespace {

/// The nearest class number; negative values and NaN are class 0.
std::size_t label_of(float value) {
  constexpr float kLargest = 4294967040.0F;  // the last float below 2^32
  if (!(value > 0.0F)) return 0;
  return static_cast<std::size_t>(std::round(value < kLargest ? value : kLargest));
}

struct Rows {
  FeatureView boxes, scores, classes;
};

Rows rows_of(const HeadInput& input) {
  const Plan& plan = input.plan;
  if (plan.detection == kNoPort) {
    return {input.outputs.features(plan.boxes), input.outputs.features(plan.scores),
            input.outputs.features(plan.classes)};
  }
  const FeatureView detection = input.outputs.features(plan.detection);
  return {detection.rows(0, 4), detection.rows(4, 1), detection.rows(5, 1)};
}

}  // namespace

void select_end_to_end(const HeadInput& input, std::vector<Pick>& picks) {
  const Rows rows = rows_of(input);
  picks.clear();
  for (std::size_t i = 0; i < rows.scores.anchors; ++i) {
    if (picks.size() >= input.policy.max_det) return;
    const float score = activated(input.plan.activation, rows.scores.real(0, i));
    if (!(score >= input.score_threshold)) continue;
    const BoundingBox box{rows.boxes.real(0, i), rows.boxes.real(1, i), rows.boxes.real(2, i),
                          rows.boxes.real(3, i)};
    if (!is_whole(box)) continue;
    picks.push_back(
        {{box, score, label_of(rows.classes.real(0, i))}, static_cast<std::uint32_t>(i)});
  }
}

}  // namespace edgefirst::decoding
