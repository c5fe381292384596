// SPDX-License-Identifier: Apache-2.0
// convert_async(): the answer, the order, errors, lifetimes, the end of processor and process; and
// the queue behind it on backends that leave work under way.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "image/convert_fixture.hpp"
#include "image/convert_queue.hpp"
#include "support/errors.hpp"
#include "support/gated_storage.hpp"

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace edgefirst {
namespace {

using testing::code_of;
using testing::Content;
using testing::fill_bytes;
using testing::Gate;
using testing::gated_image;
using testing::make_image;
using namespace std::chrono_literals;

Tensor noise(std::size_t width, std::size_t height, PixelFormat format, unsigned seed = 1) {
  Tensor image = make_image(width, height, format);
  fill_bytes(image, Content::kNoise, seed);
  return image;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return std::memcmp(a.map().data(), b.map().data(), a.size_bytes()) == 0;
}

TEST(ConvertAsync, GivesTheAnswerOfConvert) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor src = noise(131, 95, PixelFormat::kRgb);
  for (const DType dtype : {DType::kU8, DType::kF32}) {
    ConvertOptions options;
    options.crop.dst_rect = Rect{4, 3, 40, 30};
    options.crop.dst_color = Color{1, 2, 3, 4};
    options.rotation = Rotation::kClockwise90;
    Tensor expected = make_image(64, 48, PixelFormat::kPlanarRgb, dtype);
    Tensor dst = make_image(64, 48, PixelFormat::kPlanarRgb, dtype);
    processor.convert(src, expected, options);
    const Fence fence = processor.convert_async(src, dst, options);
    fence.wait();
    EXPECT_TRUE(fence.is_done());
    EXPECT_TRUE(same_bytes(dst, expected));
  }
  EXPECT_EQ(processor.request_counts()[0].count, 4U);
}

TEST(ConvertAsync, FenceOfNothingIsDone) {
  const Fence fence;
  EXPECT_TRUE(fence.is_done());
  EXPECT_TRUE(fence.wait_for(0ns));
  fence.wait();
}

TEST(ConvertAsync, WrongArgumentsAreThrownAtOnce) {
  ImageProcessor processor({ComputeBackend::kCpu});
  Tensor image = noise(8, 8, PixelFormat::kRgb);
  EXPECT_EQ(code_of([&] { processor.convert_async(image, image); }), ErrorCode::kAliasedBuffers);
  Tensor plain({8, 8, 3}, DType::kU8);
  EXPECT_EQ(code_of([&] { processor.convert_async(image, plain); }), ErrorCode::kNotAnImage);
}

/// Mapping the source fails when the work begins, long after the call.
TEST(ConvertAsync, LaterErrorsAreThrownByEveryWait) {
  ImageProcessor processor({ComputeBackend::kCpu});
  Gate gate;
  gate.fails = true;
  const Tensor src = gated_image(8, 8, PixelFormat::kRgb, gate);
  Tensor dst = make_image(4, 4, PixelFormat::kRgb);
  Tensor other = make_image(4, 4, PixelFormat::kRgb);
  const Fence fence = processor.convert_async(src, dst);
  const Fence next = processor.convert_async(noise(8, 8, PixelFormat::kRgb), other);
  gate.open();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(code_of([&] { fence.wait(); }), ErrorCode::kIo);
    EXPECT_EQ(code_of([&] { fence.wait_for(1s); }), ErrorCode::kIo);
  }
  next.wait();
}

TEST(ConvertAsync, FencesEndInTheOrderOfSubmission) {
  ImageProcessor processor({ComputeBackend::kCpu});
  Gate gate;
  Tensor a = gated_image(16, 16, PixelFormat::kRgb, gate);
  Tensor b = make_image(8, 8, PixelFormat::kRgb);
  Tensor c = make_image(8, 8, PixelFormat::kRgba);
  const Fence first = processor.convert_async(a, b);
  const Fence second = processor.convert_async(b, c);
  EXPECT_FALSE(first.is_done());
  EXPECT_FALSE(second.is_done());
  EXPECT_FALSE(second.wait_for(-5s));
  EXPECT_FALSE(second.wait_for(2ms));
  gate.open();
  second.wait();
  EXPECT_TRUE(first.is_done());
  EXPECT_TRUE(second.wait_for(std::chrono::nanoseconds::max()));
}

