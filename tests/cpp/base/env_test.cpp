// SPDX-License-Identifier: Apache-2.0
#include "base/env.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/environment.hpp"

namespace edgefirst::env {
namespace {

TEST(Env, TableIsInTheOrderOfTheEnumeration) {
  int expected = 0;
  for (const VariableInfo& info : table()) {
    EXPECT_EQ(static_cast<int>(info.variable), expected++);
    EXPECT_EQ(std::string(info.name).rfind("EDGEFIRST_", 0), 0U);
  }
}

#if defined(_WIN32)  // where no variable can be empty
constexpr const char* kOn[] = {"1", "true", "no"};
#else
constexpr const char* kOn[] = {"", "1", "true", "no"};
#endif

TEST(Env, SwitchIsOnUnlessZeroOrFalse) {
  const char* name = "EDGEFIRST_DISABLE_GL";
  testing::unset_variable(name);
  EXPECT_FALSE(is_on(Variable::kDisableGl));
  for (const char* off : {"0", "false", "FALSE", "False"}) {
    testing::set_variable(name, off);
    EXPECT_FALSE(is_on(Variable::kDisableGl)) << off;
  }
  for (const char* on : kOn) {
    testing::set_variable(name, on);
    EXPECT_TRUE(is_on(Variable::kDisableGl)) << on;
  }
  testing::unset_variable(name);
}

}  // namespace
}  // namespace edgefirst::env
