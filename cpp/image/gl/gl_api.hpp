// SPDX-License-Identifier: Apache-2.0
// The part of EGL 1.5 and OpenGL ES 3.0 and 3.1 that we call: types, constants and function tables,
// opened at run time, so that neither headers nor libraries are needed to build or to start.
// Numbers and signatures are those of the Khronos registry. Used by image/gl only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace edgefirst::gl {

using EglDisplay = void*;
using EglContextHandle = void*;
using EglImage = void*;
using EglDevice = void*;
using EglConfig = void*;
using EglSurface = void*;
using Enum = std::uint32_t;
using Name = std::uint32_t;  ///< of a texture, buffer, program ...
using Int = std::int32_t;
using Size = std::int32_t;
using Sync = void*;
using Proc = void (*)();

// EGL ------------------------------------------------------------------------------------------
inline constexpr Int kEglNone = 0x3038;
inline constexpr Int kEglSuccess = 0x3000;
inline constexpr Int kEglVendor = 0x3053;
inline constexpr Int kEglVersion = 0x3054;
inline constexpr Int kEglExtensions = 0x3055;
inline constexpr Enum kEglOpenGlEsApi = 0x30A0;
inline constexpr Int kEglContextMajor = 0x3098;
inline constexpr Int kEglContextMinor = 0x30FB;
inline constexpr Enum kEglPlatformDevice = 0x313F;
inline constexpr Enum kEglPlatformGbm = 0x31D7;
inline constexpr Enum kEglPlatformSurfaceless = 0x31DD;
inline constexpr Enum kEglPlatformAngle = 0x3202;
inline constexpr Int kEglAngleType = 0x3203;
inline constexpr Int kEglAngleTypeVulkan = 0x3450;
inline constexpr Int kEglAngleTypeMetal = 0x3489;
inline constexpr Int kEglAngleNativePlatform = 0x348F;
inline constexpr Enum kEglLinuxDmaBuf = 0x3270;
inline constexpr Int kEglWidth = 0x3057;
inline constexpr Int kEglHeight = 0x3056;
inline constexpr Int kEglImagePreserved = 0x30D2;
inline constexpr Int kEglDmaFourcc = 0x3271;
inline constexpr Int kEglDmaPlane0Fd = 0x3272;
inline constexpr Int kEglDmaPlane0Offset = 0x3273;
inline constexpr Int kEglDmaPlane0Pitch = 0x3274;
inline constexpr Int kEglSurfaceType = 0x3033;
inline constexpr Int kEglPbufferBit = 0x0001;
inline constexpr Int kEglRenderableType = 0x3040;
inline constexpr Int kEglOpenGlEs3Bit = 0x0040;
inline constexpr Int kEglBindToTextureRgba = 0x303A;
inline constexpr Int kEglTextureFormat = 0x3080;
inline constexpr Int kEglTextureTarget = 0x3081;
inline constexpr Int kEglTextureRgba = 0x305E;
inline constexpr Int kEglTexture2d = 0x305F;
inline constexpr Int kEglBackBuffer = 0x3084;
// EGL_ANGLE_iosurface_client_buffer
inline constexpr Enum kEglIoSurface = 0x3454;
inline constexpr Int kEglIoSurfacePlane = 0x345A;
inline constexpr Int kEglTextureType = 0x345C;
inline constexpr Int kEglTextureInternalFormat = 0x345D;
inline constexpr Int kEglBindToTextureTarget = 0x348D;

#define EDGEFIRST_EGL_FUNCTIONS(X)                                                      \
  X(Proc, GetProcAddress, (const char*))                                                \
  X(Int, GetError, ())                                                                  \
  X(const char*, QueryString, (EglDisplay, Int))                                        \
  X(EglDisplay, GetDisplay, (void*))                                                    \
  X(std::uint32_t, Initialize, (EglDisplay, Int*, Int*))                                \
  X(std::uint32_t, BindAPI, (Enum))                                                     \
  X(EglContextHandle, CreateContext, (EglDisplay, void*, EglContextHandle, const Int*)) \
  X(std::uint32_t, DestroyContext, (EglDisplay, EglContextHandle))                      \
  X(std::uint32_t, MakeCurrent, (EglDisplay, void*, void*, EglContextHandle))

