// SPDX-License-Identifier: Apache-2.0
// Bound tensors as decoding reads them: strided, typed, with their quantization. Borrowed: valid
// while the frame's maps are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "edgefirst/dtype.hpp"

#include "base/float16.hpp"
#include "base/message.hpp"

namespace edgefirst::decoding {

/// real = (stored - zero_point) * scale, one pair or one per feature.
struct Affine {
  float scale = 1.0F;
  std::int32_t zero_point = 0;
  const float* scales = nullptr;  ///< per feature, with zero_points
  const std::int32_t* zero_points = nullptr;

  bool is_per_feature() const { return scales != nullptr; }
  /// The pair of one feature.
  Affine at(std::size_t feature) const {
    if (scales == nullptr) return *this;
    return {scales[feature], zero_points == nullptr ? 0 : zero_points[feature], nullptr, nullptr};
  }
  Affine from(std::size_t feature) const {
    if (scales == nullptr) return *this;
    return {scale, zero_point, scales + feature,
            zero_points == nullptr ? nullptr : zero_points + feature};
  }
  float real(float stored) const { return (stored - static_cast<float>(zero_point)) * scale; }
};

/// Any address: model outputs may lie at odd offsets.
template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

inline float as_float(Float16 value) { return to_float(value); }
template <typename T>
float as_float(T value) {
  return static_cast<float>(value);
}

/// Calls function with a value of the dtype's C++ type. 64-bit integers never get here.
template <typename Function>
decltype(auto) visit_dtype(DType dtype, Function&& function) {
  switch (dtype) {
    case DType::kU8:
      return function(std::uint8_t{});
    case DType::kI8:
      return function(std::int8_t{});
    case DType::kU16:
      return function(std::uint16_t{});
    case DType::kI16:
      return function(std::int16_t{});
    case DType::kU32:
      return function(std::uint32_t{});
    case DType::kI32:
      return function(std::int32_t{});
    case DType::kF16:
      return function(Float16{});
    case DType::kF32:
      return function(float{});
    case DType::kF64:
      return function(double{});
    default:
      break;
  }
  raise(ErrorCode::kInvalidConfig, "unsupported tensor dtype ", dtype_info(dtype).name);
}

/// Features by anchors: rows of a detection head.
struct FeatureView {
  const std::byte* data = nullptr;
  DType dtype = DType::kF32;
  std::size_t features = 0;
  std::size_t anchors = 0;
  std::ptrdiff_t feature_stride = 0;  ///< bytes
  std::ptrdiff_t anchor_stride = 0;   ///< bytes
  Affine affine;

  const std::byte* at(std::size_t feature, std::size_t anchor) const {
    return data + static_cast<std::ptrdiff_t>(feature) * feature_stride +
           static_cast<std::ptrdiff_t>(anchor) * anchor_stride;
  }
  FeatureView rows(std::size_t first, std::size_t count) const {
    FeatureView view = *this;
    view.data = at(first, 0);
    view.features = count;
    view.affine = affine.from(first);
    return view;
  }
  /// The stored value as single precision, before quantization.
  float stored(std::size_t feature, std::size_t anchor) const {
    return visit_dtype(
        dtype, [&](auto zero) { return as_float(load<decltype(zero)>(at(feature, anchor))); });
  }
  float real(std::size_t feature, std::size_t anchor) const {
    return affine.at(feature).real(stored(feature, anchor));
  }
};

/// height x width x channels: prototypes, grids, semantic maps.
struct ImageView {
  const std::byte* data = nullptr;
  DType dtype = DType::kF32;
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
  std::ptrdiff_t row_stride = 0;  ///< bytes, as the next two
  std::ptrdiff_t column_stride = 0;
  std::ptrdiff_t channel_stride = 0;
  Affine affine;

  const std::byte* at(std::size_t y, std::size_t x) const {
    return data + static_cast<std::ptrdiff_t>(y) * row_stride +
           static_cast<std::ptrdiff_t>(x) * column_stride;
  }
};

}  // namespace edgefirst::decoding
