// SPDX-License-Identifier: Apache-2.0
// The plan of models whose heads come one tensor per stride.
#include <algorithm>
#include <map>

#include "base/env.hpp"
#include "base/message.hpp"
#include "base/text.hpp"
#include "decoder/plan.hpp"

namespace edgefirst::decoding {
namespace {

constexpr std::size_t kMaxBins = 64;

template <typename... Parts>
[[noreturn]] void invalid(const Parts&... parts) {
  raise(ErrorCode::kInvalidConfig, parts...);
}

bool is_channel(DimName name) {
  return name == DimName::kBoxCoords || name == DimName::kNumClasses ||
         name == DimName::kNumFeatures || name == DimName::kNumProtos;
}

/// Height, width and channel axis of a tensor: by name, else NHWC.
std::array<std::size_t, 4> spatial_axes(const Extents& shape, const NamedDims& dims,
                                        const std::string& label) {
  constexpr std::size_t kUnknown = 16;
  std::size_t height = kUnknown;
  std::size_t width = kUnknown;
  std::size_t channel = kUnknown;
  if (!dims.empty() && dims.size() != shape.size()) {
    invalid(label, ": dshape has ", dims.size(), " axes, shape ", shape_text(shape), " has ",
            shape.size());
  }
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i].size != shape[i]) {
      invalid(label, ": dshape ", dim_name(dims[i].name), " size ", dims[i].size,
              " does not match shape[", i, "] = ", shape[i]);
    }
    if (dims[i].name == DimName::kHeight) height = i;
    if (dims[i].name == DimName::kWidth) width = i;
    if (is_channel(dims[i].name)) channel = i;
  }
  if (channel == kUnknown) channel = shape.size() - 1;
  if (height == kUnknown && width == kUnknown && shape.size() == 4) {
    height = channel == 1 ? 2 : 1;
    width = height + 1;
  }
  const bool distinct = height != width && channel != height && channel != width;
  if (shape.size() < 3 || height == kUnknown || width == kUnknown || !distinct) {
    invalid(label, ": shape ", shape_text(shape),
            " needs height, width and a channel axis that comes first or last");
  }
  return {0, height, width, channel};
}

/// The quantization's, or the tensor's own where floats have none to declare.
DType planned_dtype(const std::optional<QuantizationSpec>& quantization,
                    const std::optional<DType>& declared, const std::string& label) {
  std::optional<DType> found = quantization ? quantization->dtype : std::nullopt;
  if (!found && declared && (quantization || is_float(*declared))) found = declared;
  if (!found) {
    invalid(label, ": missing quantization dtype; per-scale outputs declare quantization.dtype");
  }
  const DType dtype = *found;
  if (dtype == DType::kI32 || dtype == DType::kU32) {
    raise(ErrorCode::kNotSupported, label, ": dtype ", dtype_info(dtype).name,
          " is not supported in per-scale models");
  }
  return dtype;
}

DType planned_dtype(const PhysicalOutput& child, const std::string& label) {
  return planned_dtype(child.quantization, child.dtype, label);
}

Port spatial_port(Role role, const std::string& name, const Extents& shape, const NamedDims& dims,
                  const std::optional<QuantizationSpec>& quantization) {
  Port port;
  port.role = role;
  port.label = std::string(role_name(role)) + " `" + name + "`";
  port.shape = shape;
  if (std::find(shape.begin(), shape.end(), std::size_t{0}) != shape.end()) {
    invalid(port.label, " shape has zero dimension: ", shape_text(shape));
  }
  port.axes = spatial_axes(shape, dims, port.label);
  port.rank = 4;
  port.feature = 3;
  port.name = name;
  if (quantization) port.quantization = port_quantization(*quantization, port);
  return port;
}

const LogicalOutput* find_output(const Description& description, Role role) {
  const LogicalOutput* found = nullptr;
  for (const LogicalOutput& output : description.outputs) {
    if (output.role == role) found = &output;
  }
  return found;
}

using Children = std::map<std::size_t, const PhysicalOutput*>;

Children by_stride(const LogicalOutput& output) {
  Children children;
  for (const PhysicalOutput& child : output.children) {
    if (!child.stride || *child.stride == 0) {
      invalid("child `", child.name, "` of ", role_name(output.role), ": missing stride");
    }
    children[*child.stride] = &child;
  }
  return children;
}

std::size_t add_child(Plan& plan, Role role, const PhysicalOutput& child, DType dtype) {
  Port port = spatial_port(role, child.name, child.shape, child.dims, child.quantization);
  port.dtype = dtype;
  plan.ports.push_back(std::move(port));
  return plan.ports.size() - 1;
}

const PhysicalOutput& child_at(const Children& children, std::size_t stride, const char* what) {
  const auto found = children.find(stride);
  if (found == children.end()) invalid("stride ", stride, ": missing ", what, " child");
  return *found->second;
}

void check_level(const Plan& plan, const ScaleLevel& level) {
  for (const std::size_t port : {level.scores, level.coefficients}) {
    if (port == kNoPort) continue;
    if (plan.ports[port].extent(1) != level.height || plan.ports[port].extent(2) != level.width) {
      invalid(plan.ports[port].label, ": grid of ", plan.ports[port].extent(1), " x ",
              plan.ports[port].extent(2), " is incompatible with boxes of ", level.height, " x ",
              level.width);
    }
  }
  const std::size_t channels = plan.ports[level.boxes].extent(3);
  const std::size_t wanted = plan.reg_max == 0 ? 4 : 4 * plan.reg_max;
  if (channels != wanted) {
    invalid(plan.ports[level.boxes].label, ": ", channels, " channels, expected ", wanted);
  }
}

