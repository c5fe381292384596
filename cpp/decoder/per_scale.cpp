// SPDX-License-Identifier: Apache-2.0
// Heads that come one tensor per stride: thresholds in the domain the scores are stored in, boxes
// for survivors only.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/trace.hpp"
#include "decoder/activation.hpp"
#include "decoder/heads.hpp"

namespace edgefirst::decoding {
namespace {

constexpr std::size_t kMaxBins = 64;
constexpr std::size_t kWorthATable = 16;  // candidates, from which on tables pay
constexpr std::size_t kTables = 4;        // levels that most models have, at most

/// e^(-k * scale) for the differences k of two 8-bit values.
class ExpTable {
 public:
  void fill(float scale) {
    if (scale == scale_) return;
    scale_ = scale;
    for (std::size_t k = 0; k < values_.size(); ++k) {
      values_[k] = std::exp(-static_cast<float>(k) * scale);
    }
  }
  float operator[](std::size_t difference) const { return values_[difference]; }

 private:
  std::array<float, 256> values_{};
  float scale_ = -1.0F;
};

/// The mean of the bins' numbers, weighted: sum of weight * number / sum of weight.
float mean_bin(const float* weights, std::size_t count) {
  float total = 0;
  for (std::size_t i = 0; i < count; ++i) total += weights[i];
  const float share = 1.0F / total;
  float expected = 0;
  for (std::size_t i = 0; i < count; ++i) {
    expected += weights[i] * share * static_cast<float>(i);
  }
  return expected;
}

/// Expectation over the softmax of the bins of one side.
float expected_bin(const float* bins, std::size_t count) {
  const float largest = *std::max_element(bins, bins + count);
  float weights[kMaxBins];
  for (std::size_t i = 0; i < count; ++i) weights[i] = std::exp(bins[i] - largest);
  return mean_bin(weights, count);
}

/// The same of 8-bit bins side by side.
template <typename T>
float expected_bin(const T* bins, std::size_t count, const ExpTable& table) {
  const int largest = *std::max_element(bins, bins + count);
  float weights[kMaxBins];
  for (std::size_t i = 0; i < count; ++i) {
    weights[i] = table[static_cast<std::size_t>(largest - bins[i])];
  }
  return mean_bin(weights, count);
}

/// Distances to the left, top, right and bottom, in cells.
using Sides = std::array<float, 4>;

Sides decode_sides(const FeatureView& boxes, std::size_t reg_max, std::size_t cell) {
  float channels[4 * kMaxBins];
  visit_dtype(boxes.dtype, [&](auto zero) {
    const std::byte* at = boxes.at(0, cell);
    for (std::size_t i = 0; i < boxes.features; ++i, at += boxes.feature_stride) {
      channels[i] = boxes.affine.at(i).real(as_float(load<decltype(zero)>(at)));
    }
  });
  Sides sides{};
  for (std::size_t i = 0; i < 4; ++i) {
    sides[i] = reg_max == 0 ? channels[i] : expected_bin(channels + i * reg_max, reg_max);
  }
  return sides;
}

/// Bins of 8 bits with one scale.
bool has_byte_bins(const FeatureView& boxes, std::size_t reg_max) {
  return reg_max != 0 && dtype_size(boxes.dtype) == 1 && !boxes.affine.is_per_feature() &&
         boxes.affine.scale > 0.0F;
}

Sides decode_byte_sides(const FeatureView& boxes, std::size_t reg_max, std::size_t cell,
                        const ExpTable& table) {
  Sides sides{};
  const auto decode = [&](auto zero) {
    decltype(zero) bins[4 * kMaxBins];
    const std::byte* at = boxes.at(0, cell);
    for (std::size_t i = 0; i < boxes.features; ++i, at += boxes.feature_stride) {
      bins[i] = load<decltype(zero)>(at);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      sides[i] = expected_bin(bins + i * reg_max, reg_max, table);
    }
  };
  boxes.dtype == DType::kI8 ? decode(std::int8_t{}) : decode(std::uint8_t{});
  return sides;
}

/// A box around the cell's centre, in pixels.
BoundingBox box_at(const ScaleLevel& level, std::size_t cell, const Sides& side) {
  const float stride = level.stride;
  const float grid_x = static_cast<float>(cell % level.width) + 0.5F;
  const float grid_y = static_cast<float>(cell / level.width) + 0.5F;
  const float x = (grid_x + (side[2] - side[0]) * 0.5F) * stride;
  const float y = (grid_y + (side[3] - side[1]) * 0.5F) * stride;
  const float half_width = (side[0] + side[2]) * stride * 0.5F;
  const float half_height = (side[1] + side[3]) * stride * 0.5F;
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

const char* encoding_of(const Plan& plan) { return plan.reg_max == 0 ? "ltrb" : "dfl"; }

const char* activation_name(const std::optional<Activation>& activation) {
  constexpr const char* kNames[] = {"sigmoid", "softmax", "tanh"};
  return activation ? kNames[static_cast<std::size_t>(*activation)] : "none";
}

/// How a level's tensor lies in memory: channels innermost, or one plane a channel.
const char* layout_of(const FeatureView& view) {
  return view.feature_stride == static_cast<std::ptrdiff_t>(dtype_size(view.dtype)) ? "nhwc"
                                                                                    : "nchw";
}

}  // namespace

void scan_per_scale(const HeadInput& input) {
  std::size_t anchors = 0;
  for (const ScaleLevel& level : input.plan.levels) anchors += level.height * level.width;
  input.candidates.reset(anchors);
  std::size_t first = 0;
  for (std::size_t i = 0; i < input.plan.levels.size(); ++i) {
    TraceSpan level_span("decoder.per_scale_run.level");
    const ScaleLevel& plan = input.plan.levels[i];
    const FeatureView scores = input.outputs.cells(plan.scores);
    level_span.field("li", i).field("stride", plan.stride);
    level_span.field("h", plan.height).field("w", plan.width);
    level_span.field("anchors", scores.anchors).field("layout", layout_of(scores));
    TraceSpan scan("decoder.per_scale_run.level.scores");
    scan.field("activation", activation_name(input.plan.activation));
    scan_activated({scores, input.plan.activation, first}, input.score_threshold, input.candidates);
    first += plan.height * plan.width;
  }
}

void select_per_scale(const HeadInput& input, std::vector<Pick>& picks) {
  TraceSpan span("decoder.nms_get_boxes");
  span.field("n_candidates", input.candidates.keys.size());
  const std::size_t reg_max = input.plan.reg_max;
  const bool has_table = input.candidates.keys.size() >= kWorthATable;
  std::array<ExpTable, kTables> tables;
  const auto decode = [&](Span<const std::uint64_t> keys, BoundingBox* boxes) {
    TraceSpan decoding(box_span_name(input.outputs.cells(input.plan.levels[0].boxes)));
    decoding.field("n", keys.size()).field("encoding", encoding_of(input.plan));
    for (const std::uint64_t key : keys) {
      std::size_t cell = Candidates::anchor(key);
      const ScaleLevel* level = input.plan.levels.data();
      for (; cell >= level->height * level->width; ++level) cell -= level->height * level->width;
      const FeatureView view = input.outputs.cells(level->boxes);
      if (has_table && has_byte_bins(view, reg_max)) {
        ExpTable& table =
            tables[static_cast<std::size_t>(level - input.plan.levels.data()) % kTables];
        table.fill(view.affine.scale);
        *boxes++ = box_at(*level, cell, decode_byte_sides(view, reg_max, cell, table));
      } else {
        *boxes++ = box_at(*level, cell, decode_sides(view, reg_max, cell));
      }
    }
  };
  input.selector.select(input.policy, ScoreCodec(), input.candidates, decode, picks);
  describe_selection(span, input, picks);
}

}  // namespace edgefirst::decoding
