// SPDX-License-Identifier: Apache-2.0
// Decoded pixels equal libjpeg-turbo's accurate path, byte for byte, on every SIMD target.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "edgefirst/codec.hpp"

#include "base/simd.hpp"
#include "support/codec_reference.hpp"
#include "support/environment.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;
using testing::Content;
using testing::Picture;

constexpr int kSides[] = {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65};

/// Bytes of the tensor's picture without padding.
ByteVector decode_with(ImageDecoder& decoder, const ByteVector& file, PixelFormat format) {
  DecodeOptions options;
  options.format = format;
  const ImageInfo info = decoder.peek(file, options);
  Tensor tensor = Tensor::image(info.width, info.height, format, DType::kU8, TensorMemory::kMem);
  decoder.decode(file, tensor, options);
  const TensorMap map = tensor.map(CpuAccess::kRead);
  return {map.as<std::uint8_t>(), map.as<std::uint8_t>() + map.size_bytes()};
}

/// Number of differing bytes, and where the first one is.
std::string difference(const ByteVector& got, const Picture& expected) {
  if (got.size() != expected.pixels.size()) return "size " + std::to_string(got.size());
  std::size_t count = 0;
  std::size_t first = 0;
  for (std::size_t i = got.size(); i-- > 0;) {
    if (got[i] == expected.pixels[i]) continue;
    ++count;
    first = i;
  }
  if (count == 0) return "";
  const std::size_t pixel = first / static_cast<std::size_t>(expected.channels);
  const auto width = static_cast<std::size_t>(expected.width);
  return std::to_string(count) + " bytes differ, first at x=" + std::to_string(pixel % width) +
         " y=" + std::to_string(pixel / width) + ": " + std::to_string(got[first]) +
         " != " + std::to_string(expected.pixels[first]);
}

class JpegExactness : public ::testing::TestWithParam<std::tuple<const char*, int>> {
 protected:
  void SetUp() override { ASSERT_TRUE(simd::force_target(std::get<0>(GetParam()))); }
  void TearDown() override { simd::reset_target(); }
  int subsampling() const { return std::get<1>(GetParam()); }

  ByteVector encode(int width, int height, Content content, int quality) const {
    const int channels = subsampling() == TJSAMP_GRAY ? 1 : 3;
    const auto seed = static_cast<unsigned>(width * 1000 + height);
    return testing::reference_encode(testing::make_picture(width, height, channels, content, seed),
                                     quality, subsampling());
  }

  ImageDecoder decoder_;
};

TEST_P(JpegExactness, EqualsReferenceForEverySmallSize) {
  for (const int width : kSides) {
    for (const int height : kSides) {
      const ByteVector file = encode(width, height, Content::kNoise, 90);
      EXPECT_EQ(difference(decode_with(decoder_, file, PixelFormat::kRgb),
                           testing::reference_decode(file)),
                "")
          << width << "x" << height;
    }
  }
}

TEST_P(JpegExactness, EqualsReferenceForEveryQualityAndContent) {
  for (const int quality : {1, 10, 30, 50, 75, 85, 92, 98, 100}) {
    for (const Content content : {Content::kNoise, Content::kSmooth, Content::kEdges}) {
      const ByteVector file = encode(123, 77, content, quality);
      EXPECT_EQ(difference(decode_with(decoder_, file, PixelFormat::kRgb),
                           testing::reference_decode(file)),
                "")
          << "quality " << quality << " content " << static_cast<int>(content);
    }
  }
}

TEST_P(JpegExactness, EqualsReferenceInEveryFormat) {
  const ByteVector file = encode(77, 39, Content::kSmooth, 85);
  const std::pair<PixelFormat, int> formats[] = {{PixelFormat::kRgb, TJPF_RGB},
                                                 {PixelFormat::kRgba, TJPF_RGBA},
                                                 {PixelFormat::kBgra, TJPF_BGRA},
                                                 {PixelFormat::kGrey, TJPF_GRAY}};
  for (const auto& [format, reference] : formats) {
    EXPECT_EQ(
        difference(decode_with(decoder_, file, format), testing::reference_decode(file, reference)),
        "")
        << pixel_format_info(format).name;
  }
}

TEST_P(JpegExactness, EqualsReferenceWithRestartMarkers) {
  for (const char* interval : {"1", "3B", "7B", "2"}) {
    const testing::ScopedVariable restart("TJ_RESTART", interval);
    const ByteVector file = encode(130, 70, Content::kSmooth, 85);
    EXPECT_EQ(
        difference(decode_with(decoder_, file, PixelFormat::kRgb), testing::reference_decode(file)),
        "")
        << "TJ_RESTART=" << interval;
  }
}

