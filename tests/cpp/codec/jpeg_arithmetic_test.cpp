// SPDX-License-Identifier: Apache-2.0
// Arithmetic-coded JPEG (SOF9, SOF10): pixels equal libjpeg-turbo's, byte for byte. jpeg_modes_test
// has files of 12 bits and with conditioning of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "edgefirst/codec.hpp"

#include "support/environment.hpp"
#include "support/jpeg_file.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;
using testing::Content;
using testing::Picture;
using testing::ScopedVariable;

ByteVector encode(const Picture& picture, int quality, int subsampling, const char* progressive,
                  const char* restart = "0") {
  const ScopedVariable arithmetic("TJ_ARITHMETIC", "1");
  const ScopedVariable progression("TJ_PROGRESSIVE", progressive);
  const ScopedVariable interval("TJ_RESTART", restart);
  ByteVector file = testing::reference_encode(picture, quality, subsampling);
  const std::uint8_t frame = progressive[0] == '1' ? 0xCA : 0xC9;
  EXPECT_NE(testing::find_segment(file, frame), file.size()) << "not arithmetic-coded";
  return file;
}

ByteVector decode(const ByteVector& file, PixelFormat format, const DecodeOptions& wanted = {}) {
  DecodeOptions options = wanted;
  options.format = format;
  ImageDecoder decoder;
  const ImageInfo info = decoder.peek(file, options);
  Tensor tensor = Tensor::image(info.width, info.height, format, DType::kU8, TensorMemory::kMem);
  decoder.decode(file, tensor, options);
  const TensorMap map = tensor.map(CpuAccess::kRead);
  return {map.as<std::uint8_t>(), map.as<std::uint8_t>() + map.size_bytes()};
}

TEST(JpegArithmetic, EqualsReferenceForEverySamplingAndRestart) {
  for (const char* progressive : {"0", "1"}) {
    for (const int subsampling :
         {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_GRAY, TJSAMP_440, TJSAMP_411}) {
      for (const char* restart : {"0", "1", "3B"}) {
        for (const auto& [width, height] :
             {std::pair{1, 1}, {7, 9}, {16, 17}, {65, 33}, {131, 67}}) {
          const int channels = subsampling == TJSAMP_GRAY ? 1 : 3;
          const auto content = static_cast<Content>((width + height) % 3);
          const ByteVector file = encode(testing::make_picture(width, height, channels, content),
                                         30 + width % 70, subsampling, progressive, restart);
          EXPECT_TRUE(decode(file, PixelFormat::kRgb) == testing::reference_decode(file).pixels)
              << width << "x" << height << " subsampling " << subsampling << " restart " << restart
              << " progressive " << progressive;
        }
      }
    }
  }
}

TEST(JpegArithmetic, EqualsReferenceForEveryQualityAndContent) {
  for (const char* progressive : {"0", "1"}) {
    for (const int quality : {1, 25, 50, 75, 90, 97, 100}) {
      for (const Content content : {Content::kNoise, Content::kSmooth, Content::kEdges}) {
        const ByteVector file =
            encode(testing::make_picture(123, 77, 3, content), quality, TJSAMP_420, progressive);
        EXPECT_TRUE(decode(file, PixelFormat::kRgb) == testing::reference_decode(file).pixels)
            << quality << " progressive " << progressive;
      }
    }
  }
}

/// In every format and on every number of threads, what the same coefficients give as Huffman
/// codes.
TEST(JpegArithmetic, EqualsTheHuffmanFileOfTheSameCoefficients) {
  const Picture picture = testing::make_picture(1024, 768, 3, Content::kSmooth);
  const ByteVector huffman = testing::reference_encode(picture, 85, TJSAMP_420);
  for (const char* progressive : {"0", "1"}) {
    const ByteVector file = encode(picture, 85, TJSAMP_420, progressive);
    for (const PixelFormat format :
         {PixelFormat::kRgb, PixelFormat::kRgba, PixelFormat::kBgra, PixelFormat::kGrey,
          PixelFormat::kPlanarRgb, PixelFormat::kPlanarRgba, PixelFormat::kNv12, PixelFormat::kNv16,
          PixelFormat::kYuyv, PixelFormat::kVyuy}) {
      const ByteVector expected = decode(huffman, format);
      for (const std::size_t threads : {1U, 2U, 4U}) {
        DecodeOptions options;
        options.threads = threads;
        EXPECT_TRUE(decode(file, format, options) == expected)
            << pixel_format_info(format).name << " on " << threads;
      }
    }
  }
}

