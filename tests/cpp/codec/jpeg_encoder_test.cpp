// SPDX-License-Identifier: Apache-2.0
// The encoder's files equal libjpeg-turbo's, byte for byte, on every SIMD target.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <tuple>

#include "edgefirst/codec.hpp"

#include "base/simd.hpp"
#include "support/codec_reference.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;
using testing::Content;
using testing::Picture;

constexpr int kSides[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65};

/// The picture in a tensor whose rows are padded by padding bytes of 0xEE.
Tensor tensor_of(const Picture& picture, PixelFormat format, std::size_t padding = 0) {
  const auto width = static_cast<std::size_t>(picture.width);
  const auto height = static_cast<std::size_t>(picture.height);
  const std::size_t tight = width * static_cast<std::size_t>(picture.channels);
  Tensor tensor = Tensor::image_with_stride(width, height, format, tight + padding, DType::kU8,
                                            TensorMemory::kMem);
  const TensorMap map = tensor.map();
  std::fill_n(map.as<std::uint8_t>(), map.size_bytes(), std::uint8_t{0xEE});
  for (std::size_t y = 0; y < height; ++y) {
    std::copy_n(picture.pixels.data() + y * tight, tight,
                map.as<std::uint8_t>() + y * (tight + padding));
  }
  return tensor;
}

ByteVector encode(const Tensor& tensor, int quality, ChromaSubsampling subsampling) {
  EncodeOptions options;
  options.quality = quality;
  options.subsampling = subsampling;
  ByteVector out;
  encode_jpeg(tensor, out, options);
  return out;
}

class JpegEncoderExactness : public ::testing::TestWithParam<std::tuple<const char*, int>> {
 protected:
  void SetUp() override { ASSERT_TRUE(simd::force_target(std::get<0>(GetParam()))); }
  void TearDown() override { simd::reset_target(); }
  int sampling() const { return std::get<1>(GetParam()); }
  int channels() const { return sampling() == TJSAMP_GRAY ? 1 : 3; }
  PixelFormat format() const { return channels() == 1 ? PixelFormat::kGrey : PixelFormat::kRgb; }
  ChromaSubsampling subsampling() const {
    return sampling() == TJSAMP_420 ? ChromaSubsampling::k420 : ChromaSubsampling::k444;
  }
};

TEST_P(JpegEncoderExactness, EqualsReferenceForEverySmallSize) {
  for (const int width : kSides) {
    for (const int height : kSides) {
      const Picture picture = testing::make_picture(width, height, channels(), Content::kNoise,
                                                    static_cast<unsigned>(width * 100 + height));
      EXPECT_EQ(encode(tensor_of(picture, format(), 5), 90, subsampling()),
                testing::reference_encode(picture, 90, sampling()))
          << width << "x" << height;
    }
  }
}

TEST_P(JpegEncoderExactness, EqualsReferenceForEveryQualityAndContent) {
  for (const int quality : {1, 2, 10, 25, 50, 75, 80, 90, 95, 99, 100}) {
    for (const Content content : {Content::kNoise, Content::kSmooth, Content::kEdges}) {
      const Picture picture = testing::make_picture(141, 83, channels(), content);
      EXPECT_EQ(encode(tensor_of(picture, format()), quality, subsampling()),
                testing::reference_encode(picture, quality, sampling()))
          << "quality " << quality << " content " << static_cast<int>(content);
    }
  }
}

