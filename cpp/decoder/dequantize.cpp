// SPDX-License-Identifier: Apache-2.0
// Free functions on model outputs and masks.
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "edgefirst/decoder.hpp"

#include "base/message.hpp"
#include "decoder/views.hpp"

namespace edgefirst {
namespace {

/// The elements of a map as runs side by side: a row of a padded image, else everything.
class Runs {
 public:
  explicit Runs(const TensorMap& map)
      : data_(map.as<std::byte>()), element_(dtype_size(map.dtype())), stride_(element_) {
    const auto strides = map.strides();
    for (std::size_t axis = map.shape().rank(); axis-- > 0;) {
      const std::size_t extent = map.shape()[axis];
      const auto step = static_cast<std::size_t>(strides[axis]);
      if (extent != 1 && step != length_ * element_) {  // rows from here on, all the same stride
        stride_ = step;
        return;
      }
      length_ *= extent;
    }
    stride_ = length_ * element_;
  }

  /// From element index to the end of its run.
  std::size_t left(std::size_t index) const { return length_ - index % length_; }
  std::byte* at(std::size_t index) const {
    return data_ + index / length_ * stride_ + index % length_ * element_;
  }

 private:
  std::byte* data_;
  std::size_t element_;
  std::size_t length_ = 1;
  std::size_t stride_;
};

template <typename T>
void dequantize_run(const std::byte* in, std::byte* out, std::size_t count, float scale,
                    float offset) {
  for (std::size_t i = 0; i < count; ++i) {
    const float stored = decoding::as_float(decoding::load<T>(in + i * sizeof(T)));
    const float real = stored * scale + offset;
    std::memcpy(out + i * sizeof real, &real, sizeof real);
  }
}

}  // namespace

void dequantize(const Tensor& input, float scale, std::int32_t zero_point, Tensor& output) {
  const bool narrow_integer = !is_float(input.dtype()) && dtype_size(input.dtype()) <= 4;
  if (!narrow_integer || output.dtype() != DType::kF32) {
    raise(ErrorCode::kInvalidArgument, "dequantize takes uint8...int32 to float32, got ",
          dtype_info(input.dtype()).name, " to ", dtype_info(output.dtype()).name);
  }
  if (!std::isfinite(scale)) {
    raise(ErrorCode::kInvalidArgument, "dequantize: scale is ", scale,
          ", expected a finite number");
  }
  const std::size_t count = input.element_count();
  if (output.element_count() != count) {
    raise(ErrorCode::kInvalidArgument, "dequantize: input ", input.shape().to_string(),
          " and output ", output.shape().to_string(), " differ in size");
  }
  if (count == 0) return;
  if (input.aliases(output)) {
    raise(ErrorCode::kAliasedBuffers, "dequantize: input and output share memory");
  }
  const TensorMap from = input.map(CpuAccess::kRead);
  const TensorMap to = output.map(CpuAccess::kWrite);
  const Runs in(from), out(to);
  const float offset = -static_cast<float>(zero_point) * scale;
  decoding::visit_dtype(input.dtype(), [&](auto zero) {
    for (std::size_t i = 0; i < count;) {
      const std::size_t run = std::min({in.left(i), out.left(i), count - i});
      dequantize_run<decltype(zero)>(in.at(i), out.at(i), run, scale, offset);
      i += run;
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
