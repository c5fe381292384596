// SPDX-License-Identifier: Apache-2.0
#include "base/env.hpp"

#include <cstdlib>

#include "base/text.hpp"

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
     "the highest SIMD target to use, of those that `edgefirst-hal info` lists: AVX2, NEON ..."},
    {Variable::kThreads, "EDGEFIRST_THREADS", "most threads one call may use; 1: serial"},
    {Variable::kOnnxRuntime, "EDGEFIRST_ONNXRUNTIME", "the library of ONNX Runtime to use"},
    {Variable::kLiteRt, "EDGEFIRST_LITERT", "the library of LiteRT to use (libLiteRt.so)"},
    {Variable::kTfLite, "EDGEFIRST_TFLITE",
     "the C library of TensorFlow Lite to use (libtensorflowlite_c.so)"},
    {Variable::kOpenVino, "EDGEFIRST_OPENVINO", "the C library of OpenVINO to use"},
    {Variable::kEnginePath, "EDGEFIRST_ENGINE_PATH", "folder of plug-ins with other engines"},
};

}  // namespace

Span<const VariableInfo> table() { return kTable; }

std::optional<std::string> get(Variable variable) {
  const char* value = std::getenv(kTable[static_cast<std::size_t>(variable)].name);
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

bool is_on(Variable variable) {
  const std::optional<std::string> value = get(variable);
  if (!value) return false;
  warn_once(variable);
  return *value != "0" && lower_case(*value) != "false";
}

bool is_one(Variable variable) {
  const std::optional<std::string> value = get(variable);
  if (!value) return false;
  warn_once(variable);
  return *value == "1";
}

}  // namespace edgefirst::env
