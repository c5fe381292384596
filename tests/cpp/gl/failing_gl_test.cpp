// SPDX-License-Identifier: Apache-2.0
// A driver that fails in the middle of its life: functions of a real driver are exchanged for
// failing ones. The CPU takes over with the right picture, and where OpenGL alone is allowed the
// error is typed and tells why.
#include <functional>

#include "gl/dma_fixture.hpp"
#include "image/gl/egl_context.hpp"
#include "support/descriptors.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::absence;
using testing::code_of;
using testing::Content;
using testing::fill_bytes;
using testing::Gl;
using testing::GlDma;
using testing::has_opengl;
using testing::kMostLevels;
using testing::make_image;
using testing::opengl;
using testing::ScopedVariable;

/// The driver's functions as this process calls them, put back at the end of the scope. Nothing may
/// be under way on OpenGL where it begins and ends.
class DriverFunctions {
 public:
  DriverFunctions() : egl(library().egl), gles(library().gl), old_egl_(egl), old_gles_(gles) {}
  ~DriverFunctions() {
    egl = old_egl_;
    gles = old_gles_;
  }
  DriverFunctions(const DriverFunctions&) = delete;
  DriverFunctions& operator=(const DriverFunctions&) = delete;

  gl::EglApi& egl;
  gl::GlApi& gles;

 private:
  static gl::GlLibrary& library() {
    std::string reason;
    bool is_missing = false;
    // Everybody sees it as constant; the object is not.
    return const_cast<gl::GlLibrary&>(*gl::find_display({}, reason, is_missing)->library);
  }
  const gl::EglApi old_egl_;
  const gl::GlApi old_gles_;
};

struct Fault {
  const char* name;
  bool is_met_waiting;  // only where the GPU is waited for
  void (*inject)(gl::GlApi&);
};

const Fault kFaults[] = {
    {"the context is lost", false,
     [](gl::GlApi& gles) { gles.GetError = [] { return gl::kContextLost; }; }},
    {"shaders do not compile", false,
     [](gl::GlApi& gles) {
       gles.GetShaderiv = [](gl::Name, gl::Enum, gl::Int* value) { *value = 0; };
     }},
    {"programs do not link", false,
     [](gl::GlApi& gles) {
       gles.GetProgramiv = [](gl::Name, gl::Enum, gl::Int* value) { *value = 0; };
     }},
    {"nothing can be rendered into", false,
     [](gl::GlApi& gles) { gles.CheckFramebufferStatus = [](gl::Enum) { return gl::Enum{0}; }; }},
    {"no fence", true,
     [](gl::GlApi& gles) { gles.FenceSync = [](gl::Enum, gl::Enum) { return gl::Sync{}; }; }},
    {"fences are lost", true,
     [](gl::GlApi& gles) {
       gles.ClientWaitSync = [](gl::Sync, gl::Enum, std::uint64_t) { return gl::kWaitFailed; };
     }},
};

std::uint64_t failures(const ImageProcessor& processor) {
  std::uint64_t count = 0;
  for (const RequestCount& entry : processor.request_counts()) {
    if (std::string(entry.reason).rfind("its driver failed", 0) == 0) count += entry.count;
  }
  return count;
}

class GlFailing : public Gl {
 protected:
  Tensor noise(PixelFormat format) {
    Tensor image = make_image(64, 48, format);
    fill_bytes(image, Content::kNoise);
    return image;
  }
};

TEST_F(GlFailing, TheCpuTakesOver) {
  for (const char* transfer : {"dmabuf", "pbo", "sync"}) {
    const ScopedVariable force("EDGEFIRST_FORCE_TRANSFER", transfer);
    for (const Fault& fault : kFaults) {
      SCOPED_TRACE(std::string(transfer) + ": " + fault.name);
      ImageProcessor processor(opengl());
      const Tensor src = noise(PixelFormat::kNv12);
      Tensor dst = processor.create_image(32, 24, PixelFormat::kRgb);
      Tensor floats = make_image(30, 20, PixelFormat::kPlanarRgb, DType::kF32);
      Tensor later = processor.create_image(20, 20, PixelFormat::kRgba);
      {
        DriverFunctions driver;
        fault.inject(driver.gles);
        processor.convert(src, dst);
        processor.convert_async(src, floats).wait();
        processor.convert_async(src, later).wait();
      }
      EXPECT_GT(failures(processor), 0U);
      for (const Tensor* result : {&dst, &floats, &later}) {
        Tensor expected = copy_of(*result);
        cpu_.convert(src, expected);
        EXPECT_LE(compare(*result, expected, {}), kMostLevels);
      }
    }
  }
}

