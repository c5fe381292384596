// SPDX-License-Identifier: Apache-2.0
// Memory grows with the bytes of a PNG file and with its picture, never with what a header claims:
// at most 16 times the file, the picture, and 8 MB.
#include <gtest/gtest.h>

#include "edgefirst/codec.hpp"

#include "support/allocation_counter.hpp"
#include "support/png_file.hpp"

#ifdef __linux__
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>

namespace edgefirst {
namespace {

using testing::HandmadePng;
using testing::PngBytes;

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

/// VmHWM or VmRSS, in bytes.
std::size_t status(const char* name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name, 0) == 0) return std::stoul(line.substr(std::strlen(name) + 1)) * 1024;
  }
  return 0;
}

/// How far memory rose above its level during the call, in a process of its own.
std::size_t growth(const std::function<void()>& call) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    std::ofstream("/proc/self/clear_refs") << "5";  // the high-water mark begins here
    const std::size_t before = status("VmRSS");
    call();
    const std::size_t most = status("VmHWM");
    const std::size_t grown = most > before ? most - before : 0;
    _exit(write(ends[1], &grown, sizeof grown) == sizeof grown ? 0 : 1);
  }
  std::size_t grown = 0;
  EXPECT_EQ(read(ends[0], &grown, sizeof grown), static_cast<ssize_t>(sizeof grown));
  int ended = 0;
  waitpid(child, &ended, 0);
  EXPECT_EQ(ended, 0);
  close(ends[0]);
  close(ends[1]);
  return grown;
}

void load(const PngBytes& file, bool tolerant) {
  DecodeOptions options;
  options.tolerant = tolerant;
  try {
    load_image(file, options, TensorMemory::kMem);
  } catch (const Error&) {
  }
}

void peek(const PngBytes& file) {
  DecodeOptions options;
  options.max_pixels = 100;
  try {
    ImageDecoder().peek(file, options);
  } catch (const Error&) {
  }
}

class PngMemory : public ::testing::Test {
  void SetUp() override {
    if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizers keep freed memory";
  }
};

void expect_bounded(const PngBytes& file, std::size_t picture) {
  const std::size_t bound = 16 * file.size() + picture + 8 * kMegabyte;
  EXPECT_LE(growth([&] { load(file, false); }), bound);
  EXPECT_LE(growth([&] { load(file, true); }), bound);
  EXPECT_LE(growth([&] { peek(file); }), 16 * file.size() + 8 * kMegabyte);
}

TEST_F(PngMemory, FollowsNoLengthBeyondTheFile) {
  for (const char* type : {"zTXt", "tEXt", "iTXt", "sPLT", "iCCP", "prVt", "PLTE", "IDAT"}) {
    SCOPED_TRACE(type);
    PngBytes file = testing::bytes_of_text("\x89PNG\r\n\x1A\n");
    testing::append(file, HandmadePng{8, 8, 0, 1}.header());
    testing::append(file, testing::word_bytes(0x7FFFFFFF));
    testing::append(file, testing::bytes_of_text(type));
    file.resize(file.size() + 59);
    expect_bounded(file, 8 * 8 * 3);
  }
}

TEST_F(PngMemory, InflatesNoTexts) {
  PngBytes text(7900000, 'a');
  const PngBytes packed = testing::deflated(text);
  for (const char* keyword : {"key", "XML:com.adobe.xmp", "Raw profile type exif"}) {
    SCOPED_TRACE(keyword);
    PngBytes payload = testing::bytes_of_text(keyword);
    payload.resize(payload.size() + 2);
    testing::append(payload, packed);
    const PngBytes chunk = testing::png_chunk("zTXt", payload);
    for (const int depth : {1, 8}) {
      HandmadePng png{8, 8, 0, depth};
      for (int i = 0; i < 100; ++i) testing::append(png.in_front, chunk);
      EXPECT_LE(growth([&] { load(png.file(), false); }), 8 * kMegabyte);
      EXPECT_LE(growth([&] { peek(png.file()); }), 8 * kMegabyte);
    }
  }
}

TEST_F(PngMemory, RefusesPicturesThatTheirDataCannotFill) {
  for (const bool interlaced : {false, true}) {
    for (const int type : {0, 2, 6}) {
      for (const int depth : {8, 16}) {
        const HandmadePng png{16000, 16000, type, depth, interlaced};
        const PngBytes file = png.file_with(testing::deflated(PngBytes(10)));
        EXPECT_LE(growth([&] { load(file, false); }), 8 * kMegabyte) << type << " " << depth;
      }
    }
  }
}

TEST_F(PngMemory, HoldsNoSecondPictureOfDataThatShrankMuch) {
  for (const int type : {0, 2, 3}) {
    SCOPED_TRACE(type);
    HandmadePng png{4000, 3000, type};
    const PngBytes file =
        png.file_with(testing::deflated(PngBytes((1 + png.row_bytes(4000)) * 3000)));
    expect_bounded(file, 4000 * 3000 * 3);
  }
}

TEST_F(PngMemory, TakesInterlacedPicturesAsTheirDataCome) {
  HandmadePng png{4000, 3000, 2, 8, true};
  const PngBytes file = png.file_with(testing::deflated(PngBytes(4000 * 3000 * 3 + 6000)));
  EXPECT_LE(growth([&] { load(file, false); }),
            2 * 4000 * 3000 * 3 + 16 * file.size() + 8 * kMegabyte);
}

}  // namespace
}  // namespace edgefirst
#endif
