// SPDX-License-Identifier: Apache-2.0
// Images of two planes, and import_image's refusals that need no DMA-BUF.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "edgefirst/tensor.hpp"

#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;

constexpr auto kMem = TensorMemory::kMem;

TEST(TwoPlanes, MakeOneImage) {
  const Tensor luma({4, 6}, DType::kU8, kMem);
  const Tensor chroma({2, 6}, DType::kU8, kMem);
  const Tensor image = Tensor::from_planes(luma, chroma, PixelFormat::kNv12);
  EXPECT_EQ(image.shape(), (Shape{4, 6}));
  EXPECT_EQ(image.width(), 6U);
  EXPECT_EQ(image.height(), 4U);
  EXPECT_EQ(image.row_stride(), 6U);
  EXPECT_EQ(image.map().size_bytes(), 24U);
  ASSERT_NE(image.chroma(), nullptr);
  EXPECT_EQ(image.chroma()->row_stride(), 6U);
  EXPECT_EQ(image.chroma()->map().size_bytes(), 12U);
  EXPECT_TRUE(image.aliases(chroma));
  EXPECT_TRUE(chroma.aliases(image));
  EXPECT_TRUE(luma.aliases(image));
  EXPECT_FALSE(luma.aliases(chroma));
  const Tensor nv16 =
      Tensor::from_planes(luma, Tensor({4, 6}, DType::kU8, kMem), PixelFormat::kNv16);
  EXPECT_EQ(nv16.height(), 4U);
}

TEST(TwoPlanes, KeepShapeAndFormat) {
  Tensor image = Tensor::from_planes(Tensor({4, 6}, DType::kU8, kMem),
                                     Tensor({2, 6}, DType::kU8, kMem), PixelFormat::kNv12);
  image.set_format(PixelFormat::kNv12);
  EXPECT_EQ(code_of([&] { image.set_format(PixelFormat::kNv16); }), ErrorCode::kInvalidShape);
  EXPECT_EQ(code_of([&] { image.reshape({24}); }), ErrorCode::kInvalidShape);
  EXPECT_EQ(code_of([&] { image.resize({2, 6}); }), ErrorCode::kInvalidShape);
  EXPECT_EQ(code_of([&] { image.batch(0); }), ErrorCode::kNotSupported);
}

TEST(TwoPlanes, MustFitTogether) {
  const auto plane = [](std::size_t height, std::size_t width) {
    return Tensor({height, width}, DType::kU8, kMem);
  };
  const auto code = [](const Tensor& luma, const Tensor& chroma, PixelFormat format) {
    return code_of([&] { Tensor::from_planes(luma, chroma, format); });
  };
  constexpr auto kBad = ErrorCode::kInvalidArgument;
  EXPECT_EQ(code(plane(4, 6), plane(4, 6), PixelFormat::kNv12), kBad);
  EXPECT_EQ(code(plane(5, 6), plane(2, 6), PixelFormat::kNv12), kBad);
  EXPECT_EQ(code(plane(4, 6), plane(2, 4), PixelFormat::kNv12), kBad);
  EXPECT_EQ(code(plane(4, 6), plane(2, 6), PixelFormat::kNv16), kBad);
  EXPECT_EQ(code(plane(4, 6), plane(2, 6), PixelFormat::kRgb), kBad);
  EXPECT_EQ(code(plane(4, 6), Tensor({2, 6, 1}, DType::kU8, kMem), PixelFormat::kNv12), kBad);
  EXPECT_EQ(code(plane(4, 6), Tensor({2, 6}, DType::kI8, kMem), PixelFormat::kNv12), kBad);
  Tensor formatted({6, 6}, DType::kU8, kMem);
  formatted.set_format(PixelFormat::kNv12);
  EXPECT_EQ(code(formatted, plane(3, 6), PixelFormat::kNv12), kBad);
}

}  // namespace
}  // namespace edgefirst
