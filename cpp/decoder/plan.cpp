// SPDX-License-Identifier: Apache-2.0
// From description to plan: lowering rules, the model type's ports in binding order.
#include "decoder/plan.hpp"

#include <algorithm>

#include "base/message.hpp"

namespace edgefirst::decoding {
namespace {

template <typename... Parts>
[[noreturn]] void invalid(const Parts&... parts) {
  raise(ErrorCode::kInvalidConfig, parts...);
}

void check_lowering(const LogicalOutput& output) {
  const std::string label = output.name.empty() ? role_name(output.role) : output.name;
  if (output.role == Role::kObjectness || output.role == Role::kLandmarks) {
    raise(ErrorCode::kNotSupported, label, ": type ", role_name(output.role),
          " has no legacy v1 equivalent and is not decoded");
  }
  if (output.role == Role::kBoxes && output.encoding == Encoding::kDfl && output.children.empty()) {
    raise(ErrorCode::kNotSupported, label,
          ": boxes with encoding: dfl need one child per stride (outputs)");
  }
}

/// One port for an output, its number in plan.ports.
std::size_t add_port(Plan& plan, const LogicalOutput& output, std::size_t features = 0) {
  plan.ports.push_back(make_port(output, features));
  return plan.ports.size() - 1;
}

const LogicalOutput* last_of(const Description& description, Role role) {
  const LogicalOutput* found = nullptr;
  for (const LogicalOutput& output : description.outputs) {
    if (output.role == role) found = &output;
  }
  return found;
}

bool is_split(ModelType type) {
  return type == ModelType::kYoloSplitDet || type == ModelType::kYoloSplitSegDet ||
         type == ModelType::kYoloSplitEndToEndDet || type == ModelType::kYoloSplitEndToEndSegDet;
}

bool is_end_to_end(ModelType type) {
  return type == ModelType::kYoloEndToEndDet || type == ModelType::kYoloEndToEndSegDet ||
         type == ModelType::kYoloSplitEndToEndDet || type == ModelType::kYoloSplitEndToEndSegDet;
}

/// Binding order: detection or boxes, scores, classes, then mask_coefs, protos.
void add_yolo_ports(const Description& description, Plan& plan) {
  const bool end_to_end = is_end_to_end(plan.type);
  const LogicalOutput* protos = last_of(description, Role::kProtos);
  const bool separate = is_split(plan.type) || plan.type == ModelType::kYoloSegDet2Way;
  const bool masks =
      plan.type == ModelType::kYoloSegDet || plan.type == ModelType::kYoloSegDet2Way ||
      plan.type == ModelType::kYoloSplitSegDet || plan.type == ModelType::kYoloEndToEndSegDet ||
      plan.type == ModelType::kYoloSplitEndToEndSegDet;
  const std::size_t channels = masks ? make_port(*protos).extent(3) : 0;
  if (is_split(plan.type)) {
    plan.boxes = add_port(plan, *last_of(description, Role::kBoxes), end_to_end ? 4 : 0);
    plan.scores = add_port(plan, *last_of(description, Role::kScores), end_to_end ? 1 : 0);
    if (end_to_end) plan.classes = add_port(plan, *last_of(description, Role::kClasses), 1);
  } else {
    plan.detection =
        add_port(plan, *last_of(description, Role::kDetection), end_to_end ? 6 + channels : 0);
  }
  if (!masks) return;
  if (separate) {
    plan.coefficients =
        add_port(plan, *last_of(description, Role::kMaskCoefficients), end_to_end ? channels : 0);
  }
  plan.protos = add_port(plan, *protos);
}

void add_modelpack_ports(const Description& description, Plan& plan) {
  for (const LogicalOutput& output : description.outputs) {
    if (output.role == Role::kDetection) {
      const std::size_t port = add_port(plan, output);
      plan.grids.push_back({port, output.anchors});
    }
  }
  if (plan.type == ModelType::kModelPackDet || plan.type == ModelType::kModelPackSegDet) {
    plan.boxes = add_port(plan, *last_of(description, Role::kBoxes));
    plan.scores = add_port(plan, *last_of(description, Role::kScores));
  }
  const LogicalOutput* segmentation = last_of(description, Role::kSegmentation);
  if (segmentation != nullptr) plan.segmentation = add_port(plan, *segmentation);
}

/// Features that decoding takes from fixed rows are there.
void check_port_sizes(const Plan& plan) {
  if (plan.protos == kNoPort) return;
  const std::size_t channels = plan.ports[plan.protos].extent(3);
  if (plan.type == ModelType::kYoloSegDet) {
    const std::size_t features = plan.ports[plan.detection].extent(1);
    if (features <= 4 + channels) {
      invalid("num_features ", features, " must be greater than ", 4 + channels);
    }
  } else if (plan.coefficients != kNoPort) {
    const std::size_t rows = plan.ports[plan.coefficients].extent(1);
    if (rows != channels) {
      invalid("mask_coefs channels ", rows, " incompatible with protos channels ", channels);
    }
  }
}

void check_end_to_end_sizes(const Plan& plan) {
  const std::size_t channels = plan.has_masks() ? plan.ports[plan.protos].extent(3) : 0;
  if (plan.detection != kNoPort && plan.ports[plan.detection].extent(1) != 6 + channels) {
    raise(ErrorCode::kInvalidConfig, "Invalid Yolo end-to-end detection shape ",
          shape_text(plan.ports[plan.detection].shape), ": the feature axis must have at least ",
          plan.has_masks() ? "7 rows" : "6 rows", ", here exactly ", 6 + channels);
  }
  if (plan.boxes == kNoPort) return;
  const std::size_t boxes = plan.ports[plan.boxes].extent(2);
  if (plan.ports[plan.boxes].extent(1) != 4) invalid("end-to-end box_coords must be 4");
  for (const std::size_t port : {plan.scores, plan.classes}) {
    if (plan.ports[port].extent(1) != 1) invalid("end-to-end num_classes must be 1");
    if (plan.ports[port].extent(2) != boxes) {
      invalid("num_boxes ", plan.ports[port].extent(2), " incompatible with boxes num_boxes ",
              boxes);
    }
  }
  if (plan.coefficients != kNoPort && plan.ports[plan.coefficients].extent(2) != boxes) {
    invalid("mask_coefs num_boxes incompatible with boxes num_boxes ", boxes);
  }
}

/// The port whose role the output fills: outputs that were superseded have none.
std::size_t port_of(const Plan& plan, const LogicalOutput& output) {
  for (const std::size_t port : {plan.detection, plan.boxes, plan.scores, plan.classes,
                                 plan.coefficients, plan.protos, plan.segmentation}) {
    if (port != kNoPort && plan.ports[port].role == output.role) return port;
  }
  return kNoPort;
}

/// Outputs with children bind in document order, by their full shapes.
void add_merges(const Description& description, Plan& plan) {
  const auto& outputs = description.outputs;
  const bool merged = std::any_of(outputs.begin(), outputs.end(), [](const LogicalOutput& output) {
    return !output.children.empty();
  });
  if (!merged) {
    for (std::size_t i = 0; i < plan.ports.size(); ++i) plan.binding_order.push_back(i);
    return;
  }
  for (const LogicalOutput& output : outputs) {
    const std::size_t port = port_of(plan, output);
    if (port == kNoPort) continue;
    plan.binding_order.push_back(port);
    unsqueeze(plan.ports[port], output);
    if (!output.children.empty()) plan.merges.push_back(make_merge(output, port));
  }
}

}  // namespace

bool Plan::divides_by_input() const {
  const bool type_divides = type == ModelType::kYoloSegDet || type == ModelType::kYoloSplitSegDet ||
                            type == ModelType::kYoloSegDet2Way || type == ModelType::kPerScale;
  return type_divides && normalized == false && input_dims && input_dims->first != 0 &&
         input_dims->second != 0;
}

bool Plan::keeps_proto_integers() const {
  return !is_end_to_end(type) && merges.empty() && levels.empty();
}

Plan make_plan(const Description& description, const DecoderOptions& options) {
  Plan plan;
  plan.nms = options.nms;
  if (plan.nms == Nms::kAuto) plan.nms = description.nms.value_or(Nms::kAuto);
  if (plan.nms == Nms::kAuto) plan.nms = Nms::kClassAgnostic;
  plan.input_dims = options.input_dims ? options.input_dims : description.input_dims;
  for (const LogicalOutput& output : description.outputs) check_lowering(output);
  check_layout(description);
  if (plan_per_scale(description, plan)) return plan;
  plan.type = select_model_type(description);
  for (const LogicalOutput& output : description.outputs) {
    if (output.role != Role::kDetection && output.role != Role::kBoxes) continue;
    plan.normalized = output.normalized;
    break;
  }
  const bool modelpack = description.outputs[0].decoder == DecoderType::kModelPack;
  modelpack ? add_modelpack_ports(description, plan) : add_yolo_ports(description, plan);
  check_port_sizes(plan);
  if (is_end_to_end(plan.type)) check_end_to_end_sizes(plan);
  add_merges(description, plan);
  return plan;
}

}  // namespace edgefirst::decoding
