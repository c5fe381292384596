// SPDX-License-Identifier: Apache-2.0
// binary16 <-> float, one value at a time, round to nearest even. Kernels convert whole rows.
#pragma once

#include <cstdint>
#include <cstring>

#include "edgefirst/dtype.hpp"

namespace edgefirst {

inline float to_float(Float16 half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half.bits & 0x8000U) << 16;
  std::uint32_t magnitude = half.bits & 0x7FFFU;
  std::uint32_t bits = 0;
  if (magnitude >= 0x7C00U) {  // infinity, NaN
    bits = sign | 0x7F800000U | ((magnitude & 0x3FFU) << 13);
  } else if (magnitude >= 0x400U) {
    bits = sign | ((magnitude << 13) + 0x38000000U);
  } else {  // subnormal: exact in float arithmetic
    const float value = static_cast<float>(magnitude) * 5.9604644775390625e-8F;  // 2^-24
    std::memcpy(&bits, &value, sizeof bits);
    bits |= sign;
  }
  float result = 0;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

inline Float16 to_float16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return {static_cast<std::uint16_t>(sign | 0x7E00U)};   // NaN
  if (magnitude >= 0x477FF000U) return {static_cast<std::uint16_t>(sign | 0x7C00U)};  // overflow
  if (magnitude < 0x38800000U) {  // subnormal or zero: let float addition round at 2^-24
    float absolute = 0;
    std::memcpy(&absolute, &magnitude, sizeof absolute);
    const float shifted = absolute + 0.5F;
    std::uint32_t rounded = 0;
    std::memcpy(&rounded, &shifted, sizeof rounded);
    return {static_cast<std::uint16_t>(sign | (rounded - 0x3F000000U))};
  }
  const std::uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13) & 1U);
  return {static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13))};
}

}  // namespace edgefirst
