// SPDX-License-Identifier: Apache-2.0
// Fractions as text and back, under the locale of C++ as well; tests/capi/locale.c sets that of C.
#include "base/number_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <locale>
#include <random>
#include <string>

#include "base/text.hpp"

namespace edgefirst {
namespace {

/// Numbers as some countries write them: 1.000,5.
class GroupedNumbers : public std::numpunct<char> {
 protected:
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

class NumberText : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!GetParam()) return;
    before_ = std::locale::global(std::locale(std::locale::classic(), new GroupedNumbers));
  }
  void TearDown() override { std::locale::global(before_); }

 private:
  std::locale before_;
};

TEST_P(NumberText, HasAPoint) {
  EXPECT_EQ(shortest_text(0.5), "0.5");
  EXPECT_EQ(shortest_text(1234567.25), "1234567.25");
  EXPECT_EQ(shortest_text(0.1), "0.1");
  EXPECT_EQ(shortest_text(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(fixed_text(0.875, 2), "0.88");
  EXPECT_EQ(fixed_text(12345.5, 3), "12345.500");
  EXPECT_EQ(integer_text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST_P(NumberText, ReadsBackWhatItWrote) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value) || std::fabs(value) < 1e-300) continue;
    ASSERT_EQ(parse_number(shortest_text(value)), value) << shortest_text(value);
  }
}

TEST_P(NumberText, ReadsWholeTextsAlone) {
  EXPECT_EQ(parse_number("0.5"), 0.5);
  EXPECT_EQ(parse_number("-1e3"), -1000);
  for (const char* text : {"", "0,5", "1.2.3", "0.5 ", "0.5x", "1e999", "x", "1.000,5", "e5"}) {
    EXPECT_FALSE(parse_number(text)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Locales, NumberText, ::testing::Bool());

TEST(Letters, AreThoseOfAscii) {
  EXPECT_EQ(lower_case("IJ\xDD\xC9z0"), "ij\xDD\xC9z0");
  EXPECT_TRUE(is_letter('I') && is_letter('z') && !is_letter('\xDD') && !is_letter('0'));
  EXPECT_TRUE(is_digit('9') && !is_digit('a'));
}

}  // namespace
}  // namespace edgefirst
