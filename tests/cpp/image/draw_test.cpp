// SPDX-License-Identifier: Apache-2.0
// Overlays against plain per-pixel rules: frames, masks, semantic maps, background, colours,
// labels.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "image/convert_fixture.hpp"
#include "support/allocation_counter.hpp"

namespace edgefirst {
namespace {

using testing::Content;
using testing::fill_bytes;
using testing::make_image;

DetectBox box(float x0, float y0, float x1, float y1, std::size_t label = 0) {
  return {{x0, y0, x1, y1}, 0.5F, label};
}

std::array<int, 4> pixel(const Tensor& image, std::size_t x, std::size_t y) {
  const std::size_t channels = image.shape()[2];
  const TensorMap map = image.map(CpuAccess::kRead);
  const std::uint8_t* at = map.as<std::uint8_t>() + y * image.row_stride() + x * channels;
  return {at[0], at[1], at[2], channels == 4 ? at[3] : 255};
}

class Draw : public ::testing::Test {
 protected:
  ErrorCode error_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::kInternal;
  }

  ImageProcessor processor_{{ComputeBackend::kCpu}};
  SegmentationList masks_;
};

TEST_F(Draw, NoDetectionsClearOrCopyTheBackground) {
  for (const PixelFormat format : {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kBgra}) {
    Tensor dst = make_image(33, 70, format, DType::kU8, 5);
    Tensor background = make_image(33, 70, format, DType::kU8, 2);
    fill_bytes(dst, Content::kNoise);
    fill_bytes(background, Content::kNoise, 2);
    OverlayOptions options;
    options.background = &background;
    processor_.draw_decoded_masks(dst, {}, masks_, options);
    for (std::size_t y = 0; y < 70; ++y) {
      EXPECT_EQ(pixel(dst, y % 33, y), pixel(background, y % 33, y));
    }
    processor_.draw_decoded_masks(dst, {}, masks_);
    EXPECT_EQ(pixel(dst, 32, 69)[0], 0);
    EXPECT_EQ(pixel(dst, 32, 69)[3], format == PixelFormat::kRgb ? 255 : 0);
  }
}

/// The frame rule, one pixel at a time.
bool on_frame(const BoundingBox& b, int width, int height, int x, int y) {
  const auto inner = [](float c, int total, float shift) {
    return std::max(0, static_cast<int>(std::round(static_cast<float>(total - 1) * c + shift)));
  };
  const int left = inner(b.xmin, width, -0.5F), right = inner(b.xmax, width, 0.5F);
  const int top = inner(b.ymin, height, -0.5F), bottom = inner(b.ymax, height, 0.5F);
  const int outer_left = std::max(left - 3, 0), outer_right = std::min(right + 3, width);
  const int outer_top = std::max(top - 3, 0), outer_bottom = std::min(bottom + 3, height);
  const bool columns = x >= outer_left + 1 && x <= outer_right - 1;
  if (columns && y >= outer_top + 1 && y <= top) return true;
  if (columns && y >= bottom && y <= outer_bottom - 1) return true;
  if (y < top || y > bottom - 1) return false;
  return (x >= outer_left + 1 && x <= left) || (x >= right && x <= outer_right - 1);
}

TEST_F(Draw, FramesLieAroundTheBox) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> unit(-0.2F, 1.2F);
  for (const PixelFormat format : {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kBgra}) {
    for (int round = 0; round < 60; ++round) {
      const int width = 40 + round, height = 150;
      Tensor dst = make_image(width, height, format);
      const DetectBox b = round == 0 ? box(0, 0, 1, 1)
                                     : box(unit(random), unit(random), unit(random), unit(random));
      const auto clamped = [](float v) { return std::clamp(v, 0.0F, 1.0F); };
      const BoundingBox ordered{
          clamped(std::min(b.box.xmin, b.box.xmax)), clamped(std::min(b.box.ymin, b.box.ymax)),
          clamped(std::max(b.box.xmin, b.box.xmax)), clamped(std::max(b.box.ymin, b.box.ymax))};
      const auto is_beyond = [](float p, float q) {
        return std::max(p, q) < 0 || std::min(p, q) > 1;
      };
      const bool is_outside =
          is_beyond(b.box.xmin, b.box.xmax) || is_beyond(b.box.ymin, b.box.ymax);
      processor_.draw_decoded_masks(dst, {b}, masks_);
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          const bool painted = pixel(dst, x, y)[1] == 255;
          const bool expected = !is_outside && on_frame(ordered, width, height, x, y);
          ASSERT_EQ(painted, expected) << x << "," << y;
          ASSERT_EQ(pixel(dst, x, y)[3], painted || format == PixelFormat::kRgb ? 255 : 0);
        }
      }
    }
  }
}

