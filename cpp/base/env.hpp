// SPDX-License-Identifier: Apache-2.0
// The environment variables of the library: one table, read through it and nowhere else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "edgefirst/span.hpp"

namespace edgefirst::env {

enum class Variable {
  kTensorForceMem,
  kDisableGl,
  kDisableG2d,
  kDisableCpu,
  kForceBackend,
  kForceTransfer,
  kOpenGlRenderSurface,
  kProtoCompute,
  kAllowSoftwareGl,
  kDecoderForceKernel,
  kAnglePath,
  kSimd,
  kThreads,
  kOnnxRuntime,
  kLiteRt,
  kTfLite,
  kOpenVino,
  kEnginePath,
};

struct VariableInfo {
  Variable variable;
  const char* name;
  const char* effect;  ///< one line for documentation and the info command
};

Span<const VariableInfo> table();

/// The value now; none when unset. Read on every call, so os.environ changes count.
std::optional<std::string> get(Variable variable);

/// Set, and neither "0" nor "false" in any case; the empty string counts as on. Warns of another
/// word that a reader could take for off.
bool is_on(Variable variable);
/// Set to exactly "1". Warns of another value that a reader could take for on.
bool is_one(Variable variable);

/// "EDGEFIRST_SIMD=SSE2 is no SIMD target of ..." where the value is none that the variable may
/// hold, else empty.
std::string complaint(Variable variable);
/// Those of all variables that are set.
std::vector<std::string> complaints();
/// Logs the complaint where there is one: once a process, from the first time that somebody
/// listens.
void warn_once(Variable variable);

}  // namespace edgefirst::env
