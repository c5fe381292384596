// SPDX-License-Identifier: Apache-2.0
// Values of a model description.
#include "decoder/description.hpp"

#include "edgefirst/tensor.hpp"

#include "base/message.hpp"

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
    text += std::to_string(shape[i]);
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
    output.tensor_shape = output.shape;
    output.tensor_dims = output.dims;
    if (spec.quantization) {
      output.quantization =
          QuantizationSpec{{spec.quantization->first}, {spec.quantization->second}, {}, {}};
    }
    output.anchors = spec.anchors;
    output.normalized = spec.normalized;
    if (spec.has_objectness) output.has_objectness = true;
    description.outputs.push_back(std::move(output));
  }
  return description;
}

}  // namespace edgefirst::decoding