/// Extensions, and functions that only these need: null where the driver has none of them.
#define EDGEFIRST_EGL_EXTENSIONS(X)                                                              \
  X(EglDisplay, GetPlatformDisplayEXT, (Enum, void*, const Int*))                                \
  X(std::uint32_t, QueryDevicesEXT, (Int, EglDevice*, Int*))                                     \
  X(const char*, QueryDeviceStringEXT, (EglDevice, Int))                                         \
  X(EglImage, CreateImageKHR, (EglDisplay, EglContextHandle, Enum, void*, const Int*))           \
  X(std::uint32_t, DestroyImageKHR, (EglDisplay, EglImage))                                      \
  X(std::uint32_t, ChooseConfig, (EglDisplay, const Int*, EglConfig*, Int, Int*))                \
  X(EglSurface, CreatePbufferFromClientBuffer, (EglDisplay, Enum, void*, EglConfig, const Int*)) \
  X(std::uint32_t, BindTexImage, (EglDisplay, EglSurface, Int))                                  \
  X(std::uint32_t, ReleaseTexImage, (EglDisplay, EglSurface, Int))                               \
  X(std::uint32_t, DestroySurface, (EglDisplay, EglSurface))

// OpenGL ES ------------------------------------------------------------------------------------
inline constexpr Enum kNoError = 0;
inline constexpr Enum kContextLost = 0x0507;
inline constexpr Enum kVendor = 0x1F00;
inline constexpr Enum kRenderer = 0x1F01;
inline constexpr Enum kVersion = 0x1F02;
inline constexpr Enum kExtensions = 0x1F03;
inline constexpr Enum kMajorVersion = 0x821B;
inline constexpr Enum kMinorVersion = 0x821C;
inline constexpr Enum kMaxTextureSize = 0x0D33;
inline constexpr Enum kTexture2d = 0x0DE1;
inline constexpr Enum kTexture0 = 0x84C0;
inline constexpr Enum kTextureMagFilter = 0x2800;
inline constexpr Enum kTextureMinFilter = 0x2801;
inline constexpr Enum kTextureWrapS = 0x2802;
inline constexpr Enum kTextureWrapT = 0x2803;
inline constexpr Enum kNearest = 0x2600;
inline constexpr Enum kClampToEdge = 0x812F;
inline constexpr Enum kUnsignedByte = 0x1401;
inline constexpr Enum kUnsignedShort = 0x1403;
inline constexpr Enum kFloat = 0x1406;
inline constexpr Enum kRed = 0x1903;
inline constexpr Enum kRgb = 0x1907;
inline constexpr Enum kRgba = 0x1908;
inline constexpr Enum kRg = 0x8227;
inline constexpr Enum kRgbaInteger = 0x8D99;
inline constexpr Enum kR8 = 0x8229;
inline constexpr Enum kRg8 = 0x822B;
inline constexpr Enum kRgb8 = 0x8051;
inline constexpr Enum kRgba8 = 0x8058;
inline constexpr Enum kR32f = 0x822E;
inline constexpr Enum kRgba32f = 0x8814;
inline constexpr Enum kRgba16ui = 0x8D76;
inline constexpr Enum kUnpackRowLength = 0x0CF2;
inline constexpr Enum kUnpackAlignment = 0x0CF5;
inline constexpr Enum kPackRowLength = 0x0D02;
inline constexpr Enum kPackAlignment = 0x0D05;
inline constexpr Enum kFramebuffer = 0x8D40;
inline constexpr Enum kRenderbuffer = 0x8D41;
inline constexpr Enum kColorAttachment0 = 0x8CE0;
inline constexpr Enum kFramebufferComplete = 0x8CD5;
inline constexpr Enum kPixelPackBuffer = 0x88EB;
inline constexpr Enum kPixelUnpackBuffer = 0x88EC;
inline constexpr Enum kStreamDraw = 0x88E0;
inline constexpr Enum kStreamRead = 0x88E1;
inline constexpr Enum kStreamCopy = 0x88E2;
inline constexpr Enum kMapReadBit = 1;
inline constexpr Enum kMapWriteBit = 2;
inline constexpr Enum kFragmentShader = 0x8B30;
inline constexpr Enum kVertexShader = 0x8B31;
inline constexpr Enum kComputeShader = 0x91B9;
inline constexpr Enum kShaderStorageBuffer = 0x90D2;
inline constexpr Enum kWriteOnly = 0x88B9;
inline constexpr Enum kTextureFetchBarrierBit = 8;
inline constexpr Enum kTextureUpdateBarrierBit = 0x100;
inline constexpr Enum kCompileStatus = 0x8B81;
inline constexpr Enum kLinkStatus = 0x8B82;
inline constexpr Enum kTriangles = 4;
inline constexpr Enum kTriangleStrip = 5;
inline constexpr Enum kBlend = 0x0BE2;
inline constexpr Enum kDither = 0x0BD0;
inline constexpr Enum kScissorTest = 0x0C11;
inline constexpr Enum kColorBufferBit = 0x4000;
inline constexpr Enum kZero = 0;
inline constexpr Enum kOne = 1;
inline constexpr Enum kSrcAlpha = 0x0302;
inline constexpr Enum kOneMinusSrcAlpha = 0x0303;
inline constexpr Enum kSyncGpuCommandsComplete = 0x9117;
inline constexpr Enum kSyncFlushCommandsBit = 1;
inline constexpr Enum kTimeoutExpired = 0x911B;
inline constexpr Enum kWaitFailed = 0x911D;

