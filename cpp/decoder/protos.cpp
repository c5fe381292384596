// SPDX-License-Identifier: Apache-2.0
// ProtoData: coefficients and prototypes copied out of the model's outputs.
#include <cstring>
#include <optional>
#include <type_traits>

#include "base/trace.hpp"
#include "decoder/masks.hpp"

namespace edgefirst::decoding {
namespace {

/// Values leave in the type they are stored in, or as f32.
DType kept_dtype(DType dtype) { return dtype == DType::kF16 ? DType::kF16 : DType::kF32; }

/// Whether the zero point is a value of the type, so that a tensor can carry it.
bool can_carry(DType dtype, const Affine& affine) {
  const std::int32_t limit = dtype == DType::kI8 ? 128 : 32768;
  return !affine.is_per_feature() && affine.zero_point >= -limit && affine.zero_point < limit;
}

void attach(Tensor& tensor, const Affine& affine) {
  tensor.set_quantization(Quantization::per_tensor(affine.scale, affine.zero_point));
}

template <typename T>
float real_value(T stored, const Affine& affine) {
  return std::is_integral_v<T> ? affine.real(as_float(stored)) : as_float(stored);
}

Tensor copy_coefficients(const MaskInput& input, Span<const Pick> picks, bool keeps_integers) {
  const FeatureView& first = input.coefficients[0];
  const bool narrow = first.dtype == DType::kI8 || first.dtype == DType::kI16;
  const bool raw = keeps_integers && narrow && can_carry(first.dtype, first.affine);
  const DType dtype = raw ? first.dtype : kept_dtype(first.dtype);
  const std::size_t channels = input.protos.channels;
  Tensor tensor({picks.size(), channels}, dtype, TensorMemory::kMem);
  if (raw) attach(tensor, first.affine);
  if (picks.empty()) return tensor;
  const TensorMap map = tensor.map(CpuAccess::kWrite);
  const std::size_t row_bytes = channels * dtype_size(dtype);
  input.for_each_row(picks, [&](const FeatureView& view, std::size_t anchor, std::size_t index) {
    std::byte* out = map.as<std::byte>() + index * row_bytes;
    visit_dtype(view.dtype, [&](auto zero) {
      using T = decltype(zero);
      for (std::size_t k = 0; k < channels; ++k) {
        if (dtype == view.dtype) {
          std::memcpy(out, view.at(k, anchor), sizeof(T));
          out += sizeof(T);
        } else {
          const float real = real_value(load<T>(view.at(k, anchor)), view.affine.at(k));
          std::memcpy(out, &real, sizeof real);
          out += sizeof real;
        }
      }
    });
  });
  return tensor;
}

/// The channels of one pixel, as stored or dequantised to f32; returns the end of what it wrote.
template <typename T>
std::byte* copy_pixel(const ImageView& protos, const std::byte* at, bool as_stored,
                      std::byte* out) {
  for (std::size_t k = 0; k < protos.channels; ++k, at += protos.channel_stride) {
    if (as_stored) {
      std::memcpy(out, at, sizeof(T));
      out += sizeof(T);
    } else {
      const float real = real_value(load<T>(at), protos.affine.at(k));
      std::memcpy(out, &real, sizeof real);
      out += sizeof real;
    }
  }
  return out;
}

/// Row by row, channels innermost.
void copy_pixels(const ImageView& protos, bool as_stored, std::byte* out) {
  const std::size_t size = dtype_size(protos.dtype);
  const std::size_t row_bytes = protos.width * protos.channels * size;
  const bool packed = as_stored && protos.channel_stride == static_cast<std::ptrdiff_t>(size) &&
                      protos.column_stride == static_cast<std::ptrdiff_t>(protos.channels * size);
  for (std::size_t y = 0; packed && y < protos.height; ++y, out += row_bytes) {
    std::memcpy(out, protos.at(y, 0), row_bytes);
  }
  visit_dtype(protos.dtype, [&](auto zero) {
    for (std::size_t i = 0; !packed && i < protos.height * protos.width; ++i) {
      const std::byte* at = protos.at(i / protos.width, i % protos.width);
      out = copy_pixel<decltype(zero)>(protos, at, as_stored, out);
    }
  });
}

/// Planes one behind the other, each row packed.
bool is_planar(const ImageView& protos) {
  const auto size = static_cast<std::ptrdiff_t>(dtype_size(protos.dtype));
  return protos.channels > 1 && protos.column_stride == size &&
         protos.row_stride == static_cast<std::ptrdiff_t>(protos.width) * size &&
         protos.channel_stride == static_cast<std::ptrdiff_t>(protos.height) * protos.row_stride;
}

}  // namespace

ProtoData make_proto_data(const MaskInput& input, Span<const Pick> picks, bool keeps_integers) {
  TraceSpan span("decoder.decode_proto.extract_proto_data");
  const ImageView& protos = input.protos;
  const bool raw =
      keeps_integers && protos.dtype == DType::kI8 && can_carry(protos.dtype, protos.affine);
  const bool planar = raw && is_planar(protos);
  const DType dtype = raw ? DType::kI8 : kept_dtype(protos.dtype);
  const Shape shape = planar ? Shape{protos.channels, protos.height, protos.width}
                             : Shape{protos.height, protos.width, protos.channels};
  span.field("n", picks.size()).field("num_protos", protos.channels);
  span.field("layout", planar ? "nchw" : "nhwc").field("mode", raw ? "quant" : "float");
  Tensor tensor(shape, dtype, TensorMemory::kMem);
  if (raw) attach(tensor, protos.affine);
  if (!picks.empty() || is_float(protos.dtype)) {  // nothing reads the prototypes of no boxes
    const TraceSpan copying(input.is_per_scale ? "decoder.per_scale_run.protos" : nullptr);
    const TensorMap map = tensor.map(CpuAccess::kWrite);
    if (planar) {
      std::memcpy(map.data(), protos.data, tensor.size_bytes());
    } else {
      copy_pixels(protos, dtype == protos.dtype, map.as<std::byte>());
    }
  }
  return {copy_coefficients(input, picks, keeps_integers), std::move(tensor),
          planar ? ProtoLayout::kNchw : ProtoLayout::kNhwc};
}

}  // namespace edgefirst::decoding
