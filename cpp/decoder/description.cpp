// SPDX-License-Identifier: Apache-2.0
// Values of a model description.
#include "decoder/description.hpp"

#include "edgefirst/tensor.hpp"

#include "base/message.hpp"
#include "base/text.hpp"

namespace edgefirst::decoding {

const char* role_name(Role role) {
  constexpr const char* kNames[] = {"detection",  "boxes",    "scores",       "classes",
                                    "mask_coefs", "protos",   "segmentation", "masks",
                                    "boxes_xy",   "boxes_wh", "objectness",   "landmarks"};
  return kNames[static_cast<std::size_t>(role)];
}

const char* dim_name(DimName name) {
  if (name == kUnknownDim) return "Unknown";
  constexpr const char* kNames[] = {"Batch",       "Height",   "Width",     "NumClasses",
                                    "NumFeatures", "NumBoxes", "NumProtos", "NumAnchorsXFeatures",
                                    "Padding",     "BoxCoords"};
  return kNames[static_cast<std::size_t>(name)];
}

float QuantizationSpec::scale(std::size_t channel) const {
  if (scales.empty()) return 0.0F;
  return scales[scales.size() == 1 ? 0 : channel];
}

std::int32_t QuantizationSpec::zero_point(std::size_t channel) const {
  if (zero_points.size() == 1) return zero_points[0];
  return channel < zero_points.size() ? zero_points[channel] : 0;
}

std::optional<std::size_t> find_dim(const NamedDims& dims, DimName name) {
  for (const NamedDim& dim : dims) {
    if (dim.name == name) return dim.size;
  }
  return std::nullopt;
}

std::string shape_text(const Extents& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i != 0) text += ", ";
    text += integer_text(shape[i]);
  }
  return text + "]";
}

namespace {

Role role_of(OutputType type) {
  switch (type) {
    case OutputType::kDetection:
      return Role::kDetection;
    case OutputType::kBoxes:
      return Role::kBoxes;
    case OutputType::kScores:
      return Role::kScores;
    case OutputType::kProtos:
      return Role::kProtos;
    case OutputType::kSegmentation:
      return Role::kSegmentation;
    case OutputType::kMaskCoefficients:
      return Role::kMaskCoefficients;
    case OutputType::kMasks:
      return Role::kMasks;
    case OutputType::kClasses:
      return Role::kClasses;
  }
  raise(ErrorCode::kInvalidConfig, "output type ", static_cast<int>(type), " is unknown");
}

}  // namespace

Description describe(Span<const OutputSpec> outputs, std::optional<DecoderVersion> version) {
  Description description;
  description.version = version;
  for (const OutputSpec& spec : outputs) {
    LogicalOutput output;
    output.role = role_of(spec.type);
    output.decoder = spec.decoder;
    output.shape = spec.shape;
    output.dims = spec.dims;
    if (output.shape.empty()) {
      for (const NamedDim& dim : spec.dims) output.shape.push_back(dim.size);
    }
    if (spec.quantization) {
      output.quantization =
          QuantizationSpec{{spec.quantization->first}, {spec.quantization->second}, {}, {}};
    }
    output.anchors = spec.anchors;
    output.normalized = spec.normalized;
    if (spec.has_objectness) output.has_objectness = true;
    description.outputs.push_back(std::move(output));
  }
  settle_axes(description);
  return description;
}

namespace {

/// The axis of an Ultralytics role that is not batch, boxes or padding.
std::optional<DimName> channel_name(Role role) {
  switch (role) {
    case Role::kBoxes:
      return DimName::kBoxCoords;
    case Role::kScores:
    case Role::kClasses:
    case Role::kObjectness:
      return DimName::kNumClasses;
    case Role::kMaskCoefficients:
      return DimName::kNumProtos;
    default:
      return std::nullopt;
  }
}

/// Boxes that come one anchor a row: [1, N, 1, 4], or [1, N, 4]. 0 where they do not.
std::size_t anchor_rows(const Description& description) {
  for (const LogicalOutput& output : description.outputs) {
    const Extents& shape = output.shape;
    const bool is_unnamed = output.dims.empty() && output.children.empty() &&
                            output.decoder == DecoderType::kUltralytics;
    if (output.role != Role::kBoxes || !is_unnamed) continue;
    if (shape.size() == 4 && shape[2] == 1 && shape[3] == 4) return shape[1];
    if (shape.size() == 3 && shape[1] != 4 && shape[2] == 4) return shape[1];
  }
  return 0;
}

void name_axes(LogicalOutput& output, std::size_t anchors) {
  const std::optional<DimName> channel = channel_name(output.role);
  const Extents& shape = output.shape;
  if (!channel || !output.dims.empty() || !output.children.empty()) return;
  if (shape.size() == 4 && shape[2] == 1) {
    output.dims = {{DimName::kBatch, shape[0]},
                   {DimName::kNumBoxes, shape[1]},
                   {DimName::kPadding, 1},
                   {*channel, shape[3]}};
  } else if (shape.size() == 4 && shape[3] == 1) {
    output.dims = {{DimName::kBatch, shape[0]},
                   {*channel, shape[1]},
                   {DimName::kNumBoxes, shape[2]},
                   {DimName::kPadding, 1}};
  } else if (shape.size() == 3 && anchors != 0 && shape[1] == anchors && shape[2] != anchors) {
    output.dims = {
        {DimName::kBatch, shape[0]}, {DimName::kNumBoxes, shape[1]}, {*channel, shape[2]}};
  }
}

void squeeze_padding(LogicalOutput& output) {
  output.tensor_shape = output.shape;
  output.tensor_dims = output.dims;
  if (output.decoder == DecoderType::kModelPack || output.dims.size() != output.shape.size()) {
    return;
  }
  Extents shape;
  NamedDims dims;
  for (std::size_t i = 0; i < output.dims.size(); ++i) {
    if (output.dims[i].name == DimName::kPadding && output.shape[i] == 1) continue;
    shape.push_back(output.shape[i]);
    dims.push_back(output.dims[i]);
  }
  output.shape = std::move(shape);
  output.dims = std::move(dims);
}

}  // namespace

void settle_axes(Description& description) {
  const std::size_t anchors = anchor_rows(description);
  for (LogicalOutput& output : description.outputs) {
    if (output.decoder == DecoderType::kUltralytics) name_axes(output, anchors);
    squeeze_padding(output);
  }
}

}  // namespace edgefirst::decoding
