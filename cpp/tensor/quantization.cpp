// SPDX-License-Identifier: Apache-2.0
// Quantization values, and their check against a tensor.
#include "tensor/quantization.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/message.hpp"

namespace edgefirst {
namespace {

struct Range {
  std::int64_t low;
  std::int64_t high;
};

/// Zero points a dtype can hold, within the 32 bits that store them.
Range zero_point_range(DType dtype) {
  const DTypeInfo& info = dtype_info(dtype);
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  if (info.kind == DTypeKind::kUnsigned) {
    return {0, info.size >= 4 ? kMax : (std::int64_t{1} << (8 * info.size)) - 1};
  }
  if (info.size >= 4) return {std::numeric_limits<std::int32_t>::min(), kMax};
  const std::int64_t half = std::int64_t{1} << (8 * info.size - 1);
  return {-half, half - 1};
}

template <typename... Parts>
[[noreturn]] void invalid(const Parts&... parts) {
  raise(ErrorCode::kInvalidQuantization, "quantization: ", parts...);
}

}  // namespace

Quantization Quantization::per_tensor(float scale, std::int32_t zero_point) {
  Quantization result = per_tensor_symmetric(scale);
  result.zero_points_ = {zero_point};
  return result;
}

Quantization Quantization::per_tensor_symmetric(float scale) {
  Quantization result;
  result.scales_ = {scale};
  return result;
}

Quantization Quantization::per_channel(std::vector<float> scales,
                                       std::vector<std::int32_t> zero_points, std::size_t axis) {
  if (zero_points.size() != scales.size()) {
    invalid("zero_point.len is ", zero_points.size(), ", expected ", scales.size());
  }
  Quantization result = per_channel_symmetric(std::move(scales), axis);
  result.zero_points_ = std::move(zero_points);
  return result;
}

Quantization Quantization::per_channel_symmetric(std::vector<float> scales, std::size_t axis) {
  if (scales.empty()) invalid("scale.len is 0, expected at least 1");
  Quantization result;
  result.scales_ = std::move(scales);
  result.axis_ = axis;
  return result;
}

bool Quantization::is_symmetric() const {
  return std::all_of(zero_points_.begin(), zero_points_.end(),
                     [](std::int32_t zero_point) { return zero_point == 0; });
}

float Quantization::scale(std::size_t channel) const {
  return scales_[scales_.size() == 1 ? 0 : channel];
}

std::int32_t Quantization::zero_point(std::size_t channel) const {
  if (zero_points_.empty()) return 0;
  return zero_points_[zero_points_.size() == 1 ? 0 : channel];
}

void check_quantization(const Quantization& quantization, DType dtype, const Shape& shape) {
  if (is_float(dtype)) invalid("dtype_is_integer: a ", dtype_info(dtype).name, " tensor has none");
  for (const float scale : quantization.scales()) {
    if (!std::isfinite(scale) || scale <= 0) {
      invalid("scale is ", scale, ", expected a finite number above 0");
    }
  }
  const Range range = zero_point_range(dtype);
  for (const std::int32_t zero_point : quantization.zero_points()) {
    if (zero_point < range.low || zero_point > range.high) {
      invalid("zero_point is ", zero_point, ", expected ", range.low, "...", range.high, " for ",
              dtype_info(dtype).name);
    }
  }
  if (!quantization.axis()) return;
  const std::size_t axis = *quantization.axis();
  if (quantization.is_per_tensor()) {
    invalid("per_tensor_redundant_axis: one scale has no axis, got axis ", axis);
  }
  if (axis >= shape.rank()) invalid("axis is ", axis, ", expected less than ", shape.rank());
  if (quantization.scales().size() != shape[axis]) {
    invalid("scale.len is ", quantization.scales().size(), ", expected ", shape[axis],
            ", the extent of axis ", axis);
  }
}

}  // namespace edgefirst
