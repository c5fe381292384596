// SPDX-License-Identifier: Apache-2.0
// What holds for every kind of memory a tensor can be made in.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>
#include <vector>

#include "edgefirst/tensor.hpp"

#include "support/allocation_counter.hpp"
#include "support/errors.hpp"
#if !defined(_WIN32)
#include "support/descriptors.hpp"
#endif

namespace edgefirst {
namespace {

using testing::code_of;

class EveryMemory : public ::testing::TestWithParam<TensorMemory> {
 protected:
  void SetUp() override {
    if (!is_memory_available(GetParam())) {
      GTEST_SKIP() << "no " << tensor_memory_name(GetParam()) << " memory on this machine";
    }
  }
};
INSTANTIATE_TEST_SUITE_P(, EveryMemory,
                         ::testing::Values(TensorMemory::kMem, TensorMemory::kShm,
                                           TensorMemory::kDma),
                         [](const auto& info) { return tensor_memory_name(info.param); });

TEST_P(EveryMemory, StartsZeroFilledInTheKindAskedFor) {
  for (const DTypeInfo& info : dtype_table()) {
    for (const std::size_t width : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 5000}) {
      const Tensor tensor({3, width}, info.dtype, GetParam());
      EXPECT_EQ(tensor.memory(), GetParam());
      EXPECT_EQ(tensor.size_bytes(), 3 * width * info.size);
      EXPECT_GE(tensor.capacity_bytes(), tensor.size_bytes());
      const TensorMap map = tensor.map(CpuAccess::kRead);
      ASSERT_EQ(map.size_bytes(), tensor.size_bytes());
      EXPECT_TRUE(std::all_of(map.as<char>(), map.as<char>() + map.size_bytes(),
                              [](char c) { return c == 0; }));
    }
  }
}

TEST_P(EveryMemory, KeepsWhatOneMapWroteForTheNext) {
  const Tensor tensor({1080, 1920, 3}, DType::kU8, GetParam());
  {
    const TensorMap map = tensor.map(CpuAccess::kWrite);
    for (std::size_t i = 0; i < map.size_bytes(); ++i) {
      map.as<unsigned char>()[i] = static_cast<unsigned char>(i % 251);
    }
  }
  const TensorMap map = tensor.map(CpuAccess::kRead);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < map.size_bytes(); ++i) {
    wrong += map.as<unsigned char>()[i] != i % 251;
  }
  EXPECT_EQ(wrong, 0U);
}

TEST_P(EveryMemory, MapsStayAtOneAddressAndAllocateNothing) {
  const Tensor tensor({100}, DType::kF32, GetParam());
  void* const address = tensor.map().data();
  const testing::AllocationCounter counter;
  for (int i = 0; i < 100; ++i) {
    const Tensor copy = tensor;
    ASSERT_EQ(copy.map().data(), address);
  }
  if (testing::AllocationCounter::is_reliable()) {
    EXPECT_EQ(counter.count(), 0U);
  }
}

TEST_P(EveryMemory, SeveralThreadsMayMakeTheFirstMap) {
  for (int round = 0; round < 50; ++round) {
    const Tensor tensor({4096}, DType::kU8, GetParam());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&tensor, t] { tensor.map().as<unsigned char>()[t] = t + 1; });
    }
    for (std::thread& thread : threads) thread.join();
    const TensorMap map = tensor.map();
    for (int t = 0; t < 4; ++t) ASSERT_EQ(map.as<unsigned char>()[t], t + 1);
  }
}

TEST_P(EveryMemory, HoldsStridedImagesAndPlaneOffsets) {
  Tensor image = Tensor::image_with_stride(5, 4, PixelFormat::kRgb, 64, DType::kU8, GetParam());
  EXPECT_EQ(image.memory(), GetParam());
  EXPECT_EQ(image.row_stride(), 64U);
  EXPECT_EQ(image.map().size_bytes(), 256U);
  image.map().as<char>()[2 * 64 + 3] = 9;
  Tensor raw = image;
  raw.reshape({60});
  raw.set_plane_offset(2 * 64);
  EXPECT_EQ(raw.map().as<char>()[3], 9);
}

#if !defined(_WIN32)  // which has neither descriptors of buffers nor fork()
std::size_t resident_bytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_P(EveryMemory, ManyThousandTensorsLeaveNothingBehind) {
  const auto cycle = [] {
    const Tensor tensor({1000}, DType::kU8, GetParam());
    *tensor.map().as<char>() = 1;
  };
  const bool counted = testing::AllocationCounter::is_reliable();  // else freed memory is kept
  const int cycles = counted && GetParam() != TensorMemory::kDma ? 100000 : 10000;
  for (int i = 0; i < 1000; ++i) cycle();
  const int descriptors = testing::open_descriptors();
  const std::size_t resident = resident_bytes();
  for (int i = 0; i < cycles; ++i) cycle();
  EXPECT_EQ(testing::open_descriptors(), descriptors);
  if (counted) {  // a lost block is at least 32 bytes; mappings cost QEMU's user emulation up to 24
    const std::size_t noise = std::max<std::size_t>(1 << 20, 28 * static_cast<std::size_t>(cycles));
    EXPECT_LT(resident_bytes(), resident + noise);
  }
}

