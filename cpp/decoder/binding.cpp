// SPDX-License-Identifier: Apache-2.0
// Shape matching and mapping.
#include "decoder/binding.hpp"

#include <algorithm>
#include <numeric>

#include "base/checked.hpp"

namespace edgefirst::decoding {
namespace {

bool is_wide_integer(DType dtype) { return dtype == DType::kU64 || dtype == DType::kI64; }

bool has_shape(const Shape& shape, const Extents& wanted) {
  return shape.rank() == wanted.size() && std::equal(wanted.begin(), wanted.end(), shape.begin());
}

/// The port's shape, or the one with its padding axes; axis_of tells the tensor's axes.
bool fits(const Port& port, const Shape& shape, std::array<std::size_t, Shape::kMaxRank>& axis_of) {
  std::iota(axis_of.begin(), axis_of.end(), std::size_t{0});
  if (has_shape(shape, port.shape)) return true;
  if (port.padded_shape.empty() || !has_shape(shape, port.padded_shape)) return false;
  std::copy(port.kept.begin(), port.kept.end(), axis_of.begin());
  return true;
}

/// Finds for each wanted axis the tensor's axis of that extent, left to right; missing trailing
/// axes count as 1. False where the shape is no permutation.
bool permutation_of(const Shape& shape, const Extents& wanted,
                    std::array<std::size_t, Shape::kMaxRank>& axis_of) {
  const std::size_t rank = std::max(shape.rank(), wanted.size());
  std::array<bool, Shape::kMaxRank> used{};
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t extent = i < wanted.size() ? wanted[i] : 1;
    std::size_t axis = 0;
    while (axis < rank && (used[axis] || (axis < shape.rank() ? shape[axis] : 1) != extent)) ++axis;
    if (axis == rank) return false;
    used[axis] = true;
    if (i < wanted.size()) axis_of[i] = axis;
  }
  return true;
}

}  // namespace

void BoundOutputs::bind(const Plan& plan, Span<const Tensor* const> outputs, std::size_t element) {
  release();
  if (element >= plan.batch) {
    raise(ErrorCode::kInvalidArgument, "batch element ", element, " of a batch of ", plan.batch);
  }
  plan_ = &plan;
  element_ = element;
  outputs_ = outputs;
  if (outputs.empty()) {
    raise(ErrorCode::kInvalidConfig, "no outputs: decode needs the tensors of one inference");
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == nullptr) raise(ErrorCode::kInvalidArgument, "output tensor ", i, " is null");
  }
  check_dtypes(outputs);
  used_.assign(outputs.size(), 0);
  views_.resize(plan.ports.size());
  merged_.resize(plan.merges.size());
  for (const std::size_t port : plan.binding_order) {
    const auto merge_of = std::find_if(plan.merges.begin(), plan.merges.end(),
                                       [&](const Merge& merge) { return merge.port == port; });
    views_[port] = merge_of == plan.merges.end() ? take(plan.ports[port]) : merge(*merge_of);
  }
}

void BoundOutputs::release() {
  maps_.clear();
  outputs_ = {};
}

/// All of one float type (besides stray i32), or integers of at most 32 bits in any mix.
void BoundOutputs::check_dtypes(Span<const Tensor* const> outputs) const {
  const bool mixes = !plan_->merges.empty() || !plan_->levels.empty();
  const auto first_float = std::find_if(outputs.begin(), outputs.end(), [](const Tensor* tensor) {
    return is_float(tensor->dtype());
  });
  for (const Tensor* tensor : outputs) {
    const DType dtype = tensor->dtype();
    if (mixes) continue;
    if (first_float == outputs.end()) {
      if (!is_wide_integer(dtype)) continue;
      raise(ErrorCode::kInvalidConfig, "unsupported tensor dtype ", dtype_info(dtype).name,
            " of shape ", tensor->shape().to_string());
    }
    const DType wanted = (*first_float)->dtype();
    if (dtype == wanted || (dtype == DType::kI32 && wanted != DType::kF64)) continue;
    raise(ErrorCode::kInvalidConfig, "mixed tensor types: ", dtype_info(wanted).name, " and ",
          dtype_info(dtype).name, "; convert the outputs to one float type or leave all integer");
  }
}

