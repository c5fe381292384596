// SPDX-License-Identifier: Apache-2.0
// From description to plan: lowering rules, the model type's ports in binding order.
#include "decoder/plan.hpp"

#include <algorithm>
#include <cmath>

#include "base/message.hpp"

namespace edgefirst::decoding {
namespace {

template <typename... Parts>
[[noreturn]] void invalid(const Parts&... parts) {
  raise(ErrorCode::kInvalidConfig, parts...);
}

bool has_role(const Description& description, Role role) {
  return std::any_of(description.outputs.begin(), description.outputs.end(),
                     [&](const LogicalOutput& output) { return output.role == role; });
}

void check_lowering(const Description& description, const LogicalOutput& output) {
  const std::string label = output.name.empty() ? role_name(output.role) : output.name;
  const bool is_factor = output.role == Role::kObjectness && output.children.empty() &&
                         has_role(description, Role::kScores);
  if (output.role == Role::kLandmarks || (output.role == Role::kObjectness && !is_factor)) {
    raise(ErrorCode::kNotSupported, label, ": type ", role_name(output.role),
          " has no legacy v1 equivalent; an objectness goes with flat boxes and scores only");
  }
  const bool has_boxes = output.role == Role::kBoxes || output.role == Role::kDetection;
  if (!has_boxes || !output.children.empty()) return;
  const auto refuse = [&](const char* encoding) {
    raise(ErrorCode::kNotSupported, label, ": boxes with encoding: ", encoding,
          " need one child per stride (outputs)");
  };
  if (output.encoding == Encoding::kDfl) refuse("dfl");
  if (output.encoding == Encoding::kDistances) refuse("ltrb");
  if (output.encoding == Encoding::kAnchor && output.decoder == DecoderType::kUltralytics) {
    refuse("anchor");
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

bool is_square(std::size_t number) {
  const auto root = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(number))));
  return root * root == number;
}

/// YOLOv5 has three anchors per cell of its strides and an objectness each; the anchor-free model
/// of that name has one per cell and none. Without input size, a square input is supposed.
bool has_yolov5_anchors(const Plan& plan, std::size_t anchors) {
  if (!plan.input_dims) return anchors % 63 == 0 && is_square(anchors / 63);
  std::size_t cells = 0;
  for (const std::size_t stride : {8, 16, 32, 64}) {
    cells += (plan.input_dims->first / stride) * (plan.input_dims->second / stride);
    if (stride >= 32 && cells != 0 && anchors == 3 * cells) return true;
  }
  return false;
}

/// Objectness and activation of the class scores.
void plan_scores(const Description& description, Plan& plan) {
  const bool inside = plan.detection != kNoPort;
  const LogicalOutput* scores = last_of(description, inside ? Role::kDetection : Role::kScores);
  const LogicalOutput* objectness = last_of(description, Role::kObjectness);
  plan.activation = scores->activation_required;
  if (!plan.activation && !scores->children.empty()) {
    plan.activation = scores->children[0].activation_required;
  }
  if (is_end_to_end(plan.type)) return;
  if (!inside) {
    if (objectness != nullptr) {
      plan.objectness = add_port(plan, *objectness, 1);
      const Port& port = plan.ports[plan.objectness];
      const std::size_t anchors = plan.ports[plan.scores].extent(2);
      if (port.extent(1) != 1 || port.extent(2) != anchors) {
        invalid("objectness shape ", shape_text(port.shape), " is incompatible with ", anchors,
                " boxes: expected one value each");
      }
    } else if (scores->has_objectness == true) {
      invalid("scores: score_format: obj_x_class needs an output of type objectness");
    }
    return;
  }
  const std::size_t anchors = plan.ports[plan.detection].extent(2);
  plan.objectness_inside = scores->has_objectness.value_or(
      description.version == DecoderVersion::kYolov5 && has_yolov5_anchors(plan, anchors));
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
    const LogicalOutput& detection = *last_of(description, Role::kDetection);
    std::size_t features = 0;
    if (end_to_end) features = masks ? 6 + channels : end_to_end_features(detection);
    plan.detection = add_port(plan, detection, features);
  }
  plan_scores(description, plan);
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
  const std::size_t channels = plan.protos == kNoPort ? 0 : plan.ports[plan.protos].extent(3);
  if (plan.detection != kNoPort && !is_end_to_end(plan.type)) {
    const bool coefficients_inside = plan.type == ModelType::kYoloSegDet;
    const std::size_t least = plan.first_score() + (coefficients_inside ? channels : 0);
    const std::size_t features = plan.ports[plan.detection].extent(1);
    if (features <= least) invalid("num_features ", features, " must be greater than ", least);
  }
  if (plan.protos != kNoPort && plan.coefficients != kNoPort) {
    const std::size_t rows = plan.ports[plan.coefficients].extent(1);
    if (rows != channels) {
      invalid("mask_coefs channels ", rows, " incompatible with protos channels ", channels);
    }
  }
}

