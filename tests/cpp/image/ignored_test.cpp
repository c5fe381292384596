// SPDX-License-Identifier: Apache-2.0
// Options that a conversion or a drawing could not follow: each is an error that leaves the
// destination alone, or one warning where the caller asks for the manners of 0.24.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "image/convert_fixture.hpp"
#include "support/errors.hpp"
#include "support/log_lines.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using testing::Content;
using testing::fill_bytes;
using testing::make_image;
using testing::text_of;
using testing::Warnings;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<std::uint8_t> bytes_of(const Tensor& tensor) {
  const TensorMap map = tensor.map(CpuAccess::kRead);
  const auto* bytes = map.as<const std::uint8_t>();
  return {bytes, bytes + map.size_bytes()};
}

struct IgnoredConversion {
  const char* said;  ///< what the message names
  ErrorCode code;
  DType dtype;
  std::function<void(ConvertOptions&)> spoil;
};

std::vector<IgnoredConversion> ignored_conversions() {
  using O = ConvertOptions;
  constexpr auto kRect = ErrorCode::kInvalidRect;
  constexpr auto kArgument = ErrorCode::kInvalidArgument;
  std::vector<IgnoredConversion> cases{
      {"source rectangle of 0x5", kRect, DType::kU8,
       [](O& o) {
         o.crop.src_rect = {3, 3, 0, 5};
       }},
      {"source rectangle of 5x0", kRect, DType::kF32,
       [](O& o) {
         o.crop.src_rect = {3, 3, 5, 0};
       }},
      {"source rectangle of 0x0", kRect, DType::kI8, [](O& o) { o.crop.src_rect = Rect{}; }},
      {"destination rectangle of 0x5", kRect, DType::kU8,
       [](O& o) {
         o.crop.dst_rect = {3, 3, 0, 5};
       }},
      {"destination rectangle of 5x0", kRect, DType::kU8,
       [](O& o) {
         o.crop.dst_rect = {3, 3, 5, 0};
         o.crop.dst_color = Color{1, 2, 3, 4};
       }},
      {"colour", kArgument, DType::kU8,
       [](O& o) {
         o.crop.dst_color = Color{1, 2, 3, 4};
       }},
  };
  for (const DType dtype : {DType::kU8, DType::kI8, DType::kU16, DType::kI16}) {
    cases.push_back({"scale has no effect", kArgument, dtype, [](O& o) {
                       o.scale = std::array<float, 4>{1 / 255.0F, 1 / 255.0F, 1 / 255.0F, 1};
                     }});
    cases.push_back({"offset has no effect", kArgument, dtype, [](O& o) {
                       o.offset = std::array<float, 4>{0, 0, 0, 0};
                     }});
  }
  return cases;
}

TEST(IgnoredOptions, OfAConversionAreRefused) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor src = make_image(16, 12, PixelFormat::kRgb);
  for (const IgnoredConversion& bad : ignored_conversions()) {
    SCOPED_TRACE(bad.said);
    Tensor dst = make_image(16, 12, PixelFormat::kRgb, bad.dtype);
    fill_bytes(dst, Content::kNoise);
    const std::vector<std::uint8_t> before = bytes_of(dst);
    ConvertOptions options;
    bad.spoil(options);
    const auto convert = [&] { processor.convert(src, dst, options); };
    EXPECT_EQ(code_of(convert), bad.code);
    EXPECT_NE(text_of(convert).find(bad.said), std::string::npos) << text_of(convert);
    EXPECT_LT(text_of(convert).size(), 300U);
    EXPECT_EQ(code_of([&] { processor.convert_async(src, dst, options); }), bad.code);
    EXPECT_EQ(code_of([&] { processor.explain(src, dst, options); }), bad.code);
    EXPECT_TRUE(bytes_of(dst) == before) << "the destination changed";
  }
}

TEST(IgnoredOptions, OfAConversionAreOneWarningWhereAsked) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor src = make_image(16, 12, PixelFormat::kRgb);
  Warnings warnings;
  for (const IgnoredConversion& bad : ignored_conversions()) {
    SCOPED_TRACE(bad.said);
    Tensor dst = make_image(16, 12, PixelFormat::kRgb, bad.dtype);
    ConvertOptions options;
    bad.spoil(options);
    options.on_ignored = OnIgnored::kWarn;
    processor.convert(src, dst, options);
    const std::vector<std::string> lines = warnings.take();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find(bad.said), std::string::npos) << lines[0];
  }
}