/// Integer tensors beside floats can only be class numbers. Where shapes repeat, a tensor that
/// bears the name of an output belongs to that one.
bool BoundOutputs::may_take(std::size_t index, const Port& port, bool by_name) const {
  const Tensor& tensor = *outputs_[index];
  if (used_[index] != 0) return false;
  if (by_name) return !port.name.empty() && tensor.name() == port.name;
  if (plan_->has_equal_shapes && plan_->is_name_of_another(tensor.name(), port)) return false;
  const bool mixes = !plan_->merges.empty() || !plan_->levels.empty();
  if (mixes || is_float(tensor.dtype()) || port.role == Role::kClasses) return true;
  return std::none_of(outputs_.begin(), outputs_.end(),
                      [](const Tensor* other) { return is_float(other->dtype()); });
}

BoundOutputs::View BoundOutputs::take(const Port& port) {
  struct Pass {
    bool by_name, exact;
  };
  std::array<std::size_t, Shape::kMaxRank> axis_of{};
  for (const Pass pass : {Pass{true, true}, Pass{false, true}, Pass{false, false}}) {
    if (pass.by_name ? !plan_->has_equal_shapes : !pass.exact && plan_->merges.empty()) continue;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (!may_take(i, port, pass.by_name)) continue;
      const Tensor& tensor = *outputs_[i];
      if (pass.exact ? !fits(port, tensor.shape(), axis_of)
                     : !permutation_of(tensor.shape(), port.shape, axis_of)) {
        continue;
      }
      used_[i] = 1;
      return map(port, tensor, axis_of);
    }
  }
  const char* problem = !plan_->merges.empty()   ? "no remaining input tensor matches shape "
                        : !plan_->levels.empty() ? "no remaining tensor matches shape "
                                                 : "Did not find output with shape ";
  std::string given;
  for (const Tensor* tensor : outputs_) given += " " + tensor->shape().to_string();
  raise(ErrorCode::kInvalidShape, problem, shape_text(port.shape), " for ", port.label,
        "; the tensors given have shapes", given);
}

BoundOutputs::View BoundOutputs::map(const Port& port, const Tensor& tensor,
                                     const std::array<std::size_t, Shape::kMaxRank>& axis_of) {
  if (is_wide_integer(tensor.dtype())) {
    raise(ErrorCode::kNotSupported, port.label, ": unsupported tensor dtype ",
          dtype_info(tensor.dtype()).name);
  }
  if (port.dtype && *port.dtype != tensor.dtype()) {
    raise(ErrorCode::kDtypeMismatch, "DtypeMismatch: ", port.label, " is ",
          dtype_info(tensor.dtype()).name, ", the configuration declares ",
          dtype_info(*port.dtype).name);
  }
  maps_.push_back(tensor.map(CpuAccess::kRead));
  const TensorMap& map = maps_.back();
  const auto strides = map.strides();
  View view;
  view.data = map.as<const std::byte>();
  view.dtype = tensor.dtype();
  for (std::size_t i = 0; i < port.rank; ++i) {
    const std::size_t axis = axis_of[port.axes[i]];
    view.extents[i] = port.extent(i);
    view.strides[i] = axis < tensor.shape().rank() ? strides[axis] : 0;
  }
  view.data += static_cast<std::ptrdiff_t>(element_) * view.strides[0];
  view.affine = affine_of(port, tensor);
  return view;
}

/// The one rule: what the tensor carries, else what the configuration says, else an error. Class
/// numbers and semantic maps are integers by nature.
Affine BoundOutputs::affine_of(const Port& port, const Tensor& tensor) const {
  Affine affine;
  if (is_float(tensor.dtype())) return affine;
  if (const Quantization* own = tensor.quantization()) {
    if (own->is_per_tensor()) return {own->scale(), own->zero_point(), nullptr, nullptr};
    if (own->axis() != port.axes[port.feature]) {
      raise(ErrorCode::kNotSupported, port.label, ": per-channel quantization along axis ",
            own->axis().value_or(0), "; only the channel axis ", port.axes[port.feature],
            " can have its own scales");
    }
    affine.scales = own->scales().data();
    affine.zero_points = own->zero_points().empty() ? nullptr : own->zero_points().data();
    return affine;
  }
  if (port.quantization) {
    affine.scale = port.quantization->scales[0];
    affine.zero_point = port.quantization->zero_points[0];
    if (port.quantization->scales.size() > 1) {
      affine.scales = port.quantization->scales.data();
      affine.zero_points = port.quantization->zero_points.data();
    }
    return affine;
  }
  if (port.role == Role::kClasses || port.role == Role::kSegmentation) return affine;
  raise(ErrorCode::kMissingQuantization, "QuantMissing: ", port.label, " is ",
        dtype_info(tensor.dtype()).name,
        " but neither the tensor nor the configuration carries its quantization; call "
        "set_quantization on the tensor, or configure scale 1 and zero point 0 where the integers "
        "are the values");
}

