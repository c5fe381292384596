// SPDX-License-Identifier: Apache-2.0
// convert against the double-precision reference: every pair of formats, element types, sizes,
// rotations, flips, filters, rectangles and strides.
#include <gtest/gtest.h>

#include "base/simd.hpp"
#include "image/convert_fixture.hpp"

namespace edgefirst {
namespace {

using testing::Comparison;
using testing::Content;
using testing::describe;
using testing::fill_bytes;
using testing::make_image;
using testing::tolerance;

constexpr PixelFormat kFormats[] = {
    PixelFormat::kRgb,       PixelFormat::kRgba,      PixelFormat::kBgra, PixelFormat::kGrey,
    PixelFormat::kYuyv,      PixelFormat::kVyuy,      PixelFormat::kNv12, PixelFormat::kNv16,
    PixelFormat::kPlanarRgb, PixelFormat::kPlanarRgba};
constexpr std::size_t kSizes[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65};

std::size_t even_height(std::size_t height, PixelFormat format) {
  return format == PixelFormat::kNv12 ? (height + 1) / 2 * 2 : height;
}

ImageProcessor cpu_processor() { return ImageProcessor({ComputeBackend::kCpu}); }

void expect_close(ImageProcessor& processor, const Tensor& src, Tensor& dst,
                  const ConvertOptions& options = {}) {
  SCOPED_TRACE(describe(src, dst));
  processor.convert(src, dst, options);
  EXPECT_LE(Comparison(src, dst, options).worst(), tolerance(dst));
}

class ConvertPair : public ::testing::TestWithParam<PixelFormat> {};

TEST_P(ConvertPair, SameSizeMatchesReference) {
  ImageProcessor processor = cpu_processor();
  for (const PixelFormat to : kFormats) {
    for (const std::size_t width : kSizes) {
      Tensor src = make_image(width, even_height(5, GetParam()), GetParam());
      fill_bytes(src, Content::kNoise);
      if (to == PixelFormat::kNv12 && src.height() % 2 == 1) {
        src = make_image(width, 6, GetParam());
        fill_bytes(src, Content::kNoise);
      }
      Tensor dst = make_image(width, src.height(), to);
      expect_close(processor, src, dst);
    }
  }
}

TEST_P(ConvertPair, ResizeMatchesReference) {
  ImageProcessor processor = cpu_processor();
  for (const PixelFormat to : kFormats) {
    for (const std::size_t size : kSizes) {
      Tensor src = make_image(37, even_height(23, GetParam()), GetParam());
      fill_bytes(src, Content::kNoise, static_cast<unsigned>(size));
      Tensor dst = make_image(size, even_height(size / 2 + 1, to), to);
      expect_close(processor, src, dst);
    }
  }
}

TEST_P(ConvertPair, HonoursStridesOfBothSides) {
  ImageProcessor processor = cpu_processor();
  for (const PixelFormat to : kFormats) {
    for (const std::size_t width : {16, 33}) {
      Tensor src = make_image(width, 18, GetParam(), DType::kU8, 13);
      fill_bytes(src, Content::kNoise);
      Tensor same = make_image(width, 18, to, DType::kU8, 7);
      expect_close(processor, src, same);
      Tensor smaller = make_image(11, 10, to, DType::kU8, 5);
      expect_close(processor, src, smaller);
    }
  }
}

TEST_P(ConvertPair, WritesEveryElementType) {
  ImageProcessor processor = cpu_processor();
  ConvertOptions options;
  options.scale = std::array<float, 4>{1 / 58.4F, 1 / 57.1F, 1 / 57.4F, 1 / 255.0F};
  options.offset = std::array<float, 4>{-2.1F, -2.0F, -1.8F, 0};
  options.on_ignored = OnIgnored::kWarn;  // integers take neither
  Tensor src = make_image(35, 18, GetParam());
  fill_bytes(src, Content::kNoise);
  for (const PixelFormat to : kFormats) {
    for (const DType dtype : {DType::kU8, DType::kI8, DType::kU16, DType::kI16, DType::kF32}) {
      Tensor same = make_image(35, 18, to, dtype, 3);
      expect_close(processor, src, same, options);
      Tensor larger = make_image(70, 22, to, dtype);
      expect_close(processor, src, larger, options);
    }
    Tensor half = make_image(35, 18, to, DType::kF16);
    expect_close(processor, src, half);
  }
}

/// Odd sizes that shrink, grow, or keep the picture and only turn it.
TEST_P(ConvertPair, RotatesThenScalesAfterFlipping) {
  ImageProcessor processor = cpu_processor();
  struct Sizes {
    std::size_t width, height, to_width, to_height;
  };
  for (const Sizes& sizes : {Sizes{37, 24, 21, 14}, Sizes{13, 18, 33, 50}, Sizes{21, 14, 21, 14}}) {
    Tensor src = make_image(sizes.width, sizes.height, GetParam());
    for (const PixelFormat to : kFormats) {
      for (int turn = 0; turn < 12; ++turn) {
        SCOPED_TRACE("rotation " + std::to_string(turn % 4) + " flip " + std::to_string(turn / 4));
        fill_bytes(src, turn % 2 == 0 ? Content::kNoise : Content::kExtremes, turn);
        ConvertOptions options;
        options.rotation = static_cast<Rotation>(turn % 4);
        options.flip = static_cast<Flip>(turn / 4);
        const bool sideways = turn % 2 == 1;
        const std::size_t width = sideways ? sizes.to_height : sizes.to_width;
        const std::size_t height = sideways ? sizes.to_width : sizes.to_height;
        Tensor dst = make_image(width, even_height(height, to), to);
        expect_close(processor, src, dst, options);
      }
    }
  }
}

/// Nearest, and plain bilinear of odd ratios, whose taps fall on single pixels: pixels are picked.
TEST_P(ConvertPair, PicksSinglePixels) {
  ImageProcessor processor = cpu_processor();
  for (const std::size_t padding : {0, 3}) {
    Tensor src = make_image(99, 60, GetParam(), DType::kU8, padding);
    fill_bytes(src, Content::kNoise);
    for (const PixelFormat to : kFormats) {
      for (int turn = 0; turn < 12; ++turn) {
        ConvertOptions options;
        options.rotation = static_cast<Rotation>(turn % 4);
        options.flip = static_cast<Flip>(turn / 4);
        options.filter = turn % 2 == 0 && turn > 4 ? Filter::kNearest : Filter::kBilinear;
        options.crop.src_rect = turn > 8 ? Rect{0, 0, 99, 60} : Rect{3, 3, 96, 57};
        const bool bilinear = options.filter == Filter::kBilinear && turn <= 8;
        options.crop.dst_rect = bilinear ? Rect{1, 2, 32, 19} : Rect{1, 2, 41, 23};
        Tensor dst = make_image(45, 26, to, DType::kU8, padding);
        expect_close(processor, src, dst, options);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, ConvertPair, ::testing::ValuesIn(kFormats),
                         [](const auto& info) { return pixel_format_info(info.param).name; });

TEST(Convert, EveryFilterMatchesItsFormula) {
  ImageProcessor processor = cpu_processor();
  Tensor src = make_image(67, 45, PixelFormat::kRgb);
  for (const Content content : {Content::kNoise, Content::kRamp, Content::kExtremes}) {
    fill_bytes(src, content);
    for (int filter = 0; filter < 4; ++filter) {
      for (const auto& [width, height] :
           {std::pair{20, 14}, {67, 90}, {200, 31}, {1, 1}, {5, 45}}) {
        SCOPED_TRACE("filter " + std::to_string(filter));
        ConvertOptions options;
        options.filter = static_cast<Filter>(filter);
        Tensor dst = make_image(width, height, PixelFormat::kRgb);
        expect_close(processor, src, dst, options);
      }
    }
  }
}

TEST(Convert, StrongReductionStaysWithinOneLevel) {
  ImageProcessor processor = cpu_processor();
  Tensor src = make_image(1500, 1100, PixelFormat::kGrey);
  for (const Content content : {Content::kNoise, Content::kExtremes}) {
    fill_bytes(src, content);
    for (int filter = 0; filter < 4; ++filter) {
      ConvertOptions options;
      options.filter = static_cast<Filter>(filter);
      Tensor dst = make_image(3, 4, PixelFormat::kGrey);
      expect_close(processor, src, dst, options);
    }
  }
}

TEST(Convert, ConstantImagesStayConstant) {
  ImageProcessor processor = cpu_processor();
  for (const int value : {0, 1, 127, 128, 254, 255}) {
    for (const std::size_t size : {std::size_t{333}, std::size_t{2000}}) {
      Tensor src = make_image(size, size, PixelFormat::kGrey);
      std::memset(src.map().data(), value, src.size_bytes());
      for (int filter = 0; filter < 4; ++filter) {
        ConvertOptions options;
        options.filter = static_cast<Filter>(filter);
        Tensor dst = make_image(7, 9, PixelFormat::kGrey);
        processor.convert(src, dst, options);
        const TensorMap map = dst.map();
        for (std::size_t i = 0; i < dst.size_bytes(); ++i) {
          ASSERT_EQ(map.as<std::uint8_t>()[i], value) << "filter " << filter << " size " << size;
        }
      }
    }
  }
}

TEST(Convert, ColorimetryOfTheSourceIsHonoured) {
  ImageProcessor processor = cpu_processor();
  for (int encoding = 0; encoding < 3; ++encoding) {
    for (int range = 0; range < 2; ++range) {
      const Colorimetry color{static_cast<ColorEncoding>(encoding), static_cast<ColorRange>(range)};
      for (const PixelFormat from : {PixelFormat::kNv12, PixelFormat::kYuyv, PixelFormat::kVyuy}) {
        Tensor src = make_image(64, 64, from);
        fill_bytes(src, Content::kNoise);
        src.set_colorimetry(color);
        for (const PixelFormat to : {PixelFormat::kRgb, PixelFormat::kGrey, PixelFormat::kNv16}) {
          Tensor dst = make_image(64, 64, to);
          expect_close(processor, src, dst);
          dst.set_colorimetry(Colorimetry{ColorEncoding::kBt601, ColorRange::kFull});
          expect_close(processor, src, dst);
          Tensor resized = make_image(47, 90, to);
          resized.set_colorimetry(dst.colorimetry());
          expect_close(processor, src, resized);
        }
      }
    }
  }
}

TEST(Convert, RandomRectanglesMatchReferenceAndKeepTheRest) {
  ImageProcessor processor = cpu_processor();
  std::mt19937 random(7);
  const auto pick = [&](std::size_t total) {
    const std::size_t begin = random() % total;
    return std::pair{begin, 1 + random() % (total - begin)};
  };
  for (int round = 0; round < 150; ++round) {
    const PixelFormat from = kFormats[random() % 10];
    const PixelFormat to = kFormats[random() % 10];
    Tensor src = make_image(40 + random() % 9, 36, from);
    Tensor dst = make_image(50 + random() % 9, 44, to, DType::kU8, random() % 5);
    fill_bytes(src, Content::kNoise, round);
    fill_bytes(dst, Content::kNoise, round + 1000);
    ConvertOptions options;
    const auto [sx, sw] = pick(src.width());
    const auto [sy, sh] = pick(src.height());
    const auto [dx, dw] = pick(dst.width());
    const auto [dy, dh] = pick(dst.height());
    options.crop.src_rect = Rect{sx, sy, sw, sh};
    options.crop.dst_rect = Rect{dx, dy, dw, dh};
    options.rotation = static_cast<Rotation>(random() % 4);
    options.flip = static_cast<Flip>(random() % 3);
    SCOPED_TRACE(round);
    const std::vector<std::uint8_t> before(dst.map().as<std::uint8_t>(),
                                           dst.map().as<std::uint8_t>() + dst.map().size_bytes());
    expect_close(processor, src, dst, options);
    // Luma and colour samples outside the rectangle keep their bytes.
    if (pixel_format_info(to).layout != PixelLayout::kPacked) continue;
    const std::size_t channels = pixel_format_info(to).channels;
    const bool yuv = pixel_format_info(to).is_yuv;
    const TensorMap map = dst.map();
    for (std::size_t y = 0; y < dst.height(); ++y) {
      for (std::size_t x = 0; x < dst.width(); ++x) {
        if (x >= dx && x < dx + dw && y >= dy && y < dy + dh) continue;
        for (std::size_t c = 0; c < channels; ++c) {
          const bool chroma = yuv && c != (to == PixelFormat::kYuyv ? 0U : 1U);
          if (chroma && y >= dy && y < dy + dh) continue;
          const std::size_t i = y * dst.row_stride() + x * channels + c;
          ASSERT_EQ(map.as<std::uint8_t>()[i], before[i]) << x << "," << y;
        }
      }
    }
  }
}

TEST(Convert, FillsOutsideInTheFormatOfTheDestination) {
  ImageProcessor processor = cpu_processor();
  Tensor src = make_image(16, 8, PixelFormat::kRgb);
  fill_bytes(src, Content::kNoise);
  const Color color{200, 100, 50, 25};
  for (const PixelFormat to : kFormats) {
    for (const DType dtype : {DType::kU8, DType::kI8, DType::kF32}) {
      Tensor dst = make_image(31, 24, to, dtype, 4);
      ConvertOptions options;
      options.crop.dst_rect = Rect{6, 8, 16, 8};
      options.crop.dst_color = color;
      expect_close(processor, src, dst, options);
      // What lies outside equals a conversion of a picture of that colour.
      Tensor plain = make_image(31, 24, PixelFormat::kRgba);
      const TensorMap pixels = plain.map();
      for (std::size_t i = 0; i < 31 * 24; ++i) {
        std::memcpy(pixels.as<std::uint8_t>() + 4 * i, color.data(), 4);
      }
      Tensor filled = make_image(31, 24, to, dtype, 4);
      processor.convert(plain, filled);
      const TensorMap got = dst.map();
      const TensorMap want = filled.map();
      const std::size_t row = dst.row_stride();
      EXPECT_EQ(std::memcmp(got.data(), want.data(), row * 7), 0) << describe(src, dst);
      EXPECT_EQ(std::memcmp(got.as<char>() + row * 17, want.as<char>() + row * 17, row * 6), 0);
    }
  }
}

TEST(Convert, SameSizeCopiesAreExact) {
  ImageProcessor processor = cpu_processor();
  for (const PixelFormat format : kFormats) {
    Tensor src = make_image(1031, 6, format);
    fill_bytes(src, Content::kNoise);
    Tensor dst = make_image(1031, 6, format);
    processor.convert(src, dst);
    const bool odd_chroma = pixel_format_info(format).chroma_shift_x != 0;
    const std::size_t bytes = odd_chroma ? 1030 : src.size_bytes();
    EXPECT_EQ(std::memcmp(src.map().data(), dst.map().data(), bytes), 0)
        << pixel_format_info(format).name;
  }
}

TEST(Convert, TurnsAndMirrorsAreExactAndStayInside) {
  for (const char* target : simd::available_targets()) {
    ASSERT_TRUE(simd::force_target(target));
    ImageProcessor processor = cpu_processor();
    for (const PixelFormat format :
         {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kGrey, PixelFormat::kPlanarRgb}) {
      for (const std::size_t width : {1, 2, 5, 6, 7, 16, 17, 65, 131}) {
        for (int turn = 0; turn < 12; ++turn) {
          const std::size_t height = width == 7 ? 1 : 70;
          Tensor src = make_image(width, height, format, DType::kU8, 3);
          fill_bytes(src, Content::kNoise);
          ConvertOptions options;
          options.rotation = static_cast<Rotation>(turn % 4);
          options.flip = static_cast<Flip>(turn / 4);
          const bool sideways = turn % 2 == 1;
          const Rect rect{3, 2, sideways ? height : width, sideways ? width : height};
          options.crop.dst_rect = rect;
          Tensor dst = make_image(rect.width + 5, rect.height + 4, format, DType::kU8, 1);
          fill_bytes(dst, Content::kNoise, 2);
          Tensor before = make_image(rect.width + 5, rect.height + 4, format, DType::kU8, 1);
          fill_bytes(before, Content::kNoise, 2);
          processor.convert(src, dst, options);
          EXPECT_EQ(Comparison(src, dst, options).worst(), 0) << describe(src, dst) << turn;
          const testing::Samples got(dst), old(before);
          for (std::size_t y = 0; y < dst.height(); ++y) {
            for (std::size_t x = 0; x < dst.width(); ++x) {
              const bool inside = x - 3 < rect.width && y - 2 < rect.height;
              if (inside) continue;
              ASSERT_EQ(got(x, y), old(x, y)) << describe(src, dst) << turn;
            }
          }
        }
      }
    }
  }
  simd::reset_target();
}

TEST(Convert, YuyvToNv16OnlyMovesBytes) {
  ImageProcessor processor = cpu_processor();
  Tensor src = make_image(64, 2, PixelFormat::kYuyv);
  fill_bytes(src, Content::kNoise);
  Tensor dst = make_image(64, 2, PixelFormat::kNv16);
  processor.convert(src, dst);
  const TensorMap in = src.map();
  const TensorMap out = dst.map();
  for (std::size_t i = 0; i < 128; ++i) {
    EXPECT_EQ(out.as<std::uint8_t>()[i], in.as<std::uint8_t>()[2 * i]);
    EXPECT_EQ(out.as<std::uint8_t>()[128 + i], in.as<std::uint8_t>()[2 * i + 1]);
  }
}

TEST(Convert, TargetsGiveTheSameBits) {
  std::vector<Tensor> expected;
  for (const char* target : simd::available_targets()) {
    ASSERT_TRUE(simd::force_target(target));
    ImageProcessor processor = cpu_processor();
    std::size_t i = 0;
    for (const PixelFormat from : kFormats) {
      for (const PixelFormat to : kFormats) {
        for (const DType dtype : {DType::kU8, DType::kI8, DType::kF16, DType::kF32}) {
          for (const bool resizes : {false, true}) {
            Tensor src = make_image(131, 70, from);
            fill_bytes(src, Content::kNoise);
            Tensor dst = resizes ? make_image(77, 42, to, dtype) : make_image(131, 70, to, dtype);
            ConvertOptions options;
            options.rotation = static_cast<Rotation>(i % 4 * (resizes ? 1 : 0));
            processor.convert(src, dst, options);
            if (i == expected.size()) expected.push_back(dst);
            EXPECT_EQ(std::memcmp(dst.map().data(), expected[i].map().data(), dst.size_bytes()), 0)
                << target << " " << describe(src, dst);
            ++i;
          }
        }
      }
    }
  }
  simd::reset_target();
}

/// Packed pixels take a way of their own to YUV and grey; planes take the general one.
TEST(Convert, PackedRgbGivesTheBitsOfItsPlanes) {
  const PixelFormat targets[] = {PixelFormat::kNv12, PixelFormat::kNv16, PixelFormat::kYuyv,
                                 PixelFormat::kVyuy, PixelFormat::kGrey};
  for (const char* target : simd::available_targets()) {
    ASSERT_TRUE(simd::force_target(target));
    ImageProcessor processor = cpu_processor();
    for (const PixelFormat from : {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kBgra}) {
      for (const std::size_t width : {1, 2, 3, 16, 31, 33, 64, 65, 130, 1031}) {
        Tensor src = make_image(width, 7, from, DType::kU8, 3);
        fill_bytes(src, width % 2 == 0 ? Content::kNoise : Content::kExtremes);
        Tensor planes = make_image(width, 7, PixelFormat::kPlanarRgb);
        processor.convert(src, planes);
        for (const PixelFormat to : targets) {
          for (const Colorimetry& color :
               {Colorimetry{}, Colorimetry{ColorEncoding::kBt601, ColorRange::kFull}}) {
            for (std::size_t corner = 0; corner < 4; ++corner) {
              Tensor dst = make_image(width + 3, 10, to, DType::kU8, 5);
              Tensor expected = make_image(width + 3, 10, to, DType::kU8, 5);
              for (Tensor* image : {&dst, &expected}) {
                image->set_colorimetry(color);
                fill_bytes(*image, Content::kNoise, 9);
              }
              ConvertOptions options;
              options.crop.dst_rect = Rect{corner % 2, corner / 2, width, 7};
              processor.convert(src, dst, options);
              processor.convert(planes, expected, options);
              EXPECT_EQ(
                  std::memcmp(dst.map().data(), expected.map().data(), dst.map().size_bytes()), 0)
                  << target << " " << describe(src, dst) << " corner " << corner;
            }
          }
        }
      }
    }
  }
  simd::reset_target();
}

TEST(Convert, RealFrameLetterboxMatchesReference) {
  ImageProcessor processor = cpu_processor();
  for (const PixelFormat from : {PixelFormat::kNv12, PixelFormat::kRgb}) {
    Tensor src = make_image(1920, 1080, from);
    fill_bytes(src, Content::kNoise);
    Tensor dst = make_image(640, 640, PixelFormat::kPlanarRgb, DType::kI8);
    ConvertOptions options;
    options.crop.dst_rect = letterbox(1920, 1080, 640, 640).content;
    options.crop.dst_color = Color{114, 114, 114, 255};
    expect_close(processor, src, dst, options);
    EXPECT_EQ(dst.map().as<std::int8_t>()[0], -14);
  }
}

}  // namespace
}  // namespace edgefirst
