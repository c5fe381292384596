// SPDX-License-Identifier: Apache-2.0
// Which model the declared outputs make, and whether they fit together.
#include <algorithm>
#include <initializer_list>

#include "base/message.hpp"
#include "decoder/plan.hpp"

namespace edgefirst::decoding {
namespace {

/// The last output of each role; detections accumulate.
struct Roles {
  const LogicalOutput* detection = nullptr;
  const LogicalOutput* boxes = nullptr;
  const LogicalOutput* scores = nullptr;
  const LogicalOutput* classes = nullptr;
  const LogicalOutput* coefficients = nullptr;
  const LogicalOutput* protos = nullptr;
  const LogicalOutput* segmentation = nullptr;
  const LogicalOutput* masks = nullptr;
  std::vector<const LogicalOutput*> detections;
};

Roles collect(const Description& description) {
  Roles roles;
  for (const LogicalOutput& output : description.outputs) {
    switch (output.role) {
      case Role::kDetection:
        roles.detection = &output;
        roles.detections.push_back(&output);
        break;
      case Role::kBoxes:
        roles.boxes = &output;
        break;
      case Role::kScores:
        roles.scores = &output;
        break;
      case Role::kClasses:
        roles.classes = &output;
        break;
      case Role::kMaskCoefficients:
        roles.coefficients = &output;
        break;
      case Role::kProtos:
        roles.protos = &output;
        break;
      case Role::kSegmentation:
        roles.segmentation = &output;
        break;
      case Role::kMasks:
        roles.masks = &output;
        break;
      default:
        break;
    }
  }
  return roles;
}

template <typename... Parts>
[[noreturn]] void invalid(const Parts&... parts) {
  raise(ErrorCode::kInvalidConfig, parts...);
}

/// No empty axis, the rank, and the names where axes are named.
void check_axes(const LogicalOutput& output, const char* model, std::size_t rank,
                std::initializer_list<DimName> names) {
  if (std::find(output.shape.begin(), output.shape.end(), std::size_t{0}) != output.shape.end()) {
    invalid(role_name(output.role), " shape has zero dimension: ", shape_text(output.shape));
  }
  if (output.shape.size() != rank) {
    invalid("Invalid ", model, ' ', role_name(output.role), " shape ", shape_text(output.shape),
            ": expected ", rank, " axes");
  }
  if (output.dims.empty()) return;
  for (const DimName name : names) {
    if (!find_dim(output.dims, name)) {
      invalid(role_name(output.role), " dshape missing required dimension ", dim_name(name));
    }
  }
}

void check_equal(const char* what, const char* first, std::size_t a, const char* second,
                 std::size_t b) {
  if (a == b) return;
  invalid(first, ' ', what, " ", a, " is incompatible with ", second, ' ', what, " ", b);
}

std::size_t proto_count(const LogicalOutput& protos) {
  const std::optional<std::size_t> named = find_dim(protos.dims, DimName::kNumProtos);
  return named ? *named : protos.shape[3];
}

std::size_t box_count(const LogicalOutput& output) {
  const std::optional<std::size_t> named = find_dim(output.dims, DimName::kNumBoxes);
  if (named) return *named;
  return output.shape[output.decoder == DecoderType::kModelPack ? 1 : 2];
}

void check_detection(const LogicalOutput& detection, const char* model) {
  check_axes(detection, model, 3, {DimName::kBatch, DimName::kNumFeatures, DimName::kNumBoxes});
}

void check_protos(const LogicalOutput& protos, const char* model) {
  check_axes(protos, model, 4,
             {DimName::kBatch, DimName::kHeight, DimName::kWidth, DimName::kNumProtos});
}

void check_coefficients(const LogicalOutput& coefficients, const LogicalOutput& protos,
                        std::size_t boxes, const char* model) {
  check_axes(coefficients, model, 3, {DimName::kBatch, DimName::kNumProtos, DimName::kNumBoxes});
  const std::optional<std::size_t> named = find_dim(coefficients.dims, DimName::kNumProtos);
  check_equal("channels", "mask_coefs", named ? *named : coefficients.shape[1], "protos",
              proto_count(protos));
  check_equal("num_boxes", "mask_coefs", box_count(coefficients), "boxes", boxes);
}

/// At least one class beside the box and the coefficients.
void check_features(const LogicalOutput& detection, std::size_t coefficients) {
  const std::optional<std::size_t> named = find_dim(detection.dims, DimName::kNumFeatures);
  const std::size_t features = named ? *named : detection.shape[1];
  if (features <= 4 + coefficients) {
    invalid("num_features ", features, " must be greater than ", 4 + coefficients);
  }
}

void check_yolo(const Roles& roles, ModelType type) {
  const std::size_t inside =
      type == ModelType::kYoloSegDet ? proto_count(*roles.protos) : std::size_t{0};
  check_features(*roles.detection, inside);
}

void check_split_yolo(const Roles& roles, const char* model) {
  check_axes(*roles.boxes, model, 3, {DimName::kBatch, DimName::kBoxCoords, DimName::kNumBoxes});
  check_axes(*roles.scores, model, 3, {DimName::kBatch, DimName::kNumClasses, DimName::kNumBoxes});
  const std::optional<std::size_t> named = find_dim(roles.boxes->dims, DimName::kBoxCoords);
  if ((named ? *named : roles.boxes->shape[1]) != 4) {
    invalid("Invalid ", model, " boxes shape ", shape_text(roles.boxes->shape),
            ": the coordinate axis must have size 4");
  }
  check_equal("num_boxes", "boxes", box_count(*roles.boxes), "scores", box_count(*roles.scores));
}

void check_contains(const LogicalOutput& output, std::size_t extent, const char* wanted) {
  const Extents& shape = output.shape;
  if (std::find(shape.begin(), shape.end(), extent) == shape.end()) {
    invalid("Invalid Yolo end-to-end ", role_name(output.role), " shape ", shape_text(shape), ": ",
            wanted);
  }
}

void check_split_end_to_end(const Roles& roles) {
  const char* model = "Yolo Split End-to-End";
  check_axes(*roles.boxes, model, 3, {});
  check_contains(*roles.boxes, 4, "box_coords must be 4");
  for (const LogicalOutput* output : {roles.scores, roles.classes}) {
    check_axes(*output, model, 3, {});
    check_contains(*output, 1, "num_classes must be 1");
  }
}

ModelType select_end_to_end(const Roles& roles) {
  if (roles.detection != nullptr) {
    check_detection(*roles.detection, "Yolo End-to-End");
    if (roles.protos == nullptr) {
      if (end_to_end_features(*roles.detection) < 6) {
        invalid("Invalid Yolo end-to-end detection shape ", shape_text(roles.detection->shape),
                ": rows must have 6 features or more; a dshape names the axis of num_features");
      }
      return ModelType::kYoloEndToEndDet;
    }
    check_protos(*roles.protos, "Yolo End-to-End");
    check_contains(*roles.detection, 6 + proto_count(*roles.protos),
                   "detection must have 6 + num_protos features");
    return ModelType::kYoloEndToEndSegDet;
  }
  if (roles.boxes == nullptr || roles.scores == nullptr || roles.classes == nullptr) {
    invalid(
        "Invalid Yolo end-to-end model outputs: expected detection, or boxes, scores and "
        "classes");
  }
  check_split_end_to_end(roles);
  if (roles.coefficients == nullptr || roles.protos == nullptr) {
    return ModelType::kYoloSplitEndToEndDet;
  }
  check_axes(*roles.coefficients, "Yolo Split End-to-End", 3, {});
  check_protos(*roles.protos, "Yolo Split End-to-End");
  return ModelType::kYoloSplitEndToEndSegDet;
}

ModelType select_flat_yolo(const Roles& roles) {
  const bool has_both = roles.coefficients != nullptr && roles.protos != nullptr;
  const char* model = has_both ? "Yolo 2-Way" : "Yolo";
  check_detection(*roles.detection, model);
  if (roles.protos == nullptr) {
    check_yolo(roles, ModelType::kYoloDet);
    return ModelType::kYoloDet;
  }
  check_protos(*roles.protos, model);
  const ModelType type = has_both ? ModelType::kYoloSegDet2Way : ModelType::kYoloSegDet;
  check_yolo(roles, type);
  if (has_both) {
    check_coefficients(*roles.coefficients, *roles.protos, box_count(*roles.detection), model);
  }
  return type;
}

bool is_end_to_end(const Description& description, const Roles& roles) {
  if (description.version) return *description.version == DecoderVersion::kYolo26;
  if (roles.detection == nullptr) return false;
  const NamedDims& dims = roles.detection->dims;
  return dims.size() == 3 && dims[0].name == DimName::kBatch &&
         dims[1].name == DimName::kNumBoxes && dims[2].name == DimName::kNumFeatures;
}

ModelType select_ultralytics(const Description& description, const Roles& roles) {
  if (roles.segmentation != nullptr) invalid("Invalid Segmentation output in a Yolo model");
  if (roles.masks != nullptr) invalid("Invalid Mask output in a Yolo model");
  if (is_end_to_end(description, roles)) return select_end_to_end(roles);
  if (roles.detection != nullptr) return select_flat_yolo(roles);
  if (roles.boxes == nullptr || roles.scores == nullptr) {
    invalid("Invalid Yolo model outputs: expected detection, or boxes and scores");
  }
  check_split_yolo(roles, "Yolo Split");
  if (roles.coefficients == nullptr || roles.protos == nullptr) return ModelType::kYoloSplitDet;
  check_protos(*roles.protos, "Yolo Split");
  check_coefficients(*roles.coefficients, *roles.protos, box_count(*roles.boxes), "Yolo Split");
  return ModelType::kYoloSplitSegDet;
}

/// Classes of one ModelPack grid.
std::size_t grid_classes(const LogicalOutput& detection) {
  check_axes(detection, "ModelPack Split", 4,
             {DimName::kBatch, DimName::kHeight, DimName::kWidth, DimName::kNumAnchorsXFeatures});
  const std::size_t anchors = detection.anchors.size();
  if (anchors == 0) invalid("ModelPack split detection is missing anchors (zero anchors given)");
  const std::optional<std::size_t> named = find_dim(detection.dims, DimName::kNumAnchorsXFeatures);
  const std::size_t channels = named ? *named : detection.shape[3];
  if (channels <= anchors * 5) {
    invalid("num_anchors_x_features ", channels,
            " not greater than number of anchors * 5 = ", anchors * 5);
  }
  if (channels % anchors != 0) {
    invalid("num_anchors_x_features ", channels, " not a multiple of number of anchors ", anchors);
  }
  return channels / anchors - 5;
}

std::size_t segmentation_classes(const LogicalOutput& segmentation) {
  check_axes(segmentation, "ModelPack", 4, {DimName::kBatch, DimName::kHeight, DimName::kWidth});
  const std::optional<std::size_t> named = find_dim(segmentation.dims, DimName::kNumClasses);
  return named ? *named : segmentation.shape[3];
}

std::size_t modelpack_classes(const Roles& roles) {
  if (!roles.detections.empty()) {
    const std::size_t classes = grid_classes(*roles.detections[0]);
    for (const LogicalOutput* detection : roles.detections) {
      if (grid_classes(*detection) != classes) {
        invalid("ModelPack split detections have an inconsistent number of classes: ", classes,
                " and ", grid_classes(*detection));
      }
    }
    return classes;
  }
  check_axes(*roles.boxes, "ModelPack", 4,
             {DimName::kBatch, DimName::kNumBoxes, DimName::kPadding, DimName::kBoxCoords});
  check_axes(*roles.scores, "ModelPack", 3,
             {DimName::kBatch, DimName::kNumBoxes, DimName::kNumClasses});
  const std::optional<std::size_t> coordinates = find_dim(roles.boxes->dims, DimName::kBoxCoords);
  if ((coordinates ? *coordinates : roles.boxes->shape[3]) != 4) {
    invalid("Invalid ModelPack boxes shape ", shape_text(roles.boxes->shape),
            ": the coordinate axis must have size 4");
  }
  check_equal("num_boxes", "boxes", box_count(*roles.boxes), "scores", box_count(*roles.scores));
  const std::optional<std::size_t> named = find_dim(roles.scores->dims, DimName::kNumClasses);
  return named ? *named : roles.scores->shape[2];
}

ModelType select_modelpack(const Roles& roles) {
  if (roles.protos != nullptr) invalid("ModelPack should not have protos");
  if (roles.coefficients != nullptr) invalid("ModelPack should not have mask coefficients");
  if (roles.classes != nullptr) invalid("ModelPack should not have classes output");
  const bool has_grids = !roles.detections.empty();
  const bool has_boxes = !has_grids && roles.boxes != nullptr && roles.scores != nullptr;
  if (roles.segmentation == nullptr) {
    if (!has_grids && !has_boxes) {
      invalid(
          "Invalid ModelPack model outputs: expected detection, boxes and scores, or "
          "segmentation");
    }
    modelpack_classes(roles);
    return has_grids ? ModelType::kModelPackDetSplit : ModelType::kModelPackDet;
  }
  const std::size_t channels = segmentation_classes(*roles.segmentation);
  if (!has_grids && !has_boxes) return ModelType::kModelPackSeg;
  const std::size_t classes = modelpack_classes(roles);
  if (channels != classes + 1) {
    invalid("segmentation channels ", channels, " incompatible with number of classes ", classes,
            " plus background");
  }
  return has_grids ? ModelType::kModelPackSegDetSplit : ModelType::kModelPackSegDet;
}

}  // namespace

ModelType select_model_type(const Description& description) {
  if (description.outputs.empty()) {
    invalid("No outputs found: the configuration lists no typed output");
  }
  const auto is_modelpack = [](const LogicalOutput& output) {
    return output.decoder == DecoderType::kModelPack;
  };
  const auto& outputs = description.outputs;
  const auto count = std::count_if(outputs.begin(), outputs.end(), is_modelpack);
  if (count != 0 && static_cast<std::size_t>(count) != outputs.size()) {
    invalid("Both ModelPack and Yolo outputs found: a model has outputs of one family");
  }
  const Roles roles = collect(description);
  return count != 0 ? select_modelpack(roles) : select_ultralytics(description, roles);
}

}  // namespace edgefirst::decoding
