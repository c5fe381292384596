// SPDX-License-Identifier: Apache-2.0
#include "base/simd.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <string>

#include "edgefirst/runtime.hpp"

namespace edgefirst {
namespace {

TEST(Simd, EveryAvailableTargetCanBeForced) {
  ASSERT_FALSE(simd::available_targets().empty());
  for (const char* name : simd::available_targets()) {
    EXPECT_TRUE(simd::force_target(name));
    EXPECT_STREQ(simd::current_target(), name);
  }
  simd::reset_target();
  EXPECT_STREQ(simd::current_target(), simd::available_targets().front());
  EXPECT_STREQ(simd_target(), simd::current_target());
}

TEST(Simd, TargetsHaveTheirNamesInAnyCase) {
  for (const char* name : simd::available_targets()) {
    std::string lower = name;
    for (char& letter : lower) letter = static_cast<char>(std::tolower(letter));
    EXPECT_TRUE(simd::force_target(lower)) << lower;
    EXPECT_STREQ(simd::current_target(), name);
    EXPECT_NE(build_info().find(name), std::string::npos);
  }
  simd::reset_target();
}

TEST(Simd, UnknownTargetChangesNothing) {
  const std::string before = simd::current_target();
  EXPECT_FALSE(simd::force_target("MMX"));
  EXPECT_EQ(simd::current_target(), before);
}

TEST(Simd, TheProcessorDecides) {
  const char* expected = std::getenv("EDGEFIRST_TEST_SIMD");
  if (expected == nullptr) GTEST_SKIP() << "the caller names no target (EDGEFIRST_TEST_SIMD)";
  EXPECT_STREQ(simd::current_target(), expected);
}

TEST(BuildInfo, NamesVersionAndTarget) {
  EXPECT_NE(build_info().find(version()), std::string::npos);
  EXPECT_NE(build_info().find(simd_target()), std::string::npos);
}

}  // namespace
}  // namespace edgefirst
