// SPDX-License-Identifier: Apache-2.0
// POSIX shared memory, and imports of descriptors that are not what they should be.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edgefirst/tensor.hpp"

#include "support/descriptors.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using testing::make_memfd;

constexpr auto kShm = TensorMemory::kShm;

class SharedMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_memory_available(kShm)) GTEST_SKIP() << "no POSIX shared memory on this machine";
  }
};

TEST_F(SharedMemory, NamesAreUsedOnceAndFreeAgain) {
  const Tensor first({4}, DType::kU8, kShm, "/edgefirst_test");
  const Tensor second({4}, DType::kU8, kShm, "/edgefirst_test");
  EXPECT_EQ(second.name(), "/edgefirst_test");
  EXPECT_FALSE(first.aliases(second));
  const Tensor unnamed({4}, DType::kU8, kShm);
  EXPECT_EQ(unnamed.name().size(), 17U);
  EXPECT_EQ(unnamed.name().find_first_not_of("0123456789abcdef", 1), std::string::npos);
  EXPECT_NE(unnamed.name(), Tensor({4}, DType::kU8, kShm).name());
}

TEST_F(SharedMemory, NamesThatAreInUseOrInvalidAreRefused) {
  const UniqueFd held(::shm_open("/edgefirst_held", O_CREAT | O_RDWR, 0600));
  EXPECT_EQ(code_of([] { Tensor({4}, DType::kU8, kShm, "/edgefirst_held"); }), ErrorCode::kIo);
  ::shm_unlink("/edgefirst_held");
  const std::string text = testing::text_of([] { Tensor({4}, DType::kU8, kShm, "a/b"); });
  EXPECT_NE(text.find("a/b"), std::string::npos);
  EXPECT_NE(text.find("Invalid argument"), std::string::npos);
}

TEST_F(SharedMemory, MoreThanTheMachineHasIsAnErrorAndNotASignal) {
  EXPECT_EQ(code_of([] { Tensor({std::size_t{1} << 46}, DType::kU8, kShm); }),
            ErrorCode::kOutOfMemory);
  EXPECT_EQ(code_of([] { Tensor({~std::size_t{0}}, DType::kU8, kShm); }), ErrorCode::kOutOfMemory);
}

TEST_F(SharedMemory, EmptyTensorsMapToNothing) {
  const Tensor tensor({0, 4}, DType::kU8, kShm);
  EXPECT_EQ(tensor.size_bytes(), 0U);
  const TensorMap map = tensor.map();
  EXPECT_TRUE(map.is_mapped());
  EXPECT_EQ(map.size_bytes(), 0U);
}

TEST_F(SharedMemory, TruncationOfAnUnsealedImportIsAnErrorAndNotASignal) {
  const UniqueFd fd = make_memfd(8192);
  const Tensor tensor = Tensor::from_fd(fd.get(), {8192}, DType::kU8);
  tensor.map().as<char>()[8191] = 1;
  ASSERT_EQ(::ftruncate(fd.get(), 4096), 0);
  EXPECT_EQ(code_of([&] { tensor.map(); }), ErrorCode::kIo);
  ASSERT_EQ(::ftruncate(fd.get(), 8192), 0);
  EXPECT_EQ(tensor.map().as<char>()[8191], 0);
}

TEST_F(SharedMemory, NoPeerCanCutATensorShort) {
  const Tensor tensor({8192}, DType::kU8, kShm);
  const UniqueFd peer(tensor.clone_fd());
  EXPECT_EQ(::ftruncate(peer.get(), 4096), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_NE(::fcntl(peer.get(), F_GET_SEALS) & F_SEAL_SHRINK, 0);
  EXPECT_EQ(tensor.map().as<char>()[8191], 0);
}

TEST_F(SharedMemory, ReadOnlyDescriptorsMapForReading) {
  const UniqueFd writable = make_memfd(16);
  const std::string path = "/proc/self/fd/" + std::to_string(writable.get());
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const Tensor tensor = Tensor::from_fd(fd.get(), {16}, DType::kU8);
  EXPECT_EQ(code_of([&] { tensor.map(CpuAccess::kReadWrite); }), ErrorCode::kIo);
  EXPECT_EQ(code_of([&] { tensor.map(CpuAccess::kWrite); }), ErrorCode::kIo);
  EXPECT_EQ(tensor.map(CpuAccess::kRead).as<char>()[15], 0);
}

TEST(FromFd, ExposesTheWholeObjectAsCapacity) {
  const UniqueFd fd = make_memfd(100);
  Tensor tensor = Tensor::from_fd(fd.get(), {10, 2}, DType::kU8, "frame");
  EXPECT_EQ(tensor.name(), "frame");
  EXPECT_EQ(tensor.capacity_bytes(), 100U);
  EXPECT_EQ(tensor.format(), std::nullopt);
  tensor.resize({5, 5});
  tensor.set_plane_offset(75);
  tensor.map().as<char>()[24] = 3;
  EXPECT_EQ(Tensor::from_fd(fd.get(), {100}, DType::kU8).map().as<char>()[99], 3);
}

/// Of a sparse object: how many bytes have memory.
std::size_t bytes_with_memory(int fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd, &status), 0);
  return static_cast<std::size_t>(status.st_blocks) * 512;
}