TEST(JpegArithmetic, DecodesFourComponents) {
  const Picture picture = testing::make_picture(57, 41, 4, Content::kSmooth);
  const auto encode_cmyk = [&](const char* arithmetic, const char* progressive) {
    const ScopedVariable coding("TJ_ARITHMETIC", arithmetic);
    const ScopedVariable progression("TJ_PROGRESSIVE", progressive);
    tjhandle handle = tjInitCompress();
    unsigned char* memory = nullptr;
    unsigned long size = 0;
    EXPECT_EQ(tjCompress2(handle, picture.pixels.data(), picture.width, 0, picture.height,
                          TJPF_CMYK, &memory, &size, TJSAMP_420, 90, TJFLAG_ACCURATEDCT),
              0);
    ByteVector file(memory, memory + size);
    tjFree(memory);
    tjDestroy(handle);
    return file;
  };
  const ByteVector expected = decode(encode_cmyk("0", "0"), PixelFormat::kRgb);
  EXPECT_TRUE(decode(encode_cmyk("1", "0"), PixelFormat::kRgb) == expected);
  EXPECT_TRUE(decode(encode_cmyk("1", "1"), PixelFormat::kRgb) == expected);
}

TEST(JpegArithmetic, IsTurnedByExif) {
  const Picture picture = testing::make_picture(40, 24, 3, Content::kSmooth);
  const ByteVector turn = testing::exif_segment(testing::tiff_orientation(6));
  const ByteVector huffman =
      testing::with_segment(testing::reference_encode(picture, 90, TJSAMP_420), turn);
  const ByteVector file = testing::with_segment(encode(picture, 90, TJSAMP_420, "1"), turn);
  EXPECT_EQ(ImageDecoder().peek(file).width, 24U);
  EXPECT_TRUE(decode(file, PixelFormat::kRgb) == decode(huffman, PixelFormat::kRgb));
}

