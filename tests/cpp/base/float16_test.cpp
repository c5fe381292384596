// SPDX-License-Identifier: Apache-2.0
#include "base/float16.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace edgefirst {
namespace {

double value_of(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(Float16, WidensEveryBitPatternExactly) {
  for (int bits = 0; bits < 65536; ++bits) {
    const auto pattern = static_cast<std::uint16_t>(bits);
    const double expected = value_of(pattern);
    const float actual = to_float(Float16{pattern});
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(actual)) << bits;
    } else {
      EXPECT_EQ(actual, expected) << bits;
    }
  }
}

TEST(Float16, NarrowingReturnsEveryPatternItCameFrom) {
  for (int bits = 0; bits < 65536; ++bits) {
    const auto pattern = static_cast<std::uint16_t>(bits);
    if (std::isnan(value_of(pattern))) continue;
    EXPECT_EQ(to_float16(to_float(Float16{pattern})).bits, pattern);
  }
}

TEST(Float16, RoundsHalfWayCasesToEven) {
  for (int bits = 0; bits < 0x7BFF; ++bits) {
    const double low = value_of(static_cast<std::uint16_t>(bits));
    const double high = value_of(static_cast<std::uint16_t>(bits + 1));
    const auto middle = static_cast<float>((low + high) / 2);
    EXPECT_EQ(to_float16(middle).bits, bits % 2 == 0 ? bits : bits + 1);
    EXPECT_EQ(to_float16(std::nextafter(middle, 0.0F)).bits, bits);
    EXPECT_EQ(to_float16(std::nextafter(middle, 1e9F)).bits, bits + 1);
  }
}

TEST(Float16, SaturatesToInfinityAndKeepsNan) {
  EXPECT_EQ(to_float16(65520.0F).bits, 0x7C00);
  EXPECT_EQ(to_float16(-1e30F).bits, 0xFC00);
  EXPECT_TRUE(std::isnan(to_float(to_float16(std::numeric_limits<float>::quiet_NaN()))));
}

}  // namespace
}  // namespace edgefirst
