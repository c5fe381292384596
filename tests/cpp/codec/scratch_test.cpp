// SPDX-License-Identifier: Apache-2.0
// The decoder keeps the scratch of the pictures it reads, and lets go of what has become large:
// after an error, and after calls that did well without it.
#include "codec/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "edgefirst/codec.hpp"

#include "support/allocation_counter.hpp"
#include "support/jpeg_file.hpp"

namespace edgefirst {
namespace {

using testing::ByteVector;

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

/// One call that asks for bytes of scratch.
bool call(ScratchLedger& ledger, Scratch& scratch, std::size_t bytes, bool failed = false) {
  ledger.begin();
  scratch.require(bytes);
  return ledger.end(failed);
}

TEST(ScratchLedger, KeepsWhatIsSmallWhateverHappens) {
  ScratchLedger ledger;
  Scratch scratch;
  EXPECT_FALSE(call(ledger, scratch, 60 * kMegabyte));
  for (int i = 0; i < 300; ++i) EXPECT_FALSE(call(ledger, scratch, 10, true)) << i;
}

TEST(ScratchLedger, FreesWhatIsLargeAfterAnError) {
  ScratchLedger ledger;
  Scratch scratch;
  EXPECT_FALSE(call(ledger, scratch, 65 * kMegabyte));
  EXPECT_TRUE(call(ledger, scratch, 10, true));
  scratch.release();
  EXPECT_TRUE(call(ledger, scratch, 65 * kMegabyte, true));
}

TEST(ScratchLedger, CountsTheSumOfManyScratches) {
  ScratchLedger ledger;
  Scratch first;
  Scratch second;
  ledger.begin();
  first.require(40 * kMegabyte);
  second.require(40 * kMegabyte);
  EXPECT_TRUE(ledger.end(true));
}

TEST(ScratchLedger, FreesWhatAHundredCallsDidNotNeed) {
  ScratchLedger ledger;
  Scratch scratch;
  EXPECT_FALSE(call(ledger, scratch, 100 * kMegabyte));
  for (int i = 0; i < 99; ++i) ASSERT_FALSE(call(ledger, scratch, kMegabyte)) << i;
  EXPECT_FALSE(call(ledger, scratch, 90 * kMegabyte));  // needed after all
  for (int i = 0; i < 99; ++i) ASSERT_FALSE(call(ledger, scratch, kMegabyte)) << i;
  EXPECT_TRUE(call(ledger, scratch, kMegabyte));
}

TEST(ScratchLedger, KeepsWhatEveryCallNeeds) {
  ScratchLedger ledger;
  Scratch scratch;
  for (int i = 0; i < 300; ++i) ASSERT_FALSE(call(ledger, scratch, 100 * kMegabyte)) << i;
}

#ifdef __linux__
std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

/// 100 MB that begin like a JPEG and are none.
std::string large_damaged_file() {
  const std::string path = ::testing::TempDir() + "/large_damaged.jpg";
  std::ofstream(path, std::ios::binary) << "\xFF\xD8\xFF\xFE";
  std::filesystem::resize_file(path, 100 * kMegabyte);
  return path;
}

TEST(ImageDecoder, GivesItsMemoryBackAfterAnError) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizers keep freed memory";
  const std::string path = large_damaged_file();
  ImageDecoder decoder;
  const std::size_t before = resident_bytes();
  EXPECT_THROW(decoder.peek_file(path), Error);
  EXPECT_LT(resident_bytes(), before + 16 * kMegabyte);
  std::filesystem::remove(path);
}

TEST(ImageDecoder, OfAThreadGivesItsMemoryBackAfterAnError) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizers keep freed memory";
  const std::string path = large_damaged_file();
  const std::size_t before = resident_bytes();
  EXPECT_THROW(load_image_file(path), Error);
  EXPECT_LT(resident_bytes(), before + 16 * kMegabyte);
  std::filesystem::remove(path);
}
#endif

/// Headers alone, of pictures whose size they claim.
TEST(ImageDecoder, RefusesJpegsThatTheirDataCannotHold) {
  for (const bool progressive : {false, true}) {
    ByteVector file = testing::reference_encode(
        testing::make_picture(16, 16, 3, testing::Content::kSmooth), 80, TJSAMP_444);
    const std::uint8_t marker[] = {0xFF, 0xC0};
    const auto frame = std::search(file.begin(), file.end(), marker, marker + 2);
    ASSERT_NE(frame, file.end());
    if (progressive) frame[1] = 0xC2;
    frame[5] = frame[7] = 0x40;  // 16384 x 16384
    frame[6] = frame[8] = 0;
    try {
      load_image(file);
      ADD_FAILURE() << "decoded";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData) << error.what();
      if (!progressive) {
        EXPECT_THAT(error.what(), ::testing::HasSubstr("cannot hold"));
      }
    }
    Tensor tensor = Tensor::image(8, 8, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
    EXPECT_THROW(ImageDecoder().decode(file, tensor), Error);
  }
}

TEST(ImageDecoder, OfThisThreadIsOneAThread) {
  ImageDecoder* first = &ImageDecoder::of_this_thread();
  EXPECT_EQ(first, &ImageDecoder::of_this_thread());
  ImageDecoder* other = first;
  std::thread([&] { other = &ImageDecoder::of_this_thread(); }).join();
  EXPECT_NE(first, other);
}

}  // namespace
}  // namespace edgefirst
