// SPDX-License-Identifier: Apache-2.0
// convert on OpenGL against the CPU: formats, element types, sizes, filters, rotations, flips,
// rectangles, fills, strides, colorimetry; and what it declines.
#include "gl/gl_fixture.hpp"

namespace edgefirst {
namespace {

using testing::Content;
using testing::describe;
using testing::fill_bytes;
using testing::Gl;
using testing::kMostLevels;
using testing::make_image;

constexpr PixelFormat kSources[] = {PixelFormat::kRgb,  PixelFormat::kRgba, PixelFormat::kBgra,
                                    PixelFormat::kGrey, PixelFormat::kYuyv, PixelFormat::kVyuy,
                                    PixelFormat::kNv12, PixelFormat::kNv16};
constexpr PixelFormat kDestinations[] = {PixelFormat::kRgb,       PixelFormat::kRgba,
                                         PixelFormat::kBgra,      PixelFormat::kGrey,
                                         PixelFormat::kPlanarRgb, PixelFormat::kPlanarRgba};
constexpr DType kTypes[] = {DType::kU8, DType::kI8, DType::kF16, DType::kF32};

class GlConvert : public Gl {
 protected:
  Tensor noise(std::size_t width, std::size_t height, PixelFormat format, unsigned seed = 1,
               std::size_t padding = 0) {
    Tensor image = make_image(width, height, format, DType::kU8, padding);
    fill_bytes(image, Content::kNoise, seed);
    return image;
  }
  void expect_close(const Tensor& src, Tensor& dst, const ConvertOptions& options = {}) {
    SCOPED_TRACE(describe(src, dst));
    fill_bytes(dst, Content::kRamp, 5);
    EXPECT_LE(difference(src, dst, options), kMostLevels);
  }
};

TEST_F(GlConvert, EveryPairAtTheSameSize) {
  for (const PixelFormat from : kSources) {
    for (const PixelFormat to : kDestinations) {
      for (const std::size_t width : {2, 8, 34, 66}) {
        const Tensor src = noise(width, 18, from);
        Tensor dst = make_image(width, 18, to);
        expect_close(src, dst);
      }
    }
  }
}

TEST_F(GlConvert, EveryPairAndElementTypeResized) {
  ConvertOptions options;
  options.scale = std::array<float, 4>{1 / 58.4F, 1 / 57.1F, 1 / 57.4F, 1 / 255.0F};
  options.offset = std::array<float, 4>{-2.1F, -2.0F, -1.8F, 0};
  options.on_ignored = OnIgnored::kWarn;  // integers take neither
  for (const PixelFormat from : kSources) {
    const Tensor src = noise(70, 46, from, 3);
    for (const PixelFormat to : kDestinations) {
      for (const DType dtype : kTypes) {
        Tensor smaller = make_image(33, 21, to, dtype);
        expect_close(src, smaller, options);
        Tensor larger = make_image(101, 59, to, dtype);
        expect_close(src, larger, options);
      }
    }
  }
}

TEST_F(GlConvert, EveryFilterAtEveryRatio) {
  const Tensor rgb = noise(129, 94, PixelFormat::kRgb, 4);
  const Tensor nv12 = noise(130, 94, PixelFormat::kNv12, 5);
  struct Size {
    std::size_t width, height;
  };
  for (const Size& size : {Size{129, 94}, Size{40, 31}, Size{1, 1}, Size{257, 20}, Size{7, 190},
                           Size{3, 94}, Size{129, 5}, Size{65, 47}}) {
    for (int filter = 0; filter < 4; ++filter) {
      SCOPED_TRACE("filter " + std::to_string(filter));
      ConvertOptions options;
      options.filter = static_cast<Filter>(filter);
      Tensor packed = make_image(size.width, size.height, PixelFormat::kRgba);
      expect_close(rgb, packed, options);
      Tensor planar = make_image(size.width, size.height, PixelFormat::kPlanarRgb, DType::kI8);
      expect_close(nv12, planar, options);
    }
  }
}

TEST_F(GlConvert, RotationsAndFlips) {
  for (const PixelFormat from : {PixelFormat::kRgba, PixelFormat::kNv12, PixelFormat::kYuyv}) {
    const Tensor src = noise(38, 24, from, 6);
    for (const PixelFormat to : {PixelFormat::kRgba, PixelFormat::kRgb, PixelFormat::kPlanarRgb}) {
      for (int turn = 0; turn < 12; ++turn) {
        SCOPED_TRACE("rotation " + std::to_string(turn % 4) + " flip " + std::to_string(turn / 4));
        ConvertOptions options;
        options.rotation = static_cast<Rotation>(turn % 4);
        options.flip = static_cast<Flip>(turn / 4);
        const bool sideways = turn % 2 == 1;
        Tensor same = make_image(sideways ? 24 : 38, sideways ? 38 : 24, to);
        expect_close(src, same, options);
        Tensor other = make_image(19, 53, to);
        expect_close(src, other, options);
        Tensor small = make_image(9, 5, to);
        expect_close(src, small, options);
      }
    }
  }
}

/// Odd rectangles cut chroma pairs; filter taps must stay inside.
TEST_F(GlConvert, SourceRectanglesAreExact) {
  for (const PixelFormat from : kSources) {
    const Tensor src = noise(64, 48, from, 7);
    for (const Rect& rect : {Rect{0, 0, 64, 48}, Rect{13, 7, 31, 21}, Rect{63, 47, 1, 1},
                             Rect{1, 1, 63, 47}, Rect{12, 8, 32, 20}, Rect{5, 0, 2, 48}}) {
      ConvertOptions options;
      options.crop.src_rect = rect;
      for (const auto& [width, height] : {std::pair{24, 18}, {70, 11}}) {
        Tensor dst = make_image(width, height, PixelFormat::kRgba);
        expect_close(src, dst, options);
      }
    }
  }
}

/// With a colour the rest is filled, without it stays.
TEST_F(GlConvert, DestinationRectangles) {
  const Tensor src = noise(50, 40, PixelFormat::kNv12, 8);
  for (const PixelFormat to : kDestinations) {
    for (const DType dtype : kTypes) {
      for (const Rect& rect : {Rect{4, 3, 20, 30}, Rect{3, 5, 17, 9}, Rect{0, 0, 40, 7}}) {
        for (const bool fills : {false, true}) {
          SCOPED_TRACE(fills ? "fills" : "keeps");
          ConvertOptions options;
          options.crop.dst_rect = rect;
          if (fills) options.crop.dst_color = Color{200, 114, 31, 90};
          Tensor dst = make_image(40, 44, to, dtype);
          expect_close(src, dst, options);
        }
      }
    }
  }
}

TEST_F(GlConvert, PaddedRowsOfBothSides) {
  for (const PixelFormat from : kSources) {
    for (const std::size_t padding : {1, 2, 3, 6, 64}) {
      const Tensor src = noise(32, 18, from, 9, padding);
      for (const PixelFormat to : kDestinations) {
        Tensor same = make_image(32, 18, to, DType::kU8, padding + 1);
        expect_close(src, same);
        Tensor smaller = make_image(13, 9, to, DType::kI8, padding);
        expect_close(src, smaller);
      }
    }
  }
}

TEST_F(GlConvert, ViewsOfImages) {
  const Tensor whole = noise(60, 40, PixelFormat::kRgba, 10);
  const Tensor src = whole.view({7, 5, 33, 21});
  for (const PixelFormat to : {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kGrey}) {
    Tensor parent = noise(61, 40, to, 11);
    Tensor expected = copy_of(parent);
    Tensor dst = parent.view({5, 3, 29, 30});
    Tensor expected_dst = expected.view({5, 3, 29, 30});
    gl_->convert(src, dst);
    cpu_.convert(src, expected_dst);
    EXPECT_LE(compare(parent, expected, {}), 2);
    const TensorMap a = parent.map(), b = expected.map();
    const std::size_t first = 3 * parent.row_stride() + 5;  // before the view
    EXPECT_EQ(std::memcmp(a.data(), b.data(), first), 0);
  }
}

TEST_F(GlConvert, ColorimetryOfTheSource) {
  for (const PixelFormat from :
       {PixelFormat::kNv12, PixelFormat::kNv16, PixelFormat::kYuyv, PixelFormat::kVyuy}) {
    for (const ColorEncoding encoding :
         {ColorEncoding::kBt601, ColorEncoding::kBt709, ColorEncoding::kBt2020}) {
      for (const ColorRange range : {ColorRange::kFull, ColorRange::kLimited}) {
        Tensor src = noise(64, 48, from, 12);
        src.set_colorimetry(Colorimetry{encoding, range});
        for (const PixelFormat to : {PixelFormat::kRgb, PixelFormat::kGrey}) {
          Tensor same = make_image(64, 48, to);
          expect_close(src, same);
          Tensor smaller = make_image(30, 20, to);
          expect_close(src, smaller);
        }
      }
    }
  }
}

TEST_F(GlConvert, RealFrameLetterbox) {
  ConvertOptions options;
  options.crop.dst_rect = letterbox(1920, 1080, 640, 640).content;
  options.crop.dst_color = Color{114, 114, 114, 255};
  for (const PixelFormat from : {PixelFormat::kNv12, PixelFormat::kRgb, PixelFormat::kYuyv}) {
    const Tensor src = noise(1920, 1080, from, 13);
    Tensor planar = make_image(640, 640, PixelFormat::kPlanarRgb, DType::kF32);
    expect_close(src, planar, options);
    Tensor packed = make_image(640, 640, PixelFormat::kRgb, DType::kI8);
    expect_close(src, packed, options);
  }
}

TEST_F(GlConvert, ManyShapesInTurn) {
  const Tensor src = noise(64, 48, PixelFormat::kRgb, 14);
  for (int round = 0; round < 2; ++round) {
    for (std::size_t size = 10; size < 45; ++size) {
      Tensor dst = make_image(size, size + 3, PixelFormat::kRgba);
      expect_close(src, dst);
    }
  }
}

/// What is read and what is written must fit a texture, not what other formats would need.
TEST_F(GlConvert, TakesSizesThatFitTextures) {
  const Tensor small = make_image(16, 8, PixelFormat::kRgb);
  for (const PixelFormat format : {PixelFormat::kRgba, PixelFormat::kRgb, PixelFormat::kNv12}) {
    const Tensor wide = make_image(6000, 8, format);
    Tensor dst = make_image(16, 8, PixelFormat::kRgba);
    EXPECT_LE(difference(wide, dst), kMostLevels);
  }
  Tensor large = make_image(6000, 8, PixelFormat::kRgba);
  EXPECT_LE(difference(small, large), kMostLevels);
  Tensor high = make_image(8, 6000, PixelFormat::kRgb);
  EXPECT_LE(difference(small, high), kMostLevels);
}

TEST_F(GlConvert, DeclinesWithAReason) {
  const Tensor rgb = noise(33, 18, PixelFormat::kRgb);
  const Tensor plane = make_image(33, 18, PixelFormat::kPlanarRgb);
  const Tensor odd = make_image(33, 18, PixelFormat::kNv12);
  const Tensor rgba = make_image(33, 18, PixelFormat::kRgba);
  EXPECT_EQ(answer(rgb, rgba), "");
  EXPECT_EQ(answer(plane, rgba), "OpenGL reads no planar sources");
  EXPECT_EQ(answer(odd, rgba), "OpenGL reads YUV of even width only");
  EXPECT_EQ(answer(rgb, make_image(32, 18, PixelFormat::kNv12)), "OpenGL writes no YUV");
  EXPECT_EQ(answer(rgb, make_image(32, 18, PixelFormat::kRgb, DType::kU16)),
            "OpenGL writes u8, i8, f16 and f32 only");
  ConvertOptions options;
  options.crop.dst_rect = Rect{4, 4, 0, 0};
  options.on_ignored = OnIgnored::kWarn;
  EXPECT_EQ(answer(rgb, rgba, options), "OpenGL converts no empty rectangles");
  EXPECT_EQ(answer(rgb, make_image(200000, 1, PixelFormat::kRgba)),
            "the image exceeds the driver's texture size");
  // What OpenGL declines the CPU does.
  Tensor yuv = make_image(32, 18, PixelFormat::kNv12);
  gl_->convert(rgb, yuv);
  Tensor expected = make_image(32, 18, PixelFormat::kNv12);
  cpu_.convert(rgb, expected);
  EXPECT_EQ(std::memcmp(yuv.map().data(), expected.map().data(), yuv.size_bytes()), 0);
}

}  // namespace
}  // namespace edgefirst
