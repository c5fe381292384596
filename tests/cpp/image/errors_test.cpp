// SPDX-License-Identifier: Apache-2.0
// Every request that convert, the drawing calls and materialize_masks refuse gives its error and
// leaves the destination's bytes alone, row padding included: a battery over all formats and
// element types.
#include "support/errors.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <tuple>

#include "image/convert_fixture.hpp"
#include "support/environment.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using testing::Content;
using testing::fill_bytes;
using testing::make_image;

constexpr std::size_t kWidth = 12, kHeight = 10;
constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max();

std::vector<std::uint8_t> bytes_of(const Tensor& tensor) {
  const TensorMap map = tensor.map(CpuAccess::kRead);
  const auto* bytes = map.as<const std::uint8_t>();
  std::vector<std::uint8_t> all(bytes, bytes + map.size_bytes());
  if (tensor.chroma() == nullptr) return all;
  const std::vector<std::uint8_t> chroma = bytes_of(*tensor.chroma());
  all.insert(all.end(), chroma.begin(), chroma.end());
  return all;
}

/// Expects that call throws code and that tensor keeps its bytes.
void expect_untouched(const Tensor& tensor, ErrorCode code, const std::function<void()>& call) {
  fill_bytes(tensor, Content::kNoise);
  const std::vector<std::uint8_t> before = bytes_of(tensor);
  EXPECT_EQ(code_of(call), code);
  EXPECT_TRUE(bytes_of(tensor) == before) << "the destination changed";
}

/// A conversion that works until a case spoils it.
struct Conversion {
  Tensor src;
  Tensor dst;
  ConvertOptions options;

  Conversion(PixelFormat format, DType dtype)
      : src(make_image(kWidth, kHeight, PixelFormat::kRgb)),
        dst(make_image(kWidth, kHeight, format, dtype, 3)) {
    options.crop.dst_rect = Rect{1, 1, kWidth - 2, kHeight - 2};
    options.crop.dst_color = Color{1, 2, 3, 4};
  }
};

struct BadConversion {
  const char* name;
  ErrorCode code;
  std::function<void(Conversion&)> spoil;
};

template <typename Assign>
void add_rects(std::vector<BadConversion>& cases, const char* name, const Assign& assign) {
  const Rect rects[] = {{0, 0, kWidth + 1, kHeight},
                        {1, 0, kWidth, kHeight},
                        {0, 0, kWidth, kHeight + 1},
                        {0, 1, kWidth, kHeight},
                        {0, kHeight, 1, 1},
                        {kWidth, 0, 1, 1},
                        {kHuge, 0, 2, 2},
                        {0, kHuge, 2, 2},
                        {2, 0, kHuge, 2},
                        {0, 2, 2, kHuge},
                        {kHuge, kHuge, kHuge, kHuge}};
  for (const Rect& rect : rects) {
    cases.push_back({name, ErrorCode::kInvalidRect,
                     [rect, assign](Conversion& c) { assign(c.options.crop) = rect; }});
  }
}

/// Spoilt in ways that do not depend on the destination's format.
std::vector<BadConversion> bad_conversions() {
  using C = Conversion;
  std::vector<BadConversion> cases;
  add_rects(
      cases, "src_rect", [](Crop & crop) -> auto& { return crop.src_rect; });
  add_rects(
      cases, "dst_rect", [](Crop & crop) -> auto& { return crop.dst_rect; });
  const auto add = [&](const char* name, ErrorCode code, std::function<void(C&)> spoil) {
    cases.push_back({name, code, std::move(spoil)});
  };
  for (const int value : {4, 255}) {
    add("rotation", ErrorCode::kInvalidArgument,
        [value](C& c) { c.options.rotation = static_cast<Rotation>(value); });
    add("flip", ErrorCode::kInvalidArgument,
        [value](C& c) { c.options.flip = static_cast<Flip>(value); });
    add("filter", ErrorCode::kInvalidArgument,
        [value](C& c) { c.options.filter = static_cast<Filter>(value); });
  }
  for (const DTypeInfo& info : dtype_table()) {
    if (info.dtype == DType::kU8) continue;
    add("source dtype", ErrorCode::kNotSupported, [dtype = info.dtype](C& c) {
      c.src = make_image(kWidth, kHeight, PixelFormat::kRgb, dtype);
    });
  }
  add("source without format", ErrorCode::kNotAnImage, [](C& c) {
    c.src = Tensor({kHeight, kWidth, 3}, DType::kU8);
  });
  add("destination without format", ErrorCode::kNotAnImage,
      [](C& c) { c.dst.reshape(c.dst.shape()); });
  add("alias", ErrorCode::kAliasedBuffers, [](C& c) {
    const TensorMap map = c.dst.map();
    const std::size_t rows = map.size_bytes() / 12;
    c.src = Tensor::wrap(map.data(), rows * 12, {rows, 4, 3}, DType::kU8, nullptr);
    c.src.set_format(PixelFormat::kRgb);
  });
  add("last byte shared", ErrorCode::kAliasedBuffers, [](C& c) {
    const TensorMap map = c.dst.map();
    c.src = Tensor::wrap(map.as<std::uint8_t>() + map.size_bytes() - 1, 1, {1, 1, 1}, DType::kU8,
                         nullptr);
    c.src.set_format(PixelFormat::kGrey);
  });
  return cases;
}