/// convert(), drawing and explain() after convert_async() see what it wrote.
TEST(ConvertAsync, OtherCallsComeAfterIt) {
  ImageProcessor processor({ComputeBackend::kCpu});
  Gate gate;
  const Tensor a = gated_image(16, 16, PixelFormat::kRgb, gate, 7);
  Tensor b = make_image(8, 8, PixelFormat::kRgb), c = make_image(8, 8, PixelFormat::kRgb);
  processor.convert_async(a, b);
  std::thread opener([&] {
    std::this_thread::sleep_for(5ms);
    gate.open();
  });
  processor.convert(b, c);
  opener.join();
  EXPECT_TRUE(same_bytes(b, c));
  EXPECT_EQ(c.map().as<std::uint8_t>()[0], 7);
}

/// The tensors may go at once; their memory goes when the fence has been waited for, in the thread
/// that waits, or at the processor's next call.
TEST(ConvertAsync, MemoryLivesUntilTheEnd) {
  ImageProcessor processor({ComputeBackend::kCpu});
  for (const bool waits : {true, false}) {
    std::thread::id freed_by;
    std::atomic<bool> is_freed{false};
    std::optional<Fence> fence;
    Gate gate;
    Tensor slow = make_image(8, 8, PixelFormat::kRgb);
    processor.convert_async(gated_image(8, 8, PixelFormat::kRgb, gate), slow);
    {
      auto* bytes = new std::vector<std::uint8_t>(192);
      const std::shared_ptr<void> owner(bytes, [&, bytes](void*) {
        delete bytes;
        freed_by = std::this_thread::get_id();
        is_freed = true;
      });
      Tensor src = Tensor::wrap(bytes->data(), 192, {8, 8, 3}, DType::kU8, owner);
      src.set_format(PixelFormat::kRgb);
      Tensor dst = make_image(4, 4, PixelFormat::kRgb);
      fence = processor.convert_async(src, dst);
    }
    EXPECT_FALSE(is_freed);
    gate.open();
    if (waits) {
      fence->wait();
      EXPECT_TRUE(is_freed);
    } else {
      fence.reset();
      for (int call = 0; call < 2; ++call) {
        Tensor dst = make_image(4, 4, PixelFormat::kRgb);
        processor.convert_async(noise(8, 8, PixelFormat::kRgb), dst).wait();
      }
      processor.request_counts();
      EXPECT_TRUE(is_freed);
    }
    EXPECT_EQ(freed_by, std::this_thread::get_id());
  }
}

TEST(ConvertAsync, ProcessorsEndTheirWorkBeforeTheyGo) {
  std::vector<Fence> fences;
  std::vector<Tensor> results;
  const Tensor src = noise(200, 150, PixelFormat::kRgb);
  {
    ImageProcessor processor({ComputeBackend::kCpu});
    for (int i = 0; i < 100; ++i) {  // more than may be pending
      results.push_back(make_image(60, 40, PixelFormat::kRgba));
      fences.push_back(processor.convert_async(src, results.back()));
    }
    ImageProcessor moved(std::move(processor));
    results.push_back(make_image(60, 40, PixelFormat::kRgba));
    fences.push_back(moved.convert_async(src, results.back()));
  }
  for (const Fence& fence : fences) {
    EXPECT_TRUE(fence.is_done());
    fence.wait();
  }
  EXPECT_TRUE(same_bytes(results.front(), results.back()));
}

