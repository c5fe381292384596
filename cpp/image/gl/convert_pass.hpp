// SPDX-License-Identifier: Apache-2.0
// A conversion on the GPU: source textures, the CPU's filter in a shader, and the output. Where
// many source pixels make one, rows are filtered first and columns after. Runs on the GL thread.
#pragma once

#include "image/gl/gl_device.hpp"
#include "image/gl/operand.hpp"

namespace edgefirst::gl {

/// The request is one that the backend takes. On return every byte is in place, except that pixel
/// buffers may still be on their way, which their next map waits for.
void convert(GlDevice& device, const ConvertRequest& request, Operand& source,
             Operand& destination);

class Output;
struct SourceTextures;
struct PixelPosition {
  Int x, y;
};
/// Renders dst_rect of a request into the output's canvas, its first pixel at that place.
void render_picture(GlDevice& device, const ConvertRequest& request, const SourceTextures& source,
                    Output& output, PixelPosition at);

/// What a conversion writes of its destination: all of it, or the rectangle where the rest stays.
Rect written_region(const ConvertRequest& request);

}  // namespace edgefirst::gl
