// SPDX-License-Identifier: Apache-2.0
// The part of a source image that a conversion reads, as textures: imported or uploaded, never
// converted on the way. Used by the convert pass.
#pragma once

#include "image/gl/gl_device.hpp"
#include "image/gl/operand.hpp"

namespace edgefirst::gl {

/// How a shader gets pixels from the textures; the values are those of SOURCE_* in the shaders.
enum class SourceKind { kRgba, kBgra, kRgb, kGrey, kTriple, kYuyv, kVyuy, kSemiPlanar, kFiltered };

struct SourceTextures {
  SourceKind kind = SourceKind::kRgba;
  const Texture* image = nullptr;
  const Texture* chroma = nullptr;
  Int left = 0, top = 0;  ///< pixel of the texture that is the rectangle's first
  bool is_imported = false;
};

/// rect is not empty. An importable operand that cannot be imported is mapped. sparsely: no pixel
/// is read twice; packed RGB then goes as bytes, which drivers take without converting them.
SourceTextures source_textures(GlDevice& device, Operand& source, const Rect& rect, bool sparsely);

}  // namespace edgefirst::gl