TEST(ConvertAsync, ManyThreadsSubmitAndWait) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor src = noise(96, 64, PixelFormat::kRgb);
  Tensor expected = make_image(48, 32, PixelFormat::kRgba);
  processor.convert(src, expected);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 25; ++i) {
        Tensor dst = make_image(48, 32, PixelFormat::kRgba);
        const Fence fence = processor.convert_async(src, dst);
        std::thread other([fence] { fence.wait(); });
        fence.wait();
        wrong += same_bytes(dst, expected) ? 0 : 1;
        other.join();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

#if !defined(_WIN32)
template <typename Body>
int status_in_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) body();
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(ConvertAsync, ForkedChildrenConvertAtOnce) {
  auto processor = std::make_unique<ImageProcessor>(ProcessorOptions{ComputeBackend::kCpu});
  const Tensor src = noise(16, 16, PixelFormat::kRgb);
  Tensor dst = make_image(8, 8, PixelFormat::kRgb), slow = make_image(8, 8, PixelFormat::kRgb);
  const Fence done = processor->convert_async(src, dst);
  done.wait();
  ASSERT_EQ(status_in_child([&] {
              if (!processor->convert_async(src, dst).is_done()) ::_exit(1);
              processor->convert(src, dst);
              processor.reset();
              ::_exit(0);
            }),
            0);
  Gate gate;
  const Fence pending = processor->convert_async(gated_image(8, 8, PixelFormat::kRgb, gate), slow);
  gate.await_arrival();
  EXPECT_EQ(status_in_child([&] {
              done.wait();
              if (code_of([&] { pending.wait(); }) != ErrorCode::kDisconnected) ::_exit(1);
              // Its thread held the turn: nothing can be done with it here.
              if (code_of([&] { processor->convert(src, dst); }) != ErrorCode::kDisconnected) {
                ::_exit(2);
              }
              const Fence refused = processor->convert_async(src, dst);
              if (code_of([&] { refused.wait(); }) != ErrorCode::kDisconnected) ::_exit(3);
              processor.reset();
              ::_exit(0);
            }),
            0);
  gate.open();
  pending.wait();
}

/// A processor that nobody destroys: the end of the process waits for its work.
TEST(ConvertAsync, TheEndOfTheProcessWaits) {
  EXPECT_EXIT(
      {
        auto* processor = new ImageProcessor({ComputeBackend::kCpu});
        const Tensor src = noise(640, 480, PixelFormat::kRgb);
        static std::vector<Tensor>* results = new std::vector<Tensor>;
        for (int i = 0; i < 40; ++i) {
          results->push_back(make_image(300, 200, PixelFormat::kRgba));
          processor->convert_async(src, results->back());
        }
        std::exit(7);
      },
      ::testing::ExitedWithCode(7), "");
}
#endif

/// A device in the shape of a backend: flights land when they are told to, in order.
struct Device {
  std::mutex mutex;
  std::size_t launched = 0;
  std::size_t landed = 0;  // flights up to that one are over
  std::size_t waits = 0;   // flights that somebody waited for
  std::size_t fails_from = ~std::size_t{0};
  bool lands_when_waited_for = true;
};

class DeviceFlight final : public Flight {
 public:
  explicit DeviceFlight(Device& device) : device_(device), number_(++device.launched) {}
  bool is_over(std::chrono::nanoseconds patience) override {
    const std::lock_guard<std::mutex> lock(device_.mutex);
    if (patience > 0ns && !std::exchange(was_waited_for_, true)) {
      ++device_.waits;
      if (device_.lands_when_waited_for) device_.landed = std::max(device_.landed, number_);
    }
    if (device_.landed >= number_ && number_ >= device_.fails_from) {
      throw BackendRefusal("the device is gone");
    }
    return device_.landed >= number_;
  }

 private:
  Device& device_;
  std::size_t number_;
  bool was_waited_for_ = false;
};