TEST(IgnoredOptions, ASourceWithoutPixelsIsRefused) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor empty({0, 5, 3}, DType::kU8, TensorMemory::kMem);
  Tensor src = empty;
  src.set_format(PixelFormat::kRgb);
  Tensor dst = make_image(4, 4, PixelFormat::kRgb);
  EXPECT_EQ(code_of([&] { processor.convert(src, dst); }), ErrorCode::kInvalidRect);
}

TEST(IgnoredOptions, WhatHasAnEffectIsNoError) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor src = make_image(16, 12, PixelFormat::kRgb);
  Tensor bytes = make_image(16, 12, PixelFormat::kRgb);
  Tensor floats = make_image(16, 12, PixelFormat::kRgb, DType::kF16);
  Warnings warnings;
  ConvertOptions options;
  options.crop.dst_rect = Rect{0, 0, 16, 12};  // a picture of the model's own aspect leaves no bars
  options.crop.dst_color = Color{114, 114, 114, 255};
  processor.convert(src, bytes, options);
  options.scale = std::array<float, 4>{1, 1, 1, 1};
  options.offset = std::array<float, 4>{0, 0, 0, 0};
  processor.convert(src, floats, options);
  Tensor nothing({12, 0, 3}, DType::kU8, TensorMemory::kMem);
  nothing.set_format(PixelFormat::kRgb);
  processor.convert(src, nothing);  // a destination without pixels is complete
  EXPECT_EQ(warnings.take(), std::vector<std::string>{});
}

struct IgnoredDrawing {
  const char* said;
  ErrorCode code;
  std::function<void(std::vector<DetectBox>&, SegmentationList&, OverlayOptions&)> spoil;
};

std::vector<IgnoredDrawing> ignored_drawings() {
  using Boxes = std::vector<DetectBox>;
  using Masks = SegmentationList;
  using O = OverlayOptions;
  static const std::string kNames[] = {"cat"};
  static const TrackInfo kTracks[1] = {};
  constexpr auto kArgument = ErrorCode::kInvalidArgument;
  return {
      {"opacity", kArgument, [](Boxes&, Masks&, O& o) { o.opacity = kNan; }},
      {"class_names", kArgument, [](Boxes&, Masks&, O& o) { o.class_names = kNames; }},
      {"tracks", kArgument, [](Boxes&, Masks&, O& o) { o.tracks = kTracks; }},
      {"letterbox (0, 80, 640, 560)", kArgument,
       [](Boxes&, Masks&, O& o) {
         o.letterbox = BoundingBox{0, 80, 640, 560};
       }},
      {"letterbox (0.5, 0, 0.5, 1)", kArgument,
       [](Boxes&, Masks&, O& o) {
         o.letterbox = BoundingBox{0.5F, 0, 0.5F, 1};
       }},
      {"letterbox (0, 0.9, 1, 0.1)", kArgument,
       [](Boxes&, Masks&, O& o) {
         o.letterbox = BoundingBox{0, 0.9F, 1, 0.1F};
       }},
      {"box 0 (10, 20, 300, 200)", kArgument,
       [](Boxes& b, Masks&, O&) {
         b[0].box = {10, 20, 300, 200};
       }},
      {"only the first of 2 masks", ErrorCode::kInvalidShape,
       [](Boxes&, Masks& m, O&) {
         std::fill_n(m.append({0, 0, 1, 1}, 2, 2, 3), 12, std::uint8_t{1});
         std::fill_n(m.append({0, 0, 1, 1}, 2, 2, 3), 12, std::uint8_t{1});
       }},
  };
}

