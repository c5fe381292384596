// SPDX-License-Identifier: Apache-2.0
// Strided copies against an element-by-element copy, on every SIMD target.
#include "tensor/strided_copy.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

#include "base/simd.hpp"

namespace edgefirst {
namespace {

struct Layout {
  std::vector<std::size_t> shape;
  std::vector<std::ptrdiff_t> strides;  // in elements
  std::ptrdiff_t first = 0;
};

/// The elements of a layout over 0, 1, 2, ... in C order.
template <typename T>
std::vector<T> gather(const std::vector<T>& memory, const Layout& layout) {
  std::vector<T> result;
  const std::size_t count = std::accumulate(layout.shape.begin(), layout.shape.end(),
                                            std::size_t{1}, std::multiplies<>());
  for (std::size_t n = 0; n < count; ++n) {
    std::size_t rest = n;
    std::ptrdiff_t at = layout.first;
    for (std::size_t axis = layout.shape.size(); axis-- > 0;) {
      at += static_cast<std::ptrdiff_t>(rest % layout.shape[axis]) * layout.strides[axis];
      rest /= layout.shape[axis];
    }
    result.push_back(memory[static_cast<std::size_t>(at)]);
  }
  return result;
}

template <typename T>
void expect_copied(const Layout& layout, std::size_t memory_size) {
  std::vector<T> memory(memory_size);
  std::iota(memory.begin(), memory.end(), T{1});
  std::vector<std::ptrdiff_t> strides;
  for (const std::ptrdiff_t stride : layout.strides) {
    strides.push_back(stride * static_cast<std::ptrdiff_t>(sizeof(T)));
  }
  const std::vector<T> expected = gather(memory, layout);
  // One element more on both sides shows writes outside.
  std::vector<T> copied(expected.size() + 2, T{7});
  const DType dtype = DTypeOf<T>::value;
  copy_contiguous({memory.data() + layout.first, dtype, layout.shape, strides}, copied.data() + 1);
  EXPECT_EQ(copied.front(), T{7});
  EXPECT_EQ(copied.back(), T{7});
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), copied.begin() + 1));
}

template <typename T>
void expect_transposed(std::size_t rows, std::size_t columns, std::size_t padding) {
  const auto pitch = static_cast<std::ptrdiff_t>(rows + padding);
  SCOPED_TRACE(testing::Message() << rows << " x " << columns << " of " << sizeof(T) << " bytes");
  expect_copied<T>({{rows, columns}, {1, pitch}}, (rows + padding) * columns);
}

template <typename T>
void expect_transposed_in_every_size() {
  for (const std::size_t rows : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65}) {
    for (const std::size_t columns : {1, 2, 5, 8, 16, 17, 33, 64, 65}) {
      expect_transposed<T>(rows, columns, rows % 4);
    }
  }
#if !defined(__SANITIZE_THREAD__)  // minutes there, for code that the sizes above run as well
  expect_transposed<T>(116, 8400, 0);
  expect_transposed<T>(601, 703, 3);
#endif
}

TEST(StridedCopy, TransposesEverySizeOnEveryTarget) {
  for (const char* target : simd::available_targets()) {
    SCOPED_TRACE(target);
    ASSERT_TRUE(simd::force_target(target));
    expect_transposed_in_every_size<std::uint8_t>();
    expect_transposed_in_every_size<std::uint16_t>();
    expect_transposed_in_every_size<std::uint32_t>();
    expect_transposed_in_every_size<std::uint64_t>();
  }
  simd::reset_target();
}

TEST(StridedCopy, CopiesNegativeBroadcastAndSteppedAxes) {
  expect_copied<std::uint16_t>({{5, 4, 3}, {12, 3, -1}, 2}, 60);
  expect_copied<std::uint16_t>({{5, 4, 3}, {-12, -3, -1}, 59}, 60);
  expect_copied<std::uint16_t>({{5, 4, 3}, {0, 3, 1}}, 12);
  expect_copied<std::uint16_t>({{5, 7}, {1, 0}}, 5);
  expect_copied<std::uint16_t>({{5, 7}, {0, 0}}, 1);
  expect_copied<std::uint16_t>({{6, 10, 3}, {60, 6, 2}}, 360);
  expect_copied<std::uint16_t>({{3, 40, 50}, {1, 150, 3}}, 6000);
  expect_copied<std::uint16_t>({{40, 50, 3}, {50, 1, 2000}}, 6000);
  expect_copied<std::uint16_t>({{1, 1, 1}, {9, 9, 9}}, 1);
  expect_copied<std::uint16_t>({{}, {}}, 1);
}

TEST(StridedCopy, CopiesManyShortAxesInParallel) {
  // Nothing merges, so that every axis stays at four and the work is shared out along one of them.
  Layout layout;
  std::ptrdiff_t stride = 1;
  for (int axis = 0; axis < 9; ++axis) {
    layout.shape.push_back(4);
    layout.strides.push_back(stride);
    stride *= 4;
  }
  expect_copied<std::uint64_t>(layout, 1 << 18);
}

TEST(StridedCopy, FillsPaddedRowsAndLeavesThePadding) {
  Tensor image =
      Tensor::image_with_stride(3, 2, PixelFormat::kRgb, 16, DType::kU8, TensorMemory::kMem);
  std::memset(image.map().data(), 0xEE, 32);
  const std::vector<std::uint8_t> pixels = {1, 2, 3, 4,  5,  6,  7,  8,  9,
                                            9, 8, 7, 10, 11, 12, 13, 14, 15};
  const std::size_t shape[] = {18};
  const std::ptrdiff_t strides[] = {1};
  copy_from({pixels.data(), DType::kU8, shape, strides}, image);
  const TensorMap map = image.map();
  EXPECT_EQ(std::memcmp(map.data(), pixels.data(), 9), 0);
  EXPECT_EQ(std::memcmp(map.as<std::uint8_t>() + 16, pixels.data() + 9, 9), 0);
  for (const std::size_t at : {9, 15, 25, 31}) EXPECT_EQ(map.as<std::uint8_t>()[at], 0xEE);
}

TEST(StridedCopy, ReversesATensorOntoItself) {
  Tensor tensor({1000}, DType::kI32, TensorMemory::kMem);
  const TensorMap map = tensor.map();
  std::iota(map.as<std::int32_t>(), map.as<std::int32_t>() + 1000, 0);
  const std::size_t shape[] = {1000};
  const std::ptrdiff_t strides[] = {-4};
  copy_from({map.as<std::int32_t>() + 999, DType::kI32, shape, strides}, tensor);
  for (std::int32_t i = 0; i < 1000; ++i) EXPECT_EQ(map.as<std::int32_t>()[i], 999 - i);
}

TEST(StridedCopy, RefusesOtherDtypesCountsAndRanks) {
  const Tensor tensor({4}, DType::kF32, TensorMemory::kMem);
  const float values[4] = {};
  const std::size_t shape[] = {4};
  const std::size_t longer[] = {5};
  const std::ptrdiff_t strides[] = {4};
  const auto code_of = [&](DType dtype, Span<const std::size_t> extents) {
    try {
      copy_from({values, dtype, extents, strides}, tensor);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code_of(DType::kI32, shape), ErrorCode::kDtypeMismatch);
  EXPECT_EQ(code_of(DType::kF32, longer), ErrorCode::kInvalidShape);
  const std::vector<std::size_t> ones(65, 1);
  EXPECT_EQ(code_of(DType::kF32, ones), ErrorCode::kInvalidShape);
}

}  // namespace
}  // namespace edgefirst
