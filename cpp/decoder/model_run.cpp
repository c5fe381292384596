// SPDX-License-Identifier: Apache-2.0
// Real numbers of the first picture of each table; the shapes and scales of every output.
#include "decoder/model_run.hpp"

#include "base/message.hpp"
#include "decoder/views.hpp"
#include "decoder/words.hpp"

namespace edgefirst::decoding {
namespace {

QuantizationSpec spec_of(const Quantization& quantization, DType dtype) {
  QuantizationSpec spec;
  if (quantization.is_per_tensor()) {
    spec.scales = {quantization.scale()};
    spec.zero_points = {quantization.zero_point()};
  } else {
    spec.scales.assign(quantization.scales().begin(), quantization.scales().end());
    spec.zero_points.assign(quantization.zero_points().begin(), quantization.zero_points().end());
    spec.axis = quantization.axis();
  }
  spec.dtype = dtype;
  return spec;
}

/// Integers without one scale, and those of 64 bits, say nothing.
std::vector<float> values_of(const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  if (shape.rank() != 3 || shape[0] == 0 || dtype_size(tensor.dtype()) > 4) return {};
  Affine affine;
  if (!is_float(tensor.dtype())) {
    const Quantization* own = tensor.quantization();
    if (own == nullptr || !own->is_per_tensor()) return {};
    affine = {own->scale(), own->zero_point(), nullptr, nullptr};
  }
  const TensorMap map = tensor.map(CpuAccess::kRead);
  const auto strides = map.strides();
  std::vector<float> values;
  values.reserve(shape[1] * shape[2]);
  visit_dtype(tensor.dtype(), [&](auto zero) {
    for (std::size_t row = 0; row < shape[1]; ++row) {
      const std::byte* at =
          map.as<const std::byte>() + static_cast<std::ptrdiff_t>(row) * strides[1];
      for (std::size_t i = 0; i < shape[2]; ++i, at += strides[2]) {
        values.push_back(affine.real(as_float(load<decltype(zero)>(at))));
      }
    }
  });
  return values;
}

Json number(std::size_t value) { return Json(static_cast<std::uint64_t>(value)); }
Json word(const char* text) { return Json(std::string(text)); }

Json shape_of(const Extents& shape) {
  Json::Array extents;
  for (const std::size_t extent : shape) extents.push_back(number(extent));
  return Json::array(std::move(extents));
}

Json dims_of(const NamedDims& dims) {
  Json::Array pairs;
  for (const NamedDim& dim : dims) {
    const char* name = word_of<DimName>(kDimNames, dim.name);
    pairs.push_back(Json::array({word(name == nullptr ? "unknown" : name), number(dim.size)}));
  }
  return Json::array(std::move(pairs));
}

Json quantization_of(const QuantizationSpec& spec) {
  Json::Object members;
  Json::Array scales, zero_points;
  for (const float scale : spec.scales) scales.emplace_back(static_cast<double>(scale));
  for (const std::int32_t zero_point : spec.zero_points) {
    zero_points.push_back(zero_point < 0 ? Json(std::int64_t{zero_point})
                                         : number(static_cast<std::size_t>(zero_point)));
  }
  const bool is_one = scales.size() == 1;
  members.push_back({"scale", is_one ? scales[0] : Json::array(std::move(scales))});
  if (!zero_points.empty()) {
    const bool is_one_point = zero_points.size() == 1;
    members.push_back(
        {"zero_point", is_one_point ? zero_points[0] : Json::array(std::move(zero_points))});
  }
  if (spec.axis) members.push_back({"axis", number(*spec.axis)});
  if (spec.dtype) members.push_back({"dtype", word(dtype_info(*spec.dtype).name)});
  return Json::object(std::move(members));
}

Json child_of(const PhysicalOutput& child) {
  Json::Object members{{"name", Json(child.name)},
                       {"shape", shape_of(child.shape)},
                       {"dtype", word(dtype_info(child.dtype).name)}};
  if (child.role) members.push_back({"type", word(role_name(*child.role))});
  if (!child.dims.empty()) members.push_back({"dshape", dims_of(child.dims)});
  if (child.quantization) {
    members.push_back({"quantization", quantization_of(*child.quantization)});
  }
  if (child.stride) members.push_back({"stride", number(*child.stride)});
  if (child.activation_required) {
    members.push_back({"activation_required",
                       word(word_of<Activation>(kActivations, *child.activation_required))});
  }
  return Json::object(std::move(members));
}

void add_form(const LogicalOutput& output, Json::Object& members) {
  if (output.encoding) {
    members.push_back({"encoding", word(word_of<Encoding>(kEncodings, *output.encoding))});
  }
  if (output.activation_required) {
    members.push_back({"activation_required",
                       word(word_of<Activation>(kActivations, *output.activation_required))});
  }
  if (output.has_objectness) {
    members.push_back({"score_format", word(word_of<bool>(kScoreFormats, *output.has_objectness))});
  }
  if (output.has_centres) {
    members.push_back({"row_format", word(word_of<bool>(kRowFormats, *output.has_centres))});
  }
  if (output.is_suppressed) members.push_back({"rows_suppressed", Json(*output.is_suppressed)});
  if (output.normalized) members.push_back({"normalized", Json(*output.normalized)});
  if (output.dtype) members.push_back({"dtype", word(dtype_info(*output.dtype).name)});
}

Json output_of(const LogicalOutput& output) {
  Json::Object members{{"type", word(role_name(output.role))},
                       {"shape", shape_of(output.tensor_shape)}};
  if (!output.name.empty()) members.push_back({"name", Json(output.name)});
  if (output.decoder == DecoderType::kModelPack) members.push_back({"decoder", word("modelpack")});
  if (!output.tensor_dims.empty()) members.push_back({"dshape", dims_of(output.tensor_dims)});
  if (output.quantization && !output.quantization->scales.empty()) {
    members.push_back({"quantization", quantization_of(*output.quantization)});
  }
  Json::Array anchors;
  for (const auto& [width, height] : output.anchors) {
    anchors.push_back(
        Json::array({Json(static_cast<double>(width)), Json(static_cast<double>(height))}));
  }
  if (!anchors.empty()) members.push_back({"anchors", Json::array(std::move(anchors))});
  add_form(output, members);
  Json::Array children;
  for (const PhysicalOutput& child : output.children) children.push_back(child_of(child));
  if (!children.empty()) members.push_back({"outputs", Json::array(std::move(children))});
  return Json::object(std::move(members));
}

}  // namespace

ModelFile file_of(const ModelRun& run) {
  ModelFile file;
  file.kind = run.is_tflite ? ModelKind::kTflite : ModelKind::kOnnx;
  file.metadata = run.metadata;
  file.is_run = true;
  for (const auto& [name, tensor] : run.outputs) {
    if (tensor == nullptr) raise(ErrorCode::kInvalidConfig, "output ", name, " has no tensor");
    FileTensor output;
    output.name = name;
    const Shape& shape = tensor->shape();
    for (std::size_t i = 0; i < shape.rank(); ++i) output.shape.push_back(shape[i]);
    output.dtype = tensor->dtype();
    if (const Quantization* own = tensor->quantization()) {
      output.quantization = spec_of(*own, tensor->dtype());
    }
    output.values = values_of(*tensor);
    file.outputs.push_back(std::move(output));
  }
  return file;
}

Json document_of(const Description& description,
                 const std::optional<std::pair<std::size_t, std::size_t>>& input_dims) {
  Json::Array outputs;
  for (const LogicalOutput& output : description.outputs) outputs.push_back(output_of(output));
  Json::Object members{{"schema_version", number(2)}, {"outputs", Json::array(std::move(outputs))}};
  if (description.version) {
    members.push_back(
        {"decoder_version", word(word_of<DecoderVersion>(kVersions, *description.version))});
  }
  const char* nms = description.nms ? word_of<Nms>(kNms, *description.nms) : nullptr;
  if (nms != nullptr) members.push_back({"nms", word(nms)});
  if (input_dims) {
    using D = DimName;
    const NamedDims dims{{D::kBatch, 1},
                         {D::kHeight, input_dims->second},
                         {D::kWidth, input_dims->first},
                         {kUnknownDim, 3}};
    Json::Object input{{"shape", shape_of({1, input_dims->second, input_dims->first, 3})},
                       {"dshape", dims_of(dims)}};
    members.push_back({"input", Json::object(std::move(input))});
  }
  return Json::object(std::move(members));
}

}  // namespace edgefirst::decoding
