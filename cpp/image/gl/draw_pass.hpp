// SPDX-License-Identifier: Apache-2.0
// An overlay on the GPU: background or zeros, frames, masks in order, by the CPU's rules. Runs on
// the GL thread. Used by the GL backend.
#pragma once

#include "image/gl/gl_device.hpp"
#include "image/gl/operand.hpp"
#include "image/gl/overlay_data.hpp"

namespace edgefirst::gl {

/// background is nullptr for zeros. On return every byte is in place, except that pixel buffers may
/// still be on their way.
void draw(GlDevice& device, const DrawRequest& request, const OverlayData& data,
          Operand& destination, Operand* background);

}  // namespace edgefirst::gl
