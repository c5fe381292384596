// SPDX-License-Identifier: Apache-2.0
// hal_quantization_*: metadata of a tensor, read through a copy.
#include <utility>
#include <vector>

#include "edgefirst/hal.h"
#include "edgefirst/tensor.hpp"

#include "base/message.hpp"
#include "guard.hpp"
#include "handles.hpp"

namespace capi = edgefirst::capi;
using capi::guard;

int hal_tensor_set_quantization(hal_tensor* tensor, float scale, int zero_point) {
  return guard(capi::ErrnoRule::all(EINVAL), [&] {
    capi::require({{"tensor", tensor}});
    tensor->value.set_quantization(edgefirst::Quantization::per_tensor(scale, zero_point));
  });
}

int hal_tensor_set_quantization_per_channel(hal_tensor* tensor, const float* scales,
                                            const int32_t* zero_points, size_t count, size_t axis) {
  return guard(capi::ErrnoRule::all(EINVAL), [&] {
    capi::require({{"tensor", tensor}, {"scales", scales}});
    const edgefirst::Shape& shape = tensor->value.shape();
    if (axis >= shape.rank() || count != shape[axis]) {  // before count entries are read
      throw capi::BadCall(edgefirst::message(count, " scales along axis ", axis,
                                             " do not fit shape ", shape.to_string()));
    }
    std::vector<float> all(scales, scales + count);
    tensor->value.set_quantization(
        zero_points == nullptr
            ? edgefirst::Quantization::per_channel_symmetric(std::move(all), axis)
            : edgefirst::Quantization::per_channel(std::move(all),
                                                   {zero_points, zero_points + count}, axis));
  });
}

int hal_tensor_clear_quantization(hal_tensor* tensor) {
  return guard([&] {
    capi::require({{"tensor", tensor}});
    tensor->value.clear_quantization();
  });
}

HalTensorQuant* hal_tensor_quantization(const hal_tensor* tensor) {
  if (tensor == nullptr || tensor->value.quantization() == nullptr) return nullptr;
  return guard([&] { return new HalTensorQuant{*tensor->value.quantization()}; });
}

void hal_quantization_free(HalTensorQuant* q) { capi::release(q); }

HalTensorQuantKind hal_quantization_kind(const HalTensorQuant* q) {
  if (q == nullptr) return HAL_TENSOR_QUANT_KIND_PER_TENSOR;
  const bool symmetric = q->value.is_symmetric();
  if (q->value.is_per_channel()) {
    return symmetric ? HAL_TENSOR_QUANT_KIND_PER_CHANNEL_SYMMETRIC
                     : HAL_TENSOR_QUANT_KIND_PER_CHANNEL;
  }
  return symmetric ? HAL_TENSOR_QUANT_KIND_PER_TENSOR_SYMMETRIC : HAL_TENSOR_QUANT_KIND_PER_TENSOR;
}

size_t hal_quantization_scale_len(const HalTensorQuant* q) {
  return q == nullptr ? 0 : q->value.scales().size();
}

float hal_quantization_scale_at(const HalTensorQuant* q, size_t i) {
  return i < hal_quantization_scale_len(q) ? q->value.scales()[i] : 0.0F;
}

int32_t hal_quantization_zero_point_at(const HalTensorQuant* q, size_t i) {
  if (q == nullptr || q->value.zero_points().empty()) return 0;
  const auto& zero_points = q->value.zero_points();
  if (zero_points.size() == 1) return zero_points.front();
  return i < zero_points.size() ? zero_points[i] : 0;
}

bool hal_quantization_is_symmetric(const HalTensorQuant* q) {
  return q != nullptr && q->value.is_symmetric();
}

bool hal_quantization_axis(const HalTensorQuant* q, size_t* axis_out) {
  if (q == nullptr || !q->value.is_per_channel()) return false;
  if (axis_out != nullptr) *axis_out = q->value.axis().value_or(0);
  return true;
}
