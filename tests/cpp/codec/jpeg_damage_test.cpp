// SPDX-License-Identifier: Apache-2.0
// Scans that are damaged, cut or oddly put together: a typed error, or under
// DecodeOptions::tolerant the undamaged rows, whatever the number of threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "edgefirst/codec.hpp"

#include "support/environment.hpp"
#include "support/jpeg_file.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;
using testing::Content;

constexpr std::size_t kWidth = 1040;  // beyond the size from which several threads work
constexpr std::size_t kHeight = 530;

ByteVector encode(int subsampling, const char* restart = "0", const char* progressive = "0",
                  int width = kWidth, int height = kHeight) {
  const testing::ScopedVariable interval("TJ_RESTART", restart);
  const testing::ScopedVariable progression("TJ_PROGRESSIVE", progressive);
  return testing::reference_encode(testing::make_picture(width, height, 3, Content::kSmooth), 80,
                                   subsampling);
}

struct Result {
  ByteVector pixels;
  std::size_t valid_rows = 0;
};

Result decode(const ByteVector& file, DecodeOptions options = {}) {
  Tensor tensor = Tensor::image(kWidth, kHeight, options.format.value_or(PixelFormat::kRgb),
                                DType::kU8, TensorMemory::kMem);
  const TensorMap map = tensor.map();
  std::memset(map.data(), 0, map.size_bytes());
  ImageDecoder decoder;
  const ImageInfo info = decoder.decode(file, tensor, options);
  return {{map.as<std::uint8_t>(), map.as<std::uint8_t>() + map.size_bytes()}, info.valid_rows};
}

DecodeOptions tolerant_on(std::size_t threads) {
  DecodeOptions options;
  options.tolerant = true;
  options.threads = threads;
  return options;
}

void expect_refused(const ByteVector& file, const char* text) {
  for (const std::size_t threads : {1, 2}) {
    DecodeOptions options;
    options.threads = threads;
    try {
      decode(file, options);
      ADD_FAILURE() << "decoded with " << threads << " threads";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      EXPECT_THAT(error.what(), ::testing::HasSubstr(text));
    }
  }
}

/// The rows above valid_rows equal the whole picture's.
void expect_rows(const Result& got, const ByteVector& whole) {
  const std::size_t bytes = got.valid_rows * kWidth * 3;
  ASSERT_LE(bytes, whole.size());
  EXPECT_EQ(std::memcmp(got.pixels.data(), whole.data(), bytes), 0);
}