TEST_F(Draw, ColorsFollowClassInstanceOrTrack) {
  Tensor dst = make_image(100, 100, PixelFormat::kBgra);
  const DetectBox boxes[] = {box(0.2F, 0.2F, 0.4F, 0.4F, 21), box(0.6F, 0.6F, 0.8F, 0.8F, 34)};
  OverlayOptions options;
  processor_.draw_decoded_masks(dst, boxes, masks_, options);
  EXPECT_EQ(pixel(dst, 18, 30), (std::array<int, 4>{0, 142, 255, 255}));  // class 1
  EXPECT_EQ(pixel(dst, 58, 70), (std::array<int, 4>{0, 0, 255, 255}));    // class 14
  options.color_mode = ColorMode::kInstance;
  processor_.draw_decoded_masks(dst, boxes, masks_, options);
  EXPECT_EQ(pixel(dst, 18, 30), (std::array<int, 4>{0, 255, 0, 255}));
  EXPECT_EQ(pixel(dst, 58, 70), (std::array<int, 4>{0, 142, 255, 255}));
  options.color_mode = ColorMode::kTrack;
  TrackInfo tracks[2];
  tracks[0].uuid = {0xAB, 0xCD, 0xEF};
  tracks[1].uuid = {0x12, 0x34, 0x56};
  options.tracks = tracks;
  processor_.draw_decoded_masks(dst, boxes, masks_, options);
  const auto first = pixel(dst, 18, 30);
  std::swap(tracks[0], tracks[1]);
  const DetectBox swapped[] = {boxes[1], boxes[0]};
  processor_.draw_decoded_masks(dst, swapped, masks_, options);
  EXPECT_EQ(pixel(dst, 18, 30), first);
}

TEST_F(Draw, ABoxWithoutATrackIsDrawnBesideTrackedOnes) {
  const DetectBox boxes[] = {box(0.1F, 0.5F, 0.3F, 0.8F, 5), box(0.4F, 0.5F, 0.6F, 0.8F, 5),
                             box(0.7F, 0.5F, 0.9F, 0.8F, 5)};
  TrackInfo tracks[3];
  tracks[1].uuid = {0, 0, 7};  // colour 7, unlike 1 and 5
  OverlayOptions options;
  options.labels = true;
  const auto draw = [&](Span<const TrackInfo> given, ColorMode mode) {
    Tensor dst = make_image(320, 240, PixelFormat::kRgb);
    options.tracks = given;
    options.color_mode = mode;
    processor_.draw_decoded_masks(dst, boxes, masks_, options);
    return dst;
  };
  const Tensor some = draw(tracks, ColorMode::kTrack);
  const Tensor none = draw({}, ColorMode::kTrack);
  const auto same = [&](const Tensor& a, const Tensor& b, int left, int right) {
    for (int y = 0; y < 240; ++y) {
      for (int x = left; x < right; ++x) {
        if (pixel(a, x, y) != pixel(b, x, y)) return false;
      }
    }
    return true;
  };
  EXPECT_TRUE(same(some, none, 0, 124));
  EXPECT_FALSE(same(some, none, 124, 222));
  EXPECT_TRUE(same(some, none, 222, 320));
  const TrackInfo nothing[3];
  EXPECT_TRUE(same(draw(nothing, ColorMode::kTrack), none, 0, 320));
  EXPECT_TRUE(same(draw(nothing, ColorMode::kClass), draw({}, ColorMode::kClass), 0, 320));
}

