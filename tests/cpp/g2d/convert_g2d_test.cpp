// SPDX-License-Identifier: Apache-2.0
// Conversions on the blitter against the CPU: pairs of formats, turns, rectangles, bars, colours.
#include <gmock/gmock.h>

#include "edgefirst/runtime.hpp"

#include "g2d/g2d_fixture.hpp"
#include "tensor/storage.hpp"

namespace edgefirst::testing {
namespace {

using F = PixelFormat;
constexpr F kSources[] = {F::kRgba, F::kBgra, F::kYuyv, F::kNv12, F::kNv16};
constexpr F kDestinations[] = {F::kRgba, F::kBgra, F::kRgb, F::kYuyv};
constexpr double kMostLevels = 2;

TEST_F(G2d, EveryPairEqualsTheCpu) {
  for (const F from : kSources) {
    for (const F to : kDestinations) {
      for (const DType dtype : {DType::kU8, DType::kI8}) {
        const Tensor src = dma_image(48, 20, from);
        Tensor dst = dma_image(48, 20, to, dtype);
        fill_bytes(src, Content::kSoft);
        EXPECT_EQ(answer(src, dst), "");
        EXPECT_LE(difference(src, dst), kMostLevels)
            << pixel_format_info(from).name << " to " << pixel_format_info(to).name << " "
            << dtype_info(dtype).name;
      }
    }
  }
  EXPECT_EQ(double_->blits, 40);
}

TEST_F(G2d, ConversionsAreSpansOfTheTrace) {
  const Tensor src = dma_image(16, 8, F::kRgba);
  Tensor dst = dma_image(16, 8, F::kRgb);
  ImageProcessor g2d;
  std::string events;
  start_tracing([](const char* event, void* text) { *static_cast<std::string*>(text) += event; },
                &events);
  g2d.convert(src, dst);
  stop_tracing();
  EXPECT_THAT(events, ::testing::HasSubstr("\"image.convert.g2d\""));
}

TEST_F(G2d, FlipsComeBeforeRotations) {
  const Tensor src = dma_image(34, 18, F::kRgba);
  fill_bytes(src, Content::kNoise);
  for (const Rotation rotation : {Rotation::kRotate0, Rotation::kClockwise90, Rotation::kRotate180,
                                  Rotation::kCounterClockwise90}) {
    for (const Flip flip : {Flip::kNone, Flip::kHorizontal, Flip::kVertical}) {
      const bool sideways =
          rotation == Rotation::kClockwise90 || rotation == Rotation::kCounterClockwise90;
      Tensor dst = sideways ? dma_image(18, 34, F::kRgba) : dma_image(34, 18, F::kRgba);
      ConvertOptions options;
      options.rotation = rotation;
      options.flip = flip;
      EXPECT_EQ(difference(src, dst, options), 0)
          << static_cast<int>(rotation) << " " << static_cast<int>(flip);
    }
  }
}

TEST_F(G2d, RectanglesLeaveTheRestAlone) {
  const Tensor src = dma_image(40, 30, F::kRgba);
  fill_bytes(src, Content::kRamp);
  for (const F format : {F::kRgba, F::kRgb}) {
    Tensor dst = dma_image(50, 40, format);
    fill_bytes(dst, Content::kNoise, 7);
    ConvertOptions options;
    options.crop.src_rect = Rect{3, 5, 20, 12};
    options.crop.dst_rect = Rect{7, 9, 20, 12};
    EXPECT_EQ(difference(src, dst, options), 0) << pixel_format_info(format).name;
  }
  EXPECT_EQ(double_->clears, 0);
}

TEST_F(G2d, BarsHaveTheFillColour) {
  const Tensor src = dma_image(40, 30, F::kNv12);
  fill_bytes(src, Content::kSoft);
  for (const F format : kDestinations) {
    for (const DType dtype : {DType::kU8, DType::kI8}) {
      Tensor dst = dma_image(64, 64, format, dtype);
      ConvertOptions options;
      options.filter = Filter::kBilinear;
      options.crop.dst_rect = Rect{12, 16, 40, 30};
      options.crop.dst_color = Color{114, 20, 230, 77};
      EXPECT_LE(difference(src, dst, options), kMostLevels)
          << pixel_format_info(format).name << " " << dtype_info(dtype).name;
    }
  }
  EXPECT_EQ(double_->clears, 2);  // by the blitter where it can, by the CPU elsewhere
}

TEST_F(G2d, EveryMatrixIsTheImages) {
  for (const ColorEncoding encoding : {ColorEncoding::kBt601, ColorEncoding::kBt709}) {
    for (const ColorRange range : {ColorRange::kFull, ColorRange::kLimited}) {
      const Colorimetry color{encoding, range};
      Tensor yuv = dma_image(32, 16, F::kYuyv);
      fill_bytes(yuv, Content::kSoft);
      yuv.set_colorimetry(color);
      Tensor rgb = dma_image(32, 16, F::kRgb);
      EXPECT_LE(difference(yuv, rgb), kMostLevels);
      const Tensor rgba = dma_image(32, 16, F::kRgba);
      fill_bytes(rgba, Content::kSoft);
      EXPECT_LE(difference(rgba, yuv), kMostLevels);
    }
  }
}

/// 1 - RMSE / 255, the contract's score between backends.
double score(const Tensor& a, const Tensor& b) {
  const TensorMap x = a.map(CpuAccess::kRead);
  const TensorMap y = b.map(CpuAccess::kRead);
  double sum = 0;
  for (std::size_t i = 0; i < y.size_bytes(); ++i) {
    const double d = element(x, i) - element(y, i);
    sum += d * d;
  }
  return 1 - std::sqrt(sum / static_cast<double>(y.size_bytes())) / 255;
}

/// Light from the left, chroma from the top.
void shade(const Tensor& nv12) {
  const TensorMap map = nv12.map(CpuAccess::kWrite);
  auto* bytes = map.as<std::uint8_t>();
  const std::size_t width = nv12.width();
  for (std::size_t i = 0; i < map.size_bytes(); ++i) {
    const std::size_t row = i / width;
    const bool is_luma = row < nv12.height();
    bytes[i] = static_cast<std::uint8_t>(is_luma ? 40 + 2 * (i % width) : 100 + 2 * (row % 27));
  }
}

TEST_F(G2d, ScalingIsNearTheCpus) {
  const Tensor src = dma_image(96, 54, F::kNv12);
  shade(src);
  for (const std::size_t size : {40, 64, 150}) {
    Tensor dst = dma_image(size, size, F::kRgb);
    Tensor expected = heap_copy(dst);
    ImageProcessor().convert(src, dst);
    cpu_.convert(src, expected);
    EXPECT_GE(score(dst, expected), 0.98) << size;
  }
}

TEST_F(G2d, ViewsAndPaddedRowsAreReached) {
  Tensor canvas = Tensor::image_with_stride(64, 48, F::kRgba, 320, DType::kU8, TensorMemory::kDma);
  fill_bytes(canvas, Content::kNoise, 3);
  const Tensor view = canvas.view(Rect{10, 12, 32, 16});
  Tensor dst = dma_image(32, 16, F::kRgba);
  EXPECT_EQ(difference(view, dst), 0);
}

TEST_F(G2d, ChromaInABufferOfItsOwn) {
  Tensor y = Tensor({16, 32}, DType::kU8, TensorMemory::kDma);
  Tensor uv = Tensor({8, 32}, DType::kU8, TensorMemory::kDma);
  fill_bytes(y, Content::kSoft, 1);
  fill_bytes(uv, Content::kSoft, 2);
  const Tensor image = Tensor::from_planes(y, uv, F::kNv12);
  Tensor dst = dma_image(32, 16, F::kRgb);
  EXPECT_LE(difference(image, dst), kMostLevels);
}

/// A surface has one stride.
TEST_F(G2d, ChromaOfAnotherPitchIsDeclined) {
  const Tensor y({16, 32}, DType::kU8, TensorMemory::kDma);
  const Tensor uv({8, 48}, DType::kU8, TensorMemory::kDma);
  ImagePlanes planes{PlaneDescriptor(y.storage()->fd()), PlaneDescriptor(uv.storage()->fd())};
  planes.image.set_stride(32);
  planes.chroma->set_stride(48);
  const Tensor image = Tensor::import_image(std::move(planes), 32, 16, F::kNv12);
  EXPECT_THAT(answer(image, dma_image(32, 16, F::kRgb)), ::testing::HasSubstr("rows of chroma"));
}

TEST_F(G2d, DeclinesWhatTheBlitterCannot) {
  const Tensor rgba = dma_image(32, 16, F::kRgba);
  const Tensor yuyv = dma_image(32, 16, F::kYuyv);
  EXPECT_THAT(answer(make_image(32, 16, F::kRgba), rgba), ::testing::HasSubstr("DMA-BUFs only"));
  EXPECT_THAT(answer(rgba, make_image(32, 16, F::kRgba)), ::testing::HasSubstr("DMA-BUFs only"));
  EXPECT_THAT(answer(dma_image(32, 16, F::kVyuy), rgba), ::testing::HasSubstr("not read"));
  EXPECT_THAT(answer(dma_image(32, 16, F::kRgb), rgba), ::testing::HasSubstr("not read"));
  EXPECT_THAT(answer(rgba, dma_image(32, 16, F::kPlanarRgb)), ::testing::HasSubstr("not write"));
  EXPECT_THAT(answer(rgba, dma_image(32, 16, F::kRgb, DType::kF32)),
              ::testing::HasSubstr("u8 and i8"));
  ConvertOptions nearest;
  nearest.filter = Filter::kNearest;
  EXPECT_EQ(answer(rgba, dma_image(32, 16, F::kRgb), nearest), "");
  EXPECT_THAT(answer(rgba, dma_image(20, 16, F::kRgb), nearest), ::testing::HasSubstr("bilinear"));
  ConvertOptions odd;
  odd.crop.src_rect = Rect{1, 0, 8, 8};
  EXPECT_THAT(answer(yuyv, rgba, odd), ::testing::HasSubstr("even rectangles"));
  Tensor wide = dma_image(32, 16, F::kYuyv);
  wide.set_colorimetry(Colorimetry{ColorEncoding::kBt2020, ColorRange::kFull});
  EXPECT_THAT(answer(wide, rgba), ::testing::HasSubstr("BT.2020"));
  EXPECT_THAT(answer(wide, yuyv), ::testing::HasSubstr("two YUV encodings"));
  EXPECT_THAT(
      answer(Tensor::image_with_stride(32, 16, F::kRgba, 130, DType::kU8, TensorMemory::kDma),
             rgba),
      ::testing::HasSubstr("whole pixels"));
}

}  // namespace
}  // namespace edgefirst::testing
