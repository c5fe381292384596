// SPDX-License-Identifier: Apache-2.0
#include "base/env.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "edgefirst/runtime.hpp"

#include "support/environment.hpp"
#include "support/log_lines.hpp"

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

struct Value {
  const char* name;
  Variable variable;
  const char* value;
  const char* said;  ///< "" where the value is fine
};

TEST(Env, ValuesThatAVariableCannotHaveAreTold) {
  for (const Value& v : {
           Value{"EDGEFIRST_DISABLE_GL", Variable::kDisableGl, "1", ""},
           Value{"EDGEFIRST_DISABLE_GL", Variable::kDisableGl, "FALSE", ""},
           Value{"EDGEFIRST_DISABLE_GL", Variable::kDisableGl, "no", "counts as on"},
           Value{"EDGEFIRST_DISABLE_G2D", Variable::kDisableG2d, "off", "counts as on"},
           Value{"EDGEFIRST_DISABLE_CPU", Variable::kDisableCpu, "never", "counts as on"},
           Value{"EDGEFIRST_TENSOR_FORCE_MEM", Variable::kTensorForceMem, "2", "counts as on"},
           Value{"EDGEFIRST_ALLOW_SOFTWARE_GL", Variable::kAllowSoftwareGl, "n", "counts as on"},
           Value{"EDGEFIRST_FORCE_BACKEND", Variable::kForceBackend, "OpenGL", ""},
           Value{"EDGEFIRST_FORCE_BACKEND", Variable::kForceBackend, "vulkan", "cpu, g2d, opengl"},
           Value{"EDGEFIRST_FORCE_TRANSFER", Variable::kForceTransfer, "PBO", ""},
           Value{"EDGEFIRST_FORCE_TRANSFER", Variable::kForceTransfer, "mmap", "is none of dmabuf"},
           Value{"EDGEFIRST_OPENGL_RENDERSURFACE", Variable::kOpenGlRenderSurface, "1", ""},
           Value{"EDGEFIRST_OPENGL_RENDERSURFACE", Variable::kOpenGlRenderSurface, "on", "ignored"},
           Value{"EDGEFIRST_PROTO_COMPUTE", Variable::kProtoCompute, "true", "1 switches it on"},
           Value{"EDGEFIRST_DECODER_FORCE_KERNEL", Variable::kDecoderForceKernel, "Scalar", ""},
           Value{"EDGEFIRST_DECODER_FORCE_KERNEL", Variable::kDecoderForceKernel, "sse", "scalar"},
           Value{"EDGEFIRST_THREADS", Variable::kThreads, "4", ""},
           Value{"EDGEFIRST_THREADS", Variable::kThreads, "many", "is no number from 1 on"},
           Value{"EDGEFIRST_SIMD", Variable::kSimd, "MMX", "is no SIMD target"},
           Value{"EDGEFIRST_ANGLE_PATH", Variable::kAnglePath, "/no/such/folder", ""},
       }) {
    const testing::ScopedVariable scope(v.name, v.value);
    const std::string text = complaint(v.variable);
    EXPECT_EQ(text.empty(), v.said[0] == '\0') << text;
    EXPECT_NE(text.find(v.said), std::string::npos) << text;
    if (text.empty()) continue;
    EXPECT_EQ(text.rfind(std::string(v.name) + "=" + v.value, 0), 0U) << text;
    const std::vector<std::string> all = complaints();
    EXPECT_NE(std::find(all.begin(), all.end(), text), all.end());
    EXPECT_NE(build_info().find("environment: " + text), std::string::npos);
  }
}

TEST(Env, ReadingSuchAValueWarnsOnce) {
  const testing::ScopedVariable scope("EDGEFIRST_DISABLE_G2D", "off");
  testing::Warnings warnings;
  EXPECT_TRUE(is_on(Variable::kDisableG2d));
  EXPECT_TRUE(is_on(Variable::kDisableG2d));
  const std::vector<std::string> lines = warnings.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("EDGEFIRST_DISABLE_G2D=off counts as on"), std::string::npos);
}

}  // namespace
}  // namespace edgefirst::env
