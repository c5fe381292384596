// SPDX-License-Identifier: Apache-2.0
// IOSurfaces as textures, as far as they can be tried without macOS: which plane of a surface a
// picture is, what ANGLE is asked for, and that nothing is left behind.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "image/gl/iosurface_image.hpp"

namespace edgefirst::gl {
namespace {

/// A camera's frame of 640 x 480 as macOS lays out '420v': luma, then pairs of chroma.
constexpr SurfacePlane kFrame[] = {{0, 640, 640, 480, 1}, {307200, 640, 320, 240, 2}};

TEST(GlIoSurface, APictureIsAWholePlane) {
  const auto plane = [](const ImportGeometry& geometry) { return plane_of(kFrame, geometry); };
  EXPECT_EQ(plane({Fourcc::kR8, 0, 640, 640, 480}), 0U);
  EXPECT_EQ(plane({Fourcc::kGr88, 307200, 640, 320, 240}), 1U);
  EXPECT_EQ(plane({Fourcc::kGr88, 307200, 640, 100, 50}), 1U);           // its first pixels
  EXPECT_EQ(plane({Fourcc::kR8, 307200, 640, 640, 240}), std::nullopt);  // texels of another size
  EXPECT_EQ(plane({Fourcc::kR8, 640, 640, 640, 479}), std::nullopt);     // part of a plane
  EXPECT_EQ(plane({Fourcc::kR8, 0, 704, 640, 480}), std::nullopt);
  EXPECT_EQ(plane({Fourcc::kR8, 0, 640, 641, 480}), std::nullopt);
  EXPECT_EQ(plane({Fourcc::kR8, 0, 640, 640, 481}), std::nullopt);
  EXPECT_EQ(plane_of({}, {Fourcc::kR8, 0, 640, 640, 480}), std::nullopt);
}

/// ANGLE as it is asked: what exists, what is bound, and the attributes of the last pbuffer.
struct FakeAngle {
  int surfaces = 0;
  int bound = 0;
  bool has_config = true;
  bool makes_surfaces = true;
  bool binds = true;
  Enum kind = 0;
  void* buffer = nullptr;
  std::map<Int, Int> attributes;
};
FakeAngle g_angle;
char g_config, g_surface, g_iosurface;

std::map<Int, Int> pairs(const Int* list) {
  std::map<Int, Int> result;
  for (; *list != kEglNone; list += 2) result[list[0]] = list[1];
  return result;
}

EglApi fake_api() {
  EglApi egl;
  egl.ChooseConfig = [](EglDisplay, const Int* wish, EglConfig* config, Int, Int* count) {
    const auto wishes = pairs(wish);
    const bool fits = wishes.at(kEglSurfaceType) == kEglPbufferBit &&
                      wishes.at(kEglBindToTextureTarget) == kEglTexture2d;
    *count = g_angle.has_config && fits ? 1 : 0;
    *config = &g_config;
    return std::uint32_t{1};
  };
  egl.CreatePbufferFromClientBuffer = [](EglDisplay, Enum kind, void* buffer, EglConfig config,
                                         const Int* attributes) -> EglSurface {
    EXPECT_EQ(config, &g_config);
    if (!g_angle.makes_surfaces) return nullptr;
    ++g_angle.surfaces;
    g_angle.kind = kind;
    g_angle.buffer = buffer;
    g_angle.attributes = pairs(attributes);
    return &g_surface;
  };
  egl.BindTexImage = [](EglDisplay, EglSurface, Int buffer) {
    EXPECT_EQ(buffer, kEglBackBuffer);
    g_angle.bound += g_angle.binds ? 1 : 0;
    return std::uint32_t{g_angle.binds};
  };
  egl.ReleaseTexImage = [](EglDisplay, EglSurface, Int) {
    --g_angle.bound;
    return std::uint32_t{1};
  };
  egl.DestroySurface = [](EglDisplay, EglSurface) {
    --g_angle.surfaces;
    return std::uint32_t{1};
  };
  return egl;
}

class GlIoSurfaceBinding : public ::testing::Test {
 protected:
  GlIoSurfaceBinding() { g_angle = {}; }
  EglSurface bind(const ImportGeometry& geometry, std::size_t plane) {
    return bind_iosurface(api_, nullptr, &g_iosurface, plane, geometry);
  }
  const EglApi api_ = fake_api();
};

TEST_F(GlIoSurfaceBinding, AsksForThePlaneAsItLies) {
  const EglSurface surface = bind({Fourcc::kGr88, 307200, 640, 320, 240}, 1);
  EXPECT_EQ(surface, &g_surface);
  EXPECT_EQ(g_angle.kind, 0x3454U);  // EGL_IOSURFACE_ANGLE
  EXPECT_EQ(g_angle.buffer, &g_iosurface);
  const std::map<Int, Int> expected = {
      {0x3057, 320},     // EGL_WIDTH
      {0x3056, 240},     // EGL_HEIGHT
      {0x345A, 1},       // EGL_IOSURFACE_PLANE_ANGLE
      {0x3081, 0x305F},  // EGL_TEXTURE_TARGET: EGL_TEXTURE_2D
      {0x345D, 0x8227},  // EGL_TEXTURE_INTERNAL_FORMAT_ANGLE: GL_RG
      {0x3080, 0x305E},  // EGL_TEXTURE_FORMAT: EGL_TEXTURE_RGBA
      {0x345C, 0x1401},  // EGL_TEXTURE_TYPE_ANGLE: GL_UNSIGNED_BYTE
  };
  EXPECT_EQ(g_angle.attributes, expected);
  EXPECT_EQ(g_angle.bound, 1);
  release_iosurface(api_, nullptr, surface);
  EXPECT_EQ(g_angle.bound, 0);
  EXPECT_EQ(g_angle.surfaces, 0);
}

TEST_F(GlIoSurfaceBinding, RefusalsLeaveNothingBehind) {
  const ImportGeometry geometry{Fourcc::kAbgr8888, 0, 256, 64, 64};
  for (bool* working : {&g_angle.has_config, &g_angle.makes_surfaces, &g_angle.binds}) {
    *working = false;
    EXPECT_EQ(bind(geometry, 0), nullptr);
    *working = true;
    EXPECT_EQ(g_angle.surfaces, 0);
  }
  EXPECT_NE(bind(geometry, 0), nullptr);
  EXPECT_EQ(g_angle.attributes[0x345D], 0x1908);  // GL_RGBA
}

TEST_F(GlIoSurfaceBinding, NeedsTheExtensionAndItsFunctions) {
  const char* extensions = "EGL_KHR_image EGL_ANGLE_iosurface_client_buffer";
  EXPECT_TRUE(can_bind_iosurfaces(api_, extensions));
  EXPECT_FALSE(can_bind_iosurfaces(api_, "EGL_KHR_image"));
  EglApi incomplete = api_;
  incomplete.BindTexImage = nullptr;
  EXPECT_FALSE(can_bind_iosurfaces(incomplete, extensions));
}

}  // namespace
}  // namespace edgefirst::gl