TEST_F(Draw, ClassColorsReplaceTheFirstEntries) {
  Tensor dst = make_image(100, 100, PixelFormat::kRgb);
  const std::vector<Color> colors(25, Color{1, 2, 3, 255});
  processor_.set_class_colors(Span<const Color>(colors.data(), 1));
  const DetectBox boxes[] = {box(0.2F, 0.2F, 0.4F, 0.4F, 0), box(0.6F, 0.6F, 0.8F, 0.8F, 1)};
  processor_.draw_decoded_masks(dst, boxes, masks_);
  EXPECT_EQ(pixel(dst, 18, 30), (std::array<int, 4>{1, 2, 3, 255}));
  EXPECT_EQ(pixel(dst, 58, 70), (std::array<int, 4>{255, 142, 0, 255}));
  processor_.set_class_colors(colors);
  processor_.draw_decoded_masks(dst, boxes, masks_);
  EXPECT_EQ(pixel(dst, 58, 70), (std::array<int, 4>{1, 2, 3, 255}));
}

TEST_F(Draw, InstanceMasksBlendInsideTheirRegion) {
  std::mt19937 random(5);
  for (const float opacity : {1.0F, 0.5F, 0.0F, 7.0F, -1.0F}) {
    Tensor dst = make_image(90, 130, PixelFormat::kRgba);
    Tensor background = make_image(90, 130, PixelFormat::kRgba);
    fill_bytes(background, Content::kNoise);
    // The region is exactly on pixels, so that rounding is not the question here.
    const DetectBox b = box(10 / 90.0F, 20 / 130.0F, 70 / 90.0F, 110 / 130.0F, 14);
    masks_.clear();
    std::uint8_t* mask = masks_.append(b.box, 9, 7, 1);
    for (int i = 0; i < 63; ++i) mask[i] = static_cast<std::uint8_t>(random());
    mask[0] = 126;
    mask[62] = 127;
    OverlayOptions options;
    options.background = &background;
    options.opacity = opacity;
    processor_.draw_decoded_masks(dst, {b}, masks_, options);
    const float clamped = std::clamp(opacity, 0.0F, 1.0F);
    const int alpha = clamped == 1 ? 179 : static_cast<int>(std::lround(179 * clamped));
    for (std::size_t y = 20; y < 110; ++y) {
      for (std::size_t x = 10; x < 70; ++x) {
        if (pixel(dst, x, y) == std::array<int, 4>{255, 0, 0, 255}) continue;  // frame
        const auto row = static_cast<std::size_t>((y - 20.0) * 8 / 89);
        const auto column = static_cast<std::size_t>((x - 10.0) * 6 / 59);
        const auto old = pixel(background, x, y);
        std::array<int, 4> expected = old;
        if (masks_[0].data[row * 7 + column] >= 127) {
          expected = {(255 * alpha + old[0] * (255 - alpha)) / 255, old[1] * (255 - alpha) / 255,
                      old[2] * (255 - alpha) / 255, alpha + old[3] * (255 - alpha) / 255};
        }
        ASSERT_EQ(pixel(dst, x, y), expected) << x << "," << y;
      }
    }
  }
}

TEST_F(Draw, SemanticMapSkipsItsLastClass) {
  Tensor dst = make_image(64, 48, PixelFormat::kRgb);
  std::uint8_t* map = masks_.append({0, 0, 1, 1}, 48, 64, 3);
  for (std::size_t i = 0; i < 48 * 64; ++i) map[3 * i + i % 3] = 200;
  processor_.draw_decoded_masks(dst, {}, masks_);
  EXPECT_EQ(pixel(dst, 0, 0), (std::array<int, 4>{0, 179, 0, 255}));
  EXPECT_EQ(pixel(dst, 1, 0), (std::array<int, 4>{179, 99, 0, 255}));
  EXPECT_EQ(pixel(dst, 2, 0), (std::array<int, 4>{0, 0, 0, 255}));
}

