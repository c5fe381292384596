// SPDX-License-Identifier: Apache-2.0
#include "edgefirst/tensor.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>

#include "support/allocation_counter.hpp"
#include "support/environment.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;

TEST(Tensor, StartsZeroFilledWithItsShapeAndDtype) {
  for (const DTypeInfo& info : dtype_table()) {
    const Tensor tensor({3, 5, 7}, info.dtype, TensorMemory::kMem);
    EXPECT_EQ(tensor.shape(), (Shape{3, 5, 7}));
    EXPECT_EQ(tensor.dtype(), info.dtype);
    EXPECT_EQ(tensor.size_bytes(), 105U * info.size);
    EXPECT_EQ(tensor.name(), "mem_tensor");
    const TensorMap map = tensor.map();
    EXPECT_EQ(map.size_bytes(), tensor.size_bytes());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(map.data()) % 64, 0U);
    for (std::size_t i = 0; i < map.size_bytes(); ++i) ASSERT_EQ(map.as<char>()[i], 0);
  }
}

TEST(Tensor, RejectsShapesItCannotHold) {
  constexpr std::size_t kHuge = std::numeric_limits<std::size_t>::max() / 2;
  EXPECT_EQ(code_of([] { Tensor(Shape{}, DType::kU8, TensorMemory::kMem); }),
            ErrorCode::kInvalidShape);
  EXPECT_EQ(code_of([] {
              Tensor({kHuge, 3}, DType::kU8, TensorMemory::kMem);
            }),
            ErrorCode::kOutOfMemory);
  EXPECT_EQ(code_of([] { Tensor({kHuge}, DType::kF64, TensorMemory::kMem); }),
            ErrorCode::kOutOfMemory);
  EXPECT_EQ(code_of([] { Tensor({kHuge}, DType::kU8, TensorMemory::kMem); }),
            ErrorCode::kOutOfMemory);
  const std::vector<std::size_t> deep(Shape::kMaxRank + 1, 1);
  EXPECT_EQ(code_of([&] { Shape{Span<const std::size_t>(deep)}; }), ErrorCode::kInvalidShape);
}

TEST(Tensor, MayBeEmpty) {
  const Tensor tensor({0, 4}, DType::kF32, TensorMemory::kMem);
  EXPECT_EQ(tensor.size_bytes(), 0U);
  EXPECT_EQ(tensor.map().size_bytes(), 0U);
}

TEST(Tensor, PixelBuffersCannotBeRequested) {
  EXPECT_EQ(code_of([] { Tensor({4}, DType::kU8, TensorMemory::kPbo); }), ErrorCode::kNotSupported);
}

TEST(Tensor, CopiesShareBytesAndIdentity) {
  const Tensor tensor({16}, DType::kU8, TensorMemory::kMem);
  const Tensor copy = tensor;
  const Tensor other({16}, DType::kU8, TensorMemory::kMem);
  tensor.map().as<char>()[3] = 42;
  EXPECT_EQ(copy.map().as<char>()[3], 42);
  EXPECT_EQ(copy.identity().id(), tensor.identity().id());
  EXPECT_NE(other.identity().id(), tensor.identity().id());
  EXPECT_TRUE(copy.aliases(tensor));
  EXPECT_FALSE(other.aliases(tensor));
}

TEST(Tensor, IdentityGuardDiesWithTheLastCopy) {
  std::weak_ptr<const void> guard;
  {
    const Tensor tensor({16}, DType::kU8, TensorMemory::kMem);
    guard = tensor.identity().guard();
    EXPECT_FALSE(guard.expired());
  }
  EXPECT_TRUE(guard.expired());
}

TEST(Tensor, WrapsCallerMemoryAndKeepsItsOwner) {
  auto memory = std::make_shared<std::vector<std::uint16_t>>(12, std::uint16_t{7});
  std::weak_ptr<std::vector<std::uint16_t>> alive = memory;
  void* data = memory->data();
  {
    const Tensor tensor = Tensor::wrap(data, 24, {3, 4}, DType::kU16, std::move(memory));
    EXPECT_EQ(tensor.map().data(), data);
    EXPECT_FALSE(alive.expired());
    EXPECT_EQ(code_of([&] { Tensor::wrap(data, 24, {13}, DType::kU16, nullptr); }),
              ErrorCode::kInsufficientCapacity);
    const Tensor part = Tensor::wrap(static_cast<char*>(data) + 8, 8, {4}, DType::kU16, nullptr);
    EXPECT_TRUE(part.aliases(tensor));
  }
  EXPECT_TRUE(alive.expired());
}

