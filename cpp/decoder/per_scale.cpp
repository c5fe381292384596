// SPDX-License-Identifier: Apache-2.0
// Heads that come one tensor per stride: thresholds in the domain the scores are stored in, boxes
// for survivors only.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/trace.hpp"
#include "decoder/heads.hpp"

namespace edgefirst::decoding {
namespace {

float sigmoid(float x) {
  if (x >= 0.0F) return 1.0F / (1.0F + std::exp(-x));
  const float e = std::exp(x);
  return e / (1.0F + e);
}

struct Activation {
  bool is_sigmoid;
  float operator()(float x) const { return is_sigmoid ? sigmoid(x) : x; }
};

/// The least i of [low, high] whose value reaches threshold; high + 1 where none does.
template <typename Value>
std::int64_t least_reaching(std::int64_t low, std::int64_t high, float threshold, Value&& value) {
  ++high;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (value(middle) >= threshold) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/// The least stored value whose activated real value reaches threshold.
double level_threshold(const FeatureView& scores, const Activation& activate, float threshold) {
  if (scores.dtype == DType::kF16) {
    const auto half = [](std::int64_t key) {  // inverse of half_key
      return to_float(Float16{static_cast<std::uint16_t>(key >= 0 ? key : key ^ 0x7FFF)});
    };
    const std::int64_t key = least_reaching(-0x7C01, 0x7C00, threshold,
                                            [&](std::int64_t k) { return activate(half(k)); });
    return key > 0x7C00 ? std::numeric_limits<double>::quiet_NaN() : half(key);
  }
  if (is_float(scores.dtype) || scores.affine.is_per_feature()) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const std::int64_t last = order_of(kInfinity);
    const std::int64_t order = least_reaching(
        order_of(-kInfinity), last, threshold,
        [&](std::int64_t i) { return activate(value_of(static_cast<std::uint32_t>(i))); });
    return order > last ? std::numeric_limits<double>::quiet_NaN()
                        : value_of(static_cast<std::uint32_t>(order));
  }
  const bool is_signed = dtype_info(scores.dtype).kind == DTypeKind::kSigned;
  const std::int64_t count = std::int64_t{1} << (8 * dtype_size(scores.dtype));
  const std::int64_t low = is_signed ? -count / 2 : 0;
  return static_cast<double>(
      least_reaching(low, low + count - 1, threshold, [&](std::int64_t stored) {
        return activate(scores.affine.real(static_cast<float>(stored)));
      }));
}

/// One level with its place among the anchors of the frame.
struct Level {
  const ScaleLevel& plan;
  FeatureView scores;
  std::size_t first_anchor;
};

/// Turns the stored keys of a level, from begin on, into keys of activated scores. Where the
/// activation saturates, different logits become equal and the last class wins.
void activate_keys(const Level& level, const Activation& activate, std::size_t begin,
                   Candidates& candidates) {
  constexpr float kSaturates = 8.0F;
  const ScoreCodec codec(level.scores);
  const bool per_feature = level.scores.affine.is_per_feature();
  for (std::size_t i = begin; i < candidates.keys.size(); ++i) {
    const std::uint64_t key = candidates.keys[i];
    const std::uint32_t anchor = Candidates::anchor(key);
    const float stored = codec.stored(Candidates::order(key));
    const float real = per_feature ? stored : level.scores.affine.real(stored);
    float best = activate(real);
    if (activate.is_sigmoid && real >= kSaturates) {
      for (std::size_t c = 0; c < level.scores.features; ++c) {
        const float score = activate(level.scores.real(c, anchor - level.first_anchor));
        if (!(score >= best)) continue;
        best = score;
        candidates.labels[anchor] = static_cast<std::uint32_t>(c);
      }
    }
    candidates.keys[i] = Candidates::key(order_of(best), anchor);
  }
}

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
  const Activation activate{input.plan.scores_are_logits};
  std::size_t anchors = 0;
  for (const ScaleLevel& level : input.plan.levels) anchors += level.height * level.width;
  input.candidates.reset(anchors);
  std::size_t first = 0;
  for (std::size_t i = 0; i < input.plan.levels.size(); ++i) {
    TraceSpan level_span("decoder.per_scale_run.level");
    const ScaleLevel& plan = input.plan.levels[i];
    const Level level{plan, input.outputs.cells(plan.scores), first};
    level_span.field("li", i).field("stride", level.plan.stride);
    level_span.field("h", level.plan.height).field("w", level.plan.width);
    const std::size_t begin = input.candidates.keys.size();
    const double threshold = level_threshold(level.scores, activate, input.score_threshold);
    scan_scores(level.scores, threshold, first, input.candidates);
    activate_keys(level, activate, begin, input.candidates);
    first += level.plan.height * level.plan.width;
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