TEST_F(GlFailing, OpenGlAloneRaisesATypedError) {
  const ScopedVariable force("EDGEFIRST_FORCE_BACKEND", "opengl");
  const Tensor src = noise(PixelFormat::kRgb);
  for (const Fault& fault : kFaults) {
    SCOPED_TRACE(fault.name);
    ImageProcessor processor;
    Tensor dst = make_image(32, 24, PixelFormat::kRgba);
    Tensor other = make_image(32, 26, PixelFormat::kRgba);
    std::optional<ErrorCode> now, later;
    {
      DriverFunctions driver;
      fault.inject(driver.gles);
      now = code_of([&] { processor.convert(src, dst); });
      later = code_of([&] { processor.convert_async(src, other).wait(); });
    }
    EXPECT_EQ(later, ErrorCode::kBackendUnavailable);
    if (!fault.is_met_waiting) {  // what is read into memory needs no fence
      EXPECT_EQ(now, ErrorCode::kBackendUnavailable);
      EXPECT_STREQ(processor.explain(src, dst)[0].reason,
                   "the OpenGL driver refused a request of this shape");
    }
    Tensor third = make_image(32, 28, PixelFormat::kRgba);
    processor.convert(src, third);  // the driver is well again
  }
}

TEST_F(GlFailing, PixelBuffersThatAreRefusedBecomeMemory) {
  const ScopedVariable transfer("EDGEFIRST_FORCE_TRANSFER", "pbo");
  ImageProcessor processor(opengl());
  Tensor mapped = processor.create_image(16, 16);
  ASSERT_EQ(mapped.memory(), TensorMemory::kPbo);
  DriverFunctions driver;
  driver.gles.MapBufferRange = [](gl::Enum, std::ptrdiff_t, std::ptrdiff_t, gl::Enum) {
    return static_cast<void*>(nullptr);
  };
  EXPECT_EQ(code_of([&] { mapped.map(); }), ErrorCode::kIo);
  Tensor image = processor.create_image(32, 24);
  EXPECT_EQ(image.memory(), TensorMemory::kMem);
  EXPECT_LE(difference(noise(PixelFormat::kRgb), image), kMostLevels);
}

TEST_F(GlFailing, ContextsThatCannotBeHadAreToldWhy) {
  const ScopedVariable other_environment("DISPLAY", ":4711");  // failures are remembered by it
  const auto reason = [](void (*inject)(gl::EglApi&)) {
    static int round = 0;
    const ScopedVariable another("WAYLAND_DISPLAY", std::to_string(++round));
    DriverFunctions driver;
    inject(driver.egl);
    const ImageProcessor processor(opengl());
    EXPECT_FALSE(has_opengl(processor));
    return absence(processor);
  };
  EXPECT_EQ(reason([](gl::EglApi& egl) {
              egl.CreateContext = [](gl::EglDisplay, void*, gl::EglContextHandle, const gl::Int*) {
                return gl::EglContextHandle{};
              };
            }).find("no OpenGL ES 3 context"),
            0U);
  EXPECT_EQ(reason([](gl::EglApi& egl) {
              egl.MakeCurrent = [](gl::EglDisplay, void*, void*, gl::EglContextHandle) {
                return std::uint32_t{0};
              };
            }).find("the context cannot be made current"),
            0U);
}

class GlFailingImport : public GlDma {
 protected:
  static std::atomic<int> asked;
  static gl::EglImage refuse(gl::EglDisplay, gl::EglContextHandle, gl::Enum, void*,
                             const gl::Int*) {
    ++asked;
    return nullptr;
  }
};
std::atomic<int> GlFailingImport::asked{0};

