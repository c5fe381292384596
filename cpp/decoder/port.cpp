// SPDX-License-Identifier: Apache-2.0
// Ports: how the axes and the quantization of one output lie in its tensors.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/message.hpp"
#include "decoder/plan.hpp"

namespace edgefirst::decoding {
namespace {

template <typename... Parts>
[[noreturn]] void invalid(const Parts&... parts) {
  raise(ErrorCode::kInvalidConfig, parts...);
}

struct CanonicalAxes {
  std::array<DimName, 4> names;
  std::size_t count;
  std::size_t feature;
};

CanonicalAxes canonical_axes(Role role, DecoderType decoder) {
  using D = DimName;
  const bool modelpack = decoder == DecoderType::kModelPack;
  switch (role) {
    case Role::kDetection:
      if (modelpack) return {{D::kBatch, D::kHeight, D::kWidth, D::kNumAnchorsXFeatures}, 4, 3};
      return {{D::kBatch, D::kNumFeatures, D::kNumBoxes, D::kPadding}, 3, 1};
    case Role::kBoxes:
      if (modelpack) return {{D::kBatch, D::kNumBoxes, D::kPadding, D::kBoxCoords}, 4, 3};
      return {{D::kBatch, D::kBoxCoords, D::kNumBoxes, D::kPadding}, 3, 1};
    case Role::kScores:
    case Role::kClasses:
    case Role::kObjectness:
      if (modelpack) return {{D::kBatch, D::kNumBoxes, D::kNumClasses, D::kPadding}, 3, 2};
      return {{D::kBatch, D::kNumClasses, D::kNumBoxes, D::kPadding}, 3, 1};
    case Role::kMaskCoefficients:
      return {{D::kBatch, D::kNumProtos, D::kNumBoxes, D::kPadding}, 3, 1};
    case Role::kProtos:
      return {{D::kBatch, D::kHeight, D::kWidth, D::kNumProtos}, 4, 3};
    default:
      return {{D::kBatch, D::kHeight, D::kWidth, D::kNumClasses}, 4, 3};
  }
}

bool is_channel(const NamedDim& dim) {
  return dim.name == DimName::kBoxCoords || dim.name == DimName::kNumFeatures ||
         dim.name == DimName::kNumClasses || dim.name == DimName::kNumProtos ||
         dim.name == DimName::kNumAnchorsXFeatures;
}

/// A child as an output of its own: the axes of its parent, its own extents.
Port child_port(const LogicalOutput& output, const PhysicalOutput& child, std::size_t axis) {
  LogicalOutput part = output;
  part.children.clear();
  part.name = child.name;
  part.quantization = child.quantization;
  part.shape.clear();
  part.dims.clear();
  bool fits = child.shape.size() == output.tensor_shape.size();
  for (std::size_t i = 0; fits && i < child.shape.size(); ++i) {
    fits = i == axis || child.shape[i] == output.tensor_shape[i];
    part.tensor_dims[i].size = child.shape[i];
    if (part.tensor_dims[i].name == DimName::kPadding) continue;
    part.shape.push_back(child.shape[i]);
    part.dims.push_back(part.tensor_dims[i]);
  }
  if (!fits) {
    raise(ErrorCode::kInvalidShape, "child `", child.name, "` of shape ", shape_text(child.shape),
          " does not concatenate to ", shape_text(output.tensor_shape), " along axis ", axis);
  }
  part.tensor_shape = child.shape;
  Port port = make_port(part);
  unsqueeze(port);
  return port;
}

}  // namespace

std::optional<QuantizationSpec> port_quantization(const QuantizationSpec& spec, const Port& port) {
  if (spec.scales.empty()) return std::nullopt;
  for (const float scale : spec.scales) {  // zero or less would turn scores around
    if (!std::isfinite(scale) || scale <= 0.0F) {
      invalid(port.label, ": quantization scale ", scale, " must be a finite number above 0");
    }
  }
  const std::size_t count = spec.scales.size();
  if (count > 1 && !spec.axis) {
    invalid(port.label, ": quantization with ", count, " scales needs an axis");
  }
  if (count > 1 && count != port.extent(port.feature)) {
    raise(ErrorCode::kNotSupported, port.label, ": per-channel quantization with ", count,
          " scales does not follow the ", port.extent(port.feature), " channels");
  }
  QuantizationSpec result = spec;
  result.zero_points.resize(count);
  for (std::size_t i = 0; i < count; ++i) result.zero_points[i] = spec.zero_point(i);
  return result;
}

Port make_port(const LogicalOutput& output, std::size_t expected_features) {
  const CanonicalAxes canonical = canonical_axes(output.role, output.decoder);
  Port port;
  port.role = output.role;
  port.label = output.name.empty() ? role_name(output.role) : output.name;
  port.name = output.name;
  port.shape = output.shape;
  port.rank = canonical.count;
  port.feature = canonical.feature;
  if (output.shape.size() != canonical.count) {
    invalid("Invalid ", role_name(output.role), " shape ", shape_text(output.shape), ": expected ",
            canonical.count, " axes");
  }
  // Named axes go to their canonical position; unnamed ones keep their order behind them.
  std::array<std::size_t, 4> rank_of{};
  for (std::size_t i = 0; i < canonical.count; ++i) {
    port.axes[i] = i;
    rank_of[i] = i;
    if (output.dims.empty()) continue;
    const auto begin = canonical.names.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(canonical.count);
    rank_of[i] = static_cast<std::size_t>(std::find(begin, end, output.dims[i].name) - begin);
  }
  std::stable_sort(port.axes.begin(),
                   port.axes.begin() + static_cast<std::ptrdiff_t>(canonical.count),
                   [&](std::size_t a, std::size_t b) { return rank_of[a] < rank_of[b]; });
  const bool can_swap = output.dims.empty() && expected_features != 0 && canonical.count == 3;
  if (can_swap && output.shape[1] != expected_features && output.shape[2] == expected_features) {
    std::swap(port.axes[1], port.axes[2]);
  }
  if (output.quantization) port.quantization = port_quantization(*output.quantization, port);
  if (output.tensor_dims.size() > output.shape.size()) {
    port.padded_shape = output.tensor_shape;
    for (std::size_t i = 0; i < output.tensor_dims.size(); ++i) {
      if (output.tensor_dims[i].name != DimName::kPadding) port.kept.push_back(i);
    }
  }
  return port;
}

void unsqueeze(Port& port) {
  if (port.padded_shape.empty()) return;
  for (std::size_t i = 0; i < port.rank; ++i) port.axes[i] = port.kept[port.axes[i]];
  port.shape = std::exchange(port.padded_shape, {});
}

Merge make_merge(const LogicalOutput& output, std::size_t port) {
  const NamedDims& dims = output.tensor_dims;
  const auto channel = std::find_if(dims.begin(), dims.end(), is_channel);
  if (channel == dims.end()) {
    invalid(role_name(output.role),
            ": an output with children needs a dshape that names its channel axis");
  }
  const auto axis = static_cast<std::size_t>(channel - dims.begin());
  Merge merge;
  merge.port = port;
  std::size_t channels = 0;
  for (const PhysicalOutput& child : output.children) {
    merge.parts.push_back(child_port(output, child, axis));
    channels += child.shape[axis];
  }
  if (channels != output.tensor_shape[axis]) {
    raise(ErrorCode::kInvalidShape, role_name(output.role), ": the children have ", channels,
          " channels together, the output ", output.tensor_shape[axis]);
  }
  return merge;
}

void check_layout(const Description& description) {
  for (const LogicalOutput& output : description.outputs) {
    if (output.dims.empty()) continue;
    const char* role = role_name(output.role);
    if (output.dims.size() != output.shape.size()) {
      invalid(role, " output: dshape has ", output.dims.size(), " axes, shape ",
              shape_text(output.shape), " has ", output.shape.size());
    }
    for (std::size_t i = 0; i < output.dims.size(); ++i) {
      const NamedDim& dim = output.dims[i];
      if (dim.size != output.shape[i]) {
        invalid(role, " output: dshape ", dim_name(dim.name), " size ", dim.size,
                " does not match shape[", i, "] = ", output.shape[i],
                "; list the axes in physical order, outermost first");
      }
      if (dim.name == DimName::kPadding && dim.size != 1) {
        invalid(role, " output: the padding axis must have size 1, got ", dim.size);
      }
      if (dim.name == DimName::kBoxCoords && dim.size != 4) {
        invalid(role, " output: the box_coords axis must have size 4, got ", dim.size);
      }
      for (std::size_t j = 0; j < i; ++j) {
        if (output.dims[j].name == dim.name && dim.name != kUnknownDim) {
          invalid(role, " output: axis ", dim_name(dim.name), " appears at both index ", j, " and ",
                  i);
        }
      }
    }
  }
}

}  // namespace edgefirst::decoding
