// SPDX-License-Identifier: Apache-2.0
// Images of two planes, and import_image's refusals that need no DMA-BUF.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "edgefirst/tensor.hpp"

#include "support/descriptors.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using testing::make_memfd;

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

TEST(PlaneDescriptor, DuplicatesAndReleasesItsDescriptor) {
  UniqueFd fd = make_memfd(16);
  const int before = testing::open_descriptors();
  {
    PlaneDescriptor plane(fd.get());
    EXPECT_NE(plane.fd(), fd.get());
    EXPECT_TRUE(testing::is_close_on_exec(plane.fd()));
    EXPECT_EQ(plane.stride(), std::nullopt);
    EXPECT_EQ(code_of([&] { plane.set_stride(0); }), ErrorCode::kInvalidArgument);
    plane.set_stride(64);
    plane.set_offset(8);
    PlaneDescriptor moved = std::move(plane);
    EXPECT_EQ(moved.stride(), 64U);
    EXPECT_EQ(moved.offset(), 8U);
    moved = PlaneDescriptor(fd.get());
    EXPECT_EQ(moved.stride(), std::nullopt);
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

TEST(PlaneDescriptor, RefusesBadDescriptorsAtOnce) {
  try {
    PlaneDescriptor(-1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_EQ(error.os_error(), EBADF);
  }
}

/// The planes stand for buffers whose kind must not be asked before the arguments are right.
struct Refusal {
  std::size_t width = 8;
  std::size_t height = 4;
  PixelFormat format = PixelFormat::kRgb;
  DType dtype = DType::kU8;
  std::size_t stride = 0;
  std::optional<std::size_t> chroma_stride = std::nullopt;
  std::size_t offset = 0;

  std::optional<ErrorCode> code() const {
    return code_of([this] {
      const UniqueFd fd = make_memfd(65536);
      ImagePlanes planes{PlaneDescriptor(fd.get()), std::nullopt};
      if (stride != 0) planes.image.set_stride(stride);
      planes.image.set_offset(offset);
      if (chroma_stride) {
        planes.chroma.emplace(fd.get());
        if (*chroma_stride != 0) planes.chroma->set_stride(*chroma_stride);
      }
      Tensor::import_image(std::move(planes), width, height, format, dtype);
    });
  }
};

TEST(ImportImage, ChecksItsArgumentsFirst) {
  constexpr auto kNv12 = PixelFormat::kNv12;
  constexpr auto kU8 = DType::kU8;
  EXPECT_EQ((Refusal{0, 4}.code()), ErrorCode::kInvalidArgument);
  EXPECT_EQ((Refusal{8, 0}.code()), ErrorCode::kInvalidArgument);
  EXPECT_EQ((Refusal{8, 3, kNv12}.code()), ErrorCode::kInvalidShape);
  EXPECT_EQ((Refusal{8, 4, PixelFormat::kRgb, kU8, 23}.code()), ErrorCode::kInvalidArgument);
  EXPECT_EQ((Refusal{8, 4, kNv12, kU8, 0, 7}.code()), ErrorCode::kInvalidShape);
  EXPECT_EQ((Refusal{8, 4, PixelFormat::kRgb, kU8, 0, 0}.code()), ErrorCode::kNotSupported);
  EXPECT_EQ((Refusal{8, 4, PixelFormat::kNv16, kU8, 0, 0}.code()), ErrorCode::kNotSupported);
  EXPECT_EQ((Refusal{8, 4, kNv12, DType::kF32, 0, 0}.code()), ErrorCode::kNotSupported);
  EXPECT_EQ((Refusal{8, 4, PixelFormat::kRgb, DType::kF32, 0, {}, 6}.code()),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ((Refusal{~std::size_t{0}, 4}.code()), ErrorCode::kOutOfMemory);
}

TEST(ImportImage, TakesDmaBufsOnlyAndConsumesItsPlanes) {
  const UniqueFd fd = make_memfd(65536);
  const int before = testing::open_descriptors();
  EXPECT_EQ(Refusal{}.code(), ErrorCode::kNotSupported);
  EXPECT_EQ((Refusal{8, 4, PixelFormat::kNv12, DType::kU8, 0, 0}.code()), ErrorCode::kNotSupported);
  EXPECT_EQ(testing::open_descriptors(), before);
}

}  // namespace
}  // namespace edgefirst
