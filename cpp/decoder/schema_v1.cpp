// SPDX-License-Identifier: Apache-2.0
// Generation 1: a flat list of outputs.
#include "decoder/fields.hpp"
#include "decoder/schema.hpp"

namespace edgefirst::decoding {
namespace {

constexpr Word<Role> kTypes[] = {
    {"detection", Role::kDetection},
    {"boxes", Role::kBoxes},
    {"scores", Role::kScores},
    {"classes", Role::kClasses},
    {"mask_coefs", Role::kMaskCoefficients},
    {"mask_coefficients", Role::kMaskCoefficients},
    {"protos", Role::kProtos},
    {"segmentation", Role::kSegmentation},
    {"masks", Role::kMasks},
};
constexpr Word<DecoderType> kDecoders[] = {
    {"ultralytics", DecoderType::kUltralytics},
    {"yolov8", DecoderType::kUltralytics},
    {"modelpack", DecoderType::kModelPack},
};
constexpr Word<Nms> kNms[] = {
    {"auto", Nms::kAuto},
    {"class_agnostic", Nms::kClassAgnostic},
    {"class_aware", Nms::kClassAware},
};

std::optional<QuantizationSpec> read_quantization(const Field& field) {
  if (!field.has_value()) return std::nullopt;
  const std::vector<Field> pair = field.items();
  if (pair.size() != 2) field.fail("expected [scale, zero_point], got ", pair.size(), " entries");
  return QuantizationSpec{{pair[0].as_float()}, {pair[1].as_int32()}, {}, {}};
}

LogicalOutput read_output(const Field& field) {
  LogicalOutput output;
  output.role = read_word<Role>(field.required("type"), kTypes);
  output.decoder = read_optional_word<DecoderType>(field["decoder"], kDecoders)
                       .value_or(DecoderType::kUltralytics);
  output.shape = read_shape(field["shape"]);
  output.dims = read_axes(field, output.shape, output.role);
  output.quantization = read_quantization(field["quantization"]);
  output.anchors = read_anchors(field["anchors"]);
  output.normalized = read_bool(field["normalized"]);
  output.has_objectness = read_score_format(field["score_format"]);
  output.has_centres = read_row_format(field["row_format"]);
  output.is_suppressed = read_bool(field["rows_suppressed"]);
  return output;
}

}  // namespace

Description read_schema_v1(const Json& root) {
  const Field document(&root, "");
  Description description;
  const Field outputs = document["outputs"];
  if (outputs.has_value()) {
    for (const Field& output : outputs.items()) description.outputs.push_back(read_output(output));
  }
  description.nms = read_optional_word<Nms>(document["nms"], kNms);
  description.version = read_version(document["decoder_version"]);
  return description;
}

}  // namespace edgefirst::decoding