TEST_F(Draw, LetterboxMapsBoxesAndRegionsBack) {
  Tensor dst = make_image(200, 100, PixelFormat::kRgb);
  OverlayOptions options;
  options.letterbox = BoundingBox{0, 0.25F, 1, 0.75F};
  const DetectBox b = box(0.4F, 0.4F, 0.6F, 0.6F, 14);  // picture: y 0.3 ... 0.7
  std::memset(masks_.append({0.375F, 0.375F, 0.625F, 0.625F}, 4, 4, 1), 255, 16);
  processor_.draw_decoded_masks(dst, {b}, masks_, options);
  EXPECT_EQ(pixel(dst, 100, 50)[0], 179);
  EXPECT_EQ(pixel(dst, 76, 27)[0], 179);  // region in the picture: 0.375...0.625, 0.25...0.75
  EXPECT_EQ(pixel(dst, 100, 23)[0], 0);
  EXPECT_EQ(pixel(dst, 100, 28)[0], 255);  // frame blended with itself above the box
  // A region that is already the picture's is not mapped twice.
  masks_.clear();
  std::memset(masks_.append({0.375F, 0.25F, 0.625F, 0.75F}, 4, 4, 1), 255, 16);
  processor_.draw_decoded_masks(dst, {b}, masks_, options);
  EXPECT_EQ(pixel(dst, 76, 27)[0], 179);
  EXPECT_EQ(pixel(dst, 76, 22)[0], 0);
}

TEST_F(Draw, MasksOfEverySizeAndOnePixelExtentsAreSafe) {
  Tensor dst = make_image(65, 33, PixelFormat::kRgb);
  for (const std::size_t size : {1, 2, 3, 160}) {
    for (const float extent : {0.0F, 0.001F, 0.016F, 1.0F}) {
      masks_.clear();
      const DetectBox b = box(0.5F, 0.5F, 0.5F + extent, 0.5F + extent);
      std::memset(masks_.append(b.box, size, size, 1), 255, size * size);
      EXPECT_NO_THROW(processor_.draw_decoded_masks(dst, {b}, masks_));
    }
  }
}

