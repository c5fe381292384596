// SPDX-License-Identifier: Apache-2.0
// Planes that arrive as descriptors, and their way into an image.
#include <gtest/gtest.h>

#include <cerrno>

#include "edgefirst/tensor.hpp"

#include "support/descriptors.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using testing::make_memfd;

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
