// SPDX-License-Identifier: Apache-2.0
#include "image/gl/iosurface_image.hpp"

namespace edgefirst::gl {
namespace {

Enum base_format(Fourcc fourcc) {
  switch (fourcc) {
    case Fourcc::kAbgr8888:
      return kRgba;
    case Fourcc::kGr88:
      return kRg;
    case Fourcc::kR8:
      break;
  }
  return kRed;
}

/// A configuration whose pbuffers can be bound to textures.
EglConfig choose_config(const EglApi& egl, EglDisplay display) {
  const Int wish[] = {kEglSurfaceType,         kEglPbufferBit,        kEglRenderableType,
                      kEglOpenGlEs3Bit,        kEglBindToTextureRgba, 1,
                      kEglBindToTextureTarget, kEglTexture2d,         kEglNone};
  EglConfig config = nullptr;
  Int count = 0;
  if (egl.ChooseConfig(display, wish, &config, 1, &count) == 0 || count == 0) return nullptr;
  return config;
}

}  // namespace

bool can_bind_iosurfaces(const EglApi& egl, const char* display_extensions) {
  return has_extension(display_extensions, "EGL_ANGLE_iosurface_client_buffer") &&
         egl.ChooseConfig != nullptr && egl.CreatePbufferFromClientBuffer != nullptr &&
         egl.BindTexImage != nullptr && egl.ReleaseTexImage != nullptr &&
         egl.DestroySurface != nullptr;
}

std::optional<std::size_t> plane_of(Span<const SurfacePlane> planes,
                                    const ImportGeometry& geometry) {
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const SurfacePlane& plane = planes[i];
    const bool matches = plane.offset == geometry.offset && plane.pitch == geometry.pitch &&
                         plane.element_bytes == texel_bytes(geometry.fourcc) &&
                         plane.width >= geometry.width && plane.height >= geometry.height;
    if (matches) return i;
  }
  return std::nullopt;
}

EglSurface bind_iosurface(const EglApi& egl, EglDisplay display, void* iosurface, std::size_t plane,
                          const ImportGeometry& geometry) {
  const EglConfig config = choose_config(egl, display);
  if (config == nullptr) return nullptr;
  const Int attributes[] = {kEglWidth,
                            static_cast<Int>(geometry.width),
                            kEglHeight,
                            static_cast<Int>(geometry.height),
                            kEglIoSurfacePlane,
                            static_cast<Int>(plane),
                            kEglTextureTarget,
                            kEglTexture2d,
                            kEglTextureInternalFormat,
                            static_cast<Int>(base_format(geometry.fourcc)),
                            kEglTextureFormat,
                            kEglTextureRgba,
                            kEglTextureType,
                            static_cast<Int>(kUnsignedByte),
                            kEglNone};
  const EglSurface surface =
      egl.CreatePbufferFromClientBuffer(display, kEglIoSurface, iosurface, config, attributes);
  if (surface == nullptr) return nullptr;
  if (egl.BindTexImage(display, surface, kEglBackBuffer) != 0) return surface;
  egl.DestroySurface(display, surface);
  return nullptr;
}

void release_iosurface(const EglApi& egl, EglDisplay display, EglSurface surface) {
  egl.ReleaseTexImage(display, surface, kEglBackBuffer);
  egl.DestroySurface(display, surface);
}

}  // namespace edgefirst::gl
