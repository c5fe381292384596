// SPDX-License-Identifier: Apache-2.0
// convert_async() on OpenGL: the answer of convert() for every way in and out, one wait for many
// submissions, and flights that end with their processor.
#include <thread>

#include "gl/gl_fixture.hpp"
#include "support/errors.hpp"
#include "support/gated_storage.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using testing::Content;
using testing::describe;
using testing::fill_bytes;
using testing::Gate;
using testing::gated_image;
using testing::Gl;
using testing::make_image;
using testing::opengl;
using testing::ScopedVariable;

/// How often the CPU stood and waited for the GPU, as the log tells.
class WaitCounter {
 public:
  WaitCounter() { set_log_sink(&WaitCounter::count, this, LogLevel::kTrace); }
  ~WaitCounter() { set_log_sink(nullptr, nullptr, LogLevel::kOff); }
  int waits() const { return waits_; }

 private:
  static void count(LogLevel, const char*, const char* text, void* self) {
    if (std::strcmp(text, "waits for the GPU") == 0) ++static_cast<WaitCounter*>(self)->waits_;
  }
  std::atomic<int> waits_{0};
};

class GlAsync : public Gl {
 protected:
  static constexpr std::size_t kMany = 8;  // as many as may fly at once

  Tensor noise(std::size_t width, std::size_t height, PixelFormat format) {
    Tensor image = make_image(width, height, format);
    fill_bytes(image, Content::kNoise, 1);
    return image;
  }
  /// The bytes of dst after convert_async() are those after convert().
  void expect_same(ImageProcessor& processor, const Tensor& src, const Tensor& dst,
                   const ConvertOptions& options) {
    SCOPED_TRACE(describe(src, dst));
    Tensor target = dst;
    fill_bytes(target, Content::kRamp, 5);
    processor.convert(src, target, options);
    const Tensor expected = copy_of(target);
    fill_bytes(target, Content::kRamp, 5);
    const std::uint64_t before = taken(processor);
    processor.convert_async(src, target, options).wait();
    EXPECT_EQ(taken(processor), before + 1) << "OpenGL did not take it";
    EXPECT_EQ(compare(target, expected, options), 0);
  }
  /// Submits many conversions into images of `make` while the GPU's thread is held up, and returns
  /// how often was waited for the GPU until all were done.
  template <typename Make>
  int waits_of_many(ImageProcessor& processor, const Make& make) {
    const Tensor src = noise(64, 48, PixelFormat::kRgb);
    Tensor expected = make();
    processor.convert(src, expected);  // trials, programs and plans
    std::vector<Tensor> results;
    std::vector<Fence> fences;
    Gate gate;
    const WaitCounter counter;
    results.push_back(make());
    fences.push_back(
        processor.convert_async(gated_image(16, 16, PixelFormat::kRgb, gate), results[0]));
    while (results.size() < kMany) {
      results.push_back(make());
      fences.push_back(processor.convert_async(src, results.back()));
    }
    for (const Fence& fence : fences) EXPECT_FALSE(fence.is_done());
    gate.open();
    fences.back().wait();
    const int waits = counter.waits();
    for (const Fence& fence : fences) EXPECT_TRUE(fence.is_done());
    for (std::size_t i = 1; i < kMany; ++i) {
      EXPECT_EQ(compare(results[i], copy_of(expected), {}), 0) << i;
    }
    return waits;
  }
};

TEST_F(GlAsync, GivesTheBytesOfConvert) {
  for (const char* transfer : {"dmabuf", "pbo", "sync"}) {
    SCOPED_TRACE(transfer);
    const ScopedVariable force("EDGEFIRST_FORCE_TRANSFER", transfer);
    ImageProcessor processor(opengl());
    for (const PixelFormat from : {PixelFormat::kRgb, PixelFormat::kNv12, PixelFormat::kYuyv}) {
      Tensor src = processor.create_image(70, 46, from);
      fill_bytes(src, Content::kNoise, 3);
      for (const PixelFormat to :
           {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kPlanarRgb}) {
        for (const DType dtype : {DType::kU8, DType::kI8, DType::kF16, DType::kF32}) {
          ConvertOptions options;
          const bool fills = dtype == DType::kF32;
          if (fills || dtype == DType::kI8) options.crop.dst_rect = Rect{4, 3, 20, 13};
          if (fills) options.crop.dst_color = Color{1, 2, 3, 4};
          expect_same(processor, src, processor.create_image(32, 21, to, dtype), options);
          expect_same(processor, src, make_image(33, 21, to, dtype, 4 * dtype_size(dtype)),
                      options);
        }
      }
    }
  }
}

TEST_F(GlAsync, ManySubmissionsWaitOnce) {
  for (const char* transfer : {"dmabuf", "pbo", "sync"}) {
    SCOPED_TRACE(transfer);
    const ScopedVariable force("EDGEFIRST_FORCE_TRANSFER", transfer);
    ImageProcessor processor(opengl());
    const auto image = [&] { return processor.create_image(32, 24, PixelFormat::kRgba); };
    EXPECT_LE(waits_of_many(processor, image), 1);
    const auto floats = [] { return make_image(33, 24, PixelFormat::kPlanarRgb, DType::kF32); };
    EXPECT_LE(waits_of_many(processor, floats), 1);
  }
}