TEST_P(JpegExactness, EqualsReferenceForProgressiveFiles) {
  const testing::ScopedVariable progressive("TJ_PROGRESSIVE", "1");
  for (const char* interval : {"0", "1", "5B"}) {
    const testing::ScopedVariable restart("TJ_RESTART", interval);
    for (const int quality : {10, 75, 95}) {
      for (const Content content : {Content::kNoise, Content::kSmooth, Content::kEdges}) {
        const ByteVector file = encode(131, 67, content, quality);
        EXPECT_EQ(difference(decode_with(decoder_, file, PixelFormat::kRgb),
                             testing::reference_decode(file)),
                  "")
            << "TJ_RESTART=" << interval << " quality " << quality;
      }
    }
  }
  for (const int width : kSides) {
    const ByteVector file = encode(width, 66 - width, Content::kNoise, 90);
    EXPECT_EQ(
        difference(decode_with(decoder_, file, PixelFormat::kRgb), testing::reference_decode(file)),
        "")
        << width;
  }
}

TEST_P(JpegExactness, EqualsReferenceForAFrame) {
  const ByteVector file = encode(1283, 719, Content::kSmooth, 88);
  EXPECT_EQ(
      difference(decode_with(decoder_, file, PixelFormat::kRgb), testing::reference_decode(file)),
      "");
}

/// 1680 files: every width from 1 to 70, every subsampling, baseline and progressive, with and
/// without restarts, at changing quality.
TEST(JpegExactnessOfManyFiles, EqualsReferenceForEveryWidth) {
  constexpr int kQualities[] = {25, 60, 85, 92, 100};
  ImageDecoder decoder;
  int count = 0;
  for (int width = 1; width <= 70; ++width) {
    for (const int subsampling :
         {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_GRAY, TJSAMP_440, TJSAMP_411}) {
      for (const char* progressive : {"0", "1"}) {
        for (const char* restart : {"0", "2B"}) {
          const testing::ScopedVariable progression("TJ_PROGRESSIVE", progressive);
          const testing::ScopedVariable interval("TJ_RESTART", restart);
          const int height = 1 + (width * 37 + subsampling * 11) % 70;
          const auto content = static_cast<Content>(count % 3);
          const ByteVector file = testing::reference_encode(
              testing::make_picture(width, height, subsampling == TJSAMP_GRAY ? 1 : 3, content),
              kQualities[count % 5], subsampling);
          ++count;
          EXPECT_EQ(difference(decode_with(decoder, file, PixelFormat::kRgb),
                               testing::reference_decode(file)),
                    "")
              << width << "x" << height << " subsampling " << subsampling << " progressive "
              << progressive << " restart " << restart;
        }
      }
    }
  }
  EXPECT_EQ(count, 1680);
}

/// A CMYK file of the reference, with libjpeg's choice between CMYK and YCCK.
ByteVector encode_cmyk(const Picture& picture, int subsampling) {
  tjhandle handle = tjInitCompress();
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  EXPECT_EQ(tjCompress2(handle, picture.pixels.data(), picture.width, 0, picture.height, TJPF_CMYK,
                        &memory, &size, subsampling, 90, TJFLAG_ACCURATEDCT),
            0);
  ByteVector file(memory, memory + size);
  tjFree(memory);
  tjDestroy(handle);
  return file;
}

TEST(JpegCmyk, DarkensByTheInksOfAnAdobeFile) {
  for (const int subsampling : {TJSAMP_444, TJSAMP_420}) {
    const ByteVector file =
        encode_cmyk(testing::make_picture(57, 41, 4, Content::kSmooth), subsampling);
    const Picture cmyk = testing::reference_decode(file, TJPF_CMYK);
    ImageDecoder decoder;
    const ByteVector rgba = decode_with(decoder, file, PixelFormat::kRgba);
    ASSERT_EQ(rgba.size(), cmyk.pixels.size());
    for (std::size_t i = 0; i < rgba.size(); ++i) {
      const double black = cmyk.pixels[i / 4 * 4 + 3];
      const double expected = i % 4 == 3 ? 255 : cmyk.pixels[i] * black / 255;
      ASSERT_NEAR(rgba[i], expected, 0.51) << i;
    }
  }
}

std::string case_name(const ::testing::TestParamInfo<JpegExactness::ParamType>& info) {
  static const char* const kNames[] = {"444", "422", "420", "Grey", "440", "411"};
  return std::string(std::get<0>(info.param)) + "_" + kNames[std::get<1>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(EveryTarget, JpegExactness,
                         ::testing::Combine(::testing::ValuesIn(simd::available_targets()),
                                            ::testing::Values(TJSAMP_444, TJSAMP_422, TJSAMP_420,
                                                              TJSAMP_GRAY, TJSAMP_440, TJSAMP_411)),
                         case_name);

}  // namespace
}  // namespace edgefirst