class ConvertRefuses : public ::testing::TestWithParam<std::tuple<PixelFormat, DType>> {};

TEST_P(ConvertRefuses, WithoutTouchingTheDestination) {
  const auto [format, dtype] = GetParam();
  ImageProcessor processor({ComputeBackend::kCpu});
  for (const BadConversion& bad : bad_conversions()) {
    SCOPED_TRACE(bad.name);
    Conversion conversion(format, dtype);
    const Tensor image = conversion.dst;
    bad.spoil(conversion);
    const auto convert = [&] {
      processor.convert(conversion.src, conversion.dst, conversion.options);
    };
    expect_untouched(image, bad.code, convert);
    EXPECT_EQ(
        code_of([&] { processor.explain(conversion.src, conversion.dst, conversion.options); }),
        bad.code);
  }
  Conversion good(format, dtype);
  fill_bytes(good.dst, Content::kNoise);
  const std::vector<std::uint8_t> before = bytes_of(good.dst);
  processor.convert(good.src, good.dst, good.options);
  EXPECT_FALSE(bytes_of(good.dst) == before);
}

TEST_P(ConvertRefuses, StridesThatCutElements) {
  const auto [format, dtype] = GetParam();
  if (dtype_size(dtype) == 1) return;  // no stride cuts a byte
  ImageProcessor processor({ComputeBackend::kCpu});
  const Conversion conversion(format, dtype);
  Tensor dst = conversion.dst;
  dst.set_row_stride(dst.row_stride() - 1);
  expect_untouched(conversion.dst, ErrorCode::kInvalidShape,
                   [&] { processor.convert(conversion.src, dst); });
}

TEST_P(ConvertRefuses, ShapesStridesAndCapacitiesOfTheDestination) {
  const auto [format, dtype] = GetParam();
  const Conversion conversion(format, dtype);
  Tensor dst = conversion.dst;
  const std::size_t stride = dst.row_stride();
  const auto unchanged = [&](ErrorCode code, const std::function<void()>& call) {
    expect_untouched(conversion.dst, code, call);
    EXPECT_EQ(dst.row_stride(), stride);
    EXPECT_EQ(dst.width(), kWidth);
    EXPECT_EQ(dst.height(), kHeight);
  };
  unchanged(ErrorCode::kInvalidArgument, [&] { dst.set_row_stride(1); });
  unchanged(ErrorCode::kInsufficientCapacity, [&] { dst.configure_image(4096, 4096, format); });
  unchanged(ErrorCode::kOutOfMemory, [&] { dst.configure_image(kHuge, 2, format); });
  unchanged(ErrorCode::kInsufficientCapacity, [&] { dst.resize({100000, 3}); });
  unchanged(ErrorCode::kInvalidShape, [&] { dst.reshape({kHeight, 1}); });
}

INSTANTIATE_TEST_SUITE_P(
    Destinations, ConvertRefuses,
    ::testing::Combine(::testing::Values(PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kBgra,
                                         PixelFormat::kGrey, PixelFormat::kYuyv, PixelFormat::kVyuy,
                                         PixelFormat::kNv12, PixelFormat::kNv16,
                                         PixelFormat::kPlanarRgb, PixelFormat::kPlanarRgba),
                       ::testing::Values(DType::kU8, DType::kI8, DType::kU16, DType::kI16,
                                         DType::kF16, DType::kF32)),
    [](const auto& info) {
      return std::string(pixel_format_info(std::get<0>(info.param)).name) +
             dtype_info(std::get<1>(info.param)).short_name;
    });

TEST(ConvertRefuses, ElementTypesThatItDoesNotWrite) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor src = make_image(kWidth, kHeight, PixelFormat::kRgb);
  for (const DType dtype : {DType::kU32, DType::kI32, DType::kU64, DType::kI64, DType::kF64}) {
    Tensor dst = make_image(kWidth, kHeight, PixelFormat::kRgb, dtype, 3);
    expect_untouched(dst, ErrorCode::kNotSupported, [&] { processor.convert(src, dst); });
  }
}