ByteVector cut(const ByteVector& file, std::size_t size) {
  return {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// Offsets of the restart markers.
std::vector<std::size_t> restarts(const ByteVector& file) {
  std::vector<std::size_t> found;
  for (std::size_t i = testing::find_segment(file, 0xDA); i + 1 < file.size(); ++i) {
    if (file[i] == 0xFF && file[i + 1] >= 0xD0 && file[i + 1] <= 0xD7) found.push_back(i);
  }
  return found;
}

TEST(JpegThreads, DoNotChangeAPixel) {
  for (const int subsampling : {TJSAMP_444, TJSAMP_420, TJSAMP_411}) {
    for (const char* restart : {"0", "1", "33B", "50"}) {
      for (const char* progressive : {"0", "1"}) {
        const ByteVector file = encode(subsampling, restart, progressive);
        const ByteVector expected = testing::reference_decode(file).pixels;
        for (const std::size_t threads : {0, 1, 3}) {
          DecodeOptions options;
          options.threads = threads;
          const Result result = decode(file, options);
          EXPECT_EQ(result.valid_rows, kHeight);
          ASSERT_TRUE(result.pixels == expected)
              << subsampling << " TJ_RESTART=" << restart << " TJ_PROGRESSIVE=" << progressive
              << " threads " << threads;
        }
      }
    }
  }
}

TEST(JpegThreads, DoNotChangeSemiPlanarPixels) {
  for (const char* restart : {"0", "1"}) {
    const ByteVector file = encode(TJSAMP_420, restart);
    DecodeOptions options;
    options.format = PixelFormat::kNv12;
    options.threads = 1;
    const Result one = decode(file, options);
    options.threads = 2;
    EXPECT_TRUE(decode(file, options).pixels == one.pixels);
  }
}

TEST(JpegDamage, RefusesACutScanOrKeepsItsRows) {
  for (const char* restart : {"0", "1", "100"}) {
    const ByteVector file = encode(TJSAMP_420, restart);
    const ByteVector whole = decode(file).pixels;
    std::size_t rows_before = 0;
    for (const std::size_t size : {file.size() / 3, file.size() / 2, file.size() - 40}) {
      const ByteVector damaged = cut(file, size);
      expect_refused(damaged, "the data ends in MCU ");
      const Result one = decode(damaged, tolerant_on(1));
      const Result two = decode(damaged, tolerant_on(2));
      EXPECT_TRUE(one.pixels == two.pixels);
      EXPECT_EQ(one.valid_rows, two.valid_rows);
      EXPECT_GT(one.valid_rows, rows_before);
      EXPECT_LT(one.valid_rows, kHeight);
      expect_rows(one, whole);
      rows_before = one.valid_rows;
    }
  }
}

TEST(JpegDamage, DoesWithoutTheEndOfImage) {
  const ByteVector file = encode(TJSAMP_422);
  EXPECT_TRUE(decode(cut(file, file.size() - 2)).pixels == decode(file).pixels);
}

TEST(JpegDamage, StopsAtTheNextRestart) {
  const ByteVector file = encode(TJSAMP_420, "1");
  const ByteVector whole = decode(file).pixels;
  const std::vector<std::size_t> markers = restarts(file);
  ASSERT_GT(markers.size(), 20U);
  ByteVector damaged = file;
  for (std::size_t i = markers[9] + 30; i < markers[10] - 30; ++i) damaged[i] = 0x5B;
  const Result one = decode(damaged, tolerant_on(1));
  const Result two = decode(damaged, tolerant_on(2));
  EXPECT_TRUE(one.pixels == two.pixels);
  EXPECT_LE(one.valid_rows, 11U * 16);
  expect_rows(one, whole);
  const auto below = static_cast<std::ptrdiff_t>((11 * 16 + 1) * kWidth * 3);
  EXPECT_TRUE(std::equal(whole.begin() + below, whole.end(), one.pixels.begin() + below));
}

TEST(JpegDamage, ResynchronisesWhereARestartIntervalIsLost) {
  const ByteVector file = encode(TJSAMP_420, "1");
  const ByteVector whole = decode(file).pixels;
  const std::vector<std::size_t> markers = restarts(file);
  ByteVector damaged = file;
  damaged.erase(damaged.begin() + static_cast<std::ptrdiff_t>(markers[4]),
                damaged.begin() + static_cast<std::ptrdiff_t>(markers[5]));
  expect_refused(damaged, "the data ends in MCU 0 of MCU row 5");
  const Result result = decode(damaged, tolerant_on(2));
  EXPECT_EQ(result.valid_rows, 5U * 16 - 1);
  expect_rows(result, whole);
  const auto below = static_cast<std::ptrdiff_t>((6 * 16 + 1) * kWidth * 3);
  EXPECT_TRUE(std::equal(whole.begin() + below, whole.end(), result.pixels.begin() + below));
}

TEST(JpegDamage, SkipsAStaleRestartMarkerWithoutLoss) {
  const ByteVector file = encode(TJSAMP_420, "1");
  const std::vector<std::size_t> markers = restarts(file);
  ByteVector doubled = file;
  const ByteVector marker = {0xFF, file[markers[4] + 1]};
  doubled.insert(doubled.begin() + static_cast<std::ptrdiff_t>(markers[5]), marker.begin(),
                 marker.end());
  EXPECT_TRUE(decode(doubled).pixels == decode(file).pixels);
}

TEST(JpegDamage, KeepsTheScansOfAProgressiveFileThatCame) {
  const ByteVector file = encode(TJSAMP_420, "0", "1");
  const ByteVector damaged = cut(file, file.size() * 3 / 4);
  expect_refused(damaged, "the data ends");
  const Result coarse = decode(damaged, tolerant_on(1));
  EXPECT_EQ(coarse.valid_rows, kHeight);
  const ByteVector whole = decode(file).pixels;
  double error = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    error += std::abs(int{whole[i]} - int{coarse.pixels[i]});
  }
  EXPECT_LT(error / static_cast<double>(whole.size()), 10);
  const Result little = decode(cut(file, testing::find_segment(file, 0xDA) + 200), tolerant_on(1));
  EXPECT_LT(little.valid_rows, kHeight / 2);
}

TEST(JpegDamage, DoesNotOutliveItsPicture) {
  const ByteVector damaged = encode(TJSAMP_420);
  const ByteVector sound = encode(TJSAMP_420, "0", "1");
  Tensor tensor = Tensor::image(kWidth, kHeight, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  ImageDecoder decoder;
  for (const std::size_t threads : {1, 2}) {
    const std::size_t size = damaged.size() / 2;
    EXPECT_LT(decoder.decode(cut(damaged, size), tensor, tolerant_on(threads)).valid_rows, kHeight);
    EXPECT_EQ(decoder.decode(sound, tensor).valid_rows, kHeight);
  }
}

TEST(JpegDamage, LetsNoLaterFrameHeaderChangeTheFirst) {
  const ByteVector file = encode(TJSAMP_420, "0", "1");
  ByteVector frame = testing::segment(0xC0, {8, 0, 16, 0, 16, 1, 1, 0x11, 0});
  ByteVector damaged = cut(file, file.size() - 2);
  damaged.insert(damaged.end(), frame.begin(), frame.end());
  expect_refused(damaged, "a second SOF segment");
  for (const std::size_t threads : {1, 2}) {
    const Result result = decode(damaged, tolerant_on(threads));
    EXPECT_EQ(result.valid_rows, kHeight);
    EXPECT_TRUE(result.pixels == decode(file).pixels);
  }
}

TEST(JpegDamage, NamesAComponentWithoutScan) {
  const ByteVector grey = testing::reference_encode(
      testing::make_picture(kWidth, kHeight, 1, Content::kSmooth), 80, TJSAMP_GRAY);
  const std::size_t size = testing::find_segment(grey, 0xC0) + 5;
  const ByteVector file =
      testing::replace_segment(grey, 0xC0,
                               {8, grey[size], grey[size + 1], grey[size + 2], grey[size + 3],  //
                                3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0});
  expect_refused(file, "the data ends before a scan of component 2");
  EXPECT_EQ(decode(file, tolerant_on(1)).valid_rows, 0U);
}

/// The file with height 0 in its frame header and a DNL segment behind its first scan.
ByteVector with_dnl(const ByteVector& file, std::size_t height) {
  ByteVector changed = file;
  const std::uint8_t frame = testing::find_segment(file, 0xC2) < file.size() ? 0xC2 : 0xC0;
  const std::size_t at = testing::find_segment(changed, frame);
  changed[at + 5] = changed[at + 6] = 0;
  std::size_t end = testing::find_segment(changed, 0xDA) + 2;
  while (changed[end] != 0xFF || changed[end + 1] == 0 ||
         (changed[end + 1] >= 0xD0 && changed[end + 1] <= 0xD7)) {
    ++end;
  }
  const ByteVector dnl = testing::segment(
      0xDC, {static_cast<std::uint8_t>(height >> 8), static_cast<std::uint8_t>(height)});
  changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(end), dnl.begin(), dnl.end());
  return changed;
}

TEST(JpegMarkersBehindTheScan, DnlGivesTheHeight) {
  for (const char* restart : {"0", "1"}) {
    for (const char* progressive : {"0", "1"}) {
      const ByteVector file = encode(TJSAMP_420, restart, progressive);
      const ByteVector changed = with_dnl(file, kHeight);
      EXPECT_EQ(ImageDecoder().peek(changed).height, kHeight);
      EXPECT_TRUE(decode(changed).pixels == decode(file).pixels);
    }
  }
}

TEST(JpegMarkersBehindTheScan, MotionJpegDoesWithoutHuffmanTables) {
  const ByteVector file = encode(TJSAMP_422);
  ByteVector bare = file;
  for (std::size_t at; (at = testing::find_segment(bare, 0xC4)) < bare.size();) {
    const std::size_t length = static_cast<std::size_t>(bare[at + 2]) << 8 | bare[at + 3];
    bare.erase(bare.begin() + static_cast<std::ptrdiff_t>(at),
               bare.begin() + static_cast<std::ptrdiff_t>(at + 2 + length));
  }
  EXPECT_LT(bare.size(), file.size());
  EXPECT_TRUE(decode(bare).pixels == testing::reference_decode(file).pixels);
}

}  // namespace
}  // namespace edgefirst
