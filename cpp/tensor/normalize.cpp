// SPDX-License-Identifier: Apache-2.0
// One formula per destination dtype, run over rows; float16 looks its 256 results up.
#include "tensor/normalize.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/float16.hpp"
#include "base/message.hpp"
#include "base/parallel.hpp"

namespace edgefirst {
namespace {

constexpr std::size_t kParallelBytes = 256 * 1024;
constexpr std::size_t kAxes = 3;

/// What becomes of a byte v: v / divisor - offset, or v - zero_point within int8.
struct Rule {
  float divisor = 1;
  float offset = 0;
  int zero_point = 128;
};

struct Loops {
  const std::byte* src;
  std::byte* dst;
  std::array<std::size_t, kAxes> extent;
  std::array<std::ptrdiff_t, kAxes> src_stride;
  std::array<std::ptrdiff_t, kAxes> dst_stride;
};

Rule make_rule(Normalization mode, std::optional<int> zero_point) {
  Rule rule;
  rule.zero_point = zero_point.value_or(128);
  switch (mode) {
    case Normalization::kUnsigned:
      rule.divisor = 255;
      break;
    case Normalization::kRaw:
      break;
    default:
      rule.divisor = 127.5F;
      rule.offset = zero_point ? static_cast<float>(*zero_point) / 127.5F : 1.0F;
  }
  return rule;
}

template <typename T>
T convert(std::uint8_t v, const Rule& rule) {
  return static_cast<T>(static_cast<float>(v) / rule.divisor - rule.offset);
}
template <>
std::uint8_t convert<std::uint8_t>(std::uint8_t v, const Rule&) {
  return v;
}
template <>
std::int8_t convert<std::int8_t>(std::uint8_t v, const Rule& rule) {
  return static_cast<std::int8_t>(std::clamp(v - rule.zero_point, -128, 127));
}

template <typename T>
class Formula {
 public:
  explicit Formula(const Rule& rule) : rule_(rule) {}
  T operator()(std::uint8_t v) const { return convert<T>(v, rule_); }

 private:
  Rule rule_;
};

/// binary16 is rounded once per byte value, not once per element.
template <>
class Formula<Float16> {
 public:
  explicit Formula(const Rule& rule) {
    for (std::size_t v = 0; v < table_.size(); ++v) {
      table_[v] = to_float16(convert<float>(static_cast<std::uint8_t>(v), rule));
    }
  }
  Float16 operator()(std::uint8_t v) const { return table_[v]; }

 private:
  std::array<Float16, 256> table_;
};

template <typename T>
void write_row(const Loops& loops, const std::byte* src, std::byte* dst,
               const Formula<T>& formula) {
  const std::size_t count = loops.extent[2];
  const std::ptrdiff_t src_step = loops.src_stride[2];
  const std::ptrdiff_t dst_step = loops.dst_stride[2];
  for (std::size_t k = 0; k < count; ++k) {
    const T value =
        formula(static_cast<std::uint8_t>(src[static_cast<std::ptrdiff_t>(k) * src_step]));
    std::memcpy(dst + static_cast<std::ptrdiff_t>(k) * dst_step, &value, sizeof value);
  }
}

/// Elements side by side on both sides: the loop that compilers turn into vectors.
template <typename T>
void write_dense_row(const std::byte* src, std::byte* dst, std::size_t count,
                     const Formula<T>& formula) {
  for (std::size_t k = 0; k < count; ++k) {
    const T value = formula(static_cast<std::uint8_t>(src[k]));
    std::memcpy(dst + k * sizeof value, &value, sizeof value);
  }
}

/// Merges the last two axes where both sides continue without a gap.
Loops merged(Loops loops) {
  const auto extent = static_cast<std::ptrdiff_t>(loops.extent[2]);
  if (loops.src_stride[1] == extent * loops.src_stride[2] &&
      loops.dst_stride[1] == extent * loops.dst_stride[2]) {
    loops.extent[2] *= loops.extent[1];
    loops.extent[1] = 1;
  }
  return loops;
}

template <typename T>
void write(const Loops& given, const Rule& rule) {
  const Formula<T> formula(rule);
  const Loops loops = merged(given);
  const bool dense = loops.src_stride[2] == 1 && loops.dst_stride[2] == sizeof(T);
  const std::size_t row = loops.extent[1] * loops.extent[2];
  const std::size_t grain = 1 + kParallelBytes / (row + 1);
  parallel_for(loops.extent[0], grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto outer = static_cast<std::ptrdiff_t>(i);
      const std::byte* src = loops.src + outer * loops.src_stride[0];
      std::byte* dst = loops.dst + outer * loops.dst_stride[0];
      for (std::size_t j = 0; j < loops.extent[1]; ++j) {
        if (dense) {
          write_dense_row<T>(src, dst, loops.extent[2], formula);
        } else {
          write_row<T>(loops, src, dst, formula);
        }
        src += loops.src_stride[1];
        dst += loops.dst_stride[1];
      }
    }
  });
}

