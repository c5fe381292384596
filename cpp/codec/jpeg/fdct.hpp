// SPDX-License-Identifier: Apache-2.0
// Forward DCT and quantisation of a row of blocks, with libjpeg's accurate integer results.
// Called by the JPEG encoder only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

/// Division by 8 * table entry, rounded to nearest, as two 16-bit high products:
/// for 2^b < d <= 2^(b+1), floor(n / d) = (n * ceil(2^(16+b) / d)) >> (16 + b) for n < 2^15.
struct Divisors {
  alignas(64) std::array<std::uint16_t, kBlockSize> reciprocal{};  ///< natural order
  alignas(64) std::array<std::uint16_t, kBlockSize> shift{};       ///< 2^(16-b)
  alignas(64) std::array<std::uint16_t, kBlockSize> half{};        ///< d / 2
};
Divisors make_divisors(const std::array<std::uint8_t, kBlockSize>& table);

/// The quantised coefficients of a row of blocks.
struct CoefficientRow {
  std::int16_t* values = nullptr;   ///< 64 per block in natural order, 64-byte aligned
  std::uint8_t* nonzero = nullptr;  ///< 8 bytes per block: bit c of byte r says (r, c) is not zero
};

/// Eight rows of samples, count blocks side by side; reads and writes whole vectors, up to
/// kMaxForwardBatch - 1 blocks more.
inline constexpr std::size_t kMaxForwardBatch = 4;
using ForwardFn = void(const std::uint8_t* samples, std::size_t stride, std::size_t count,
                       const Divisors& divisors, const CoefficientRow& out);
ForwardFn* forward_kernel();

}  // namespace edgefirst::jpeg
