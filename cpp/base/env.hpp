// SPDX-License-Identifier: Apache-2.0
// The environment variables of the library: one table, read through it and nowhere else.
#pragma once

#include <optional>
#include <string>

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
};

struct VariableInfo {
  Variable variable;
  const char* name;
  const char* effect;  ///< one line for documentation and the info command
};

Span<const VariableInfo> table();

/// The value now; none when unset. Read on every call, so os.environ changes count.
std::optional<std::string> get(Variable variable);

/// Set, and neither "0" nor "false" in any case; the empty string counts as on.
bool is_on(Variable variable);

}  // namespace edgefirst::env