TEST_F(Draw, RefusesWhatItCannotDrawAndKeepsTheDestination) {
  Tensor grey = make_image(8, 8, PixelFormat::kGrey);
  EXPECT_EQ(error_of([&] { processor_.draw_decoded_masks(grey, {}, masks_); }),
            ErrorCode::kNotSupported);
  Tensor floats = make_image(8, 8, PixelFormat::kRgb, DType::kF32);
  EXPECT_EQ(error_of([&] { processor_.draw_decoded_masks(floats, {}, masks_); }),
            ErrorCode::kNotSupported);
  Tensor dst = make_image(8, 8, PixelFormat::kRgb);
  std::memset(dst.map().data(), 77, dst.size_bytes());
  OverlayOptions options;
  options.background = &dst;
  EXPECT_EQ(error_of([&] { processor_.draw_decoded_masks(dst, {}, masks_, options); }),
            ErrorCode::kAliasedBuffers);
  const Tensor other = make_image(9, 8, PixelFormat::kRgb);
  options.background = &other;
  EXPECT_EQ(error_of([&] { processor_.draw_decoded_masks(dst, {}, masks_, options); }),
            ErrorCode::kInvalidShape);
  masks_.append({0, 0, 1, 1}, 2, 2, 1);
  EXPECT_EQ(error_of([&] { processor_.draw_decoded_masks(dst, {}, masks_); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(pixel(dst, 3, 3)[0], 77);
}

TEST_F(Draw, RefusesMasksWithoutTheOneChannelOfABox) {
  Tensor dst = make_image(64, 48, PixelFormat::kRgb);
  const DetectBox boxes[] = {box(.1F, .1F, .5F, .5F), box(.5F, .5F, .9F, .9F)};
  const auto draw = [&] { processor_.draw_decoded_masks(dst, boxes, masks_); };
  masks_.append(boxes[0].box, 4, 4, 0);
  EXPECT_EQ(error_of(draw), ErrorCode::kInvalidShape);
  masks_.clear();
  std::fill_n(masks_.append(boxes[0].box, 4, 4, 1), 16, std::uint8_t{255});
  std::fill_n(masks_.append(boxes[1].box, 4, 4, 2), 32, std::uint8_t{255});
  EXPECT_EQ(error_of(draw), ErrorCode::kInvalidShape);
  masks_.truncate(1);
  draw();
}

TEST_F(Draw, TracksAreParallelToTheBoxes) {
  Tensor dst = make_image(64, 48, PixelFormat::kRgb);
  const DetectBox boxes[] = {box(.1F, .1F, .5F, .5F), box(.5F, .5F, .9F, .9F)};
  const std::vector<TrackInfo> tracks(3);
  for (std::size_t count = 0; count <= tracks.size(); ++count) {
    OverlayOptions options;
    options.color_mode = ColorMode::kTrack;
    options.tracks = Span<const TrackInfo>(tracks.data(), count);
    const auto draw = [&] { processor_.draw_decoded_masks(dst, boxes, masks_, options); };
    if (count == 0 || count == 2) {
      draw();
    } else {
      EXPECT_EQ(error_of(draw), ErrorCode::kInvalidShape) << count;
    }
  }
}

TEST_F(Draw, LabelsStandAboveTheBoxAndGrowWithThePicture) {
  for (const std::size_t scale : {1, 2}) {
    Tensor dst = make_image(640 * scale, 320 * scale, PixelFormat::kRgb);
    DetectBox b = box(0.25F, 0.5F, 0.75F, 0.75F, 1);
    b.score = 0.875F;
    OverlayOptions options;
    options.labels = true;
    const std::string names[] = {"car", "person"};
    options.class_names = names;
    processor_.draw_decoded_masks(dst, {b}, masks_, options);
    // "person 0.88" or "0.87": 11 characters of 6 dots, 11 rows of dots above row 160.
    EXPECT_EQ(pixel(dst, 160 * scale, 159 * scale), (std::array<int, 4>{255, 142, 0, 255}));
    EXPECT_EQ(pixel(dst, 160 * scale, 149 * scale), (std::array<int, 4>{255, 142, 0, 255}));
    EXPECT_EQ(pixel(dst, 160 * scale, 148 * scale)[0], 0);
    std::size_t dark = 0;
    for (std::size_t y = 149 * scale; y < 160 * scale; ++y) {
      for (std::size_t x = 160 * scale; x < (160 + 67) * scale; ++x) {
        dark += pixel(dst, x, y) == std::array<int, 4>{0, 0, 0, 255} ? 1 : 0;
      }
    }
    EXPECT_GT(dark, 100 * scale * scale);
    EXPECT_LT(dark, 400 * scale * scale);
  }
}

TEST_F(Draw, LabelsStayInsideThePicture) {
  Tensor dst = make_image(60, 40, PixelFormat::kRgb, DType::kU8, 1);
  OverlayOptions options;
  options.labels = true;
  const std::string names[] = {"größer als das ganze Bild, bei weitem \xFF\xC3"};
  options.class_names = names;
  const DetectBox boxes[] = {box(0, 0, 1, 1), box(0.9F, 0.9F, 1, 1), box(1, 1, 1, 1),
                             box(0.5F, 0, 0.6F, 0.1F)};
  EXPECT_NO_THROW(processor_.draw_decoded_masks(dst, boxes, masks_, options));
}

TEST_F(Draw, SteadyStateAllocatesNothing) {
  using testing::AllocationCounter;
  if (!AllocationCounter::is_reliable()) GTEST_SKIP() << "a sanitizer replaces operator new";
  Tensor dst = make_image(640, 480, PixelFormat::kRgb);
  const DetectBox b = box(0.1F, 0.2F, 0.6F, 0.8F, 3);
  std::memset(masks_.append(b.box, 40, 40, 1), 255, 1600);
  const ProtoData protos{Tensor({1, 32}), Tensor({40, 40, 32}), ProtoLayout::kNhwc};
  OverlayOptions options;
  options.labels = true;
  const auto run = [&] {
    processor_.draw_decoded_masks(dst, {b}, masks_, options);
    processor_.draw_proto_masks(dst, {b}, protos, options);
  };
  run();
  const AllocationCounter counter;
  run();
  EXPECT_EQ(counter.count(), 0U);
}

}  // namespace
}  // namespace edgefirst
