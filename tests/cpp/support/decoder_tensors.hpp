// SPDX-License-Identifier: Apache-2.0
// Model outputs for the decoder's tests: tensors from real numbers, in any dtype and axis order.
#pragma once

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

#include "edgefirst/tensor.hpp"

#include "base/float16.hpp"

namespace edgefirst::testing {

/// How real numbers are stored; scale and zero point count for integers only.
struct Stored {
  DType dtype = DType::kF32;
  float scale = 1.0F;
  std::int32_t zero_point = 0;
};

/// A scale that spreads [low, high] over the type's range (24 bits of it at most).
inline Stored stored_range(DType dtype, float low, float high) {
  if (is_float(dtype)) return {dtype, 1.0F, 0};
  const int bits = std::min<int>(8 * static_cast<int>(dtype_size(dtype)), 24);
  const bool is_signed = dtype_info(dtype).kind == DTypeKind::kSigned;
  const double least = is_signed ? -std::exp2(bits - 1) : 0;
  const auto scale = static_cast<float>((high - low) / (std::exp2(bits) - 1));
  return {dtype, scale, static_cast<std::int32_t>(std::lround(least - low / scale))};
}

inline double stored_limit(DType dtype, bool upper) {
  const int bits = 8 * static_cast<int>(dtype_size(dtype));
  const bool is_signed = dtype_info(dtype).kind == DTypeKind::kSigned;
  if (upper) return std::exp2(is_signed ? bits - 1 : bits) - 1;
  return is_signed ? -std::exp2(bits - 1) : 0;
}

/// The number as it is stored: rounded, clamped.
inline double quantized(double real, const Stored& stored) {
  if (stored.dtype == DType::kF64) return real;
  if (stored.dtype == DType::kF32) return static_cast<float>(real);
  if (stored.dtype == DType::kF16) return to_float(to_float16(static_cast<float>(real)));
  const double value = std::round(real / stored.scale) + stored.zero_point;
  return std::min(std::max(value, stored_limit(stored.dtype, false)),
                  stored_limit(stored.dtype, true));
}

/// What a decoder reads back.
inline double dequantized(double value, const Stored& stored) {
  return is_float(stored.dtype) ? value : (value - stored.zero_point) * double{stored.scale};
}

inline void store(std::byte* at, DType dtype, double value) {
  const auto put = [&](auto typed) { std::memcpy(at, &typed, sizeof typed); };
  switch (dtype) {
    case DType::kU8:
      return put(static_cast<std::uint8_t>(value));
    case DType::kI8:
      return put(static_cast<std::int8_t>(value));
    case DType::kU16:
      return put(static_cast<std::uint16_t>(value));
    case DType::kI16:
      return put(static_cast<std::int16_t>(value));
    case DType::kU32:
      return put(static_cast<std::uint32_t>(value));
    case DType::kI32:
      return put(static_cast<std::int32_t>(value));
    case DType::kF16:
      return put(to_float16(static_cast<float>(value)));
    case DType::kF32:
      return put(static_cast<float>(value));
    case DType::kF64:
      return put(value);
    default:
      FAIL() << "no test stores " << dtype_info(dtype).name;
  }
}

/// A tensor whose element at index i (row-major) is value(i), stored; offset shifts it off
/// alignment within its buffer. real(i) receives what a decoder reads back.
inline Tensor make_tensor(const std::vector<std::size_t>& shape, const Stored& stored,
                          const std::function<double(std::size_t)>& value,
                          std::vector<double>* real = nullptr) {
  Tensor tensor(Shape(Span<const std::size_t>(shape)), stored.dtype, TensorMemory::kMem);
  const TensorMap map = tensor.map(CpuAccess::kWrite);
  std::byte* at = map.as<std::byte>();
  if (real != nullptr) real->resize(tensor.element_count());
  for (std::size_t i = 0; i < tensor.element_count(); ++i) {
    const double raw = quantized(value(i), stored);
    store(at, stored.dtype, raw);
    if (real != nullptr) (*real)[i] = dequantized(raw, stored);
    at += dtype_size(stored.dtype);
  }
  return tensor;
}

inline std::vector<const Tensor*> pointers(const std::vector<Tensor>& tensors) {
  std::vector<const Tensor*> result;
  for (const Tensor& tensor : tensors) result.push_back(&tensor);
  return result;
}

inline const std::vector<DType>& decodable_dtypes() {
  static const std::vector<DType> dtypes{DType::kU8,  DType::kI8,  DType::kU16,
                                         DType::kI16, DType::kU32, DType::kI32,
                                         DType::kF16, DType::kF32, DType::kF64};
  return dtypes;
}

}  // namespace edgefirst::testing
