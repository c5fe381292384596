// SPDX-License-Identifier: Apache-2.0
// Flat heads: [features, anchors] in one tensor or split by role.
#include "base/trace.hpp"
#include "decoder/heads.hpp"

namespace edgefirst::decoding {
namespace {

enum class BoxForm { kCentreSize, kCorners };

/// (q - zero_point) * scale; a half extent is (q - zero_point) * (scale * 0.5).
template <BoxForm kForm>
void decode_boxes(const FeatureView& boxes, Span<const std::uint64_t> keys, BoundingBox* out) {
  visit_dtype(boxes.dtype, [&](auto zero) {
    using T = decltype(zero);
    for (const std::uint64_t key : keys) {
      const std::byte* at = boxes.at(0, Candidates::anchor(key));
      float real[4];
      for (std::size_t i = 0; i < 4; ++i, at += boxes.feature_stride) {
        Affine affine = boxes.affine.at(i);
        if (kForm == BoxForm::kCentreSize && i >= 2) affine.scale *= 0.5F;
        real[i] = affine.real(as_float(load<T>(at)));
      }
      const auto [a, b, c, d] = real;
      *out++ = kForm == BoxForm::kCorners ? BoundingBox{a, b, c, d}
                                          : BoundingBox{a - c, b - d, a + c, b + d};
    }
  });
}

template <BoxForm kForm>
void select_flat(const HeadInput& input, const FeatureView& boxes, const FeatureView& scores,
                 std::vector<Pick>& picks) {
  TraceSpan span("decoder.nms_get_boxes");
  input.candidates.reset(scores.anchors);
  {
    TraceSpan filter("decoder.nms_get_boxes.score_filter");
    scan_scores(scores, stored_threshold(scores, input.score_threshold), 0, input.candidates);
  }
  span.field("n_candidates", input.candidates.keys.size());
  input.selector.select(
      input.policy, ScoreCodec(scores), input.candidates,
      [&](Span<const std::uint64_t> keys, BoundingBox* out) {
        decode_boxes<kForm>(boxes, keys, out);
      },
      picks);
  span.field("n_detections", picks.size());
}

const char* span_name(bool is_float, bool is_split) {
  if (is_float) {
    return is_split ? "decoder.decode.yolo_float_split" : "decoder.decode.yolo_float_flat";
  }
  return is_split ? "decoder.decode.yolo_quant_split" : "decoder.decode.yolo_quant_flat";
}

}  // namespace

void select_yolo(const HeadInput& input, std::vector<Pick>& picks) {
  const Plan& plan = input.plan;
  FeatureView boxes;
  FeatureView scores;
  if (plan.detection == kNoPort) {
    boxes = input.outputs.features(plan.boxes);
    scores = input.outputs.features(plan.scores);
  } else {
    const FeatureView detection = input.outputs.features(plan.detection);
    const bool has_coefficients = plan.protos != kNoPort && plan.coefficients == kNoPort;
    const std::size_t inside = has_coefficients ? plan.ports[plan.protos].extent(3) : 0;
    boxes = detection.rows(0, 4);
    scores = detection.rows(4, detection.features - 4 - inside);
  }
  TraceSpan span(span_name(is_float(scores.dtype), plan.detection == kNoPort));
  select_flat<BoxForm::kCentreSize>(input, boxes, scores, picks);
}

void select_modelpack(const HeadInput& input, std::vector<Pick>& picks) {
  select_flat<BoxForm::kCorners>(input, input.outputs.features(input.plan.boxes),
                                 input.outputs.features(input.plan.scores), picks);
}

void coefficient_views(const Plan& plan, const BoundOutputs& outputs,
                       std::vector<FeatureView>& views) {
  views.clear();
  if (plan.protos == kNoPort) return;
  for (const ScaleLevel& level : plan.levels) {
    views.push_back(outputs.cells(level.coefficients));
  }
  if (!plan.levels.empty()) return;
  if (plan.coefficients != kNoPort) {
    views.push_back(outputs.features(plan.coefficients));
  } else {
    const FeatureView detection = outputs.features(plan.detection);
    const std::size_t channels = plan.ports[plan.protos].extent(3);
    views.push_back(detection.rows(detection.features - channels, channels));
  }
}

}  // namespace edgefirst::decoding
