// SPDX-License-Identifier: Apache-2.0
// Lossless JPEG (SOF3): what a plain encoder of the tests wrote comes back, sample for sample.
// jpeg_modes_test.cpp has libjpeg-turbo's files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "edgefirst/codec.hpp"

#include "support/lossless_file.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;
using testing::LosslessEncoder;
using testing::LosslessFile;
using testing::LosslessPlane;

/// A scene of ramps, edges and noise in every component.
LosslessFile make_file(int width, int height, int precision,
                       const std::vector<std::pair<int, int>>& sampling) {
  LosslessFile file;
  file.width = width;
  file.height = height;
  file.precision = precision;
  for (const auto& [h, v] : sampling) {
    LosslessPlane plane;
    plane.h = h;
    plane.v = v;
    plane.id = static_cast<std::uint8_t>(file.planes.size() + 1);
    file.planes.push_back(plane);
  }
  std::mt19937 random(static_cast<unsigned>(width * 131 + height));
  const int largest = (1 << precision) - 1;
  for (LosslessPlane& plane : file.planes) {
    const int columns = file.plane_width(plane);
    const int rows = file.plane_height(plane);
    for (int i = 0; i < columns * rows; ++i) {
      const int x = i % columns;
      const int y = i / columns;
      int value = (x * largest / columns + y) & largest;
      if ((x / 5 + y / 3 + plane.id) % 4 == 0) value = (x + y) % 2 == 0 ? 0 : largest;
      if ((x / 7 + y / 5) % 3 == 0) value = static_cast<int>(random()) & largest;
      plane.samples.push_back(static_cast<std::uint16_t>(value));
    }
  }
  return file;
}

/// Samples of the decoded picture, one after the other.
std::vector<int> decode(const ByteVector& bytes, PixelFormat format, int precision,
                        const DecodeOptions& wanted = {}) {
  DecodeOptions options = wanted;
  options.format = format;
  ImageDecoder decoder;
  const ImageInfo info = decoder.peek(bytes, options);
  const DType dtype = precision > 8 ? DType::kU16 : DType::kU8;
  Tensor tensor = Tensor::image(info.width, info.height, format, dtype, TensorMemory::kMem);
  decoder.decode(bytes, tensor, options);
  const TensorMap map = tensor.map(CpuAccess::kRead);
  std::vector<int> samples(map.size_bytes() / dtype_size(dtype));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = precision > 8 ? map.as<std::uint16_t>()[i] : map.as<std::uint8_t>()[i];
  }
  return samples;
}

int widened(int value, int precision) {
  if (precision <= 8) return value;
  return value << (16 - precision) | value >> (2 * precision - 16);
}

/// Number of samples that are not what the file was made of.
std::size_t wrong_samples(const LosslessFile& file, const std::vector<int>& got) {
  const std::size_t channels = file.planes.size();
  if (got.size() != channels * static_cast<std::size_t>(file.width * file.height)) return SIZE_MAX;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto pixel = static_cast<int>(i / channels);
    const int expected = file.expected(i % channels, pixel % file.width, pixel / file.width);
    wrong += got[i] != widened(expected, file.precision);
  }
  return wrong;
}

std::size_t wrong_samples(const LosslessFile& file, const DecodeOptions& options = {}) {
  const PixelFormat format = file.planes.size() == 1 ? PixelFormat::kGrey : PixelFormat::kRgb;
  return wrong_samples(file,
                       decode(LosslessEncoder(file).encode(), format, file.precision, options));
}

TEST(JpegLossless, DecodesEveryPredictorPrecisionAndPointTransform) {
  for (int precision = 2; precision <= 16; ++precision) {
    for (int predictor = 1; predictor <= 7; ++predictor) {
      for (int transform = 0; transform < precision; ++transform) {
        for (const std::size_t channels : {1U, 3U}) {
          LosslessFile file =
              make_file(19, 13, precision, std::vector<std::pair<int, int>>(channels, {1, 1}));
          file.predictor = predictor;
          file.point_transform = transform;
          EXPECT_EQ(wrong_samples(file), 0U)
              << precision << " bits, predictor " << predictor << ", transform " << transform;
        }
      }
    }
  }
}

TEST(JpegLossless, DecodesEverySamplingRestartAndOrderOfScans) {
  using Sampling = std::vector<std::pair<int, int>>;
  const Sampling samplings[] = {{{1, 1}},
                                {{2, 2}},
                                {{1, 1}, {1, 1}, {1, 1}},
                                {{2, 1}, {1, 1}, {1, 1}},
                                {{2, 2}, {1, 1}, {1, 1}},
                                {{1, 2}, {1, 1}, {1, 1}},
                                {{4, 1}, {1, 1}, {1, 1}},
                                {{2, 2}, {2, 1}, {1, 2}},
                                {{1, 1}, {2, 2}, {1, 1}},
                                {{1, 4}, {1, 1}, {1, 2}}};
  for (const Sampling& sampling : samplings) {
    for (const auto& [width, height] :
         {std::pair{1, 1}, {2, 3}, {3, 2}, {16, 16}, {17, 31}, {33, 47}, {70, 9}}) {
      for (const int restart_rows : {0, 1, 3}) {
        for (const bool interleaved : {true, false}) {
          for (const int precision : {8, 12}) {
            LosslessFile file = make_file(width, height, precision, sampling);
            file.restart_rows = restart_rows;
            file.interleaved = interleaved;
            file.predictor = 4 + width % 4;
            EXPECT_EQ(wrong_samples(file), 0U)
                << width << "x" << height << " of " << sampling.size() << " components, first "
                << sampling[0].first << "x" << sampling[0].second << ", restart " << restart_rows
                << (interleaved ? ", interleaved, " : ", apart, ") << precision << " bits";
          }
        }
      }
    }
  }
}