std::string refusal(const ByteVector& file, const DecodeOptions& options = {}) {
  try {
    decode(file, PixelFormat::kRgb, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "decoded";
}

TEST(JpegArithmetic, IsRefusedWhenStrict) {
  DecodeOptions strict;
  strict.strict = true;
  const Picture picture = testing::make_picture(40, 24, 3, Content::kSmooth);
  EXPECT_EQ(refusal(encode(picture, 90, TJSAMP_420, "0"), strict),
            "unsupported image feature: arithmetic-coded JPEG (SOF9)");
  EXPECT_EQ(refusal(encode(picture, 90, TJSAMP_420, "1"), strict),
            "unsupported image feature: arithmetic-coded JPEG (SOF10)");
}

TEST(JpegArithmetic, RejectsDamagedConditioning) {
  const ByteVector file =
      encode(testing::make_picture(40, 24, 3, Content::kSmooth), 90, TJSAMP_420, "0");
  const auto with_dac = [&](const ByteVector& payload) {
    return testing::with_segment(file, testing::segment(0xCC, payload));
  };
  EXPECT_THAT(refusal(with_dac({0x04, 0x10})), ::testing::HasSubstr("class 0 and table 4"));
  EXPECT_THAT(refusal(with_dac({0x20, 0x10})), ::testing::HasSubstr("class 2 and table 0"));
  EXPECT_THAT(refusal(with_dac({0x00, 0x12})), ::testing::HasSubstr("lower bound 2"));
  EXPECT_THAT(refusal(with_dac({0x00})), ::testing::HasSubstr("DAC segment ends too early"));
}

/// Rows from the top that equal those of the whole file; at least as many as were said to be valid.
TEST(JpegArithmetic, KeepsTheRowsBeforeTheEndOfACutFile) {
  const Picture picture = testing::make_picture(128, 128, 3, Content::kNoise);
  for (const char* progressive : {"0", "1"}) {
    ByteVector file = encode(picture, 95, TJSAMP_444, progressive);
    const ByteVector whole = decode(file, PixelFormat::kRgb);
    const std::size_t first_scan = testing::find_segment(file, 0xDA);
    file.resize(progressive[0] == '1' ? first_scan + 200 : file.size() / 2);
    EXPECT_THAT(refusal(file), ::testing::HasSubstr("the data ends"));
    DecodeOptions options;
    options.tolerant = true;
    Tensor tensor = Tensor::image(128, 128, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
    const std::size_t rows = ImageDecoder().decode(file, tensor, options).valid_rows;
    EXPECT_LT(rows, 128U);
    if (progressive[0] == '1') continue;  // its rows lack detail
    EXPECT_GE(rows, 32U);
    const TensorMap map = tensor.map(CpuAccess::kRead);
    EXPECT_TRUE(
        std::equal(map.as<std::uint8_t>(), map.as<std::uint8_t>() + rows * 384, whole.begin()));
    EXPECT_EQ(map.as<std::uint8_t>()[map.size_bytes() - 1], 128);
  }
}

/// Before a byte of the destination, and before the coefficients of several scans take memory.
TEST(JpegArithmetic, RefusesAtOnceWhatTheDataCannotHold) {
  for (const char* progressive : {"0", "1"}) {
    const Picture picture = testing::make_picture(8, 8, 3, Content::kEdges);
    ByteVector file = encode(picture, 10, TJSAMP_444, progressive);
    const std::size_t frame = testing::find_segment(file, progressive[0] == '1' ? 0xCA : 0xC9);
    file[frame + 5] = file[frame + 7] = 0x1C;  // 7176 x 7176
    if (progressive[0] == '0') {               // 24 bytes of data
      file.resize(testing::find_segment(file, 0xDA) + 14 + 24);
      file.insert(file.end(), {0xFF, 0xD9});
    }
    Tensor tensor = Tensor::image(7176, 7176, PixelFormat::kGrey, DType::kU8);
    for (const bool tolerant : {false, true}) {
      DecodeOptions options;
      options.format = PixelFormat::kGrey;
      options.tolerant = tolerant;
      try {
        ImageDecoder().decode(file, tensor, options);
        FAIL() << "decoded";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
        EXPECT_THAT(error.what(), ::testing::HasSubstr("blocks of an arithmetic-coded frame"));
      }
    }
    EXPECT_EQ(tensor.map(CpuAccess::kRead).as<std::uint8_t>()[0], 0);
  }
}

TEST(JpegArithmetic, DecodesALargeBlankPicture) {
  Picture picture{2048, 2048, 1, {}};
  picture.pixels.assign(2048 * 2048, 77);
  for (const char* progressive : {"0", "1"}) {
    const ByteVector file = encode(picture, 90, TJSAMP_GRAY, progressive);
    EXPECT_TRUE(decode(file, PixelFormat::kGrey) ==
                testing::reference_decode(file, TJPF_GRAY).pixels)
        << file.size();
  }
}

TEST(JpegArithmetic, GoesOnBehindALostInterval) {
  const Picture picture = testing::make_picture(64, 64, 3, Content::kNoise);
  ByteVector file = encode(picture, 90, TJSAMP_444, "0", "1");
  const ByteVector whole = decode(file, PixelFormat::kRgb);
  const auto marker = [&](std::uint8_t code) {
    const ByteVector bytes = {0xFF, code};
    return std::search(file.begin(), file.end(), bytes.begin(), bytes.end());
  };
  file.erase(marker(0xD2), marker(0xD3));  // the fourth of eight rows
  EXPECT_THAT(refusal(file), ::testing::HasSubstr("the data ends in MCU 0 of MCU row 3"));
  DecodeOptions options;
  options.tolerant = true;
  const ByteVector kept = decode(file, PixelFormat::kRgb, options);
  const auto same = [&](std::size_t begin, std::size_t end) {
    const auto at = [](std::size_t row) { return static_cast<std::ptrdiff_t>(row * 192); };
    return std::equal(kept.begin() + at(begin), kept.begin() + at(end), whole.begin() + at(begin));
  };
  EXPECT_TRUE(same(0, 24));
  EXPECT_FALSE(same(24, 32));
  EXPECT_TRUE(same(32, 64));
}

}  // namespace
}  // namespace edgefirst
