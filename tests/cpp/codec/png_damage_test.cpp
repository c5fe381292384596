// SPDX-License-Identifier: Apache-2.0
// PNG files with wrong, missing or changing parts: what is read by default, what where asked to be
// tolerant, what strict refuses, and what no file can do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "edgefirst/codec.hpp"

#include "codec/png.hpp"
#include "support/png_file.hpp"

namespace edgefirst {
namespace {

using testing::HandmadePng;
using testing::PngBytes;
using Checksum = HandmadePng::Checksum;
using Adler = HandmadePng::Adler;

struct Outcome {
  PngBytes pixels;
  std::size_t valid_rows = 0;
};

Outcome decode(const PngBytes& file, const DecodeOptions& options = {}) {
  Tensor tensor = Tensor::image(40, 28, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  const ImageInfo info = ImageDecoder().decode(file, tensor, options);
  const TensorMap map = tensor.map(CpuAccess::kRead);
  const auto* pixels = map.as<const std::uint8_t>();
  return {PngBytes(pixels, pixels + map.size_bytes()), info.valid_rows};
}

std::string refusal(const PngBytes& file, const DecodeOptions& options = {}) {
  try {
    decode(file, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData) << error.what();
    EXPECT_LT(std::strlen(error.what()), 300U);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("invalid image data: PNG: "));
    return error.what();
  }
  return {};
}

DecodeOptions tolerant() {
  DecodeOptions options;
  options.tolerant = true;
  return options;
}

DecodeOptions strict() {
  DecodeOptions options;
  options.strict = true;
  return options;
}

/// Every way in which data lie in a file.
std::vector<HandmadePng> kinds() {
  std::vector<HandmadePng> kinds;
  for (const auto& [type, depth] : {std::pair{2, 8}, {2, 16}, {6, 8}, {0, 1}, {3, 8}, {3, 4}}) {
    for (const bool interlaced : {false, true}) {
      for (const std::size_t chunks : {1, 2, 5}) {
        HandmadePng png;
        png.color_type = type;
        png.depth = depth;
        png.interlaced = interlaced;
        png.data_chunks = chunks;
        kinds.push_back(png);
      }
    }
  }
  return kinds;
}

std::string describe(const HandmadePng& png) {
  return "type " + std::to_string(png.color_type) + " depth " + std::to_string(png.depth) +
         (png.interlaced ? " interlaced" : "") + " chunks " + std::to_string(png.data_chunks);
}

TEST(PngDamage, ReadsDataWhoseChunksHaveNoRightChecksum) {
  for (HandmadePng png : kinds()) {
    SCOPED_TRACE(describe(png));
    const Outcome right = decode(png.file(), strict());
    for (const Checksum checksum : {Checksum::kZero, Checksum::kWrong}) {
      png.chunk_checksum = checksum;
      EXPECT_TRUE(decode(png.file()).pixels == right.pixels);
      const Outcome kept = decode(png.file(), tolerant());
      EXPECT_TRUE(kept.pixels == right.pixels);
      EXPECT_EQ(kept.valid_rows, 28U);
      EXPECT_THAT(refusal(png.file(), strict()), ::testing::HasSubstr("checksum"));
    }
  }
}

TEST(PngDamage, ReadsDataWithoutTheirChecksum) {
  for (HandmadePng png : kinds()) {
    SCOPED_TRACE(describe(png));
    const Outcome right = decode(png.file());
    png.adler = Adler::kMissing;
    EXPECT_TRUE(decode(png.file()).pixels == right.pixels);
    EXPECT_EQ(decode(png.file(), tolerant()).valid_rows, 28U);
    EXPECT_THAT(refusal(png.file(), strict()), ::testing::HasSubstr("checksum"));
  }
}

TEST(PngDamage, KeepsEveryRowOfDataWithAWrongChecksumWhereAsked) {
  for (HandmadePng png : kinds()) {
    SCOPED_TRACE(describe(png));
    const Outcome right = decode(png.file());
    png.adler = Adler::kWrong;
    EXPECT_THAT(refusal(png.file()), ::testing::HasSubstr("checksum"));
    const Outcome kept = decode(png.file(), tolerant());
    EXPECT_TRUE(kept.pixels == right.pixels);
    EXPECT_EQ(kept.valid_rows, 28U);
  }
}

TEST(PngDamage, NeedsNoEnd) {
  for (HandmadePng png : kinds()) {
    SCOPED_TRACE(describe(png));
    const Outcome right = decode(png.file());
    png.has_end = false;
    PngBytes file = png.file();
    EXPECT_THAT(refusal(file, strict()), ::testing::HasSubstr("IEND"));
    EXPECT_TRUE(decode(file).pixels == right.pixels);
    file.resize(file.size() - 7);  // in the checksum of the data
    EXPECT_TRUE(decode(file).pixels == right.pixels);
    EXPECT_TRUE(decode(file, tolerant()).pixels == right.pixels);
  }
}

TEST(PngDamage, KeepsTheRowsInFrontOfDamage) {
  for (const HandmadePng& png : kinds()) {
    if (png.interlaced) continue;
    SCOPED_TRACE(describe(png));
    PngBytes rows = png.rows();
    const std::size_t stride = 1 + png.row_bytes(png.width);
    rows[20 * stride] = 9;  // no such filter
    const PngBytes file = png.file_with(testing::deflated(rows));
    EXPECT_THAT(refusal(file), ::testing::HasSubstr("damaged"));
    const Outcome right = decode(png.file());
    const Outcome kept = decode(file, tolerant());
    EXPECT_EQ(kept.valid_rows, 20U);
    EXPECT_TRUE(
        std::equal(kept.pixels.begin(), kept.pixels.begin() + 20 * 120, right.pixels.begin()));
    EXPECT_EQ(kept.pixels.back(), 0);
  }
}

TEST(PngDamage, ReadsOverChunksBetweenTheDataWhereAsked) {
  for (HandmadePng png : kinds()) {
    if (png.data_chunks == 1) continue;
    SCOPED_TRACE(describe(png));
    const Outcome right = decode(png.file());
    png.between = testing::png_chunk("tEXt", testing::bytes_of_text("Comment"));
    EXPECT_NE(refusal(png.file()), "");
    EXPECT_TRUE(decode(png.file(), tolerant()).pixels == right.pixels);
    EXPECT_THAT(refusal(png.file(), strict()), ::testing::HasSubstr("interrupted"));
  }
}

TEST(PngDamage, ReadsDataThatGoOnBehindThePicture) {
  for (const HandmadePng& png : kinds()) {
    SCOPED_TRACE(describe(png));
    PngBytes rows = png.rows();
    rows.resize(rows.size() + 5000);
    const PngBytes file = png.file_with(testing::deflated(rows));
    EXPECT_TRUE(decode(file).pixels == decode(png.file()).pixels);
    EXPECT_THAT(refusal(file, strict()), ::testing::HasSubstr("behind the picture"));
  }
}

TEST(PngDamage, NamesWhatIsWrongWithAFile) {
  const HandmadePng png;
  const PngBytes file = png.file();
  PngBytes mangled = file;
  mangled[4] = '\n';
  EXPECT_THAT(refusal(mangled), ::testing::HasSubstr("transfer as text"));
  PngBytes checksum = file;
  checksum[29] ^= 1U;
  EXPECT_THAT(refusal(checksum), ::testing::HasSubstr("IHDR"));
  HandmadePng apple;
  apple.in_front = testing::png_chunk("CgBI", {0, 0, 0, 0});
  EXPECT_THAT(refusal(apple.file()), ::testing::HasSubstr("CgBI"));
  PngBytes first = testing::bytes_of_text("\x89PNG\r\n\x1A\n");
  testing::append(first, testing::png_chunk("CgBI", {0, 0, 0, 0}));
  EXPECT_THAT(refusal(first), ::testing::HasSubstr("CgBI"));
  HandmadePng deep;
  deep.depth = 4;
  EXPECT_THAT(refusal(deep.file()), ::testing::HasSubstr("colour type 2 of 4 bits"));
  HandmadePng flat;
  flat.height = 0;
  EXPECT_THAT(refusal(flat.file()), ::testing::HasSubstr("40×0 pixels"));
}

/// Where the picture's data land when the file changes after its header was read.
void decode_changing(PngBytes& file, const PngBytes& before, const PngBytes& after) {
  constexpr std::size_t kGuard = 4096;
  std::fill(file.begin(), file.end(), std::uint8_t{0});
  std::copy(before.begin(), before.end(), file.begin());
  PngDecoder decoder;
  const PngHeader header = decoder.read_header(file, false);
  std::fill(file.begin(), file.end(), std::uint8_t{0});
  std::copy(after.begin(), after.end(), file.begin());
  PngBytes memory(2 * kGuard + header.width * header.height * 3, 0xA5);
  PixelDestination destination;
  destination.data = memory.data() + kGuard;
  destination.row_stride = header.width * 3;
  try {
    decoder.decode(PixelFormat::kRgb, 1, destination, tolerant());
    decoder.decode(PixelFormat::kRgb, 1, destination, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData) << error.what();
  }
  const auto untouched = [](std::uint8_t byte) { return byte == 0xA5; };
  EXPECT_TRUE(std::all_of(memory.begin(), memory.begin() + kGuard, untouched));
  EXPECT_TRUE(std::all_of(memory.end() - kGuard, memory.end(), untouched));
}

TEST(PngDamage, DecodesThePictureWhoseHeaderItRead) {
  for (HandmadePng small : kinds()) {
    small.width = 8;
    small.height = 8;
    for (HandmadePng large : kinds()) {
      SCOPED_TRACE(describe(small) + ", then " + describe(large));
      large.width = 200;
      large.height = 150;
      const PngBytes before = small.file();
      const PngBytes after = large.file();
      PngBytes memory(std::max(before.size(), after.size()) + 100);
      decode_changing(memory, before, after);
      decode_changing(memory, after, before);
    }
  }
}

TEST(PngDamage, JoinsNoMoreDataThanItCounted) {
  HandmadePng png;
  png.width = 8;
  png.height = 8;
  png.data_chunks = 2;
  const PngBytes before = png.file();
  HandmadePng one = png;
  one.data_chunks = 1;
  const PngBytes after = one.file_with(PngBytes(1 << 20, 0x41));
  PngBytes memory(after.size() + 100);
  decode_changing(memory, before, after);
}

TEST(PngDamage, SurvivesBytesThatAnotherThreadWrites) {
  HandmadePng small;
  small.width = 8;
  small.height = 8;
  small.data_chunks = 3;
  HandmadePng large;
  large.interlaced = true;
  const PngBytes first = small.file();
  const PngBytes second = large.file();
  PngBytes memory(std::max(first.size(), second.size()));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    volatile std::uint8_t* bytes = memory.data();  // another process would not ask either
    while (!stop) {
      for (const PngBytes* file : {&first, &second}) {
        for (std::size_t i = 0; i < file->size(); ++i) bytes[i] = (*file)[i];
      }
    }
  });
  Tensor tensor = Tensor::image(8, 8, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  ImageDecoder decoder;
  for (int i = 0; i < 3000; ++i) {
    DecodeOptions options;
    options.tolerant = i % 2 == 0;
    try {
      decoder.decode(memory, tensor, options);
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::kInvalidData ||
                  error.code() == ErrorCode::kInsufficientCapacity)
          << error.what();
    }
  }
  stop = true;
  writer.join();
}

}  // namespace
}  // namespace edgefirst
