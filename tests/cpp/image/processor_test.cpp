// SPDX-License-Identifier: Apache-2.0
// ImageProcessor beyond pixels: backends and environment, errors, explain, images, allocations,
// threads.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <thread>

#include "image/convert_fixture.hpp"
#include "support/allocation_counter.hpp"
#include "support/environment.hpp"

namespace edgefirst {
namespace {

using testing::AllocationCounter;
using testing::Content;
using testing::fill_bytes;
using testing::make_image;
using testing::ScopedVariable;

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kInternal;
}

TEST(ImageProcessor, EveryBackendDisabledLeavesNoBackend) {
  const ScopedVariable gl("EDGEFIRST_DISABLE_GL", "1");
  const ScopedVariable g2d("EDGEFIRST_DISABLE_G2D", "1");
  const ScopedVariable cpu("EDGEFIRST_DISABLE_CPU", "1");
  ImageProcessor processor;
  EXPECT_TRUE(processor.backends().empty());
  const Tensor src = make_image(4, 4, PixelFormat::kRgb);
  Tensor dst = make_image(4, 4, PixelFormat::kRgb);
  EXPECT_EQ(code_of([&] { processor.convert(src, dst); }), ErrorCode::kNoBackend);
  EXPECT_EQ(code_of([&] { processor.draw_decoded_masks(dst, {}, {}); }), ErrorCode::kNoBackend);
  SegmentationList masks;
  const ProtoData protos{Tensor({0, 32}), Tensor({4, 4, 32}), ProtoLayout::kNhwc};
  EXPECT_EQ(code_of([&] { processor.materialize_masks({}, protos, std::nullopt, {}, masks); }),
            ErrorCode::kNoBackend);
  EXPECT_EQ(processor.create_image(8, 8).width(), 8U);
}

TEST(ImageProcessor, ForcedBackendIgnoresCaseAndDisabling) {
  const ScopedVariable force("EDGEFIRST_FORCE_BACKEND", "CPU");
  const ScopedVariable disable("EDGEFIRST_DISABLE_CPU", "1");
  const ImageProcessor processor;
  EXPECT_EQ(processor.backends(), std::vector<ComputeBackend>{ComputeBackend::kCpu});
}

TEST(ImageProcessor, ForcingAnUnknownBackendFails) {
  const ScopedVariable force("EDGEFIRST_FORCE_BACKEND", "vulkan");
  EXPECT_EQ(code_of([] { ImageProcessor processor; }), ErrorCode::kBackendUnavailable);
}

TEST(ImageProcessor, ExplicitCpuIgnoresTheEnvironment) {
  const ScopedVariable force("EDGEFIRST_FORCE_BACKEND", "vulkan");
  const ScopedVariable disable("EDGEFIRST_DISABLE_CPU", "1");
  const ImageProcessor processor({ComputeBackend::kCpu});
  EXPECT_EQ(processor.backends(), std::vector<ComputeBackend>{ComputeBackend::kCpu});
}

TEST(ImageProcessor, ExplainNamesEveryBackend) {
  const ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor src = make_image(4, 4, PixelFormat::kNv12);
  const Tensor dst = make_image(8, 8, PixelFormat::kPlanarRgb, DType::kF32);
  const std::vector<BackendAnswer> answers = processor.explain(src, dst);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].backend, ComputeBackend::kCpu);
  EXPECT_TRUE(answers[0].accepts);
  EXPECT_STREQ(answers[0].reason, "");
}

class ConvertErrors : public ::testing::Test {
 protected:
  /// Expects the error and that dst keeps its bytes.
  void expect_error(ErrorCode code, const ConvertOptions& options) {
    fill_bytes(dst_, Content::kNoise);
    const TensorMap before = dst_.map();
    const std::vector<std::uint8_t> bytes(before.as<std::uint8_t>(),
                                          before.as<std::uint8_t>() + before.size_bytes());
    EXPECT_EQ(code_of([&] { processor_.convert(src_, dst_, options); }), code);
    EXPECT_EQ(std::memcmp(before.data(), bytes.data(), bytes.size()), 0);
  }

  ImageProcessor processor_{{ComputeBackend::kCpu}};
  Tensor src_ = make_image(20, 10, PixelFormat::kRgb);
  Tensor dst_ = make_image(12, 14, PixelFormat::kRgba);
};

TEST_F(ConvertErrors, RectanglesThatLeaveTheirImage) {
  constexpr std::size_t kHuge = ~std::size_t{0};
  for (const Rect& rect : {Rect{0, 0, 21, 10}, Rect{1, 0, 20, 10}, Rect{0, 10, 1, 1},
                           Rect{kHuge, 0, 2, 2}, Rect{0, 3, 4, kHuge}}) {
    ConvertOptions options;
    options.crop.dst_color = Color{1, 2, 3, 4};
    options.crop.dst_rect = Rect{2, 2, 2, 2};
    options.crop.src_rect = rect;
    expect_error(ErrorCode::kInvalidRect, options);
  }
  for (const Rect& rect : {Rect{0, 0, 13, 14}, Rect{1, 0, 12, 14}, Rect{0, 14, 1, 1},
                           Rect{2, kHuge, 1, 2}, Rect{0, 3, kHuge, 4}}) {
    ConvertOptions options;
    options.crop.dst_color = Color{1, 2, 3, 4};
    options.crop.dst_rect = rect;
    expect_error(ErrorCode::kInvalidRect, options);
  }
}

TEST_F(ConvertErrors, EnumeratorsOutOfRange) {
  ConvertOptions options;
  options.rotation = static_cast<Rotation>(4);
  expect_error(ErrorCode::kInvalidArgument, options);
  options = {};
  options.flip = static_cast<Flip>(9);
  expect_error(ErrorCode::kInvalidArgument, options);
  options = {};
  options.filter = static_cast<Filter>(4);
  expect_error(ErrorCode::kInvalidArgument, options);
}