TEST(JpegLossless, GivesTheSamePixelsOnEveryNumberOfThreads) {
  for (const bool interleaved : {true, false}) {
    LosslessFile file = make_file(517, 389, 8, {{2, 2}, {1, 1}, {1, 1}});
    file.predictor = 7;
    file.interleaved = interleaved;
    for (const std::size_t threads : {1U, 2U, 4U}) {
      DecodeOptions options;
      options.threads = threads;
      EXPECT_EQ(wrong_samples(file, options), 0U) << threads;
    }
  }
}

TEST(JpegLossless, IsRgbUnlessAMarkerSaysOtherwise) {
  const LosslessFile file = make_file(9, 5, 8, {{1, 1}, {1, 1}, {1, 1}});
  const ByteVector plain = LosslessEncoder(file).encode();
  const ByteVector jfif = testing::with_segment(
      plain, testing::segment(0xE0, {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0}));
  const std::vector<int> rgb = decode(jfif, PixelFormat::kRgb, 8);
  for (int i = 0; i < 45; ++i) {
    const int y = file.expected(0, i % 9, i / 9);
    const int cb = file.expected(1, i % 9, i / 9) - 128;
    const int cr = file.expected(2, i % 9, i / 9) - 128;
    const double expected[] = {y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb};
    for (int c = 0; c < 3; ++c) {
      EXPECT_NEAR(rgb[static_cast<std::size_t>(3 * i + c)], std::clamp(expected[c], 0.0, 255.0),
                  1.0);
    }
  }
}

TEST(JpegLossless, DecodesFourComponentsAsCmyk) {
  const LosslessFile file = make_file(9, 5, 8, {{1, 1}, {1, 1}, {1, 1}, {1, 1}});
  const ByteVector adobe = testing::with_segment(
      LosslessEncoder(file).encode(),
      testing::segment(0xEE, {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0}));
  const std::vector<int> rgb = decode(adobe, PixelFormat::kRgb, 8);
  for (int i = 0; i < 135; ++i) {
    const int x = i / 3 % 9;
    const int y = i / 27;
    const double expected =
        file.expected(static_cast<std::size_t>(i % 3), x, y) * file.expected(3, x, y) / 255.0;
    EXPECT_NEAR(rgb[static_cast<std::size_t>(i)], expected, 0.51);
  }
}

ErrorCode refusal(const ByteVector& bytes, DType dtype, std::string& text,
                  const DecodeOptions& options = {}) {
  Tensor tensor = Tensor::image(64, 64, PixelFormat::kRgb, dtype, TensorMemory::kMem);
  try {
    ImageDecoder().decode(bytes, tensor, options);
  } catch (const Error& error) {
    text = error.what();
    return error.code();
  }
  text = "decoded";
  return ErrorCode::kInternal;
}

TEST(JpegLossless, NamesWhatItRefuses) {
  const LosslessFile file = make_file(16, 16, 8, {{1, 1}, {1, 1}, {1, 1}});
  const ByteVector bytes = LosslessEncoder(file).encode();
  std::string text;
  const auto with_byte = [&](std::uint8_t marker, std::size_t offset, int value) {
    ByteVector changed = bytes;
    changed[testing::find_segment(bytes, marker) + 4 + offset] = static_cast<std::uint8_t>(value);
    return changed;
  };
  EXPECT_EQ(refusal(with_byte(0xDA, 7, 0), DType::kU8, text), ErrorCode::kInvalidData);
  EXPECT_THAT(text, ::testing::HasSubstr("predictor 0"));
  EXPECT_EQ(refusal(with_byte(0xDA, 7, 8), DType::kU8, text), ErrorCode::kInvalidData);
  EXPECT_EQ(refusal(with_byte(0xDA, 9, 8), DType::kU8, text), ErrorCode::kInvalidData);
  EXPECT_THAT(text, ::testing::HasSubstr("transforms 0-7 exist"));
  EXPECT_EQ(refusal(with_byte(0xC3, 0, 1), DType::kU8, text), ErrorCode::kUnsupportedFeature);
  EXPECT_EQ(refusal(with_byte(0xC3, 0, 17), DType::kU8, text), ErrorCode::kUnsupportedFeature);
  EXPECT_EQ(refusal(with_byte(0xDD, 1, 15), DType::kU8, text), ErrorCode::kInvalidData);
  EXPECT_THAT(text, ::testing::HasSubstr("restart interval of 15"));
  EXPECT_EQ(refusal(with_byte(0xC4, 0, 1), DType::kU8, text), ErrorCode::kInvalidData);
  EXPECT_THAT(text, ::testing::HasSubstr("Huffman table that no DHT defines"));
  EXPECT_EQ(refusal(with_byte(0xC4, 17, 17), DType::kU8, text), ErrorCode::kInvalidData);
  DecodeOptions strict;
  strict.strict = true;
  EXPECT_EQ(refusal(bytes, DType::kU8, text, strict), ErrorCode::kUnsupportedFeature);
  EXPECT_THAT(text, ::testing::HasSubstr("lossless JPEG (SOF3)"));
  const LosslessFile deep = make_file(16, 16, 14, {{1, 1}});
  EXPECT_EQ(refusal(LosslessEncoder(deep).encode(), DType::kU8, text),
            ErrorCode::kUnsupportedFeature);
  EXPECT_THAT(text, ::testing::HasSubstr("14 bits a sample to uint8"));
}

