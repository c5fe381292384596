// SPDX-License-Identifier: Apache-2.0
// IOSurfaces as textures through ANGLE (EGL_ANGLE_iosurface_client_buffer): a plane of the surface
// becomes a pbuffer, whose pixels are bound as those of a texture. macOS; builds everywhere.
// Used by DmaImages, as the counterpart of EGLImages.
#pragma once

#include <cstddef>
#include <optional>

#include "edgefirst/span.hpp"

#include "image/gl/dma_image.hpp"
#include "image/gl/gl_api.hpp"
#include "tensor/storage.hpp"

namespace edgefirst::gl {

/// Whether a display of that extension list and those functions can do that.
bool can_bind_iosurfaces(const EglApi& egl, const char* display_extensions);

/// The plane that lies where the geometry says, of texels of its size. ANGLE takes whole planes of
/// a surface only, and texels of the size that the surface was made with.
std::optional<std::size_t> plane_of(Span<const SurfacePlane> planes,
                                    const ImportGeometry& geometry);

/// A pbuffer over that plane, bound to the texture that is bound to GL_TEXTURE_2D. nullptr where
/// ANGLE refuses.
EglSurface bind_iosurface(const EglApi& egl, EglDisplay display, void* iosurface, std::size_t plane,
                          const ImportGeometry& geometry);
/// The end of both; the texture is left without pixels.
void release_iosurface(const EglApi& egl, EglDisplay display, EglSurface surface);

}  // namespace edgefirst::gl
