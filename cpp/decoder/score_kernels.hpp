// SPDX-License-Identifier: Apache-2.0
// Vector passes over class scores. Values are compared as stored: integers as integers, half
// precision through an order-preserving integer key. NaN is below everything. Called by scores.
#pragma once

#include <cstddef>
#include <cstdint>

#include "edgefirst/dtype.hpp"

namespace edgefirst::decoding {

/// Anchors that one call looks at, at most.
constexpr std::size_t kScoreBlock = 1024;

/// Kernels of one dtype. A key is the stored value, for f16 the int16 of half_key.
struct ScoreKernels {
  /// maxima[i] = largest key of anchor i over all features, labels[i] = the last feature that has
  /// it, in an unsigned integer as wide as a key: modulo 256 for bytes. Anchors are contiguous.
  void (*maxima)(const std::byte* first, std::ptrdiff_t feature_stride, std::size_t features,
                 std::size_t count, void* maxima, void* labels);
  /// Numbers of the anchors whose maximum is at least threshold (a key); returns how many.
  std::size_t (*reaching)(const void* maxima, std::size_t count, double threshold,
                          std::uint16_t* anchors);
  /// As reaching, for anchors whose features are contiguous and at least one vector long.
  std::size_t (*rows_reaching)(const std::byte* first, std::ptrdiff_t anchor_stride,
                               std::size_t features, std::size_t count, double threshold,
                               std::uint16_t* anchors);
  std::size_t lanes;  ///< keys per vector
};

/// None for dtypes without kernels (32-bit integers, f64): maxima is nullptr then.
ScoreKernels score_kernels(DType dtype);

/// Ascending keys are ascending values; both zeros are 0, NaN is the lowest key.
inline std::int16_t half_key(Float16 value) {
  const auto bits = static_cast<std::int16_t>(value.bits);
  if ((value.bits & 0x7FFF) > 0x7C00) return INT16_MIN;
  if (bits >= 0) return bits;
  const auto key = static_cast<std::int16_t>(bits ^ 0x7FFF);
  return key == -1 ? std::int16_t{0} : key;
}

}  // namespace edgefirst::decoding
