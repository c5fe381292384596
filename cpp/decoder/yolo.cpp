// SPDX-License-Identifier: Apache-2.0
// Flat heads: [features, anchors] in one tensor or split by role.
#include "base/trace.hpp"
#include "decoder/activation.hpp"
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

struct FlatHead {
  FeatureView boxes, scores, objectness;  ///< objectness without data: none
};

/// Fills the candidates; tells how their keys become scores.
ScoreCodec scan_flat(const HeadInput& input, const FlatHead& head) {
  TraceSpan filter("decoder.nms_get_boxes.score_filter");
  const RawScores raw{head.scores, input.plan.activation, 0};
  input.candidates.reset(head.scores.anchors);
  if (head.objectness.data != nullptr) {
    scan_with_objectness(head.objectness, raw, input.score_threshold, input.candidates);
    return ScoreCodec();
  }
  if (raw.activation) {
    scan_activated(raw, input.score_threshold, input.candidates);
    return ScoreCodec();
  }
  scan_scores(raw.view, stored_threshold(raw.view, input.score_threshold), 0, input.candidates);
  return ScoreCodec(head.scores);
}

template <BoxForm kForm>
void select_flat(const HeadInput& input, const FlatHead& head, std::vector<Pick>& picks) {
  TraceSpan span("decoder.nms_get_boxes");
  const ScoreCodec codec = scan_flat(input, head);
  span.field("n_candidates", input.candidates.keys.size());
  input.selector.select(
      input.policy, codec, input.candidates,
      [&](Span<const std::uint64_t> keys, BoundingBox* out) {
        TraceSpan decoding(box_span_name(head.boxes));
        decoding.field("n", keys.size());
        decode_boxes<kForm>(head.boxes, keys, out);
      },
      picks);
  describe_selection(span, input, picks);
}

const char* span_name(bool is_float, bool is_split) {
  if (is_float) {
    return is_split ? "decoder.decode.yolo_float_split" : "decoder.decode.yolo_float_flat";
  }
  return is_split ? "decoder.decode.yolo_quant_split" : "decoder.decode.yolo_quant_flat";
}

}  // namespace

void describe_selection(TraceSpan& span, const HeadInput& input, const std::vector<Pick>& picks) {
  span.field("n_after_topk", input.candidates.keys.size());
  span.field("n_after_nms", picks.size()).field("n_detections", picks.size());
}

const char* box_span_name(const FeatureView& boxes) {
  return is_float(boxes.dtype) ? "decoder.nms_get_boxes.decode_boxes"
                               : "decoder.nms_get_boxes.dequant_boxes";
}

void select_yolo(const HeadInput& input, std::vector<Pick>& picks) {
  const Plan& plan = input.plan;
  FlatHead head;
  if (plan.detection == kNoPort) {
    head.boxes = input.outputs.features(plan.boxes);
    head.scores = input.outputs.features(plan.scores);
    if (plan.objectness != kNoPort) head.objectness = input.outputs.features(plan.objectness);
  } else {
    const FeatureView detection = input.outputs.features(plan.detection);
    const bool has_coefficients = plan.protos != kNoPort && plan.coefficients == kNoPort;
    const std::size_t inside = has_coefficients ? plan.ports[plan.protos].extent(3) : 0;
    const std::size_t first = plan.first_score();
    head.boxes = detection.rows(0, 4);
    head.scores = detection.rows(first, detection.features - first - inside);
    if (plan.objectness_inside) head.objectness = detection.rows(4, 1);
  }
  TraceSpan span(span_name(is_float(head.scores.dtype), plan.detection == kNoPort));
  select_flat<BoxForm::kCentreSize>(input, head, picks);
}

void select_modelpack(const HeadInput& input, std::vector<Pick>& picks) {
  const FlatHead head{input.outputs.features(input.plan.boxes),
                      input.outputs.features(input.plan.scores), FeatureView()};
  select_flat<BoxForm::kCorners>(input, head, picks);
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