TEST(Tensor, WrapsNoNullPointerButToNothing) {
  EXPECT_EQ(code_of([&] { Tensor::wrap(nullptr, 16, {4}, DType::kF32, nullptr); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(Tensor::wrap(nullptr, 0, {0}, DType::kF32, nullptr).size_bytes(), 0U);
}

TEST(TensorMap, KeepsTheStorageAliveAfterTheTensor) {
  TensorMap map;
  {
    const Tensor tensor({1024}, DType::kU8, TensorMemory::kMem);
    map = tensor.map();
  }
  std::memset(map.data(), 9, map.size_bytes());
  EXPECT_EQ(map.as<unsigned char>()[1023], 9);
}

TEST(TensorMap, BytesOutliveTheEndOfAccess) {
  TensorMap map = Tensor({4}, DType::kU8, TensorMemory::kMem).map();
  map.end_access();
  map.as<char>()[3] = 1;
  EXPECT_TRUE(map.is_mapped());
  TensorMap moved = std::move(map);
  moved.end_access();
  EXPECT_EQ(moved.as<char>()[3], 1);
  moved.unmap();
  EXPECT_FALSE(moved.is_mapped());
}

TEST(TensorMap, RefusesUseAfterUnmap) {
  const Tensor tensor({4}, DType::kU8, TensorMemory::kMem);
  TensorMap map = tensor.map();
  map.unmap();
  map.unmap();
  EXPECT_FALSE(map.is_mapped());
  EXPECT_EQ(code_of([&] { map.data(); }), ErrorCode::kNotMapped);
}

TEST(TensorMap, MovesLeaveTheSourceUnmapped) {
  const Tensor tensor({4}, DType::kU8, TensorMemory::kMem);
  TensorMap first = tensor.map();
  TensorMap second = std::move(first);
  EXPECT_TRUE(second.is_mapped());
  EXPECT_FALSE(first.is_mapped());  // NOLINT(bugprone-use-after-move): that is the test
}

TEST(TensorMap, CopyingATensorAndMappingItAllocatesNothing) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizer allocator";
  Tensor tensor = Tensor::image(64, 48, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  const testing::AllocationCounter counter;
  for (int i = 0; i < 100; ++i) {
    const Tensor copy = tensor;
    const TensorMap map = copy.map();
    map.as<char>()[0] = 1;
  }
  EXPECT_EQ(counter.count(), 0U);
}

TEST(TensorMap, ManyThreadsMayMapOneTensor) {
  const Tensor tensor({1000}, DType::kU8, TensorMemory::kMem);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&tensor, t] {
      for (int i = 0; i < 1000; ++i) {
        const TensorMap map = tensor.map();
        map.as<unsigned char>()[t * 250 + i % 250] = static_cast<unsigned char>(t + 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tensor.map().as<unsigned char>()[999], 4);
}

TEST(Reshape, KeepsDataAndDropsImageMetadata) {
  Tensor tensor = Tensor::image(4, 2, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  tensor.map().as<char>()[5] = 5;
  tensor.reshape({24});
  EXPECT_EQ(tensor.format(), std::nullopt);
  EXPECT_EQ(tensor.row_stride(), 0U);
  EXPECT_EQ(tensor.map().as<char>()[5], 5);
  EXPECT_EQ(code_of([&] { tensor.reshape({25}); }), ErrorCode::kInvalidShape);
  EXPECT_EQ(code_of([&] { tensor.reshape(Shape{}); }), ErrorCode::kInvalidShape);
  EXPECT_EQ(tensor.shape(), (Shape{24}));
}

TEST(Reshape, KeepsQuantizationOnlyWhileItFits) {
  Tensor tensor({2, 3}, DType::kI8, TensorMemory::kMem);
  tensor.set_quantization(Quantization::per_tensor(0.5F, 3));
  tensor.reshape({6});
  ASSERT_NE(tensor.quantization(), nullptr);
  tensor.reshape({2, 3});
  tensor.set_quantization(Quantization::per_channel_symmetric({1, 2, 3}, 1));
  tensor.reshape({1, 2, 3});
  EXPECT_EQ(tensor.quantization(), nullptr);
}

TEST(ForceMem, AppliesToTheAutomaticChoiceOnly) {
  const testing::ScopedVariable forced("EDGEFIRST_TENSOR_FORCE_MEM", "1");
  EXPECT_EQ(Tensor({4}, DType::kU8).memory(), TensorMemory::kMem);
}

}  // namespace
}  // namespace edgefirst
