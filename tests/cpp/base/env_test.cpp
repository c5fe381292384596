// SPDX-License-Identifier: Apache-2.0
#include "base/env.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace edgefirst::env {
namespace {

TEST(Env, TableIsInTheOrderOfTheEnumeration) {
  int expected = 0;
  for (const VariableInfo& info : table()) {
    EXPECT_EQ(static_cast<int>(info.variable), expected++);
    EXPECT_EQ(std::string(info.name).rfind("EDGEFIRST_", 0), 0U);
  }
}

TEST(Env, SwitchIsOnUnlessZeroOrFalse) {
  const char* name = "EDGEFIRST_DISABLE_GL";
  ::unsetenv(name);
  EXPECT_FALSE(is_on(Variable::kDisableGl));
  for (const char* off : {"0", "false", "FALSE", "False"}) {
    ::setenv(name, off, 1);
    EXPECT_FALSE(is_on(Variable::kDisableGl)) << off;
  }
  for (const char* on : {"", "1", "true", "no"}) {
    ::setenv(name, on, 1);
    EXPECT_TRUE(is_on(Variable::kDisableGl)) << on;
  }
  ::unsetenv(name);
}

}  // namespace
}  // namespace edgefirst::env
