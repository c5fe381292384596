// SPDX-License-Identifier: Apache-2.0
// Heads that come one tensor per stride: thresholds in the domain the scores are stored in, boxes
// for survivors only.
#include <algorithm>
#include <cmath>

#include "base/trace.hpp"
#include "decoder/activation.hpp"
#include "decoder/heads.hpp"

namespace edgefirst::decoding {
namespace {

/// Expectation over the softmax of the bins of one side.
float expected_bin(const float* bins, std::size_t count) {
  float largest = bins[0];
  for (std::size_t i = 1; i < count; ++i) largest = std::max(largest, bins[i]);
  float weights[64];
  float total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    weights[i] = std::exp(bins[i] - largest);
    total += weights[i];
  }
  const float share = 1.0F / total;
  float expected = 0;
  for (std::size_t i = 0; i < count; ++i) {
    expected += weights[i] * share * static_cast<float>(i);
  }
  return expected;
}

/// Distances to the sides become a box around the cell's centre, in pixels.
BoundingBox decode_box(const ScaleLevel& level, const FeatureView& boxes, std::size_t reg_max,
                       std::size_t cell) {
  float channels[4 * 64];
  visit_dtype(boxes.dtype, [&](auto zero) {
    const std::byte* at = boxes.at(0, cell);
    for (std::size_t i = 0; i < boxes.features; ++i, at += boxes.feature_stride) {
      channels[i] = boxes.affine.at(i).real(as_float(load<decltype(zero)>(at)));
    }
  });
  float side[4];  // left, top, right, bottom
  for (std::size_t i = 0; i < 4; ++i) {
    side[i] = reg_max == 0 ? channels[i] : expected_bin(channels + i * reg_max, reg_max);
  }
  const float stride = level.stride;
  const float grid_x = static_cast<float>(cell % level.width) + 0.5F;
  const float grid_y = static_cast<float>(cell / level.width) + 0.5F;
  const float x = (grid_x + (side[2] - side[0]) * 0.5F) * stride;
  const float y = (grid_y + (side[3] - side[1]) * 0.5F) * stride;
  const float half_width = (side[0] + side[2]) * stride * 0.5F;
  const float half_height = (side[1] + side[3]) * stride * 0.5F;
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

void scan_levels(const HeadInput& input) {
  TraceSpan span("decoder.per_scale_run");
  span.field("n_levels", input.plan.levels.size());
  span.field("encoding", input.plan.reg_max == 0 ? "ltrb" : "dfl");
  std::size_t anchors = 0;
  for (const ScaleLevel& level : input.plan.levels) anchors += level.height * level.width;
  input.candidates.reset(anchors);
  std::size_t first = 0;
  for (std::size_t i = 0; i < input.plan.levels.size(); ++i) {
    TraceSpan level_span("decoder.per_scale_run.level");
    const ScaleLevel& plan = input.plan.levels[i];
    level_span.field("li", i).field("stride", plan.stride);
    level_span.field("h", plan.height).field("w", plan.width);
    scan_activated({input.outputs.cells(plan.scores), input.plan.activation, first},
                   input.score_threshold, input.candidates);
    first += plan.height * plan.width;
  }
}

}  // namespace

void select_per_scale(const HeadInput& input, std::vector<Pick>& picks) {
  TraceSpan span("decoder.nms_get_boxes");
  scan_levels(input);
  span.field("n_candidates", input.candidates.keys.size());
  const auto decode = [&](Span<const std::uint64_t> keys, BoundingBox* boxes) {
    for (const std::uint64_t key : keys) {
      std::size_t cell = Candidates::anchor(key);
      const ScaleLevel* level = input.plan.levels.data();
      for (; cell >= level->height * level->width; ++level) cell -= level->height * level->width;
      *boxes++ = decode_box(*level, input.outputs.cells(level->boxes), input.plan.reg_max, cell);
    }
  };
  input.selector.select(input.policy, ScoreCodec(), input.candidates, decode, picks);
  span.field("n_detections", picks.size());
}

}  // namespace edgefirst::decoding