void check_end_to_end_sizes(const Plan& plan) {
  const std::size_t channels = plan.has_masks() ? plan.ports[plan.protos].extent(3) : 0;
  if (plan.detection != kNoPort) {
    const std::size_t features = plan.ports[plan.detection].extent(1);
    if (plan.has_masks() ? features != 6 + channels : features < 6) {
      invalid("Invalid Yolo end-to-end detection shape ",
              shape_text(plan.ports[plan.detection].shape), ": the feature axis must have ",
              plan.has_masks() ? "" : "at least ", 6 + channels, " rows");
    }
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

/// How rows are read that need no scores compared.
void plan_rows(const Description& description, Plan& plan) {
  plan.divides_rows = description.divides_rows;
  for (const LogicalOutput& output : description.outputs) {
    if (!output.has_centres && !output.is_suppressed) continue;
    if (!is_end_to_end(plan.type) || output.role != Role::kDetection) {
      invalid(
          output.has_centres ? "row_format" : "rows_suppressed",
          " has no effect: it belongs to a detection of end-to-end rows (decoder_version: yolo26)");
    }
    plan.rows_have_centres = output.has_centres == true;
    plan.suppresses_rows = output.is_suppressed == false;
  }
  if (is_end_to_end(plan.type)) check_end_to_end_sizes(plan);
}

/// The port whose role the output fills: outputs that were superseded have none.
std::size_t port_of(const Plan& plan, const LogicalOutput& output) {
  for (const std::size_t port :
       {plan.detection, plan.boxes, plan.scores, plan.classes, plan.coefficients, plan.protos,
        plan.segmentation, plan.objectness}) {
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
    unsqueeze(plan.ports[port]);
    if (!output.children.empty()) plan.merges.push_back(make_merge(output, port));
  }
}

/// Every tensor that is bound, children included.
std::vector<const Port*> bound_ports(const Plan& plan) {
  std::vector<const Port*> ports;
  for (std::size_t i = 0; i < plan.ports.size(); ++i) {
    const auto merge = std::find_if(plan.merges.begin(), plan.merges.end(),
                                    [&](const Merge& candidate) { return candidate.port == i; });
    if (merge == plan.merges.end()) {
      ports.push_back(&plan.ports[i]);
    } else {
      for (const Port& part : merge->parts) ports.push_back(&part);
    }
  }
  return ports;
}

/// What the tensors have in common.
void compare_ports(Plan& plan) {
  const std::vector<const Port*> ports = bound_ports(plan);
  plan.batch = ports.empty() ? 1 : ports[0]->extent(0);
  for (std::size_t i = 0; i < ports.size(); ++i) {
    plan.batch = std::min(plan.batch, ports[i]->extent(0));
    for (std::size_t j = 0; j < i; ++j) {
      if (ports[i]->shape == ports[j]->shape) plan.has_equal_shapes = true;
    }
  }
}

}  // namespace

bool Plan::divides_by_input() const {
  const bool type_divides = type == ModelType::kYoloSegDet || type == ModelType::kYoloSplitSegDet ||
                            type == ModelType::kYoloSegDet2Way || type == ModelType::kPerScale ||
                            (type == ModelType::kYoloEndToEndSegDet && divides_rows);
  return type_divides && normalized == false && input_dims && input_dims->first != 0 &&
         input_dims->second != 0;
}

bool Plan::is_final() const { return is_end_to_end(type) && !suppresses_rows; }

std::optional<std::size_t> Plan::class_count() const {
  const auto channels = [&](std::size_t port) { return ports[port].extent(ports[port].feature); };
  if (is_end_to_end(type) || type == ModelType::kModelPackSeg) return std::nullopt;
  if (!levels.empty()) return channels(levels[0].scores);
  if (!grids.empty()) return channels(grids[0].port) / grids[0].anchors.size() - 5;
  if (detection == kNoPort) return channels(scores);
  const bool has_coefficients = protos != kNoPort && coefficients == kNoPort;
  return channels(detection) - first_score() - (has_coefficients ? channels(protos) : 0);
}

bool Plan::is_name_of_another(const std::string& given, const Port& port) const {
  const auto is_other = [&](const Port& other) {
    return other.name == given && other.shape == port.shape;
  };
  return !given.empty() && port.name != given &&
         (std::any_of(ports.begin(), ports.end(), is_other) ||
          std::any_of(merges.begin(), merges.end(), [&](const Merge& merge) {
            return std::any_of(merge.parts.begin(), merge.parts.end(), is_other);
          }));
}

bool Plan::keeps_proto_integers() const {
  return !is_end_to_end(type) && merges.empty() && levels.empty();
}

std::size_t end_to_end_features(const LogicalOutput& detection) {
  const std::optional<std::size_t> named = find_dim(detection.dims, DimName::kNumFeatures);
  if (named) return *named;
  const std::size_t first = detection.shape[1], last = detection.shape[2];
  return first == 6 || last == 6 ? 6 : std::min(first, last);
}

Plan make_plan(const Description& description, const DecoderOptions& options) {
  Plan plan;
  plan.nms = options.nms;
  if (plan.nms == Nms::kAuto) plan.nms = description.nms.value_or(Nms::kAuto);
  if (plan.nms == Nms::kAuto) plan.nms = Nms::kClassAgnostic;
  plan.input_dims = options.input_dims ? options.input_dims : description.input_dims;
  for (const LogicalOutput& output : description.outputs) check_lowering(description, output);
  check_layout(description);
  if (plan_per_scale(description, plan)) {
    compare_ports(plan);
    return plan;
  }
  plan.type = select_model_type(description);
  for (const LogicalOutput& output : description.outputs) {
    if (output.role != Role::kDetection && output.role != Role::kBoxes) continue;
    plan.normalized = output.normalized;
    break;
  }
  const bool modelpack = description.outputs[0].decoder == DecoderType::kModelPack;
  modelpack ? add_modelpack_ports(description, plan) : add_yolo_ports(description, plan);
  check_port_sizes(plan);
  plan_rows(description, plan);
  add_merges(description, plan);
  compare_ports(plan);
  return plan;
}

}  // namespace edgefirst::decoding