#define EDGEFIRST_GL_FUNCTIONS(X)                                                    \
  X(Enum, GetError, ())                                                              \
  X(const std::uint8_t*, GetString, (Enum))                                          \
  X(void, GetIntegerv, (Enum, Int*))                                                 \
  X(void, GenTextures, (Size, Name*))                                                \
  X(void, DeleteTextures, (Size, const Name*))                                       \
  X(void, BindTexture, (Enum, Name))                                                 \
  X(void, ActiveTexture, (Enum))                                                     \
  X(void, TexStorage2D, (Enum, Size, Enum, Size, Size))                              \
  X(void, TexSubImage2D, (Enum, Int, Int, Int, Size, Size, Enum, Enum, const void*)) \
  X(void, TexParameteri, (Enum, Enum, Int))                                          \
  X(void, PixelStorei, (Enum, Int))                                                  \
  X(void, ReadPixels, (Int, Int, Size, Size, Enum, Enum, void*))                     \
  X(void, GenFramebuffers, (Size, Name*))                                            \
  X(void, DeleteFramebuffers, (Size, const Name*))                                   \
  X(void, BindFramebuffer, (Enum, Name))                                             \
  X(void, FramebufferTexture2D, (Enum, Enum, Enum, Name, Int))                       \
  X(void, FramebufferRenderbuffer, (Enum, Enum, Enum, Name))                         \
  X(Enum, CheckFramebufferStatus, (Enum))                                            \
  X(void, GenRenderbuffers, (Size, Name*))                                           \
  X(void, DeleteRenderbuffers, (Size, const Name*))                                  \
  X(void, BindRenderbuffer, (Enum, Name))                                            \
  X(void, GenBuffers, (Size, Name*))                                                 \
  X(void, DeleteBuffers, (Size, const Name*))                                        \
  X(void, BindBuffer, (Enum, Name))                                                  \
  X(void, BufferData, (Enum, std::ptrdiff_t, const void*, Enum))                     \
  X(void, BufferSubData, (Enum, std::ptrdiff_t, std::ptrdiff_t, const void*))        \
  X(void, BindBufferBase, (Enum, Name, Name))                                        \
  X(void*, MapBufferRange, (Enum, std::ptrdiff_t, std::ptrdiff_t, Enum))             \
  X(std::uint8_t, UnmapBuffer, (Enum))                                               \
  X(Name, CreateShader, (Enum))                                                      \
  X(void, ShaderSource, (Name, Size, const char* const*, const Int*))                \
  X(void, CompileShader, (Name))                                                     \
  X(void, GetShaderiv, (Name, Enum, Int*))                                           \
  X(void, GetShaderInfoLog, (Name, Size, Size*, char*))                              \
  X(void, DeleteShader, (Name))                                                      \
  X(Name, CreateProgram, ())                                                         \
  X(void, AttachShader, (Name, Name))                                                \
  X(void, LinkProgram, (Name))                                                       \
  X(void, GetProgramiv, (Name, Enum, Int*))                                          \
  X(void, GetProgramInfoLog, (Name, Size, Size*, char*))                             \
  X(void, DeleteProgram, (Name))                                                     \
  X(void, UseProgram, (Name))                                                        \
  X(Int, GetUniformLocation, (Name, const char*))                                    \
  X(void, Uniform1i, (Int, Int))                                                     \
  X(void, Uniform2i, (Int, Int, Int))                                                \
  X(void, Uniform4i, (Int, Int, Int, Int, Int))                                      \
  X(void, Uniform4f, (Int, float, float, float, float))                              \
  X(void, DrawArrays, (Enum, Int, Size))                                             \
  X(void, Viewport, (Int, Int, Size, Size))                                          \
  X(void, Scissor, (Int, Int, Size, Size))                                           \
  X(void, Enable, (Enum))                                                            \
  X(void, Disable, (Enum))                                                           \
  X(void, ClearColor, (float, float, float, float))                                  \
  X(void, Clear, (Enum))                                                             \
  X(void, BlendFuncSeparate, (Enum, Enum, Enum, Enum))                               \
  X(Sync, FenceSync, (Enum, Enum))                                                   \
  X(Enum, ClientWaitSync, (Sync, Enum, std::uint64_t))                               \
  X(void, DeleteSync, (Sync))                                                        \
  X(void, Flush, ())