std::string case_name(const ::testing::TestParamInfo<JpegEncoderExactness::ParamType>& info) {
  static const char* const kNames[] = {"444", "422", "420", "Grey"};
  return std::string(std::get<0>(info.param)) + "_" + kNames[std::get<1>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(EveryTarget, JpegEncoderExactness,
                         ::testing::Combine(::testing::ValuesIn(simd::available_targets()),
                                            ::testing::Values(TJSAMP_444, TJSAMP_420, TJSAMP_GRAY)),
                         case_name);

TEST(JpegEncoder, DropsAlphaAndReadsBgra) {
  const Picture rgb = testing::make_picture(45, 23, 3, Content::kSmooth);
  Picture rgba{rgb.width, rgb.height, 4, {}};
  Picture bgra = rgba;
  for (std::size_t i = 0; i < rgb.pixels.size(); i += 3) {
    const std::uint8_t r = rgb.pixels[i];
    const std::uint8_t g = rgb.pixels[i + 1];
    const std::uint8_t b = rgb.pixels[i + 2];
    rgba.pixels.insert(rgba.pixels.end(), {r, g, b, static_cast<std::uint8_t>(i)});
    bgra.pixels.insert(bgra.pixels.end(), {b, g, r, static_cast<std::uint8_t>(i)});
  }
  const ByteVector expected =
      encode(tensor_of(rgb, PixelFormat::kRgb), 80, ChromaSubsampling::k420);
  EXPECT_EQ(encode(tensor_of(rgba, PixelFormat::kRgba), 80, ChromaSubsampling::k420), expected);
  EXPECT_EQ(encode(tensor_of(bgra, PixelFormat::kBgra), 80, ChromaSubsampling::k420), expected);
}

TEST(JpegEncoder, ChoosesSubsamplingByQualityAndClampsIt) {
  const Picture picture = testing::make_picture(40, 24, 3, Content::kSmooth);
  const Tensor tensor = tensor_of(picture, PixelFormat::kRgb);
  EXPECT_EQ(encode(tensor, 89, ChromaSubsampling::kAuto),
            testing::reference_encode(picture, 89, TJSAMP_420));
  EXPECT_EQ(encode(tensor, 90, ChromaSubsampling::kAuto),
            testing::reference_encode(picture, 90, TJSAMP_444));
  EXPECT_EQ(encode(tensor, 1000, ChromaSubsampling::kAuto),
            testing::reference_encode(picture, 100, TJSAMP_444));
  EXPECT_EQ(encode(tensor, -5, ChromaSubsampling::kAuto),
            testing::reference_encode(picture, 1, TJSAMP_420));
}

/// Seeded planes of 4:2:0 in one NV12 tensor with padded rows.
struct Nv12Sample {
  Tensor tensor;
  ByteVector y;
  ByteVector u;
  ByteVector v;
};

Nv12Sample make_nv12(std::size_t width, std::size_t height) {
  const std::size_t stride = width + 7;
  Nv12Sample sample{Tensor::image_with_stride(width, height, PixelFormat::kNv12, stride, DType::kU8,
                                              TensorMemory::kMem),
                    {},
                    {},
                    {}};
  const Picture noise =
      testing::make_picture(static_cast<int>(width), static_cast<int>(height), 1, Content::kSmooth);
  const TensorMap map = sample.tensor.map();
  auto* bytes = map.as<std::uint8_t>();
  for (std::size_t row = 0; row < height; ++row) {
    for (std::size_t x = 0; x < width; ++x) {
      sample.y.push_back(bytes[row * stride + x] = noise.pixels[row * width + x]);
    }
  }
  for (std::size_t row = 0; row < height / 2; ++row) {
    for (std::size_t x = 0; x < width; ++x) {
      const auto value = static_cast<std::uint8_t>(90 + (x * 3 + row * 5) % 70);
      bytes[(height + row) * stride + x] = value;
      (x % 2 == 0 ? sample.u : sample.v).push_back(value);
    }
  }
  return sample;
}

TEST(JpegEncoder, EncodesNv12AsTheReferenceEncodesItsPlanes) {
  for (const auto& [width, height] : {std::pair{2, 2}, {34, 18}, {126, 62}, {160, 96}}) {
    Nv12Sample sample =
        make_nv12(static_cast<std::size_t>(width), static_cast<std::size_t>(height));
    sample.tensor.set_colorimetry(Colorimetry{ColorEncoding::kBt601, ColorRange::kFull});
    tjhandle handle = tjInitCompress();
    const unsigned char* planes[] = {sample.y.data(), sample.u.data(), sample.v.data()};
    unsigned char* memory = nullptr;
    unsigned long size = 0;
    ASSERT_EQ(tjCompressFromYUVPlanes(handle, planes, width, nullptr, height, TJSAMP_420, &memory,
                                      &size, 85, TJFLAG_ACCURATEDCT),
              0);
    EXPECT_EQ(encode(sample.tensor, 85, ChromaSubsampling::kAuto),
              ByteVector(memory, memory + size))
        << width << "x" << height;
    tjFree(memory);
    tjDestroy(handle);
  }
}

TEST(JpegEncoder, BringsNv12FromItsColorimetryToThatOfJpeg) {
  struct Case {
    Colorimetry color;
    std::array<std::uint8_t, 3> ycc;  // of pure red
  };
  const Case cases[] = {{{ColorEncoding::kBt601, ColorRange::kFull}, {76, 85, 255}},
                        {{ColorEncoding::kBt601, ColorRange::kLimited}, {81, 90, 240}},
                        {{ColorEncoding::kBt709, ColorRange::kLimited}, {63, 102, 240}},
                        {{ColorEncoding::kBt709, ColorRange::kFull}, {54, 99, 255}}};
  for (const Case& c : cases) {
    Tensor tensor = Tensor::image(32, 32, PixelFormat::kNv12, DType::kU8, TensorMemory::kMem);
    const TensorMap map = tensor.map();
    std::fill_n(map.as<std::uint8_t>(), 32 * 32, c.ycc[0]);
    for (std::size_t i = 0; i < 32 * 16; ++i) map.as<std::uint8_t>()[1024 + i] = c.ycc[1 + i % 2];
    tensor.set_colorimetry(c.color);
    const Picture red = testing::reference_decode(encode(tensor, 95, ChromaSubsampling::kAuto));
    EXPECT_NEAR(red.pixels[0], 254, 3);
    EXPECT_NEAR(red.pixels[1], 0, 4);
    EXPECT_NEAR(red.pixels[2], 0, 4);
  }
}

void expect_error(const Tensor& tensor, ErrorCode code, const char* text) {
  ByteVector out;
  try {
    encode_jpeg(tensor, out);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(text));
  }
}

TEST(JpegEncoder, RejectsWhatItCannotWrite) {
  expect_error(Tensor({4, 4, 3}, DType::kU8, TensorMemory::kMem), ErrorCode::kNotAnImage,
               "without pixel format");
  expect_error(Tensor::image(4, 4, PixelFormat::kRgb, DType::kF32, TensorMemory::kMem),
               ErrorCode::kNotSupported, "float32");
  expect_error(Tensor::image(4, 4, PixelFormat::kPlanarRgb, DType::kU8, TensorMemory::kMem),
               ErrorCode::kNotSupported, "Saving planar");
  expect_error(Tensor::image(3, 4, PixelFormat::kNv12, DType::kU8, TensorMemory::kMem),
               ErrorCode::kInvalidArgument, "odd width");
  expect_error(Tensor::image(4, 4, PixelFormat::kYuyv, DType::kU8, TensorMemory::kMem),
               ErrorCode::kNotSupported, "Unsupported image format for saving");
  expect_error(Tensor::image(65536, 1, PixelFormat::kGrey, DType::kU8, TensorMemory::kMem),
               ErrorCode::kInvalidArgument, "65536");
}

TEST(JpegEncoder, SavesAFileThatLoads) {
  const std::string path = ::testing::TempDir() + "edgefirst_saved.jpg";
  const Tensor tensor =
      tensor_of(testing::make_picture(64, 48, 3, Content::kSmooth), PixelFormat::kRgb);
  save_jpeg(tensor, path);
  const Tensor loaded = load_image_file(path);
  EXPECT_EQ(loaded.width(), 64U);
  EXPECT_EQ(loaded.height(), 48U);
  std::remove(path.c_str());
  EXPECT_THROW(save_jpeg(tensor, "/nonexistent-directory/x.jpg"), Error);
}

}  // namespace
}  // namespace edgefirst
