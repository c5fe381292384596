// SPDX-License-Identifier: Apache-2.0
// A byte has 256 values: each call computes a table of results once and the loops look them up.
#include "tensor/normalize.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/float16.hpp"
#include "base/message.hpp"
#include "base/parallel.hpp"

namespace edgefirst {
namespace {

constexpr std::size_t kParallelBytes = 256 * 1024;
constexpr std::size_t kAxes = 3;

struct Rule {
  Normalization mode;
  std::optional<int> zero_point;
};

struct Loops {
  const std::byte* src;
  std::byte* dst;
  std::array<std::size_t, kAxes> extent;
  std::array<std::ptrdiff_t, kAxes> src_stride;
  std::array<std::ptrdiff_t, kAxes> dst_stride;
};

double real_value(int v, const Rule& rule) {
  switch (rule.mode) {
    case Normalization::kUnsigned:
      return static_cast<float>(v) / 255.0F;
    case Normalization::kRaw:
      return v;
    default:
      break;
  }
  const float offset = rule.zero_point ? static_cast<float>(*rule.zero_point) / 127.5F : 1.0F;
  return static_cast<float>(v) / 127.5F - offset;
}

template <typename T>
T table_entry(int v, const Rule& rule) {
  return static_cast<T>(real_value(v, rule));
}
template <>
Float16 table_entry<Float16>(int v, const Rule& rule) {
  return to_float16(static_cast<float>(real_value(v, rule)));
}
template <>
std::uint8_t table_entry<std::uint8_t>(int v, const Rule&) {
  return static_cast<std::uint8_t>(v);
}
template <>
std::int8_t table_entry<std::int8_t>(int v, const Rule& rule) {
  return static_cast<std::int8_t>(std::clamp(v - rule.zero_point.value_or(128), -128, 127));
}

template <typename T>
void write(const Loops& loops, const Rule& rule) {
  std::array<T, 256> table;
  for (int v = 0; v < 256; ++v) table[static_cast<std::size_t>(v)] = table_entry<T>(v, rule);
  const std::size_t row = loops.extent[1] * loops.extent[2];
  const std::size_t grain = 1 + kParallelBytes / (row + 1);
  parallel_for(loops.extent[0], grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = 0; j < loops.extent[1]; ++j) {
        const auto at = [&](const std::array<std::ptrdiff_t, kAxes>& stride) {
          return static_cast<std::ptrdiff_t>(i) * stride[0] +
                 static_cast<std::ptrdiff_t>(j) * stride[1];
        };
        const std::byte* src = loops.src + at(loops.src_stride);
        std::byte* dst = loops.dst + at(loops.dst_stride);
        for (std::size_t k = 0; k < loops.extent[2]; ++k) {
          std::memcpy(dst, &table[static_cast<std::size_t>(*src)], sizeof(T));
          src += loops.src_stride[2];
          dst += loops.dst_stride[2];
        }
      }
    }
  });
}

[[noreturn]] void refuse_dtype(DType dtype) {
  raise(ErrorCode::kDtypeMismatch, "cannot normalize to ", dtype_info(dtype).name,
        ": use uint8, int8, float16, float32 or float64");
}

void check_rule(DType dtype, const Rule& rule) {
  const bool integer = !is_float(dtype);
  const Normalization only = dtype == DType::kU8 ? Normalization::kRaw : Normalization::kSigned;
  if (integer && rule.mode != Normalization::kDefault && rule.mode != only) {
    raise(ErrorCode::kInvalidArgument, "this normalization does not exist for ",
          dtype_info(dtype).name, ": use DEFAULT");
  }
  if (!rule.zero_point) return;
  if (*rule.zero_point < 0 || *rule.zero_point > 255) {
    raise(ErrorCode::kInvalidArgument, "zero point ", *rule.zero_point, " is outside 0...255");
  }
  const bool shifts = dtype == DType::kI8 || (!integer && rule.mode != Normalization::kRaw &&
                                              rule.mode != Normalization::kUnsigned);
  if (!shifts && *rule.zero_point != 0) {
    raise(ErrorCode::kInvalidArgument, "zero point ", *rule.zero_point,
          " has no meaning for this normalization: leave it out");
  }
}

void check_shape(const Tensor& src, const StridedArray<void>& dst) {
  const Shape& shape = src.shape();
  if (shape.rank() < kAxes || dst.shape.size() != kAxes) {
    raise(ErrorCode::kInvalidShape, "Shape Mismatch: normalizing needs three axes, the tensor has ",
          shape.to_string(), ", the array ", Shape(dst.shape).to_string());
  }
  const bool drops_alpha = src.format() == PixelFormat::kRgba && dst.shape[2] == 3 && shape[2] == 4;
  const bool fits = dst.shape[0] == shape[0] && dst.shape[1] == shape[1] &&
                    (dst.shape[2] == shape[2] || drops_alpha);
  if (!fits) {
    raise(ErrorCode::kInvalidShape, "Shape Mismatch: tensor ", shape.to_string(), ", array ",
          Shape(dst.shape).to_string());
  }
}

}  // namespace

void normalize_to(const Tensor& src, const StridedArray<void>& dst, Normalization normalization,
                  std::optional<int> zero_point) {
  if (src.dtype() != DType::kU8) {
    raise(ErrorCode::kDtypeMismatch, "Tensor is not U8 but ", dtype_info(src.dtype()).name);
  }
  const Rule rule{normalization, zero_point};
  check_rule(dst.dtype, rule);
  check_shape(src, dst);
  const TensorMap map = src.map(Access::kRead);
  const auto strides = map.strides();
  Loops loops{map.as<const std::byte>(), static_cast<std::byte*>(dst.data), {}, {}, {}};
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    loops.extent[axis] = dst.shape[axis];
    loops.src_stride[axis] = strides[axis];
    loops.dst_stride[axis] = dst.strides[axis];
  }
  switch (dst.dtype) {
    case DType::kU8:
      return write<std::uint8_t>(loops, rule);
    case DType::kI8:
      return write<std::int8_t>(loops, rule);
    case DType::kF16:
      return write<Float16>(loops, rule);
    case DType::kF32:
      return write<float>(loops, rule);
    case DType::kF64:
      return write<double>(loops, rule);
    default:
      refuse_dtype(dst.dtype);
  }
}

}  // namespace edgefirst