/// The driver is asked once for a buffer; its pixels are copied.
TEST_F(GlFailingImport, BuffersThatAreRefusedAreCopied) {
  const auto frame = [&] {
    Tensor image = dma_image(64, 48, PixelFormat::kRgba);
    fill_bytes(image, Content::kNoise);
    return image;
  };
  const Tensor src = frame();
  Tensor dst = dma_image(32, 24, PixelFormat::kRgb);
  Tensor accepted = dma_image(32, 24, PixelFormat::kRgb);
  gl_->convert(frame(), accepted);  // the formats pass their trials
  DriverFunctions driver;
  driver.egl.CreateImageKHR = refuse;
  asked = 0;
  for (int i = 0; i < 3; ++i) EXPECT_LE(difference(src, dst), kMostLevels);
  EXPECT_EQ(asked, 2);
}

/// Whoever owns an imported buffer waits for the GPU, up to ten seconds, once.
TEST_F(GlFailingImport, AGpuThatHangsIsNotWaitedForAgain) {
  const Tensor src = dma_image(64, 48, PixelFormat::kRgba);
  fill_bytes(src, Content::kNoise);
  Tensor dst = dma_image(32, 24, PixelFormat::kRgba);
  {
    DriverFunctions driver;
    driver.gles.ClientWaitSync = [](gl::Sync, gl::Enum, std::uint64_t) {
      return gl::kTimeoutExpired;
    };
    for (int i = 0; i < 3; ++i) gl_->convert(src, dst);
  }
  EXPECT_EQ(failures(*gl_), 1U);
  Tensor expected = copy_of(dst);
  cpu_.convert(src, expected);
  EXPECT_EQ(compare(dst, expected, {}), 0);
}

TEST_F(GlFailingImport, DriversThatImportNothingUsePixelBuffers) {
  DriverFunctions driver;
  driver.egl.CreateImageKHR = refuse;
  ImageProcessor processor(opengl());
  EXPECT_TRUE(has_opengl(processor));
  Tensor dst = processor.create_image(32, 24);
  EXPECT_EQ(dst.memory(), TensorMemory::kPbo);
  const Tensor src = dma_image(64, 48, PixelFormat::kRgb);
  fill_bytes(src, Content::kNoise);
  processor.convert(src, dst);
  Tensor expected = copy_of(dst);
  cpu_.convert(src, expected);
  EXPECT_LE(compare(dst, expected, {}), kMostLevels);
}

/// Drivers do not check sizes: what reaches past the end of a buffer never gets to them.
TEST_F(GlFailingImport, UndersizedBuffersNeverReachTheDriver) {
  const Tensor buffer = dma_image(64, 32, PixelFormat::kRgba);
  const std::size_t pitch = buffer.row_stride();
  const std::size_t rows = buffer.storage()->capacity() / pitch;
  gl::GlThread thread([] { return gl::GlDevice::create(std::nullopt); });
  thread.run([&](gl::GlDevice& device) {
    const gl::GlDevice::Job job(device);
    const auto import = [&](std::size_t offset, std::size_t height) {
      const gl::ImportGeometry geometry{gl::Fourcc::kAbgr8888, offset, pitch, 64, height};
      return device.imports().get(*buffer.storage(), geometry, false);
    };
    EXPECT_NE(import(0, rows), nullptr);
    DriverFunctions driver;
    driver.egl.CreateImageKHR = refuse;
    asked = 0;
    EXPECT_EQ(import(0, rows + 1), nullptr);
    EXPECT_EQ(import(pitch, rows), nullptr);
    EXPECT_EQ(asked, 0);
  });
}

TEST_F(GlFailingImport, AThousandBuffersLeaveNoDescriptors) {
  Tensor model = dma_image(16, 12, PixelFormat::kRgb);
  const auto frame = [&] {
    const Tensor src = dma_image(64, 48, PixelFormat::kRgba);
    gl_->convert(src, model);
  };
  const auto settle = [&] {  // imports outlive their buffers by some conversions
    const Tensor src = make_image(16, 16, PixelFormat::kRgb);
    for (int i = 0; i < 100; ++i) gl_->convert(src, model);
  };
  frame();
  settle();
  const int before = testing::open_descriptors();
  for (int i = 0; i < 1000; ++i) frame();
  settle();
  EXPECT_EQ(testing::open_descriptors(), before);
}

}  // namespace
}  // namespace edgefirst