TEST_P(EveryMemory, SurvivesForkOnBothSides) {
  const Tensor tensor({4096}, DType::kU8, GetParam());
  tensor.map().as<char>()[0] = 1;
  const int status = testing::in_child([&] {
    const bool seen = tensor.map().as<char>()[0] == 1;
    tensor.map().as<char>()[1] = 2;
    const Tensor own({64}, DType::kU8, GetParam());
    own.map().as<char>()[0] = 3;
    return seen ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  const bool shared = GetParam() != TensorMemory::kMem;
  EXPECT_EQ(tensor.map().as<char>()[1], shared ? 2 : 0);
}

TEST_P(EveryMemory, SharesByDescriptorOrSaysThatItCannot) {
  const Tensor tensor({4096}, DType::kU8, GetParam());
  if (GetParam() == TensorMemory::kMem) {
    EXPECT_EQ(code_of([&] { tensor.clone_fd(); }), ErrorCode::kNotSupported);
    EXPECT_NE(testing::text_of([&] { tensor.dmabuf_clone(); }).find("mem"), std::string::npos);
    return;
  }
  const UniqueFd fd(tensor.clone_fd());
  EXPECT_TRUE(testing::is_close_on_exec(fd.get()));
  const Tensor twin = Tensor::from_fd(fd.get(), {1024}, DType::kF32);
  EXPECT_EQ(twin.memory(), GetParam());
  EXPECT_EQ(twin.name(), "");
  EXPECT_NE(twin.identity().id(), tensor.identity().id());
  EXPECT_TRUE(twin.aliases(tensor));
  EXPECT_TRUE(tensor.aliases(Tensor::from_fd(fd.get(), {16}, DType::kU8)));
  EXPECT_FALSE(twin.aliases(Tensor({4096}, DType::kU8, GetParam())));
  tensor.map().as<unsigned char>()[4095] = 77;
  EXPECT_EQ(twin.map().as<unsigned char>()[4095], 77);
}

TEST_P(EveryMemory, CrossesToAnotherProcess) {
  if (GetParam() == TensorMemory::kMem) GTEST_SKIP() << "heap memory belongs to one process";
  const Tensor frame = Tensor::image(64, 48, PixelFormat::kRgb, DType::kU8, GetParam());
  int sockets[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
  const UniqueFd ours(sockets[0]);
  const UniqueFd theirs(sockets[1]);
  const UniqueFd exported(frame.clone_fd());
  ASSERT_TRUE(testing::send_descriptor(ours.get(), exported.get()));
  const int status = testing::in_child([&] {
    const UniqueFd received = testing::receive_descriptor(theirs.get());
    const Tensor twin = Tensor::from_fd(received.get(), {48, 64, 3}, DType::kU8);
    const TensorMap map = twin.map(CpuAccess::kWrite);
    for (std::size_t i = 0; i < map.size_bytes(); ++i) {
      map.as<unsigned char>()[i] = static_cast<unsigned char>(i * 7);
    }
    return twin.aliases(frame) ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  const TensorMap map = frame.map(CpuAccess::kRead);
  for (std::size_t i = 0; i < map.size_bytes(); ++i) {
    ASSERT_EQ(map.as<unsigned char>()[i], static_cast<unsigned char>(i * 7));
  }
}
#endif

TEST(AutomaticMemory, TakesTheFirstKindThatWorks) {
  const TensorMemory best = is_memory_available(TensorMemory::kDma)   ? TensorMemory::kDma
                            : is_memory_available(TensorMemory::kShm) ? TensorMemory::kShm
                                                                      : TensorMemory::kMem;
  EXPECT_EQ(Tensor({4}, DType::kU8).memory(), best);
  EXPECT_TRUE(is_memory_available(TensorMemory::kMem));
  EXPECT_FALSE(is_memory_available(TensorMemory::kPbo));
}

TEST(AutomaticMemory, MovesOnWhereAKindRefuses) {
  if (!is_memory_available(TensorMemory::kShm)) GTEST_SKIP() << "no shared memory here";
  EXPECT_EQ(Tensor({0, 4}, DType::kU8).memory(), TensorMemory::kShm);  // DMA refuses 0 bytes
  EXPECT_NE(Tensor({4}, DType::kU8, std::nullopt, "no/such/folder").memory(), TensorMemory::kShm);
}

}  // namespace
}  // namespace edgefirst