/// Each reads what the one before wrote.
TEST_F(GlAsync, ChainsAreDoneInOrder) {
  const Tensor first = noise(40, 30, PixelFormat::kRgb);
  std::vector<Tensor> chain{first};
  std::vector<Fence> fences;
  ConvertOptions turn;
  turn.rotation = Rotation::kRotate180;
  for (int i = 0; i < 10; ++i) {
    const bool on_gpu = i % 3 != 0;
    chain.push_back(on_gpu ? gl_->create_image(40, 30, PixelFormat::kRgb)
                           : make_image(40, 30, PixelFormat::kRgb));
    fences.push_back(gl_->convert_async(chain[chain.size() - 2], chain.back(), turn));
  }
  fences.back().wait();
  EXPECT_EQ(compare(chain.back(), first, {}), 0);  // turned ten times by half a turn
}

/// What OpenGL declines goes to the CPU, in its place.
TEST_F(GlAsync, TheCpuTakesWhatOpenGlDeclines) {
  const Tensor src = noise(64, 48, PixelFormat::kRgb);
  Tensor rgba = gl_->create_image(32, 24, PixelFormat::kRgba);
  Tensor nv12 = make_image(32, 24, PixelFormat::kNv12);
  Tensor expected = make_image(32, 24, PixelFormat::kNv12);
  const Fence on_gpu = gl_->convert_async(src, rgba);
  const Fence on_cpu = gl_->convert_async(src, nv12);
  on_cpu.wait();
  EXPECT_TRUE(on_gpu.is_done());
  cpu_.convert(src, expected);
  EXPECT_EQ(std::memcmp(nv12.map().data(), expected.map().data(), nv12.size_bytes()), 0);
}

TEST_F(GlAsync, PixelBuffersAreBusyUntilTheEnd) {
  const ScopedVariable force("EDGEFIRST_FORCE_TRANSFER", "pbo");
  ImageProcessor processor(opengl());
  Tensor dst = processor.create_image(16, 16, PixelFormat::kRgba);
  ASSERT_EQ(dst.memory(), TensorMemory::kPbo);
  Fence fence;
  {
    const TensorMap map = dst.map();
    fence = processor.convert_async(noise(16, 16, PixelFormat::kRgb), dst);
    EXPECT_EQ(code_of([&] { fence.wait(); }), ErrorCode::kBusy);
  }
  fence = processor.convert_async(noise(16, 16, PixelFormat::kRgb), dst);
  fence.wait();
  EXPECT_NE(dst.map().data(), nullptr);
}

/// A flight holds the whole buffer: another view of it waits.
TEST_F(GlAsync, ViewsOfOnePixelBufferTakeTurns) {
  const ScopedVariable force("EDGEFIRST_FORCE_TRANSFER", "pbo");
  ImageProcessor processor(opengl());
  const Tensor canvas = processor.create_image(16, 64, PixelFormat::kRgba);
  ASSERT_EQ(canvas.memory(), TensorMemory::kPbo);
  const Tensor src = noise(16, 16, PixelFormat::kRgb);
  Tensor expected = make_image(16, 16, PixelFormat::kRgba);
  cpu_.convert(src, expected);
  std::vector<Fence> fences;
  for (std::size_t row = 0; row < 64; row += 16) {
    Tensor part = canvas.view(Rect{0, row, 16, 16});
    fences.push_back(processor.convert_async(src, part));
    fences.push_back(processor.convert_async(part, expected));
  }
  for (const Fence& fence : fences) EXPECT_NO_THROW(fence.wait());
  for (std::size_t row = 0; row < 64; row += 16) {
    EXPECT_EQ(compare(canvas.view(Rect{0, row, 16, 16}), expected, {}), 0);
  }
}

TEST_F(GlAsync, ProcessorsLandWhatFlies) {
  const Tensor src = noise(64, 48, PixelFormat::kRgb);
  Tensor expected = make_image(32, 24, PixelFormat::kPlanarRgb, DType::kF32);
  gl_->convert(src, expected);
  for (int round = 0; round < 20; ++round) {
    std::vector<Tensor> results;
    std::vector<Fence> fences;
    {
      ImageProcessor processor(opengl());
      for (int i = 0; i < 12; ++i) {
        results.push_back(make_image(32, 24, PixelFormat::kPlanarRgb, DType::kF32));
        fences.push_back(processor.convert_async(src, results.back()));
      }
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      fences[i].wait();
      EXPECT_EQ(compare(results[i], expected, {}), 0);
    }
  }
}

TEST_F(GlAsync, TwoProcessorsOnManyThreads) {
  const Tensor src = noise(128, 96, PixelFormat::kNv12);
  Tensor expected = make_image(64, 48, PixelFormat::kRgba);
  gl_->convert(src, expected);
  ImageProcessor other(opengl());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      ImageProcessor& processor = t % 2 == 0 ? *gl_ : other;
      for (int i = 0; i < 20; ++i) {
        Tensor a = processor.create_image(64, 48, PixelFormat::kRgba);
        Tensor b = make_image(64, 48, PixelFormat::kRgba);
        const Fence first = processor.convert_async(src, a);
        processor.convert_async(src, b).wait();
        first.wait();
        wrong += compare(a, expected, {}) == 0 && compare(b, expected, {}) == 0 ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace edgefirst