TEST(IgnoredOptions, OfADrawingAreRefused) {
  ImageProcessor processor({ComputeBackend::kCpu});
  for (const IgnoredDrawing& bad : ignored_drawings()) {
    SCOPED_TRACE(bad.said);
    std::vector<DetectBox> boxes{{{0.2F, 0.2F, 0.8F, 0.8F}, 0.9F, 0}};
    SegmentationList masks;
    OverlayOptions options;
    bad.spoil(boxes, masks, options);
    Tensor dst = make_image(40, 30, PixelFormat::kRgb);
    fill_bytes(dst, Content::kNoise);
    const std::vector<std::uint8_t> before = bytes_of(dst);
    const auto draw = [&] { processor.draw_decoded_masks(dst, boxes, masks, options); };
    EXPECT_EQ(code_of(draw), bad.code);
    EXPECT_NE(text_of(draw).find(bad.said), std::string::npos) << text_of(draw);
    EXPECT_LT(text_of(draw).size(), 300U);
    EXPECT_TRUE(bytes_of(dst) == before) << "the destination changed";
    if (!masks.empty()) continue;
    const ProtoData protos{Tensor({1, 2}), Tensor({4, 4, 2}), ProtoLayout::kNhwc};
    EXPECT_EQ(code_of([&] { processor.draw_proto_masks(dst, boxes, protos, options); }), bad.code);
  }
}

TEST(IgnoredOptions, OfADrawingAreOneWarningWhereAsked) {
  ImageProcessor processor({ComputeBackend::kCpu});
  Warnings warnings;
  for (const IgnoredDrawing& bad : ignored_drawings()) {
    SCOPED_TRACE(bad.said);
    std::vector<DetectBox> boxes{{{0.2F, 0.2F, 0.8F, 0.8F}, 0.9F, 0}};
    SegmentationList masks;
    OverlayOptions options;
    bad.spoil(boxes, masks, options);
    options.on_ignored = OnIgnored::kWarn;
    Tensor dst = make_image(40, 30, PixelFormat::kRgb);
    processor.draw_decoded_masks(dst, boxes, masks, options);
    const std::vector<std::string> lines = warnings.take();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find(bad.said), std::string::npos) << lines[0];
  }
}

TEST(IgnoredOptions, WhatADrawingShowsIsNoError) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const std::string names[] = {"cat"};
  const TrackInfo tracks[1] = {};
  const std::vector<DetectBox> boxes{{{0.2F, 0.2F, 0.8F, 0.8F}, 0.9F, 0}};
  Tensor dst = make_image(40, 30, PixelFormat::kRgb);
  Warnings warnings;
  OverlayOptions options;
  options.opacity = 7;  // clamped, as documented
  options.labels = true;
  options.class_names = names;
  options.tracks = tracks;
  processor.draw_decoded_masks(dst, boxes, {}, options);
  options.labels = false;
  options.class_names = {};
  options.color_mode = ColorMode::kTrack;
  processor.draw_decoded_masks(dst, boxes, {}, options);
  // One bad box among good ones is no mistake of units.
  options.tracks = {};
  const std::vector<DetectBox> mixed{boxes[0], {{3, 3, 9, 9}, 0.5F, 0}};
  processor.draw_decoded_masks(dst, mixed, {}, options);
  EXPECT_EQ(warnings.take(), std::vector<std::string>{});
}

TEST(IgnoredOptions, MasksOfBoxesInPixelsAreAWarning) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const ProtoData protos{Tensor({1, 2}), Tensor({4, 4, 2}), ProtoLayout::kNhwc};
  SegmentationList masks;
  Warnings warnings;
  processor.materialize_masks({{{0, 0, 1, 1}, 0.5F, 0}}, protos, std::nullopt, {}, masks);
  EXPECT_EQ(warnings.take().size(), 0U);
  processor.materialize_masks({{{10, 20, 300, 200}, 0.5F, 0}}, protos, std::nullopt, {}, masks);
  const std::vector<std::string> lines = warnings.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("is in pixels"), std::string::npos) << lines[0];
}

TEST(IgnoredOptions, ADisplayForTheCpuIsAWarning) {
  Warnings warnings;
  ProcessorOptions options;
  options.egl_display = EglDisplayKind::kDefault;
  options.backend = ComputeBackend::kCpu;
  const ImageProcessor processor(options);
  const std::vector<std::string> lines = warnings.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("egl_display"), std::string::npos) << lines[0];
}

TEST(IgnoredOptions, ColoursBeyondThePaletteAreAWarning) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const std::vector<Color> colors(23, Color{9, 8, 7, 255});
  Warnings warnings;
  processor.set_class_colors(colors);
  const std::vector<std::string> lines = warnings.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("the last 3"), std::string::npos) << lines[0];
}

}  // namespace
}  // namespace edgefirst