class DeviceBackend final : public Backend {
 public:
  DeviceBackend(Device& device, Gate& gate) : device_(device), gate_(gate) {}
  ComputeBackend kind() const override { return ComputeBackend::kOpenGl; }
  const char* declines(const ConvertRequest&) const override {
    return refused_ ? "refused" : nullptr;
  }
  const char* declines(const DrawRequest&) const override { return "draws nothing"; }
  void convert(const ConvertRequest&) override {}
  void draw(const DrawRequest&) override {}
  std::unique_ptr<Flight> submit(const ConvertRequest&) override {
    gate_.pass();
    const std::lock_guard<std::mutex> lock(device_.mutex);
    return std::make_unique<DeviceFlight>(device_);
  }
  void decline_from_now_on(const ConvertRequest&) override { refused_ = true; }

 private:
  Device& device_;
  Gate& gate_;
  bool refused_ = false;
};

class ConvertQueueOnADevice : public ::testing::Test {
 protected:
  static constexpr int kMany = 8;
  static std::vector<std::unique_ptr<Backend>> backends(Device& device, Gate& gate) {
    std::vector<std::unique_ptr<Backend>> list;
    list.push_back(std::make_unique<DeviceBackend>(device, gate));
    list.push_back(make_cpu_backend());
    return list;
  }
  Fence submit() {
    results_.push_back(make_image(8, 8, PixelFormat::kRgb));
    return queue_.submit(src_, results_.back(), {});
  }
  std::size_t waits() {
    const std::lock_guard<std::mutex> lock(device_.mutex);
    return device_.waits;
  }

  Device device_;
  Gate gate_;
  Dispatcher dispatcher_{backends(device_, gate_)};
  std::mutex turn_;
  Tensor src_ = noise(16, 16, PixelFormat::kRgb);
  std::vector<Tensor> results_;
  ConvertQueue queue_{dispatcher_, turn_};
};

TEST_F(ConvertQueueOnADevice, ManySubmissionsWaitOnce) {
  std::vector<Fence> fences;
  for (int i = 0; i < kMany; ++i) fences.push_back(submit());
  gate_.open();
  fences.back().wait();
  for (const Fence& fence : fences) EXPECT_TRUE(fence.is_done());
  EXPECT_EQ(device_.launched, 8U);
  EXPECT_EQ(waits(), 1U);
}

TEST_F(ConvertQueueOnADevice, SharedBuffersWaitForEachOther) {
  Tensor middle = make_image(8, 8, PixelFormat::kRgb), last = make_image(4, 4, PixelFormat::kRgb);
  queue_.submit(src_, middle, {});                    // flies
  queue_.submit(middle, last, {});                    // reads what the first writes
  const Fence end = queue_.submit(src_, middle, {});  // writes what the second reads
  gate_.open();
  end.wait();
  EXPECT_EQ(waits(), 3U);
}

TEST_F(ConvertQueueOnADevice, FencesStayOpenWhileTheDeviceIsAtWork) {
  device_.lands_when_waited_for = false;
  gate_.open();
  const Fence first = submit(), second = submit();
  EXPECT_FALSE(first.wait_for(5ms));
  {
    const std::lock_guard<std::mutex> lock(device_.mutex);
    device_.landed = 1;
  }
  first.wait();
  EXPECT_FALSE(second.wait_for(5ms));
  const std::lock_guard<std::mutex> lock(device_.mutex);
  device_.landed = 2;
}

/// The third flight crashes: it and all behind it are done by the CPU, and their like from then on.
TEST_F(ConvertQueueOnADevice, ADeviceThatFailsInFlightIsReplaced) {
  device_.fails_from = 3;
  std::vector<Fence> fences;
  for (int i = 0; i < kMany; ++i) fences.push_back(submit());
  gate_.open();
  for (const Fence& fence : fences) fence.wait();
  submit().wait();
  Tensor expected = make_image(8, 8, PixelFormat::kRgb);
  ImageProcessor({ComputeBackend::kCpu}).convert(src_, expected);
  for (std::size_t i = 2; i < results_.size(); ++i) {
    EXPECT_TRUE(same_bytes(results_[i], expected)) << i;
  }
  EXPECT_EQ(device_.launched, 8U);
}

}  // namespace
}  // namespace edgefirst
