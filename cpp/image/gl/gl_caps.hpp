// SPDX-License-Identifier: Apache-2.0
// What a driver can do and what it does wrong, asked once per context. The rest of image/gl reads
// these values and never a name or a version. Used by GlDevice.
#pragma once

#include <string>

#include "edgefirst/span.hpp"

#include "image/gl/egl_context.hpp"

namespace edgefirst::gl {

/// How pixels travel between tensors and the GPU.
enum class Transfer {
  kSync,    ///< textures are filled from memory and read back into it
  kPbo,     ///< images made by create_image() are pixel buffers, the rest as kSync
  kDmaBuf,  ///< DMA-BUFs are rendered from and into where they lie, the rest as kPbo
};
const char* transfer_name(Transfer transfer);

/// A fault of a family of drivers and what we do about it.
struct Quirk {
  const char* renderer;  ///< part of GL_RENDERER, lower case
  const char* symptom;
  const char* source;    ///< where it is described
  const char* re_check;  ///< how to find out whether it is gone
  bool serializes;       ///< one call at a time in the whole process
  bool writes_blocks;    ///< of 4 x 4 pixels, also past the last row of what is rendered into
};
Span<const Quirk> quirk_table();

struct GlCaps {
  std::string renderer;
  std::string version;
  int major = 0;
  int minor = 0;
  int max_texture_size = 0;
  bool imports_dma_bufs = false;  ///< or IOSurfaces: has the functions; formats are tried out
  bool has_renderbuffer_import = false;
  bool has_compute = false;  ///< ES 3.1
  bool serializes = false;
  bool writes_blocks = false;
};

GlCaps query_caps(const EglContext& context);

}  // namespace edgefirst::gl