TEST(ConvertRefuses, PlanesThatTheSourceShares) {
  ImageProcessor processor({ComputeBackend::kCpu});
  for (const PixelFormat format : {PixelFormat::kNv12, PixelFormat::kNv16}) {
    const std::size_t chroma_height = format == PixelFormat::kNv12 ? kHeight / 2 : kHeight;
    const Tensor luma({kHeight, kWidth}, DType::kU8, TensorMemory::kMem);
    const Tensor chroma({chroma_height, kWidth}, DType::kU8, TensorMemory::kMem);
    Tensor dst = Tensor::from_planes(luma, chroma, format);
    for (Tensor plane : {luma, chroma}) {
      plane.reshape({plane.shape()[0], kWidth, 1});
      plane.set_format(PixelFormat::kGrey);
      expect_untouched(dst, ErrorCode::kAliasedBuffers, [&] { processor.convert(plane, dst); });
    }
  }
}

TEST(ConvertRefuses, EverythingWithoutABackend) {
  for (const char* name :
       {"EDGEFIRST_DISABLE_GL", "EDGEFIRST_DISABLE_G2D", "EDGEFIRST_DISABLE_CPU"}) {
    testing::set_variable(name, "1");
  }
  ImageProcessor processor;
  for (const char* name :
       {"EDGEFIRST_DISABLE_GL", "EDGEFIRST_DISABLE_G2D", "EDGEFIRST_DISABLE_CPU"}) {
    testing::unset_variable(name);
  }
  Conversion c(PixelFormat::kRgba, DType::kU8);
  expect_untouched(c.dst, ErrorCode::kNoBackend, [&] { processor.convert(c.src, c.dst); });
}

/// A drawing that works until a case spoils it.
struct Drawing {
  Tensor dst;
  Tensor background;
  std::vector<DetectBox> boxes{{{0.2F, 0.2F, 0.8F, 0.8F}, 0.9F, 0}};
  SegmentationList masks;
  ProtoData protos{Tensor({1, 2}), Tensor({4, 4, 2}), ProtoLayout::kNhwc};
  OverlayOptions options;

  explicit Drawing(PixelFormat format)
      : dst(make_image(kWidth, kHeight, format, DType::kU8, 3)),
        background(make_image(kWidth, kHeight, format)) {
    options.background = &background;
    *masks.append({0, 0, 1, 1}, 1, 1, 1) = 255;
  }
};

struct BadDrawing {
  const char* name;
  ErrorCode code;
  std::function<void(Drawing&)> spoil;
};

/// Spoilt in ways that every drawing call refuses.
std::vector<BadDrawing> bad_drawings() {
  using D = Drawing;
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<BadDrawing> cases;
  const auto add = [&](const char* name, ErrorCode code, std::function<void(D&)> spoil) {
    cases.push_back({name, code, std::move(spoil)});
  };
  add("destination without format", ErrorCode::kNotAnImage,
      [](D& d) { d.dst.reshape(d.dst.shape()); });
  add("background without format", ErrorCode::kNotAnImage, [](D& d) {
    d.background = Tensor({kHeight, kWidth, 3}, DType::kU8);
  });
  add("background size", ErrorCode::kInvalidShape,
      [](D& d) { d.background = make_image(kWidth, kHeight + 1, *d.dst.format()); });
  add("background format", ErrorCode::kInvalidShape,
      [](D& d) { d.background = make_image(kWidth, kHeight, PixelFormat::kGrey); });
  add("background dtype", ErrorCode::kInvalidShape,
      [](D& d) { d.background = make_image(kWidth, kHeight, *d.dst.format(), DType::kI8); });
  add("background alias", ErrorCode::kAliasedBuffers, [](D& d) { d.background = d.dst; });
  for (const float value : {kNan, kInfinity, -kInfinity}) {
    add("letterbox", ErrorCode::kInvalidArgument, [value](D& d) {
      d.options.letterbox = BoundingBox{0, 0, value, 1};
    });
  }
  return cases;
}

class DrawRefuses : public ::testing::TestWithParam<PixelFormat> {
 protected:
  void expect_refused(const BadDrawing& bad, bool with_protos) {
    SCOPED_TRACE(std::string(bad.name) + (with_protos ? ", protos" : ", masks"));
    Drawing drawing(GetParam());
    const Tensor image = drawing.dst;
    bad.spoil(drawing);
    expect_untouched(image, bad.code, [&] {
      if (with_protos) {
        processor_.draw_proto_masks(drawing.dst, drawing.boxes, drawing.protos, drawing.options);
      } else {
        processor_.draw_decoded_masks(drawing.dst, drawing.boxes, drawing.masks, drawing.options);
      }
    });
  }

  ImageProcessor processor_{{ComputeBackend::kCpu}};
};

