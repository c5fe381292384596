// SPDX-License-Identifier: Apache-2.0
// What a description means: the model type, the tensors to bind and how their axes lie. Checked
// completely, so that decoding only has to compare shapes. Immutable after make_plan.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decoder/description.hpp"

namespace edgefirst::decoding {

constexpr std::size_t kNoPort = static_cast<std::size_t>(-1);

/// A tensor to bind, with its axes in the role's canonical order (contract: batch first).
struct Port {
  Role role = Role::kDetection;
  std::string label;                  ///< as messages name it
  std::string name;                   ///< as the configuration names it, or empty
  Extents shape;                      ///< what the tensor must have
  Extents padded_shape;               ///< or this, with padding axes between; empty: no other
  std::vector<std::size_t> kept;      ///< the axis of padded_shape for each axis of shape
  std::array<std::size_t, 4> axes{};  ///< physical axis of each canonical position
  std::size_t rank = 0;               ///< canonical positions in use
  std::size_t feature = 0;            ///< canonical position of the channel axis
  std::optional<QuantizationSpec> quantization;
  std::optional<DType> dtype;  ///< what the tensor must be, where the configuration says

  std::size_t extent(std::size_t position) const { return shape[axes[position]]; }
};

/// Tensors that one logical output is concatenated from, along the channel axis.
struct Merge {
  std::size_t port = kNoPort;  ///< the port they fill
  std::vector<Port> parts;     ///< in the order of their channels
};

/// One output grid of a ModelPack split model.
struct GridHead {
  std::size_t port = kNoPort;
  std::vector<std::pair<float, float>> anchors;
};

/// One level of a per-scale model; kNoPort where there is no such tensor.
struct ScaleLevel {
  float stride = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t boxes = kNoPort;
  std::size_t scores = kNoPort;
  std::size_t coefficients = kNoPort;
};

struct Plan {
  ModelType type = ModelType::kYoloDet;
  std::optional<Nms> nms;  ///< never kAuto
  std::optional<bool> normalized;
  std::optional<std::pair<std::size_t, std::size_t>> input_dims;

  std::vector<Port> ports;
  std::vector<std::size_t> binding_order;  ///< of ports
  std::size_t detection = kNoPort;
  std::size_t boxes = kNoPort;
  std::size_t scores = kNoPort;
  std::size_t classes = kNoPort;
  std::size_t coefficients = kNoPort;
  std::size_t protos = kNoPort;
  std::size_t segmentation = kNoPort;
  std::size_t objectness = kNoPort;
  bool objectness_inside = false;        ///< feature 4 of detection, before the classes
  bool rows_have_centres = false;        ///< end-to-end rows: centre and size instead of corners
  bool divides_rows = false;             ///< end-to-end rows in pixels become fractions
  bool suppresses_rows = false;          ///< end-to-end rows that the model did not suppress
  std::optional<Activation> activation;  ///< of scores and objectness, still to be applied
  std::size_t batch = 1;                 ///< elements that every tensor has
  bool has_equal_shapes = false;         ///< names tell tensors apart, then the caller's order

  std::vector<Merge> merges;  ///< non-empty: mixed dtypes are fine, shapes may come permuted
  std::vector<GridHead> grids;
  std::vector<ScaleLevel> levels;
  std::size_t reg_max = 0;  ///< per scale: bins per side; 0: distances

  /// Box coordinates leave in pixels and masks need them normalised.
  bool divides_by_input() const;
  bool has_masks() const { return protos != kNoPort; }
  /// Whether detections are kept as the model gives them.
  bool is_final() const;
  /// Scores that each anchor has; none where rows name their class, and for maps alone.
  std::optional<std::size_t> class_count() const;
  /// Whether the configuration gives the name to another output of port's shape.
  bool is_name_of_another(const std::string& name, const Port& port) const;
  /// The first row of scores in detection.
  std::size_t first_score() const { return objectness_inside ? 5 : 4; }
  /// ProtoData holds 8 and 16-bit values as stored, not f32.
  bool keeps_proto_integers() const;
};

/// Throws kInvalidConfig, kNotSupported.
Plan make_plan(const Description& description, const DecoderOptions& options);

/// The port of an output: canonical axes by name, or as given. expected_features breaks the tie of
/// an unnamed [1, N, F] where the canonical order is [1, F, N]; 0 leaves it.
Port make_port(const LogicalOutput& output, std::size_t expected_features = 0);

/// One scale, or one scale and zero point per channel of the port; none for an empty list.
std::optional<QuantizationSpec> port_quantization(const QuantizationSpec& spec, const Port& port);

/// Lets the port take the tensor with its padding axes alone.
void unsqueeze(Port& port);

/// Children without stride that follow each other along the output's channel axis.
Merge make_merge(const LogicalOutput& output, std::size_t port);

/// Lengths, sizes and names of the axes of every output that names them.
void check_layout(const Description& description);

/// The columns of end-to-end rows: x1, y1, x2, y2, score, class, and perhaps more. Without names
/// the axis of 6, else the shorter one.
std::size_t end_to_end_features(const LogicalOutput& detection);

/// The type that the declared roles make, after its outputs passed their checks.
ModelType select_model_type(const Description& description);

/// Fills levels and ports where boxes and scores come per stride; false where they do not.
bool plan_per_scale(const Description& description, Plan& plan);

}  // namespace edgefirst::decoding
