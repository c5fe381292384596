// SPDX-License-Identifier: Apache-2.0
// Dot products of mask coefficients with a row of prototypes. Called by masks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "edgefirst/dtype.hpp"

namespace edgefirst::decoding {

/// sums[x] = sum over k of coefficients[k] * prototype(x, k), for count pixels side by side.
/// stride: bytes between pixels (pixel kernels; channels are contiguous) or between channels
/// (plane kernels; pixels are contiguous). Integer sums must fit 32 bits.
struct MaskKernels {
  using Integer = void(const std::byte* protos, std::ptrdiff_t stride,
                       const std::int16_t* coefficients, std::size_t channels, std::size_t count,
                       std::int32_t* sums);
  using Float = void(const std::byte* protos, std::ptrdiff_t stride, const float* coefficients,
                     std::size_t channels, std::size_t count, float* sums);
  Integer* pixels_i8;
  Integer* pixels_u8;
  Integer* planes_i8;
  Integer* planes_u8;
  Float* pixels_f32;
  Float* planes_f32;
};

MaskKernels mask_kernels();

}  // namespace edgefirst::decoding
