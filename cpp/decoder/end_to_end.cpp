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

BoundingBox box_of(const HeadInput& input, const Rows& rows, std::size_t row) {
  const float a = rows.boxes.real(0, row);
  const float b = rows.boxes.real(1, row);
  const float c = rows.boxes.real(2, row);
  const float d = rows.boxes.real(3, row);
  if (!input.plan.rows_have_centres) return {a, b, c, d};
  return {a - c * 0.5F, b - d * 0.5F, a + c * 0.5F, b + d * 0.5F};
}

/// Rows of every anchor go through suppression as the anchors of other heads do.
void suppress_rows(const HeadInput& input, const Rows& rows, std::vector<Pick>& picks) {
  input.candidates.reset(rows.scores.anchors);
  for (std::size_t i = 0; i < rows.scores.anchors; ++i) {
    const float score = activated(input.plan.activation, rows.scores.real(0, i));
    if (!(score >= input.score_threshold)) continue;
    input.candidates.keys.push_back(Candidates::key(order_of(score), i));
    input.candidates.labels[i] = static_cast<std::uint32_t>(label_of(rows.classes.real(0, i)));
  }
  const auto decode = [&](Span<const std::uint64_t> keys, BoundingBox* out) {
    for (const std::uint64_t key : keys) *out++ = box_of(input, rows, Candidates::anchor(key));
  };
  input.selector.select(input.policy, ScoreCodec(), input.candidates, decode, picks);
}

}  // namespace

void select_end_to_end(const HeadInput& input, std::vector<Pick>& picks) {
  const Rows rows = rows_of(input);
  picks.clear();
  if (input.plan.suppresses_rows) {
    suppress_rows(input, rows, picks);
    return;
  }
  for (std::size_t i = 0; i < rows.scores.anchors; ++i) {
    if (picks.size() >= input.policy.max_det) return;
    const float score = activated(input.plan.activation, rows.scores.real(0, i));
    if (!(score >= input.score_threshold)) continue;
    const BoundingBox box = box_of(input, rows, i);
    if (!is_whole(box)) continue;
    picks.push_back(
        {{box, score, label_of(rows.classes.real(0, i))}, static_cast<std::uint32_t>(i)});
  }
}

}  // namespace edgefirst::decoding
