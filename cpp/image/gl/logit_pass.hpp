// SPDX-License-Identifier: Apache-2.0
// Logits of int8 prototypes by compute shader, where EDGEFIRST_PROTO_COMPUTE=1 asks for it and the
// driver has OpenGL ES 3.1. Runs on the GL thread. Used by the draw pass.
#pragma once

#include "image/gl/gl_device.hpp"
#include "image/gl/overlay_data.hpp"

namespace edgefirst::gl {

/// Writes the logits of data.logit_jobs() to their places in floats, the texture of data.floats().
void compute_logits(GlDevice& device, const OverlayData& data, const Texture& floats);

}  // namespace edgefirst::gl
