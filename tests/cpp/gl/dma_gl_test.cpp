// SPDX-License-Identifier: Apache-2.0
// DMA-BUFs on OpenGL without a copy: what may be imported, conversions that nobody maps for, the
// cache of imports, and drivers that refuse.
#include <functional>

#include "gl/dma_fixture.hpp"

namespace edgefirst {
namespace {

using gl::Fourcc;
using gl::GlDevice;
using gl::GlThread;
using gl::ImportGeometry;
using testing::Content;
using testing::describe;
using testing::fill_bytes;
using testing::GlDma;
using testing::ImportCounter;
using testing::kMostLevels;
using testing::make_image;
using testing::opengl;
using testing::ScopedVariable;

TEST(GlImport, IsValidatedByOneFunction) {
  const ImportGeometry good{Fourcc::kAbgr8888, 64, 256, 60, 10};
  EXPECT_EQ(gl::refuse_import(good, 64 + 2560, 4096), nullptr);
  const auto refusal = [&](std::size_t bytes, const std::function<void(ImportGeometry&)>& change) {
    ImportGeometry geometry = good;
    change(geometry);
    const char* reason = gl::refuse_import(geometry, bytes, 4096);
    return std::string(reason != nullptr ? reason : "");
  };
  const auto nothing = [](ImportGeometry&) {};
  EXPECT_EQ(refusal(64 + 2559, nothing), "rows reach past the end of the buffer");
  EXPECT_EQ(refusal(63, nothing), "rows reach past the end of the buffer");
  constexpr std::size_t kMuch = 1 << 20;
  EXPECT_EQ(refusal(kMuch, [](auto& g) { g.width = 0; }), "the picture is empty");
  EXPECT_EQ(refusal(kMuch, [](auto& g) { g.width = 65; }), "the pitch is below a row");
  EXPECT_EQ(refusal(kMuch, [](auto& g) { g.pitch = 258; }),
            "rows do not start at multiples of 4 bytes");
  EXPECT_EQ(refusal(kMuch, [](auto& g) { g.offset = 2; }),
            "rows do not start at multiples of 4 bytes");
  EXPECT_EQ(refusal(kMuch, [](auto& g) { g.height = 4097; }),
            "the picture exceeds the driver's texture size");
  EXPECT_EQ(refusal(~std::size_t{0}, [](auto& g) { g.pitch = std::size_t{1} << 31; }),
            "the buffer is too large");
}

TEST_F(GlDma, ConvertsBetweenBuffersWithoutACopy) {
  for (const PixelFormat from :
       {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kBgra, PixelFormat::kGrey,
        PixelFormat::kYuyv, PixelFormat::kVyuy, PixelFormat::kNv12, PixelFormat::kNv16}) {
    const Tensor src = dma_image(64, 48, from);
    fill_bytes(src, Content::kNoise);
    for (const PixelFormat to :
         {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kBgra, PixelFormat::kGrey,
          PixelFormat::kPlanarRgb, PixelFormat::kPlanarRgba}) {
      for (const DType dtype : {DType::kU8, DType::kI8, DType::kF16, DType::kF32}) {
        SCOPED_TRACE(pixel_format_info(to).name);
        Tensor dst = dma_image(32, 20, to, dtype);
        ConvertOptions options;
        options.crop.src_rect = Rect{5, 7, 51, 33};
        if (dtype == DType::kI8) {
          options.crop.dst_rect = Rect{4, 3, 20, 12};
          options.crop.dst_color = Color{10, 200, 30, 40};
        }
        gl_->convert(src, dst, options);  // the trials of the formats map buffers
        const int before = cpu_accesses();
        gl_->convert(src, dst, options);
        EXPECT_EQ(cpu_accesses(), before) << "mapped for " << describe(src, dst);
        EXPECT_LE(difference(src, dst, options), kMostLevels) << describe(src, dst);
      }
    }
  }
}

/// The CPU fills the frame and reads the result: one access each, and none for the conversion.
TEST_F(GlDma, OnlyTheReaderTouchesTheResult) {
  if (testing::dma_double() == nullptr) GTEST_SKIP() << "nobody counts the accesses";
  for (const PixelFormat format : {PixelFormat::kNv12, PixelFormat::kYuyv}) {
    const Tensor frame = dma_image(64, 48, format);
    Tensor model = dma_image(32, 24, PixelFormat::kRgb, DType::kI8);
    gl_->convert(frame, model);  // formats are tried out once, by mapping buffers
    const int before = cpu_accesses();
    fill_bytes(frame, Content::kSoft);
    EXPECT_EQ(cpu_accesses(), before + 1);
    gl_->convert(frame, model);
    EXPECT_EQ(cpu_accesses(), before + 1);
    const TensorMap result = model.map(CpuAccess::kRead);
    EXPECT_EQ(cpu_accesses(), before + 2);
    Tensor expected = copy_of(model);
    cpu_.convert(frame, expected);
    EXPECT_LE(compare(model, expected, {}), kMostLevels);
  }
}

TEST_F(GlDma, PartsAndOddSizesStayRight) {
  const Tensor src = dma_image(50, 40, PixelFormat::kRgb);
  fill_bytes(src, Content::kNoise);
  for (const PixelFormat to : {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kPlanarRgb}) {
    for (const std::size_t width : {29, 31, 32}) {
      for (const Rect& rect : {Rect{4, 3, 20, 9}, Rect{3, 2, 17, 11}, Rect{0, 0, width, 24}}) {
        Tensor dst = dma_image(width, 24, to);
        fill_bytes(dst, Content::kRamp);
        ConvertOptions options;
        options.crop.dst_rect = rect;
        EXPECT_LE(difference(src, dst, options), kMostLevels) << describe(src, dst);
      }
    }
  }
}

/// A view of a larger buffer: offset and pitch of its own.
TEST_F(GlDma, ViewsAreImportedAtTheirOffset) {
  const Tensor whole = dma_image(64, 48, PixelFormat::kRgba);
  fill_bytes(whole, Content::kNoise);
  const Tensor src = whole.view({8, 4, 40, 30});
  Tensor parent = dma_image(64, 48, PixelFormat::kRgba);
  fill_bytes(parent, Content::kRamp);
  Tensor expected = copy_of(parent);
  Tensor dst = parent.view({4, 6, 24, 20});
  Tensor expected_dst = expected.view({4, 6, 24, 20});
  gl_->convert(src, dst);
  cpu_.convert(src, expected_dst);
  EXPECT_LE(compare(parent, expected, {}), kMostLevels);
}

/// The pool of a camera: its buffers are imported once, also where every frame is a new tensor.
TEST_F(GlDma, APoolOfBuffersIsImportedOnce) {
  constexpr int kPool = 16;
  constexpr int kFrames = 1000;
  std::vector<Tensor> pool;
  for (int i = 0; i < kPool; ++i) {
    pool.push_back(dma_image(64, 32, PixelFormat::kRgba));
    fill_bytes(pool.back(), Content::kNoise, static_cast<unsigned>(i));
  }
  Tensor model = dma_image(24, 12, PixelFormat::kRgb, DType::kI8);
  gl_->convert(pool[0], model);  // the import of the model's tensor, and one of the pool
  const ImportCounter counter;
  const int before = cpu_accesses();
  for (int frame = 0; frame < kFrames; ++frame) {
    const Tensor& buffer = pool[static_cast<std::size_t>(frame % kPool)];
    Tensor tensor = Tensor::from_fd(buffer.dmabuf(), buffer.shape(), DType::kU8);
    tensor.set_format(PixelFormat::kRgba);
    gl_->convert(tensor, model);
  }
  EXPECT_EQ(counter.imports(), kPool - 1);
  EXPECT_EQ(cpu_accesses(), before);
  EXPECT_EQ(taken(*gl_), kFrames + 1U);
  EXPECT_LE(difference(pool[(kFrames - 1) % kPool], model), kMostLevels);
}

TEST_F(GlDma, ImportsOfDroppedTensorsAreDropped) {
  GlThread thread([] { return GlDevice::create(std::nullopt); });
  thread.run([&](GlDevice& device) {
    for (int i = 0; i < 100; ++i) {
      const Tensor tensor = dma_image(64, 32, PixelFormat::kRgba);
      const GlDevice::Job job(device);
      const ImportGeometry geometry{Fourcc::kAbgr8888, 0, tensor.row_stride(), 64, 32};
      ASSERT_NE(device.imports().get(*tensor.storage(), geometry, true), nullptr);
    }
    EXPECT_LE(device.imports().size(), 18U);
    for (int i = 0; i < 100; ++i) const GlDevice::Job job(device);
    EXPECT_EQ(device.imports().size(), 0U);
  });
}

/// A buffer described anew is another picture (defect 37).
TEST_F(GlDma, GeometryIsPartOfTheKey) {
  Tensor buffer = dma_image(64, 32, PixelFormat::kRgba);
  fill_bytes(buffer, Content::kNoise);
  Tensor dst = make_image(20, 14, PixelFormat::kRgba);
  EXPECT_LE(difference(buffer, dst), kMostLevels);
  buffer.set_format(PixelFormat::kBgra);
  EXPECT_LE(difference(buffer, dst), kMostLevels);
  buffer.configure_image(16, 100, PixelFormat::kRgb);
  EXPECT_LE(difference(buffer, dst), kMostLevels);
}

TEST_F(GlDma, RenderbuffersServeAsWell) {
  const ScopedVariable surface("EDGEFIRST_OPENGL_RENDERSURFACE", "1");
  gl_ = std::make_unique<ImageProcessor>(opengl());
  const Tensor src = dma_image(64, 48, PixelFormat::kNv12);
  fill_bytes(src, Content::kNoise);
  for (const PixelFormat to : {PixelFormat::kRgba, PixelFormat::kRgb}) {
    Tensor dst = dma_image(32, 20, to);
    EXPECT_LE(difference(src, dst), kMostLevels);
  }
}

TEST_F(GlDma, OtherTransfersCopy) {
  for (const char* transfer : {"pbo", "sync"}) {
    const Tensor src = dma_image(64, 48, PixelFormat::kRgb);
    fill_bytes(src, Content::kNoise);
    const ScopedVariable force("EDGEFIRST_FORCE_TRANSFER", transfer);
    ImageProcessor copying(opengl());
    Tensor dst = dma_image(32, 20, PixelFormat::kRgb);
    const int before = cpu_accesses();
    copying.convert(src, dst);
    const int expected_accesses = testing::dma_double() != nullptr ? before + 2 : 0;
    EXPECT_EQ(cpu_accesses(), expected_accesses) << transfer;
    Tensor expected = copy_of(dst);
    cpu_.convert(src, expected);
    EXPECT_LE(compare(dst, expected, {}), kMostLevels);
  }
}

}  // namespace
}  // namespace edgefirst
