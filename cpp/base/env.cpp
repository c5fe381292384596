// SPDX-License-Identifier: Apache-2.0
#include "base/env.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace edgefirst::env {
namespace {

constexpr VariableInfo kTable[] = {
    {Variable::kTensorForceMem, "EDGEFIRST_TENSOR_FORCE_MEM",
     "on: tensors without an explicit memory kind use the heap"},
    {Variable::kDisableGl, "EDGEFIRST_DISABLE_GL", "on: no OpenGL ES backend"},
    {Variable::kDisableG2d, "EDGEFIRST_DISABLE_G2D", "on: no G2D backend"},
    {Variable::kDisableCpu, "EDGEFIRST_DISABLE_CPU", "on: no CPU backend"},
    {Variable::kForceBackend, "EDGEFIRST_FORCE_BACKEND",
     "cpu, g2d or opengl: only that backend, no fallback"},
    {Variable::kForceTransfer, "EDGEFIRST_FORCE_TRANSFER",
     "dmabuf, pbo or sync: how OpenGL moves pixels"},
    {Variable::kOpenGlRenderSurface, "EDGEFIRST_OPENGL_RENDERSURFACE",
     "1: render into DMA-BUFs through renderbuffers"},
    {Variable::kProtoCompute, "EDGEFIRST_PROTO_COMPUTE",
     "1: int8 prototypes become logits on OpenGL ES 3.1, not on the CPU"},
    {Variable::kAllowSoftwareGl, "EDGEFIRST_ALLOW_SOFTWARE_GL",
     "on: OpenGL may run on drivers that render on the CPU"},
    {Variable::kDecoderForceKernel, "EDGEFIRST_DECODER_FORCE_KERNEL",
     "scalar: plain kernels in per-scale decoding"},
    {Variable::kAnglePath, "EDGEFIRST_ANGLE_PATH",
     "folder of libEGL and libGLESv2 to use before any other (ANGLE)"},
    {Variable::kSimd, "EDGEFIRST_SIMD",
     "AVX3, AVX2, SSE4, SSE2, SVE2, NEON ...: the highest SIMD target to use"},
    {Variable::kThreads, "EDGEFIRST_THREADS", "most threads one call may use; 1: serial"},
};

}  // namespace

Span<const VariableInfo> table() { return kTable; }

std::optional<std::string> get(Variable variable) {
  const char* value = std::getenv(kTable[static_cast<std::size_t>(variable)].name);
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

bool is_on(Variable variable) {
  std::optional<std::string> value = get(variable);
  if (!value) return false;
  std::transform(value->begin(), value->end(), value->begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return *value != "0" && *value != "false";
}

}  // namespace edgefirst::env
