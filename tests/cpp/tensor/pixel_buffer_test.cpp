// SPDX-License-Identifier: Apache-2.0
// Pixel buffers against operations that stand in for a GL thread.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "edgefirst/tensor.hpp"

#include "support/errors.hpp"
#include "tensor/storage_pbo.hpp"

namespace edgefirst {
namespace {

using testing::code_of;

class FakeOperations final : public PixelBufferOperations {
 public:
  std::byte* map(std::uint32_t buffer, std::size_t bytes) override {
    if (fails) throw Error(ErrorCode::kIo, "glMapBufferRange failed");
    ++maps;
    last_buffer = buffer;
    if (memory.size() < bytes) memory.resize(bytes);
    return memory.data();
  }
  bool unmap(std::uint32_t) noexcept override {
    ++unmaps;
    return true;
  }
  void destroy(std::uint32_t buffer) noexcept override { destroyed.push_back(buffer); }

  bool fails = false;
  std::atomic<int> maps{0};
  std::atomic<int> unmaps{0};
  std::uint32_t last_buffer = 0;
  std::vector<std::uint32_t> destroyed;
  std::vector<std::byte> memory = std::vector<std::byte>(4096);
};

Tensor make(const std::shared_ptr<FakeOperations>& operations, std::uint32_t buffer = 5) {
  return Tensor(make_pixel_buffer_storage(buffer, 64, operations), {16}, DType::kF32);
}

TEST(PixelBuffer, MapsThroughItsOperations) {
  const auto operations = std::make_shared<FakeOperations>();
  const Tensor tensor = make(operations, 9);
  EXPECT_EQ(tensor.memory(), TensorMemory::kPbo);
  EXPECT_EQ(tensor.name(), "pbo_tensor");
  {
    const TensorMap map = tensor.map();
    EXPECT_EQ(map.data(), operations->memory.data());
    EXPECT_EQ(operations->last_buffer, 9U);
    EXPECT_EQ(operations->unmaps, 0);
  }
  EXPECT_EQ(operations->maps, 1);
  EXPECT_EQ(operations->unmaps, 1);
  EXPECT_EQ(code_of([&] { tensor.clone_fd(); }), ErrorCode::kNotSupported);
}

TEST(PixelBuffer, IsMappedOnceAtATime) {
  const auto operations = std::make_shared<FakeOperations>();
  const Tensor tensor = make(operations);
  TensorMap map = tensor.map();
  const Tensor copy = tensor;
  EXPECT_EQ(code_of([&] { copy.map(); }), ErrorCode::kBusy);
  map.unmap();
  EXPECT_TRUE(copy.map().is_mapped());
}

TEST(PixelBuffer, CanBeMappedAfterAFailure) {
  const auto operations = std::make_shared<FakeOperations>();
  const Tensor tensor = make(operations);
  operations->fails = true;
  EXPECT_EQ(code_of([&] { tensor.map(); }), ErrorCode::kIo);
  operations->fails = false;
  EXPECT_TRUE(tensor.map().is_mapped());
}

TEST(PixelBuffer, IsDestroyedWithItsLastHolder) {
  const auto operations = std::make_shared<FakeOperations>();
  {
    TensorMap map;
    {
      const Tensor tensor = make(operations, 3);
      const Tensor copy = tensor;
      EXPECT_TRUE(copy.aliases(tensor));
      EXPECT_FALSE(copy.aliases(make(operations, 4)));
      EXPECT_EQ(operations->destroyed, std::vector<std::uint32_t>{4});
      map = tensor.map();
    }
    EXPECT_EQ(operations->destroyed.size(), 1U);  // the map holds it
  }
  EXPECT_EQ(operations->destroyed, (std::vector<std::uint32_t>{4, 3}));
  EXPECT_EQ(operations->unmaps, 1);
}

TEST(PixelBuffer, OutlivesItsProcessorButCannotBeMappedThen) {
  auto operations = std::make_shared<FakeOperations>();
  const Tensor tensor = make(operations);
  operations.reset();
  EXPECT_EQ(code_of([&] { tensor.map(); }), ErrorCode::kDisconnected);
  EXPECT_EQ(code_of([&] { tensor.map(); }), ErrorCode::kDisconnected);
}

TEST(PixelBuffer, OpenMapsKeepTheOperationsTensorsDoNot) {
  auto operations = std::make_shared<FakeOperations>();
  const std::weak_ptr<FakeOperations> alive = operations;
  const Tensor tensor = make(operations);
  TensorMap map = tensor.map();
  operations.reset();
  EXPECT_FALSE(alive.expired());
  map.as<char>()[63] = 1;
  map.unmap();
  EXPECT_TRUE(alive.expired());
}

TEST(PixelBuffer, NeedsBytes) {
  const auto operations = std::make_shared<FakeOperations>();
  EXPECT_EQ(code_of([&] { make_pixel_buffer_storage(1, 0, operations); }),
            ErrorCode::kInvalidShape);
}

TEST(PixelBuffer, RacingMapsAreExclusive) {
  const auto operations = std::make_shared<FakeOperations>();
  const Tensor tensor = make(operations);
  std::atomic<int> inside{0};
  std::atomic<int> overlaps{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        try {
          const TensorMap map = tensor.map();
          overlaps += inside.fetch_add(1) != 0;
          inside.fetch_sub(1);
        } catch (const Error& error) {
          overlaps += error.code() != ErrorCode::kBusy;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(overlaps, 0);
  EXPECT_EQ(operations->maps, operations->unmaps);
}

}  // namespace
}  // namespace edgefirst
