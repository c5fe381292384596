// SPDX-License-Identifier: Apache-2.0
// YUV of pictures that hold none: against the formulas of JFIF 1.02 in double precision, on the
// pixels that the same decoder writes as Rgb.
#include <gtest/gtest.h>

#include <cmath>

#include "edgefirst/codec.hpp"

#include "support/jpeg_file.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;
using testing::Content;

struct Yuv {
  double y = 0;
  double u = 0;
  double v = 0;
};

Yuv yuv_of(const std::uint8_t* rgb) {
  const double r = rgb[0];
  const double g = rgb[1];
  const double b = rgb[2];
  return {0.299 * r + 0.587 * g + 0.114 * b, 128 - 0.168735892 * r - 0.331264108 * g + 0.5 * b,
          128 + 0.5 * r - 0.418687589 * g - 0.081312411 * b};
}

Tensor decoded(const ByteVector& file, PixelFormat format, bool apply_exif,
               DType dtype = DType::kU8) {
  DecodeOptions options;
  options.format = format;
  options.apply_exif = apply_exif;
  ImageDecoder decoder;
  const ImageInfo info = decoder.peek(file, options);
  Tensor tensor = Tensor::image(info.width, info.height, format, dtype, TensorMemory::kMem);
  EXPECT_EQ(decoder.decode(file, tensor, options).valid_rows, info.valid_rows);
  return tensor;
}

/// Where the samples of pixel (x, y) lie in an image of w x h without padding.
struct Places {
  std::size_t y, u, v;
};
Places places_of(PixelFormat format, std::size_t x, std::size_t y, std::size_t w, std::size_t h) {
  const std::size_t pair = (y * w + x / 2 * 2) * 2;
  if (format == PixelFormat::kYuyv) return {pair + x % 2 * 2, pair + 1, pair + 3};
  if (format == PixelFormat::kVyuy) return {pair + 1 + x % 2 * 2, pair + 2, pair};
  const std::size_t chroma = w * (h + (format == PixelFormat::kNv12 ? y / 2 : y)) + x / 2 * 2;
  return {y * w + x, chroma, chroma + 1};
}

void expect_like_rgb(const ByteVector& file, PixelFormat format, bool apply_exif) {
  const Tensor tensor = decoded(file, format, apply_exif);
  const Tensor rgb = decoded(file, PixelFormat::kRgb, apply_exif);
  EXPECT_EQ(tensor.colorimetry(), (Colorimetry{ColorEncoding::kBt601, ColorRange::kFull}));
  const TensorMap map = tensor.map(CpuAccess::kRead);
  const TensorMap pixel_map = rgb.map(CpuAccess::kRead);
  const auto* bytes = map.as<std::uint8_t>();
  const auto* pixels = pixel_map.as<std::uint8_t>();
  const std::size_t w = rgb.width();
  const std::size_t h = rgb.height();
  const std::size_t rows = format == PixelFormat::kNv12 ? 2 : 1;
  for (std::size_t y = 0; y < h; ++y) {
    for (std::size_t x = 0; x < w; ++x) {
      const Places at = places_of(format, x, y, w, h);
      Yuv mean;
      for (std::size_t i = 0; i < 2 * rows; ++i) {
        const std::size_t row = y / rows * rows + i / 2;
        const Yuv one = yuv_of(pixels + 3 * (row * w + x / 2 * 2 + i % 2));
        mean.u += one.u / static_cast<double>(2 * rows);
        mean.v += one.v / static_cast<double>(2 * rows);
      }
      ASSERT_NEAR(bytes[at.y], yuv_of(pixels + 3 * (y * w + x)).y, 0.51) << x << " " << y;
      ASSERT_NEAR(bytes[at.u], std::min(mean.u, 255.0), 1.26) << x << " " << y;
      ASSERT_NEAR(bytes[at.v], std::min(mean.v, 255.0), 1.26) << x << " " << y;
    }
  }
}

constexpr PixelFormat kFormats[] = {PixelFormat::kYuyv, PixelFormat::kVyuy, PixelFormat::kNv12,
                                    PixelFormat::kNv16};

TEST(YuvPacking, PicturesWithoutSuchChromaAreMadeOfTheirRgb) {
  const auto colour = testing::make_picture(38, 24, 3, Content::kNoise);
  const auto grey = testing::make_picture(38, 24, 1, Content::kNoise);
  const ByteVector files[] = {testing::reference_encode(grey, 90, TJSAMP_GRAY),
                              testing::reference_encode(colour, 90, TJSAMP_444)};
  for (const PixelFormat format : kFormats) {
    expect_like_rgb(files[0], format, false);
    if (pixel_format_info(format).layout == PixelLayout::kPacked) {
      expect_like_rgb(files[1], format, false);
    }
  }
}

TEST(YuvPacking, TurnedPicturesAreTurned) {
  const std::pair<int, int> sizes[] = {{38, 24}, {2, 2}, {34, 50}, {66, 16}};
  for (const auto& [width, height] : sizes) {
    const auto picture = testing::make_picture(width, height, 3, Content::kSmooth);
    const ByteVector plain = testing::reference_encode(picture, 90, TJSAMP_420);
    for (int orientation = 2; orientation <= 8; ++orientation) {
      SCOPED_TRACE(orientation);
      const ByteVector file = testing::with_segment(
          plain, testing::exif_segment(testing::tiff_orientation(orientation)));
      for (const PixelFormat format : kFormats) expect_like_rgb(file, format, true);
    }
  }
}

TEST(YuvPacking, SamplesBecomeTheTensorsType) {
  const auto grey = testing::make_picture(38, 24, 1, Content::kSmooth);
  const ByteVector file = testing::reference_encode(grey, 90, TJSAMP_GRAY);
  const Tensor bytes = decoded(file, PixelFormat::kYuyv, false);
  const Tensor wide = decoded(file, PixelFormat::kYuyv, false, DType::kU16);
  const TensorMap byte_map = bytes.map(CpuAccess::kRead);
  const TensorMap wide_map = wide.map(CpuAccess::kRead);
  for (std::size_t i = 0; i < 38 * 24 * 2; ++i) {
    ASSERT_EQ(wide_map.as<std::uint16_t>()[i], byte_map.as<std::uint8_t>()[i] * 257);
  }
}

}  // namespace
}  // namespace edgefirst