TEST(FromFd, OnlyTheShapesPartOfASparseObjectGetsMemory) {
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const UniqueFd fd = make_memfd(1024 * page);
  ASSERT_EQ(bytes_with_memory(fd.get()), 0U);
  Tensor tensor = Tensor::from_fd(fd.get(), {16}, DType::kU8);
  EXPECT_EQ(bytes_with_memory(fd.get()), page);
  tensor.resize({3 * page});
  EXPECT_EQ(bytes_with_memory(fd.get()), page);
  tensor.map();
  EXPECT_EQ(bytes_with_memory(fd.get()), 3 * page);
  tensor.resize({2 * page});
  tensor.set_plane_offset(100 * page);
  tensor.map();
  EXPECT_EQ(bytes_with_memory(fd.get()), 5 * page);
}

TEST(FromFd, AnImageOfPaddedRowsGetsMemoryForAllOfThem) {
  const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const UniqueFd fd = make_memfd(1024 * page);
  Tensor tensor = Tensor::from_fd(fd.get(), {4, 8, 3}, DType::kU8);
  tensor.set_format(PixelFormat::kRgb);
  tensor.set_row_stride(2 * page);
  tensor.map();
  EXPECT_GE(bytes_with_memory(fd.get()), 6 * page + 24);
  EXPECT_LE(bytes_with_memory(fd.get()), 8 * page);
}

TEST(FromFd, SealsAPeersMemoryWhereItMay) {
  const UniqueFd fd(::memfd_create("peer", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(fd.get(), 8192), 0);
  const Tensor tensor = Tensor::from_fd(fd.get(), {8192}, DType::kU8);
  TensorMap map = tensor.map();
  EXPECT_EQ(::ftruncate(fd.get(), 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(map.as<char>()[8191], 0);
  EXPECT_EQ(::ftruncate(fd.get(), 16384), 0) << "it may grow";
}

TEST_F(SharedMemory, NoPeerCanTakeTheRightToWriteOrToRunIt) {
  const Tensor tensor({8192}, DType::kU8, kShm);
  const UniqueFd peer(tensor.clone_fd());
  const int seals = ::fcntl(peer.get(), F_GET_SEALS);
  if (seals < 0) GTEST_SKIP() << "shared memory is no memfd here";
  constexpr int kFutureWrite = 0x0010;  // F_SEAL_FUTURE_WRITE
  EXPECT_EQ(::fcntl(peer.get(), F_ADD_SEALS, kFutureWrite), -1);
  EXPECT_EQ(errno, EPERM);
  struct stat status {};
  ASSERT_EQ(::fstat(peer.get(), &status), 0);
  constexpr int kExecutable = 0x0020;  // F_SEAL_EXEC, of kernels that know MFD_NOEXEC_SEAL
  if ((seals & kExecutable) == 0) GTEST_SKIP() << "this kernel has no MFD_NOEXEC_SEAL";
  EXPECT_EQ(status.st_mode & 0111U, 0U);
}

TEST(FromFd, ObjectsThatAreTooSmallAreRefusedBeforeAnyAccess) {
  const UniqueFd fd = make_memfd(99);
  const auto import = [&] { Tensor::from_fd(fd.get(), {25}, DType::kF32); };
  EXPECT_EQ(code_of(import), ErrorCode::kInsufficientCapacity);
  EXPECT_NE(testing::text_of(import).find("99"), std::string::npos);
  const UniqueFd empty = make_memfd(0);
  EXPECT_EQ(code_of([&] { Tensor::from_fd(empty.get(), {1}, DType::kU8); }),
            ErrorCode::kInsufficientCapacity);
}

TEST(FromFd, ShapesWithoutElementsAreRefused) {
  const UniqueFd fd = make_memfd(16);
  EXPECT_EQ(code_of([&] { Tensor::from_fd(fd.get(), {}, DType::kU8); }), ErrorCode::kInvalidShape);
  EXPECT_EQ(code_of([&] {
              Tensor::from_fd(fd.get(), {4, 0}, DType::kU8);
            }),
            ErrorCode::kInvalidShape);
  EXPECT_EQ(code_of([&] {
              Tensor::from_fd(fd.get(), {~std::size_t{0}, 2}, DType::kU8);
            }),
            ErrorCode::kOutOfMemory);
}

TEST(FromFd, DescriptorsOfOtherThingsAreRefusedByName) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  const UniqueFd folder(::open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const UniqueFd device(::open("/dev/zero", O_RDWR | O_CLOEXEC));
  const UniqueFd process(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  for (const int fd : {reader.get(), folder.get(), device.get(), process.get()}) {
    EXPECT_EQ(code_of([&] { Tensor::from_fd(fd, {1}, DType::kU8); }), ErrorCode::kNotSupported);
  }
  EXPECT_NE(
      testing::text_of([&] { Tensor::from_fd(reader.get(), {1}, DType::kU8); }).find("DMA-BUF"),
      std::string::npos);
}

TEST(FromFd, FilesOnDisksAreRefused) {
  const UniqueFd fd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(code_of([&] { Tensor::from_fd(fd.get(), {1}, DType::kU8); }), ErrorCode::kNotSupported);
}

TEST(FromFd, InvalidDescriptorsCarryTheirErrno) {
  for (const int fd : {-1, 1 << 20}) {
    try {
      Tensor::from_fd(fd, {1}, DType::kU8);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kIo);
      EXPECT_EQ(error.os_error(), EBADF);
    }
  }
}

TEST(FromFd, FailuresLeakNoDescriptor) {
  const UniqueFd fd = make_memfd(4);
  const int before = testing::open_descriptors();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(code_of([&] { Tensor::from_fd(fd.get(), {5}, DType::kU8); }),
              ErrorCode::kInsufficientCapacity);
    EXPECT_EQ(code_of([&] { Tensor::from_fd(0, {5}, DType::kU8); }), ErrorCode::kNotSupported);
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

}  // namespace
}  // namespace edgefirst
