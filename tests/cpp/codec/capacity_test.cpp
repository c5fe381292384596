// SPDX-License-Identifier: Apache-2.0
// No shape and no stride makes the decoder write outside its tensor: every size it computes from
// them is either right or an error.
#include <gtest/gtest.h>

#include <algorithm>

#include "edgefirst/codec.hpp"

#include "support/png_file.hpp"

namespace edgefirst {
namespace {

using testing::HandmadePng;
using testing::PngBytes;

constexpr std::size_t kGuard = 65536;

/// Decodes into 64 bytes of shape, to every format. Bytes around them must not change.
void decode_into(const Shape& shape, std::uint32_t width, std::uint32_t height) {
  PngBytes memory(2 * kGuard + 64, 0xA5);
  const PngBytes file = HandmadePng{width, height, 6}.file();
  for (const PixelFormatInfo& info : pixel_format_table()) {
    DecodeOptions options;
    options.format = info.format;
    Tensor tensor = Tensor::wrap(memory.data() + kGuard, 64, {64}, DType::kU8, nullptr);
    try {
      tensor.resize(shape);
      ImageDecoder().decode(file, tensor, options);
      ADD_FAILURE() << shape.to_string() << " " << info.name;
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::kInsufficientCapacity ||
                  error.code() == ErrorCode::kOutOfMemory ||
                  error.code() == ErrorCode::kInvalidData)
          << error.what();
    }
  }
  EXPECT_TRUE(std::all_of(memory.begin(), memory.end(), [](auto byte) { return byte == 0xA5; }))
      << shape.to_string();
}

TEST(DecodeCapacity, HoldsForShapesWithAnEmptyAxis) {
  constexpr std::size_t kHuge = std::size_t{1} << 62;
  for (const std::size_t width : {kHuge - 1000, kHuge - 1, kHuge / 2 + 1, kHuge / 3, kHuge / 4,
                                  std::size_t{1} << 32, std::size_t{1} << 31}) {
    for (const Shape& shape : {Shape{2, width, 0}, Shape{width, 2, 0}, Shape{1, width, 0},
                               Shape{0, 2, width}, Shape{0, width, 2}, Shape{2, width, 0, 7},
                               Shape{0, 1, 2, width}, Shape{1, 2, width, 0}}) {
      decode_into(shape, 1000, 2);
      decode_into(shape, 2, 1000);
    }
  }
}

TEST(DecodeCapacity, HoldsForStridesThatSumUpToNothing) {
  PngBytes memory(2 * kGuard + 384, 0xA5);
  const PngBytes file = HandmadePng{128, 1, 0}.file();
  for (const std::size_t stride :
       {~std::size_t{0} - 63, ~std::size_t{0} - 191, std::size_t{1} << 63, std::size_t{1} << 62}) {
    for (const PixelFormatInfo& info : pixel_format_table()) {
      Tensor tensor = Tensor::wrap(memory.data() + kGuard, 384, {1, 128, 3}, DType::kU8, nullptr);
      tensor.set_format(PixelFormat::kRgb);
      EXPECT_THROW(tensor.set_row_stride(stride), Error);
      DecodeOptions options;
      options.format = info.format;
      try {
        ImageDecoder().decode(file, tensor, options);
      } catch (const Error&) {
      }
    }
  }
  EXPECT_TRUE(
      std::all_of(memory.begin(), memory.begin() + kGuard, [](auto byte) { return byte == 0xA5; }));
  EXPECT_TRUE(
      std::all_of(memory.end() - kGuard, memory.end(), [](auto byte) { return byte == 0xA5; }));
}

}  // namespace
}  // namespace edgefirst