/// Extensions and what came with ES 3.1: null where the driver has none of them.
#define EDGEFIRST_GL_EXTENSIONS(X)                                \
  X(void, EGLImageTargetTexture2DOES, (Enum, EglImage))           \
  X(void, EGLImageTargetRenderbufferStorageOES, (Enum, EglImage)) \
  X(void, DispatchCompute, (Name, Name, Name))                    \
  X(void, MemoryBarrier, (Enum))                                  \
  X(void, BindImageTexture, (Name, Name, Int, std::uint8_t, Int, Enum, Enum))

#define EDGEFIRST_DECLARE(result, name, parameters) result(*name) parameters = nullptr;

struct EglApi {
  EDGEFIRST_EGL_FUNCTIONS(EDGEFIRST_DECLARE)
  EDGEFIRST_EGL_EXTENSIONS(EDGEFIRST_DECLARE)
};

struct GlApi {
  EDGEFIRST_GL_FUNCTIONS(EDGEFIRST_DECLARE)
  EDGEFIRST_GL_EXTENSIONS(EDGEFIRST_DECLARE)
};

#undef EDGEFIRST_DECLARE

/// Both libraries, open for the rest of the process.
struct GlLibrary {
  std::string origin;  ///< the folder they come from; empty: where the loader finds them
  EglApi egl;
  GlApi gl;
};

/// Opens libEGL and libGLESv2, from a folder if one is given. nullptr, and the reason in error,
/// where one of them or one of their functions is missing.
std::unique_ptr<GlLibrary> open_gl_library(const std::string& folder, std::string& error);

/// Whether a blank-separated list names an extension.
bool has_extension(const char* list, const char* extension);

}  // namespace edgefirst::gl
