// SPDX-License-Identifier: Apache-2.0
// The table of quirks, and the questions to a context.
#include "image/gl/gl_caps.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "image/gl/iosurface_image.hpp"

namespace edgefirst::gl {
namespace {

constexpr const char* kSerialSource =
    "EdgeFirst HAL 0.25: calls are serialised on Vivante and on virtual GPUs only";
constexpr Quirk kQuirks[] = {
    {"vivante", "two contexts that work at once hang the GPU", kSerialSource,
     "Gl.TwoProcessorsOnTwoThreads without this row", true, false},
    {"gc7000", "two contexts that work at once hang the GPU", kSerialSource,
     "Gl.TwoProcessorsOnTwoThreads without this row", true, false},
    {"galcore", "two contexts that work at once hang the GPU", kSerialSource,
     "Gl.TwoProcessorsOnTwoThreads without this row", true, false},
    {"virgl", "contexts of one process share a host context and lose commands", kSerialSource,
     "Gl.TwoProcessorsOnTwoThreads without this row", true, false},
    {"llvmpipe", "writes behind imports whose height is no multiple of 4 and ends the process",
     "seen with Mesa 25.0.7", "GlAsync.GivesTheBytesOfConvert without this row", false, true},
};

std::string text_of(const GlApi& gl, Enum name) {
  const auto* text = reinterpret_cast<const char*>(gl.GetString(name));
  return text != nullptr ? text : "";
}

int number_of(const GlApi& gl, Enum name) {
  Int value = 0;
  gl.GetIntegerv(name, &value);
  return value;
}

}  // namespace

const char* transfer_name(Transfer transfer) {
  constexpr const char* kNames[] = {"sync", "pbo", "dmabuf"};
  return kNames[static_cast<int>(transfer)];
}

Span<const Quirk> quirk_table() { return kQuirks; }

GlCaps query_caps(const EglContext& context) {
  const GlApi& gl = context.gl();
  const EglApi& egl = context.egl();
  GlCaps caps;
  caps.renderer = text_of(gl, kRenderer);
  caps.version = text_of(gl, kVersion);
  caps.major = number_of(gl, kMajorVersion);
  caps.minor = number_of(gl, kMinorVersion);
  caps.max_texture_size = number_of(gl, kMaxTextureSize);
  const std::string extensions = text_of(gl, kExtensions);
  const std::string& display = context.display().extensions;
  const bool has_images = has_extension(extensions.c_str(), "GL_OES_EGL_image") &&
                          gl.EGLImageTargetTexture2DOES != nullptr;
  const bool imports_images = has_images &&
                              has_extension(display.c_str(), "EGL_EXT_image_dma_buf_import") &&
                              egl.CreateImageKHR != nullptr && egl.DestroyImageKHR != nullptr;
  caps.imports_dma_bufs = imports_images || can_bind_iosurfaces(egl, display.c_str());
  caps.has_renderbuffer_import = has_images && gl.EGLImageTargetRenderbufferStorageOES != nullptr;
  const bool is_3_1 = caps.major > 3 || (caps.major == 3 && caps.minor >= 1);
  caps.has_compute = is_3_1 && gl.DispatchCompute != nullptr && gl.MemoryBarrier != nullptr &&
                     gl.BindImageTexture != nullptr;
  const std::string name = lower_case(caps.renderer);
  for (const Quirk& quirk : kQuirks) {
    if (name.find(quirk.renderer) == std::string::npos) continue;
    caps.serializes = caps.serializes || quirk.serializes;
    caps.writes_blocks = caps.writes_blocks || quirk.writes_blocks;
  }
  return caps;
}

}  // namespace edgefirst::gl
