// SPDX-License-Identifier: Apache-2.0
// A conversion on the GPU: source textures, the CPU's filter in a shader, and the output. Where
// many source pixels make one, rows are filtered first and columns after. Runs on the GL thread.
#pragma once

#include "image/gl/gl_device.hpp"
#include "image/gl/operand.hpp"

namespace edgefirst::gl {

struct Ends {
  Operand& source;
  Operand& destination;
  /// Where the caller waits for the GPU and ends the reading; nullptr: nobody does.
  Readback* readback = nullptr;
};
/// The request is one that the backend takes. Without a readback every byte is in place on return,
/// except that pixel buffers may still be on their way, which their next map waits for; with one
/// the GPU was told everything and nothing was waited for.
void convert(GlDevice& device, const ConvertRequest& request, const Ends& ends);

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
CpuAccess written_access(const ConvertRequest& request);

}  // namespace edgefirst::gl
