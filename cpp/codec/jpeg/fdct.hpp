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

/// Eight rows of samples, count blocks side by side; reads and writes whole vectors, up to
/// kMaxForwardBatch - 1 blocks more. coefficients: blocks of 64 in natural order, 64-byte aligned.
inline constexpr std::size_t kMaxForwardBatch = 4;
using ForwardFn = void(const std::uint8_t* samples, std::size_t stride, std::size_t count,
                       const Divisors& divisors, std::int16_t* coefficients);
ForwardFn* forward_kernel();

}  // namespace edgefirst::jpeg
