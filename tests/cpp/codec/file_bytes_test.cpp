// SPDX-License-Identifier: Apache-2.0
// Pictures out of files, pipes and streams, and JPEGs into files that are whole or not there.
#include "codec/file_bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "edgefirst/codec.hpp"

#include "support/png_file.hpp"

#ifndef _WIN32
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif

namespace edgefirst {
namespace {

namespace fs = std::filesystem;
using testing::HandmadePng;
using testing::PngBytes;

class FileBytes : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) / (std::string("edgefirst_") + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }
  std::size_t file_count() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

std::string text(const PngBytes& bytes) { return {bytes.begin(), bytes.end()}; }

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

ErrorCode code_of(const std::function<void()>& call, const char* text) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(text));
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::kInternal;
}

TEST_F(FileBytes, StreamsAreReadToTheirEnd) {
  const PngBytes file = HandmadePng().file();
  std::istringstream stream(text(file));
  EXPECT_EQ(load_image(stream).width(), 40U);
  std::istringstream again("skipped" + text(file));
  again.ignore(7);
  Tensor tensor = Tensor::image(40, 28, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  EXPECT_EQ(ImageDecoder().decode_stream(again, tensor).height, 28U);
  HandmadePng large{1000, 300, 2};
  std::istringstream longer(text(large.file_with(PngBytes(300000, 1))));
  EXPECT_EQ(code_of([&] { load_image(longer); }, "PNG: "), ErrorCode::kInvalidData);
}

TEST_F(FileBytes, StreamsHaveTheLimitsOfFiles) {
  const PngBytes file = HandmadePng().file();
  DecodeOptions options;
  options.max_bytes = file.size() - 1;
  std::istringstream stream(text(file));
  EXPECT_EQ(code_of([&] { load_image(stream, options); }, "max_bytes"), ErrorCode::kInvalidData);
  options.max_bytes = file.size();
  std::istringstream again(text(file));
  EXPECT_EQ(load_image(again, options).width(), 40U);
}

TEST_F(FileBytes, StreamsThatFailAreIoErrors) {
  std::ifstream absent(path("absent"));
  EXPECT_EQ(code_of([&] { load_image(absent); }, "stream"), ErrorCode::kIo);
  std::istringstream empty;
  EXPECT_EQ(code_of([&] { load_image(empty); }, "no bytes"), ErrorCode::kInvalidData);
  std::istringstream throwing(text(HandmadePng().file()));
  throwing.exceptions(std::ios::failbit | std::ios::badbit | std::ios::eofbit);
  EXPECT_EQ(load_image(throwing).width(), 40U);
}

TEST_F(FileBytes, WritesWholeFilesAlone) {
  const std::string target = path("a.bin");
  const PngBytes bytes(100000, 7);
  write_file(target, bytes);
  EXPECT_EQ(contents(target), text(bytes));
  write_file(target, PngBytes(5, 1));
  EXPECT_EQ(contents(target).size(), 5U);
  EXPECT_EQ(file_count(), 1U);
  EXPECT_EQ(code_of([&] { write_file(path("no/such/a.bin"), bytes); }, "create"),
            ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { write_file(folder_.string(), bytes); }, "create"), ErrorCode::kIo);
}

#ifndef _WIN32
TEST_F(FileBytes, PipesAreReadToTheirEnd) {
  const std::string fifo = path("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  HandmadePng png{400, 300, 6, 16};
  const PngBytes file = png.file();
  for (const bool peek : {false, true}) {
    std::thread writer([&] { std::ofstream(fifo, std::ios::binary) << text(file); });
    EXPECT_EQ(peek ? ImageDecoder().peek_file(fifo).width : load_image_file(fifo).width(), 400U);
    writer.join();
  }
}

TEST_F(FileBytes, EndlessFilesAreRefusedByTheirBeginning) {
  EXPECT_EQ(code_of([] { load_image_file("/dev/zero"); }, "zeros"), ErrorCode::kInvalidData);
  EXPECT_EQ(code_of([] { load_image_file("/dev/null"); }, "no bytes"), ErrorCode::kInvalidData);
}

TEST_F(FileBytes, FoldersAreNamedAsSuch) {
  EXPECT_EQ(code_of([&] { load_image_file(folder_.string()); }, "directory"), ErrorCode::kIo);
  EXPECT_EQ(code_of([&] { load_image_file(path("absent.png")); }, "cannot open"),
            ErrorCode::kNotFound);
}

TEST_F(FileBytes, WritesThroughLinksAndKeepsPermissions) {
  const std::string target = path("target.bin");
  const std::string link = path("link.bin");
  write_file(target, PngBytes(5, 1));
  fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink(target, link);
  write_file(link, PngBytes(9, 2));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(contents(target).size(), 9U);
  write_file(target, PngBytes(11, 3));
  EXPECT_EQ(fs::status(target).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  write_file("/dev/null", PngBytes(11, 3));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  const std::string twin = path("twin.bin");
  fs::create_hard_link(target, twin);
  write_file(target, PngBytes(13, 4));
  EXPECT_EQ(contents(twin).size(), 13U);
}

/// Runs in a process of its own, in which no file can grow beyond 4096 bytes.
TEST_F(FileBytes, AFullDiskLeavesTheOldFile) {
  const std::string old_file = path("old.bin");
  const std::string new_file = path("new.bin");
  const std::string link = path("link.bin");
  const std::string dangling = path("dangling.bin");
  write_file(old_file, PngBytes(100, 1));
  fs::create_symlink(old_file, link);
  fs::create_symlink(path("nowhere.bin"), dangling);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    int errors = 0;
    for (const std::string& target : {old_file, new_file, link, dangling}) {
      try {
        write_file(target, PngBytes(100000, 2));
      } catch (const Error& error) {
        errors += error.code() == ErrorCode::kIo && error.os_error() == EFBIG ? 1 : 0;
      }
    }
    _exit(errors);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 4);
  EXPECT_EQ(contents(old_file), std::string(100, '\1'));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_FALSE(fs::exists(new_file));
  EXPECT_FALSE(fs::exists(path("nowhere.bin")));
}

/// A file of two names is written in place, so that both show the new one: here, neither shows
/// half.
TEST_F(FileBytes, AFullDiskLeavesNoHalfUnderTwoNames) {
  const std::string target = path("a.bin");
  const std::string twin = path("b.bin");
  write_file(target, PngBytes(100, 1));
  fs::create_hard_link(target, twin);
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file(target, PngBytes(100000, 2));
    } catch (const Error& error) {
      _exit(error.os_error() == EFBIG ? 1 : 2);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_FALSE(fs::exists(target));
  EXPECT_EQ(fs::file_size(twin), 0U);
}
#endif

}  // namespace
}  // namespace edgefirst
