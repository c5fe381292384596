// SPDX-License-Identifier: Apache-2.0
// Generation 2 (edgefirst.json): logical outputs, each one tensor or a list of children.
#include <algorithm>
#include <iterator>

#include "decoder/fields.hpp"
#include "decoder/schema.hpp"
#include "decoder/words.hpp"

namespace edgefirst::decoding {
namespace {

constexpr Word<Role> kChildTypes[] = {
    {"boxes", Role::kBoxes},
    {"scores", Role::kScores},
    {"objectness", Role::kObjectness},
    {"classes", Role::kClasses},
    {"mask_coefs", Role::kMaskCoefficients},
    {"protos", Role::kProtos},
    {"landmarks", Role::kLandmarks},
    {"detections", Role::kDetection},
    {"segmentation", Role::kSegmentation},
    {"masks", Role::kMasks},
    {"detection", Role::kDetection},
    {"boxes_xy", Role::kBoxesXy},
    {"boxes_wh", Role::kBoxesWh},
};
/// A logical output is whole: the two halves of boxes at the end are for children alone.
constexpr Span<const Word<Role>> kLogicalTypes =
    Span<const Word<Role>>(kChildTypes).subspan(0, std::size(kChildTypes) - 2);
constexpr Word<DecoderType> kDecoders[] = {
    {"ultralytics", DecoderType::kUltralytics},
    {"modelpack", DecoderType::kModelPack},
};
constexpr Word<DType> kDTypes[] = {
    {"int8", DType::kI8},     {"uint8", DType::kU8},    {"int16", DType::kI16},
    {"uint16", DType::kU16},  {"int32", DType::kI32},   {"uint32", DType::kU32},
    {"float16", DType::kF16}, {"float32", DType::kF32},
};

std::optional<QuantizationSpec> read_quantization(const Field& field) {
  if (!field.has_value()) return std::nullopt;
  QuantizationSpec spec;
  const Field scale = field.required("scale");
  if (scale.is_array()) {
    for (const Field& item : scale.items()) spec.scales.push_back(item.as_float());
  } else {
    spec.scales.push_back(scale.as_float());
  }
  const Field zero_point = field["zero_point"];
  if (zero_point.is_array()) {
    for (const Field& item : zero_point.items()) spec.zero_points.push_back(item.as_int32());
  } else if (zero_point.has_value()) {
    spec.zero_points.push_back(zero_point.as_int32());
  }
  if (field["axis"].has_value()) spec.axis = field["axis"].as_size();
  spec.dtype = read_optional_word<DType>(field["dtype"], kDTypes);
  return spec;
}

/// An integer, or [x, y] of which x counts.
std::optional<std::size_t> read_stride(const Field& field) {
  if (!field.has_value()) return std::nullopt;
  if (!field.is_array()) return field.as_size();
  const std::vector<Field> pair = field.items();
  if (pair.size() != 2) field.fail("expected a stride or [x, y], got ", pair.size(), " entries");
  pair[1].as_size();
  return pair[0].as_size();
}

PhysicalOutput read_child(const Field& field, std::optional<Role> parent) {
  PhysicalOutput child;
  child.name = field.required("name").as_string();
  child.role = read_optional_word<Role>(field["type"], kChildTypes);
  child.shape = read_shape(field.required("shape"));
  child.dims = read_axes(field, child.shape, child.role ? child.role : parent);
  child.dtype = read_word<DType>(field.required("dtype"), kDTypes);
  child.quantization = read_quantization(field["quantization"]);
  child.stride = read_stride(field["stride"]);
  read_optional_word<Activation>(field["activation_applied"], kActivations);
  child.activation_required =
      read_optional_word<Activation>(field["activation_required"], kActivations);
  return child;
}

std::size_t feature_size(const PhysicalOutput& child) {
  for (const NamedDim& dim : child.dims) {
    switch (dim.name) {
      case DimName::kNumFeatures:
      case DimName::kNumClasses:
      case DimName::kNumProtos:
      case DimName::kBoxCoords:
      case DimName::kNumAnchorsXFeatures:
        return dim.size;
      default:
        break;
    }
  }
  return child.shape.empty() ? 0 : child.shape.back();
}

void check_children(const LogicalOutput& output, const Field& field) {
  const auto& children = output.children;
  const auto strided = std::count_if(children.begin(), children.end(),
                                     [](const PhysicalOutput& child) { return child.stride; });
  if (strided != 0 && static_cast<std::size_t>(strided) != children.size()) {
    field.fail("mixes children with and without stride");
  }
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (children[i].name.empty()) field.fail("child ", i, " has an empty name");
    for (std::size_t j = i + 1; j < children.size(); ++j) {
      if (children[i].role && children[i].role == children[j].role &&
          children[i].shape == children[j].shape) {
        field.fail("children `", children[i].name, "` and `", children[j].name, "` share shape ",
                   shape_text(children[i].shape), " and type ", role_name(*children[i].role));
      }
    }
    if (output.role == Role::kBoxes && output.encoding == Encoding::kDfl &&
        feature_size(children[i]) % 4 != 0) {
      field.fail("DFL child `", children[i].name, "` has ", feature_size(children[i]),
                 " features, which is not a multiple of 4");
    }
  }
}

/// None for an auxiliary output, which has no type.
std::optional<LogicalOutput> read_output(const Field& field) {
  LogicalOutput output;
  const std::optional<Role> role = read_optional_word<Role>(field["type"], kLogicalTypes);
  if (field["name"].has_value()) output.name = field["name"].as_string();
  output.shape = read_shape(field.required("shape"));
  output.dims = read_axes(field, output.shape, role);
  output.decoder = read_optional_word<DecoderType>(field["decoder"], kDecoders)
                       .value_or(DecoderType::kUltralytics);
  output.encoding = read_optional_word<Encoding>(field["encoding"], kEncodings);
  output.has_objectness = read_score_format(field["score_format"]);
  output.has_centres = read_row_format(field["row_format"]);
  output.is_suppressed = read_bool(field["rows_suppressed"]);
  output.normalized = read_bool(field["normalized"]);
  output.anchors = read_anchors(field["anchors"]);
  read_stride(field["stride"]);
  output.dtype = read_optional_word<DType>(field["dtype"], kDTypes);
  output.quantization = read_quantization(field["quantization"]);
  read_optional_word<Activation>(field["activation_applied"], kActivations);
  output.activation_required =
      read_optional_word<Activation>(field["activation_required"], kActivations);
  const Field children = field["outputs"];
  if (children.has_value()) {
    for (const Field& child : children.items()) output.children.push_back(read_child(child, role));
  }
  if (!role) return std::nullopt;
  output.role = *role;
  check_children(output, field);
  return output;
}

/// Named axes, else positions: [N, H, W, C], or [N, C, H, W] where axis 1 alone can be channels.
std::optional<std::pair<std::size_t, std::size_t>> read_input_dims(const Field& field) {
  if (!field.has_value()) return std::nullopt;
  const Extents shape = read_shape(field.required("shape"));
  const NamedDims dims = read_dims(field["dshape"]);
  std::optional<std::size_t> height;
  std::optional<std::size_t> width;
  for (std::size_t i = 0; i < std::min(dims.size(), shape.size()); ++i) {
    if (dims[i].name == DimName::kHeight) height = shape[i];
    if (dims[i].name == DimName::kWidth) width = shape[i];
  }
  if (shape.size() == 4) {
    const auto is_channels = [](std::size_t extent) {
      return extent == 1 || extent == 3 || extent == 4;
    };
    const std::size_t first = is_channels(shape[1]) && !is_channels(shape[3]) ? 2 : 1;
    if (!height) height = shape[first];
    if (!width) width = shape[first + 1];
  }
  if (!height || !width) return std::nullopt;
  return std::pair(*width, *height);
}

}  // namespace

Description read_schema_v2(const Json& root) {
  const Field document(&root, "");
  Description description;
  const Field outputs = document["outputs"];
  if (outputs.has_value()) {
    for (const Field& field : outputs.items()) {
      std::optional<LogicalOutput> output = read_output(field);
      if (output) description.outputs.push_back(std::move(*output));
    }
  }
  description.nms = read_optional_word<Nms>(document["nms"], kNms);
  description.version = read_version(document["decoder_version"]);
  description.input_dims = read_input_dims(document["input"]);
  return description;
}

Description read_document(const Json& root) {
  if (!root.is_object()) {
    raise(ErrorCode::kInvalidConfig, "the document is not a mapping: its type is ",
          root.type_name());
  }
  const Json* version = root.find("schema_version");
  const bool is_number = version != nullptr && version->is_unsigned();
  const std::uint64_t number = is_number ? version->unsigned_integer() : 1;
  if (number > 2) {
    raise(ErrorCode::kNotSupported, "schema_version ", number,
          " is not supported by this HAL (maximum supported version is 2); update the library or "
          "write the document in version 2");
  }
  Description description = number == 2 ? read_schema_v2(root) : read_schema_v1(root);
  settle_axes(description);
  return description;
}

}  // namespace edgefirst::decoding
