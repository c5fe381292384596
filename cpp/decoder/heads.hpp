// SPDX-License-Identifier: Apache-2.0
// The model families: each turns bound outputs into picks. Called by decoder.
#pragma once

#include <vector>

#include "edgefirst/detection.hpp"

#include "decoder/binding.hpp"
#include "decoder/plan.hpp"
#include "decoder/selection.hpp"

namespace edgefirst {
class TraceSpan;
}

namespace edgefirst::decoding {

/// What a head works with: the plan, this frame's outputs and thresholds, reusable memory.
struct HeadInput {
  const Plan& plan;
  const BoundOutputs& outputs;
  const Policy& policy;
  float score_threshold;
  Candidates& candidates;
  Selector& selector;
};

/// Tells on a span how many candidates are left after each step of input.selector. Suppression ends
/// at max_det, so that what it keeps are the detections.
void describe_selection(TraceSpan& span, const HeadInput& input, const std::vector<Pick>& picks);
/// The span of decoding boxes of survivors: of integers by their quantization, else as they are.
const char* box_span_name(const FeatureView& boxes);

/// Boxes as centre and size, one score per class (YOLO v5 to v11 as exported).
void select_yolo(const HeadInput& input, std::vector<Pick>& picks);
/// Rows that are final already: corners, score, class (YOLO26).
void select_end_to_end(const HeadInput& input, std::vector<Pick>& picks);
/// Corners and one score per class.
void select_modelpack(const HeadInput& input, std::vector<Pick>& picks);
/// Grids of anchors before activation.
void select_modelpack_grids(const HeadInput& input, std::vector<Pick>& picks);
/// One box and one score tensor per stride: fills the candidates of all levels.
void scan_per_scale(const HeadInput& input);
/// Boxes of the candidates that scan_per_scale() found.
void select_per_scale(const HeadInput& input, std::vector<Pick>& picks);

/// The mask coefficients of each anchor, in order of anchors; several views for several levels.
void coefficient_views(const Plan& plan, const BoundOutputs& outputs,
                       std::vector<FeatureView>& views);

/// The model's semantic map as bytes per class and pixel.
void append_semantic_map(const ImageView& map, SegmentationList& masks);

/// ModelPack's approximate sigmoid, bit by bit.
float modelpack_sigmoid(float value);

}  // namespace edgefirst::decoding