TEST_P(DrawRefuses, WithoutTouchingTheDestination) {
  for (const BadDrawing& bad : bad_drawings()) {
    expect_refused(bad, false);
    expect_refused(bad, true);
  }
  const BadDrawing more_masks{"more masks than boxes", ErrorCode::kInvalidArgument, [](Drawing& d) {
                                d.masks.append({0, 0, 1, 1}, 1, 1, 1);
                              }};
  expect_refused(more_masks, false);
}

TEST_P(DrawRefuses, PrototypesThatDoNotFit) {
  using D = Drawing;
  const auto refused = [&](const char* name, ErrorCode code, std::function<void(D&)> spoil) {
    expect_refused({name, code, std::move(spoil)}, true);
  };
  refused("rank of protos", ErrorCode::kInvalidShape, [](D& d) {
    d.protos.protos = Tensor({16, 2});
  });
  refused("rank of coefficients", ErrorCode::kInvalidShape,
          [](D& d) { d.protos.mask_coefficients = Tensor({2}); });
  refused("channels", ErrorCode::kInvalidShape, [](D& d) {
    d.protos.mask_coefficients = Tensor({1, 3});
  });
  refused("layout", ErrorCode::kInvalidShape, [](D& d) { d.protos.layout = ProtoLayout::kNchw; });
  refused("dtype of coefficients", ErrorCode::kNotSupported, [](D& d) {
    d.protos.mask_coefficients = Tensor({1, 2}, DType::kF64);
  });
  refused("dtype of protos", ErrorCode::kNotSupported, [](D& d) {
    d.protos.protos = Tensor({4, 4, 2}, DType::kI32);
  });
  refused("quantization axis", ErrorCode::kNotSupported, [](D& d) {
    d.protos.protos = Tensor({4, 4, 2}, DType::kI8);
    d.protos.protos.set_quantization(Quantization::per_channel_symmetric({1, 1, 1, 1}, 0));
  });
}

INSTANTIATE_TEST_SUITE_P(Destinations, DrawRefuses,
                         ::testing::Values(PixelFormat::kRgb, PixelFormat::kRgba,
                                           PixelFormat::kBgra),
                         [](const auto& info) { return pixel_format_info(info.param).name; });

TEST(DrawRefuses, FormatsAndTypesThatItDoesNotPaint) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const ProtoData protos{Tensor({0, 2}), Tensor({4, 4, 2}), ProtoLayout::kNhwc};
  for (const PixelFormatInfo& info : pixel_format_table()) {
    const bool paints = info.format == PixelFormat::kRgb || info.format == PixelFormat::kRgba ||
                        info.format == PixelFormat::kBgra;
    for (const DType dtype : {DType::kU8, DType::kI8, DType::kF32}) {
      if (paints && dtype == DType::kU8) continue;
      Tensor dst = make_image(kWidth, kHeight, info.format, dtype, 3);
      expect_untouched(dst, ErrorCode::kNotSupported,
                       [&] { processor.draw_decoded_masks(dst, {}, {}); });
      expect_untouched(dst, ErrorCode::kNotSupported,
                       [&] { processor.draw_proto_masks(dst, {}, protos); });
    }
  }
}

TEST(MaterializeRefuses, WithoutTouchingTheList) {
  struct Case {
    const char* name;
    ErrorCode code;
    std::size_t rows;
    MaskResolution resolution;
    BoundingBox letterbox;
  };
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr BoundingBox kWhole{0, 0, 1, 1};
  ImageProcessor processor({ComputeBackend::kCpu});
  const std::vector<DetectBox> boxes{{{0.2F, 0.2F, 0.8F, 0.8F}, 0.9F, 0}};
  for (const Case& bad : {Case{"rows", ErrorCode::kInvalidShape, 2, {}, kWhole},
                          Case{"no width", ErrorCode::kInvalidShape, 1, {0, 5}, kWhole},
                          Case{"no height", ErrorCode::kInvalidShape, 1, {5, 0}, kWhole},
                          Case{"letterbox", ErrorCode::kInvalidArgument, 1, {}, {kNan, 0, 1, 1}}}) {
    SCOPED_TRACE(bad.name);
    const ProtoData protos{Tensor({bad.rows, 2}), Tensor({4, 4, 2}), ProtoLayout::kNhwc};
    SegmentationList masks;
    *masks.append({0, 0, 1, 1}, 1, 1, 1) = 77;
    EXPECT_EQ(code_of([&] {
                processor.materialize_masks(boxes, protos, bad.letterbox, bad.resolution, masks);
              }),
              bad.code);
    ASSERT_EQ(masks.size(), 1U);
    EXPECT_EQ(*masks[0].data, 77);
  }
}

}  // namespace
}  // namespace edgefirst