[[noreturn]] void refuse_dtype(DType dtype) {
  raise(ErrorCode::kDtypeMismatch, "cannot normalize to ", dtype_info(dtype).name,
        ": use uint8, int8, float16, float32 or float64");
}

void check_mode(DType dtype, Normalization mode, std::optional<int> zero_point) {
  const bool integer = !is_float(dtype);
  const Normalization only = dtype == DType::kU8 ? Normalization::kRaw : Normalization::kSigned;
  if (integer && mode != Normalization::kDefault && mode != only) {
    raise(ErrorCode::kInvalidArgument, "this normalization does not exist for ",
          dtype_info(dtype).name, ": use DEFAULT");
  }
  if (!zero_point) return;
  if (*zero_point < 0 || *zero_point > 255) {
    raise(ErrorCode::kInvalidArgument, "zero point ", *zero_point, " is outside 0...255");
  }
  const bool shifts = dtype == DType::kI8 ||
                      (!integer && mode != Normalization::kRaw && mode != Normalization::kUnsigned);
  if (!shifts && *zero_point != 0) {
    raise(ErrorCode::kInvalidArgument, "zero point ", *zero_point,
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

/// Bytes that an array touches, first and past the last.
std::pair<std::uintptr_t, std::uintptr_t> byte_range(const Loops& loops, std::size_t element) {
  const auto start = reinterpret_cast<std::uintptr_t>(loops.dst);
  std::uintptr_t first = start, last = start;
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    const auto reach = static_cast<std::ptrdiff_t>(loops.extent[axis] - 1) * loops.dst_stride[axis];
    (reach < 0 ? first : last) += static_cast<std::uintptr_t>(reach);
  }
  return {first, last + element};
}

/// Bytes in their own places change in place; any other overlap would read what was just written.
void check_overlap(const TensorMap& map, const Loops& loops, DType dtype) {
  for (const std::size_t extent : loops.extent) {
    if (extent == 0) return;
  }
  const bool in_place =
      dtype_size(dtype) == 1 && loops.src == loops.dst && loops.src_stride == loops.dst_stride;
  if (in_place) return;
  const auto src = reinterpret_cast<std::uintptr_t>(map.data());
  const auto [first, end] = byte_range(loops, dtype_size(dtype));
  if (first < src + map.size_bytes() && src < end) {
    raise(ErrorCode::kAliasedBuffers, "the array lies over the tensor that it is made from");
  }
}

}  // namespace

void normalize_to(const Tensor& src, const StridedArray<void>& dst, Normalization normalization,
                  std::optional<int> zero_point) {
  if (src.dtype() != DType::kU8) {
    raise(ErrorCode::kDtypeMismatch, "Tensor is not U8 but ", dtype_info(src.dtype()).name);
  }
  check_mode(dst.dtype, normalization, zero_point);
  const Rule rule = make_rule(normalization, zero_point);
  check_shape(src, dst);
  const TensorMap map = src.map(CpuAccess::kRead);
  const auto strides = map.strides();
  Loops loops{map.as<const std::byte>(), static_cast<std::byte*>(dst.data), {}, {}, {}};
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    loops.extent[axis] = dst.shape[axis];
    loops.src_stride[axis] = strides[axis];
    loops.dst_stride[axis] = dst.strides[axis];
  }
  check_overlap(map, loops, dst.dtype);
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
