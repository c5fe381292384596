// SPDX-License-Identifier: Apache-2.0
// Free functions on model outputs and masks.
#include <algorithm>
#include <type_traits>

#include "edgefirst/decoder.hpp"

#include "base/message.hpp"
#include "decoder/views.hpp"

namespace edgefirst {

void dequantize(const Tensor& input, float scale, std::int32_t zero_point, Tensor& output) {
  const bool narrow_integer = !is_float(input.dtype()) && dtype_size(input.dtype()) <= 4;
  if (!narrow_integer || output.dtype() != DType::kF32) {
    raise(ErrorCode::kInvalidArgument, "dequantize takes uint8...int32 to float32, got ",
          dtype_info(input.dtype()).name, " to ", dtype_info(output.dtype()).name);
  }
  const std::size_t count = input.element_count();
  if (output.element_count() != count) {
    raise(ErrorCode::kInvalidArgument, "dequantize: input ", input.shape().to_string(),
          " and output ", output.shape().to_string(), " differ in size");
  }
  const TensorMap from = input.map(CpuAccess::kRead);
  const TensorMap to = output.map(CpuAccess::kWrite);
  const float offset = -static_cast<float>(zero_point) * scale;
  decoding::visit_dtype(input.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::byte* in = from.as<const std::byte>();
    std::byte* out = to.as<std::byte>();
    for (std::size_t i = 0; i < count; ++i) {
      const float stored = decoding::as_float(decoding::load<T>(in + i * sizeof(T)));
      const float real = stored * scale + offset;
      std::memcpy(out + i * sizeof real, &real, sizeof real);
    }
  });
}

Tensor segmentation_to_mask(const Segmentation& segmentation) {
  if (segmentation.channels == 0) {
    raise(ErrorCode::kInvalidShape, "a segmentation of 0 channels has no mask");
  }
  Tensor mask({segmentation.height, segmentation.width}, DType::kU8, TensorMemory::kMem);
  const TensorMap map = mask.map(CpuAccess::kWrite);
  std::uint8_t* out = map.as<std::uint8_t>();
  const std::size_t pixels = segmentation.height * segmentation.width;
  const std::size_t channels = segmentation.channels;
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::uint8_t* pixel = segmentation.data + i * channels;
    const std::uint8_t* largest = std::max_element(pixel, pixel + channels);
    out[i] = static_cast<std::uint8_t>(channels == 1 ? *pixel >= 128 : largest - pixel);
  }
  return mask;
}

}  // namespace edgefirst