TEST(JpegLossless, RefusesAtOnceWhatTheDataCannotHold) {
  for (const bool interleaved : {true, false}) {
    LosslessFile file = make_file(16, 16, 8, {{1, 1}, {1, 1}, {1, 1}});
    file.interleaved = interleaved;
    ByteVector bytes = LosslessEncoder(file).encode();
    const std::size_t frame = testing::find_segment(bytes, 0xC3);
    bytes[frame + 5] = bytes[frame + 7] = 0x10;  // 4112 x 4112
    Tensor tensor = Tensor::image(4112, 4112, PixelFormat::kGrey, DType::kU8, TensorMemory::kMem);
    DecodeOptions options;
    options.format = PixelFormat::kGrey;
    const TensorMap map = tensor.map();
    std::memset(map.data(), 7, map.size_bytes());
    try {
      ImageDecoder().decode(bytes, tensor, options);
      FAIL() << "decoded";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("the data ends: "));
    }
    const auto* const pixels = map.as<std::uint8_t>();
    EXPECT_TRUE(std::all_of(pixels, pixels + map.size_bytes(), [](int v) { return v == 7; }));
  }
}

TEST(JpegLossless, KeepsTheRowsBeforeDamageWhenTolerant) {
  for (const int precision : {8, 14}) {
    for (const bool interleaved : {true, false}) {
      LosslessFile file = make_file(40, 40, precision, {{1, 1}, {1, 1}, {1, 1}});
      file.interleaved = interleaved;
      file.predictor = 6;
      ByteVector bytes = LosslessEncoder(file).encode();
      bytes.resize(bytes.size() - bytes.size() / 5);
      std::string text;
      const DType dtype = precision > 8 ? DType::kU16 : DType::kU8;
      EXPECT_EQ(refusal(bytes, dtype, text), ErrorCode::kInvalidData);
      EXPECT_THAT(text, ::testing::HasSubstr("the data ends"));
      DecodeOptions options;
      options.tolerant = true;
      Tensor tensor = Tensor::image(40, 40, PixelFormat::kRgb, dtype, TensorMemory::kMem);
      const std::size_t rows = ImageDecoder().decode(bytes, tensor, options).valid_rows;
      EXPECT_GT(rows, 5U);
      EXPECT_LT(rows, 40U);
      const std::vector<int> got = decode(bytes, PixelFormat::kRgb, precision, options);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < rows * 120; ++i) {
        const auto pixel = static_cast<int>(i / 3);
        wrong += got[i] != widened(file.expected(i % 3, pixel % 40, pixel / 40), precision);
      }
      EXPECT_EQ(wrong, 0U);
      const int grey = widened(1 << (precision - 1), precision);
      EXPECT_EQ(got.back(), grey);
      EXPECT_EQ(got[got.size() - 2], interleaved ? grey : got[got.size() - 2]);
    }
  }
}

TEST(JpegLossless, GoesOnBehindARestartWhenTolerant) {
  LosslessFile file = make_file(40, 40, 8, {{1, 1}});
  file.restart_rows = 4;
  ByteVector bytes = LosslessEncoder(file).encode();
  const ByteVector marker = {0xFF, 0xD3};
  const auto at = std::search(bytes.begin(), bytes.end(), marker.begin(), marker.end());
  ASSERT_NE(at, bytes.end());
  bytes.erase(at - 30, at);  // the fourth interval ends early
  DecodeOptions options;
  options.tolerant = true;
  const std::vector<int> got = decode(bytes, PixelFormat::kGrey, 8, options);
  std::size_t wrong = 0;
  for (int i = 16 * 40; i < 40 * 40; ++i) {
    wrong += got[static_cast<std::size_t>(i)] != file.expected(0, i % 40, i / 40);
  }
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace edgefirst
