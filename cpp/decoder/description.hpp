// SPDX-License-Identifier: Apache-2.0
// A model as its configuration describes it, whichever grammar it was written in.
// Plain values; filled by schema_v1 and schema_v2 or from OutputSpecs, consumed by plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "edgefirst/decoder.hpp"
#include "edgefirst/dtype.hpp"

namespace edgefirst::decoding {

enum class Role : std::uint8_t {
  kDetection,
  kBoxes,
  kScores,
  kClasses,
  kMaskCoefficients,
  kProtos,
  kSegmentation,
  kMasks,
  kBoxesXy,  // child only
  kBoxesWh,  // child only
  kObjectness,
  kLandmarks,  // parsed, not decoded
};
/// "mask_coefs"
const char* role_name(Role role);

enum class Encoding : std::uint8_t { kDfl, kDirect, kDistances, kAnchor };
enum class Activation : std::uint8_t { kSigmoid, kSoftmax, kTanh };

/// An axis whose name says nothing to the decoder.
constexpr DimName kUnknownDim = static_cast<DimName>(255);
/// "NumFeatures", as messages name an axis.
const char* dim_name(DimName name);

struct QuantizationSpec {
  std::vector<float> scales;  ///< one: per tensor
  std::vector<std::int32_t> zero_points;
  std::optional<std::size_t> axis;
  std::optional<DType> dtype;

  float scale(std::size_t channel) const;
  /// 0 where the document gives none.
  std::int32_t zero_point(std::size_t channel) const;
};

using Extents = std::vector<std::size_t>;
using NamedDims = std::vector<NamedDim>;

/// One tensor of the model.
struct PhysicalOutput {
  std::string name;
  std::optional<Role> role;
  Extents shape;
  NamedDims dims;
  DType dtype = DType::kF32;
  std::optional<QuantizationSpec> quantization;
  std::optional<std::size_t> stride;
  std::optional<Activation> activation_required;
};

/// One output as the decoder understands it: a tensor, or several children that make it up.
struct LogicalOutput {
  std::string name;
  Role role = Role::kDetection;
  DecoderType decoder = DecoderType::kUltralytics;
  Extents shape;
  NamedDims dims;
  Extents tensor_shape;   ///< with the padding axes that shape may have lost
  NamedDims tensor_dims;  ///< likewise for dims
  std::optional<QuantizationSpec> quantization;
  std::optional<DType> dtype;
  std::vector<std::pair<float, float>> anchors;
  std::optional<bool> normalized;
  std::optional<Encoding> encoding;
  std::optional<Activation> activation_required;
  std::optional<bool> has_objectness;  ///< score_format: obj_x_class
  std::optional<bool> has_centres;     ///< end-to-end rows: row_format cxcywh, else xyxy
  std::optional<bool> is_suppressed;   ///< end-to-end rows: false for those of every anchor
  std::vector<PhysicalOutput> children;
};

struct Description {
  std::vector<LogicalOutput> outputs;
  std::optional<Nms> nms;
  std::optional<DecoderVersion> version;
  std::optional<std::pair<std::size_t, std::size_t>> input_dims;  ///< width, height
  /// End-to-end rows with masks leave as fractions, as those of other heads do. In configurations
  /// they leave as they come, which programs of 0.24 expect.
  bool divides_rows = false;
};

/// The extent of the axis of that name.
std::optional<std::size_t> find_dim(const NamedDims& dims, DimName name);

/// "[1, 84, 8400]"
std::string shape_text(const Extents& shape);

Description describe(Span<const OutputSpec> outputs, std::optional<DecoderVersion> version);

/// Names the axes of Ultralytics outputs that come one anchor a row without saying so ([1, N, 1, 4]
/// beside [1, N, 1, C]), and takes the axes named padding off the outputs' shapes; tensor_shape
/// keeps them.
void settle_axes(Description& description);

}  // namespace edgefirst::decoding
