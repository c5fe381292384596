// SPDX-License-Identifier: Apache-2.0
// Pixel buffers of a real driver: create_image, maps, conversions from and to them, and their life
// beside processors and threads.
#include <atomic>
#include <thread>

#include "gl/gl_fixture.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using testing::Content;
using testing::describe;
using testing::fill_bytes;
using testing::Gl;
using testing::has_opengl;
using testing::kMostLevels;
using testing::make_image;
using testing::opengl;
using testing::ScopedVariable;

/// With pixel buffers on every driver, also those that import DMA-BUFs.
class GlPixelBuffer : public Gl {
 protected:
  GlPixelBuffer() : transfer_("EDGEFIRST_FORCE_TRANSFER", "pbo") {}
  ScopedVariable transfer_;
};

TEST_F(GlPixelBuffer, AreWhatCreateImageMakes) {
  for (const PixelFormatInfo& info : pixel_format_table()) {
    for (const DType dtype : {DType::kU8, DType::kI8}) {
      const Tensor image = gl_->create_image(30, 20, info.format, dtype);
      EXPECT_EQ(image.memory(), TensorMemory::kPbo) << info.name;
      EXPECT_EQ(image.width(), 30U);
      EXPECT_EQ(image.height(), 20U);
      EXPECT_EQ(image.dtype(), dtype);
      const TensorMap map = image.map(CpuAccess::kRead);
      for (std::size_t i = 0; i < map.size_bytes(); ++i) {
        ASSERT_EQ(map.as<std::uint8_t>()[i], 0) << info.name << " " << i;
      }
    }
  }
  EXPECT_NE(gl_->create_image(30, 20, PixelFormat::kRgb, DType::kF32).memory(), TensorMemory::kPbo);
}

TEST_F(GlPixelBuffer, KeepWhatIsWritten) {
  const Tensor image = gl_->create_image(64, 48, PixelFormat::kRgba);
  fill_bytes(image, Content::kNoise);
  const Tensor expected = make_image(64, 48, PixelFormat::kRgba);
  fill_bytes(expected, Content::kNoise);
  EXPECT_EQ(std::memcmp(image.map().data(), expected.map().data(), expected.size_bytes()), 0);
}

TEST_F(GlPixelBuffer, ConvertFromAndTo) {
  for (const PixelFormat from : {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kBgra,
                                 PixelFormat::kGrey, PixelFormat::kYuyv, PixelFormat::kNv12}) {
    const Tensor src = gl_->create_image(66, 46, from);
    fill_bytes(src, Content::kNoise);
    const Tensor heap = copy_of(src);
    for (const PixelFormat to : {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kBgra,
                                 PixelFormat::kGrey, PixelFormat::kPlanarRgb}) {
      for (const std::size_t width : {1, 2, 3, 5, 30, 32, 66}) {
        SCOPED_TRACE(describe(src, heap) + pixel_format_info(to).name + std::to_string(width));
        Tensor dst = gl_->create_image(width, 23, to, width % 2 == 0 ? DType::kU8 : DType::kI8);
        EXPECT_LE(difference(src, dst), kMostLevels);
        Tensor from_heap = gl_->create_image(width, 23, to);
        EXPECT_LE(difference(heap, from_heap), kMostLevels);
        Tensor to_heap = make_image(width, 23, to);
        EXPECT_LE(difference(src, to_heap), kMostLevels);
      }
    }
  }
}