TEST_F(ConvertErrors, ElementTypesThatAreNotOffered) {
  dst_ = make_image(4, 4, PixelFormat::kRgb, DType::kF64);
  expect_error(ErrorCode::kNotSupported, {});
  dst_ = make_image(4, 4, PixelFormat::kRgb);
  src_ = make_image(4, 4, PixelFormat::kRgb, DType::kF32);
  expect_error(ErrorCode::kNotSupported, {});
}

TEST_F(ConvertErrors, TensorsThatAreNoImages) {
  src_ = Tensor({10, 20, 3}, DType::kU8);
  expect_error(ErrorCode::kNotAnImage, {});
  src_ = make_image(4, 4, PixelFormat::kRgb);
  dst_ = Tensor({4, 4, 4}, DType::kU8);
  expect_error(ErrorCode::kNotAnImage, {});
}

TEST_F(ConvertErrors, SourceThatSharesMemoryWithTheDestination) {
  dst_ = src_;
  expect_error(ErrorCode::kAliasedBuffers, {});
}

TEST_F(ConvertErrors, StridesThatCutElements) {
  auto memory = std::make_shared<std::vector<std::uint8_t>>(1000);
  dst_ = Tensor::wrap(memory->data(), 1000, {4, 4, 3}, DType::kF32, memory);
  dst_.set_format(PixelFormat::kRgb);
  dst_.set_row_stride(50);
  expect_error(ErrorCode::kInvalidShape, {});
}

TEST(Convert, EmptyRectanglesOnlyFill) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor src = make_image(8, 8, PixelFormat::kRgb);
  Tensor dst = make_image(4, 4, PixelFormat::kGrey);
  ConvertOptions options;
  options.on_ignored = OnIgnored::kWarn;
  options.crop.dst_rect = Rect{4, 4, 0, 0};
  options.crop.dst_color = Color{9, 9, 9, 9};
  processor.convert(src, dst, options);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(dst.map().as<std::uint8_t>()[i], 9);
  options.crop = {};
  options.crop.src_rect = Rect{8, 8, 0, 0};
  processor.convert(src, dst, options);
  EXPECT_EQ(dst.map().as<std::uint8_t>()[5], 9);
}

TEST(Convert, SteadyStateAllocatesNothing) {
  if (!AllocationCounter::is_reliable()) GTEST_SKIP() << "a sanitizer replaces operator new";
  ImageProcessor processor({ComputeBackend::kCpu});
  Tensor dst = make_image(320, 320, PixelFormat::kPlanarRgb, DType::kF32);
  ConvertOptions options;
  options.crop.dst_rect = letterbox(640, 360, 320, 320).content;
  options.crop.dst_color = Color{114, 114, 114, 255};
  for (const PixelFormat from :
       {PixelFormat::kNv12, PixelFormat::kYuyv, PixelFormat::kRgba, PixelFormat::kRgb}) {
    const Tensor src = make_image(640, 360, from);
    Tensor same = make_image(640, 360, PixelFormat::kRgb);
    Tensor larger = make_image(900, 500, from);
    const auto run = [&] {
      for (int filter = 0; filter < 4; ++filter) {
        options.filter = static_cast<Filter>(filter);
        processor.convert(src, dst, options);
        processor.convert(src, larger);
      }
      processor.convert(src, same);
    };
    run();
    run();
    const AllocationCounter counter;
    for (int i = 0; i < 5; ++i) run();
    EXPECT_EQ(counter.count(), 0U) << pixel_format_info(from).name;
  }
}

TEST(Convert, MoreShapesThanThePlanCacheHoldsStayCorrect) {
  ImageProcessor processor({ComputeBackend::kCpu});
  Tensor src = make_image(64, 48, PixelFormat::kRgb);
  fill_bytes(src, Content::kNoise);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t size = 10; size < 40; ++size) {
      Tensor dst = make_image(size, size + 3, PixelFormat::kRgb);
      processor.convert(src, dst);
      EXPECT_LE(testing::Comparison(src, dst, {}).worst(), 1);
    }
  }
}

TEST(ImageProcessor, ManyThreadsShareOneOrOwnSeveral) {
  ImageProcessor shared({ComputeBackend::kCpu});
  Tensor src = make_image(400, 300, PixelFormat::kNv12);
  fill_bytes(src, Content::kNoise);
  Tensor expected = make_image(160, 120, PixelFormat::kRgb);
  shared.convert(src, expected);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      ImageProcessor own({ComputeBackend::kCpu});
      ImageProcessor& processor = i % 2 == 0 ? shared : own;
      for (int round = 0; round < 5; ++round) {
        Tensor dst = make_image(160, 120, PixelFormat::kRgb);
        processor.convert(src, dst);
        EXPECT_EQ(std::memcmp(dst.map().data(), expected.map().data(), dst.size_bytes()), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ImageProcessor, CreatesImagesOfEveryFormatAndType) {
  ImageProcessor processor({ComputeBackend::kCpu});
  for (const PixelFormatInfo& info : pixel_format_table()) {
    for (const DTypeInfo& dtype : dtype_table()) {
      const Tensor image = processor.create_image(30, 20, info.format, dtype.dtype);
      EXPECT_EQ(image.width(), 30U);
      EXPECT_EQ(image.height(), 20U);
      EXPECT_EQ(image.dtype(), dtype.dtype);
      EXPECT_NE(image.memory(), TensorMemory::kShm);
    }
  }
}

}  // namespace
}  // namespace edgefirst