/// Levels agree on the channels of a role.
void check_channels(const Plan& plan, std::size_t ScaleLevel::*role) {
  const std::size_t first = plan.levels[0].*role;
  for (const ScaleLevel& level : plan.levels) {
    if (level.*role == first || first == kNoPort) continue;
    const Port& port = plan.ports[level.*role];
    if (port.extent(3) != plan.ports[first].extent(3)) {
      invalid(port.label, ": ", port.extent(3), " channels are incompatible with the ",
              plan.ports[first].extent(3), " of the first level");
    }
  }
}

void plan_box_encoding(const LogicalOutput& boxes, const PhysicalOutput& first, Plan& plan) {
  if (boxes.encoding == Encoding::kDirect || boxes.encoding == Encoding::kDistances) return;
  const Port port = spatial_port(Role::kBoxes, first.name, first.shape, first.dims, std::nullopt);
  const std::size_t channels = port.extent(3);
  if (channels % 4 != 0) {
    invalid(port.label, ": ", channels, " DFL channels are not a multiple of 4");
  }
  plan.reg_max = channels / 4;
  if (plan.reg_max > kMaxBins) {
    raise(ErrorCode::kNotSupported, port.label, ": reg_max=", plan.reg_max, ", at most ", kMaxBins,
          " bins per side are supported");
  }
}

void plan_protos(const LogicalOutput& protos, Plan& plan) {
  Port port =
      protos.children.empty()
          ? spatial_port(Role::kProtos, protos.name, protos.shape, protos.dims, protos.quantization)
          : spatial_port(Role::kProtos, protos.children[0].name, protos.children[0].shape,
                         protos.children[0].dims, protos.children[0].quantization);
  port.dtype = protos.children.empty()
                   ? planned_dtype(protos.quantization, protos.dtype, port.label)
                   : planned_dtype(protos.children[0], port.label);
  const std::size_t rows = plan.ports[plan.levels[0].coefficients].extent(3);
  if (rows != port.extent(3)) {
    invalid("mask_coefs channels ", rows, " incompatible with protos channels ", port.extent(3));
  }
  plan.protos = plan.ports.size();
  plan.ports.push_back(std::move(port));
}

/// EDGEFIRST_DECODER_FORCE_KERNEL names a kernel tier of 0.24; one that this CPU cannot run is an
/// error. Which vectors are used is EDGEFIRST_SIMD's to say.
void check_forced_kernel() {
  std::optional<std::string> tier = env::get(env::Variable::kDecoderForceKernel);
  if (!tier) return;
  tier = lower_case(*tier);
#if defined(__aarch64__)
  if (*tier == "neon" || *tier == "neon_baseline") return;
#endif
  if (*tier == "scalar") return;
  raise(ErrorCode::kBackendUnavailable, "ForcedKernelUnavailable: tier ", *tier,
        " of EDGEFIRST_DECODER_FORCE_KERNEL is not available on this CPU");
}

}  // namespace

bool plan_per_scale(const Description& description, Plan& plan) {
  const LogicalOutput* boxes = find_output(description, Role::kBoxes);
  const LogicalOutput* scores = find_output(description, Role::kScores);
  if (boxes == nullptr || scores == nullptr || boxes->children.empty() ||
      scores->children.empty() || !boxes->children[0].stride) {
    return false;
  }
  if (boxes->encoding == Encoding::kAnchor) {
    raise(ErrorCode::kNotSupported, "boxes: encoding: anchor is not supported per scale");
  }
  check_forced_kernel();
  const LogicalOutput* coefficients = find_output(description, Role::kMaskCoefficients);
  const LogicalOutput* protos = find_output(description, Role::kProtos);
  if (coefficients != nullptr && coefficients->children.empty()) {
    invalid("mask_coefs of a per-scale model needs one child per stride");
  }
  plan.type = ModelType::kPerScale;
  plan.normalized = false;
  plan_box_encoding(*boxes, boxes->children[0], plan);
  plan.activation = scores->activation_required ? scores->activation_required
                                                : scores->children[0].activation_required;
  const DType box_dtype = planned_dtype(boxes->children[0], "boxes");
  const DType score_dtype = planned_dtype(scores->children[0], "scores");
  const Children score_children = by_stride(*scores);
  const Children box_children = by_stride(*boxes);
  const Children coefficient_children =
      coefficients == nullptr ? Children() : by_stride(*coefficients);
  for (const auto& [stride, child] : score_children) child_at(box_children, stride, "box");
  for (const auto& [stride, child] : box_children) {
    ScaleLevel level;
    level.stride = static_cast<float>(stride);
    level.boxes = add_child(plan, Role::kBoxes, *child, box_dtype);
    level.scores =
        add_child(plan, Role::kScores, child_at(score_children, stride, "score"), score_dtype);
    if (coefficients != nullptr) {
      const DType dtype = planned_dtype(coefficients->children[0], "mask_coefs");
      level.coefficients = add_child(plan, Role::kMaskCoefficients,
                                     child_at(coefficient_children, stride, "mask_coefs"), dtype);
    }
    level.height = plan.ports[level.boxes].extent(1);
    level.width = plan.ports[level.boxes].extent(2);
    check_level(plan, level);
    plan.levels.push_back(level);
  }
  check_channels(plan, &ScaleLevel::scores);
  check_channels(plan, &ScaleLevel::coefficients);
  if (coefficients != nullptr && protos != nullptr) plan_protos(*protos, plan);
  for (std::size_t i = 0; i < plan.ports.size(); ++i) plan.binding_order.push_back(i);
  return true;
}

}  // namespace edgefirst::decoding