TEST_F(GlPixelBuffer, PartsKeepTheirSurroundings) {
  const Tensor src = gl_->create_image(50, 40, PixelFormat::kRgb);
  fill_bytes(src, Content::kNoise);
  ConvertOptions options;
  options.crop.dst_rect = Rect{4, 3, 20, 30};
  options.crop.src_rect = Rect{3, 5, 33, 21};
  for (const PixelFormat to : {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kPlanarRgb}) {
    Tensor dst = gl_->create_image(32, 44, to);
    fill_bytes(dst, Content::kRamp, 3);
    EXPECT_LE(difference(src, dst, options), kMostLevels);
  }
  // Rows that end inside a word, beside pixels that stay: the CPU's.
  options.crop.dst_rect = Rect{3, 3, 17, 30};
  Tensor dst = gl_->create_image(32, 44, PixelFormat::kRgb);
  EXPECT_EQ(answer(src, dst, options), "part of a pixel buffer that does not end on whole words");
  Tensor expected = copy_of(dst);
  gl_->convert(src, dst, options);
  cpu_.convert(src, expected, options);
  EXPECT_EQ(std::memcmp(dst.map().data(), expected.map().data(), dst.size_bytes()), 0);
}

TEST_F(GlPixelBuffer, AreBusyWhileMapped) {
  const Tensor src = gl_->create_image(16, 16, PixelFormat::kRgb);
  Tensor dst = gl_->create_image(16, 16, PixelFormat::kRgba);
  {
    const TensorMap map = src.map();
    EXPECT_EQ(code_of([&] { gl_->convert(src, dst); }), ErrorCode::kBusy);
    EXPECT_EQ(code_of([&] { src.map(); }), ErrorCode::kBusy);
  }
  {
    const TensorMap map = dst.map();
    EXPECT_EQ(code_of([&] { gl_->convert(src, dst); }), ErrorCode::kBusy);
  }
  gl_->convert(src, dst);
}

TEST_F(GlPixelBuffer, OutliveTheirProcessor) {
  const Tensor image = gl_->create_image(16, 16);
  TensorMap map = image.map();
  gl_.reset();
  map.as<char>()[100] = 1;  // an open map keeps the OpenGL thread
  map.unmap();
  EXPECT_EQ(code_of([&] { image.map(); }), ErrorCode::kDisconnected);
}

TEST_F(GlPixelBuffer, WorkOnAnotherProcessorAsMemory) {
  ImageProcessor other(opengl());
  ASSERT_TRUE(has_opengl(other));
  const Tensor src = other.create_image(40, 30, PixelFormat::kRgb);
  fill_bytes(src, Content::kNoise);
  Tensor dst = other.create_image(20, 15, PixelFormat::kRgba);
  EXPECT_LE(difference(src, dst), kMostLevels);
}

TEST_F(GlPixelBuffer, CanBeDroppedOnAnyThread) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const Tensor image = gl_->create_image(32, 8 + t);
        image.map().as<char>()[0] = 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Tensor last = gl_->create_image(8, 8);
  EXPECT_EQ(last.map().as<char>()[0], 0);
}

TEST_F(Gl, TransferCanBeForced) {
  const auto memory_of = [](const char* transfer) {
    const ScopedVariable force("EDGEFIRST_FORCE_TRANSFER", transfer);
    const ScopedVariable no_dma("EDGEFIRST_TENSOR_FORCE_MEM", "1");
    ImageProcessor processor(opengl());
    return processor.create_image(16, 16).memory();
  };
  EXPECT_EQ(memory_of("pbo"), TensorMemory::kPbo);
  EXPECT_EQ(memory_of("PBO"), TensorMemory::kPbo);
  EXPECT_EQ(memory_of("sync"), TensorMemory::kMem);
}

TEST_F(Gl, TwoProcessorsOnTwoThreads) {
  const Tensor src = make_image(320, 200, PixelFormat::kNv12);
  fill_bytes(src, Content::kNoise);
  Tensor expected = make_image(128, 120, PixelFormat::kRgb);  // rows that need no padding
  gl_->convert(src, expected);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      ImageProcessor own(opengl());
      ImageProcessor& processor = t % 2 == 0 ? own : *gl_;
      for (int i = 0; i < 10; ++i) {
        Tensor dst = processor.create_image(128, 120, PixelFormat::kRgb);
        processor.convert(src, dst);
        wrong += std::memcmp(dst.map().data(), expected.map().data(), dst.size_bytes()) != 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace edgefirst