/// The channels of one child: q * scale + (-zero_point * scale), channel by channel, the other
/// axes in canonical order. Returns the end of what it wrote.
float* BoundOutputs::append_real(const View& source, const Port& part, float* out) {
  std::array<std::size_t, 3> extents{1, 1, 1};  // channel, then the other two at most
  std::array<std::ptrdiff_t, 3> strides{};
  std::size_t inner = part.rank == 4 ? 1 : 2;
  extents[0] = source.extents[part.feature];
  strides[0] = source.strides[part.feature];
  for (std::size_t i = 1; i < part.rank; ++i) {
    if (i == part.feature) continue;
    extents[inner] = source.extents[i];
    strides[inner++] = source.strides[i];
  }
  const auto append_row = [&](auto zero, std::size_t channel, std::size_t y) {
    const Affine affine = source.affine.at(channel);
    const float offset = -static_cast<float>(affine.zero_point) * affine.scale;
    const std::byte* at = source.data + static_cast<std::ptrdiff_t>(channel) * strides[0] +
                          static_cast<std::ptrdiff_t>(y) * strides[1];
    for (std::size_t x = 0; x < extents[2]; ++x, at += strides[2]) {
      *out++ = as_float(load<decltype(zero)>(at)) * affine.scale + offset;
    }
  };
  visit_dtype(source.dtype, [&](auto zero) {
    for (std::size_t i = 0; i < extents[0] * extents[1]; ++i) {
      append_row(zero, i / extents[1], i % extents[1]);
    }
  });
  return out;
}

/// The children one behind the other: channels outermost.
BoundOutputs::View BoundOutputs::merge(const Merge& merge) {
  const Port& port = plan_->ports[merge.port];
  std::vector<float>& values = merged_[static_cast<std::size_t>(&merge - plan_->merges.data())];
  View view;
  std::size_t count = 1;
  std::ptrdiff_t stride = sizeof(float);
  for (std::size_t i = port.rank; i-- > 0;) {
    view.extents[i] = port.extent(i);
    if (i == 0) break;
    count = checked_multiply(count, port.extent(i));
    if (i == port.feature) continue;
    view.strides[i] = stride;
    stride *= static_cast<std::ptrdiff_t>(port.extent(i));
  }
  view.strides[port.feature] = stride;
  parts_.clear();  // all children exist before memory is taken for them
  for (const Port& part : merge.parts) parts_.push_back(take(part));
  values.resize(count);
  view.dtype = DType::kF32;
  view.data = reinterpret_cast<const std::byte*>(values.data());
  float* out = values.data();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    out = append_real(parts_[i], merge.parts[i], out);
  }
  return view;
}

FeatureView BoundOutputs::features(std::size_t port) const {
  const View& view = views_[port];
  const std::size_t feature = plan_->ports[port].feature;
  // The anchors are the other axis; ModelPack boxes have a padding axis between, of which 0 counts.
  const std::size_t anchor = feature == 1 ? 2 : 1;
  return {view.data,
          view.dtype,
          view.extents[feature],
          view.extents[anchor],
          view.strides[feature],
          view.strides[anchor],
          view.affine};
}

FeatureView BoundOutputs::cells(std::size_t port) const {
  const ImageView view = image(port);
  if (view.row_stride != static_cast<std::ptrdiff_t>(view.width) * view.column_stride) {
    raise(ErrorCode::kInvalidShape, plan_->ports[port].label,
          ": rows are padded; per-scale outputs must be contiguous");
  }
  return {view.data,           view.dtype,         view.channels, view.height * view.width,
          view.channel_stride, view.column_stride, view.affine};
}

ImageView BoundOutputs::image(std::size_t port) const {
  const View& view = views_[port];
  return {view.data,       view.dtype,      view.extents[1], view.extents[2], view.extents[3],
          view.strides[1], view.strides[2], view.strides[3], view.affine};
}

}  // namespace edgefirst::decoding
