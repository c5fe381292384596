// SPDX-License-Identifier: Apache-2.0
// NV12 and NV16 with chroma in a buffer of its own: the same bytes as from and into one buffer.
#include <gtest/gtest.h>

#include "image/convert_fixture.hpp"

namespace edgefirst {
namespace {

using testing::Content;
using testing::fill_bytes;
using testing::make_image;

constexpr PixelFormat kSemiPlanar[] = {PixelFormat::kNv12, PixelFormat::kNv16};

/// Rows [first, first + rows) of a one-buffer image as a plane of its own.
Tensor plane_of(const Tensor& image, std::size_t first, std::size_t rows) {
  const Tensor plane({rows, image.width()}, image.dtype(), TensorMemory::kMem);
  const TensorMap from = image.map(CpuAccess::kRead);
  std::memcpy(plane.map(CpuAccess::kWrite).data(),
              from.as<const std::uint8_t>() + first * image.row_stride(), plane.size_bytes());
  return plane;
}

/// The same image with its chroma apart.
Tensor split(const Tensor& image) {
  const std::size_t chroma = image.shape()[0] - image.height();
  return Tensor::from_planes(plane_of(image, 0, image.height()),
                             plane_of(image, image.height(), chroma), *image.format());
}

std::vector<std::uint8_t> rows_of(const Tensor& tensor) {
  const TensorMap map = tensor.map(CpuAccess::kRead);
  return {map.as<std::uint8_t>(), map.as<std::uint8_t>() + map.size_bytes()};
}

std::vector<std::uint8_t> bytes_of(const Tensor& image) {
  std::vector<std::uint8_t> bytes = rows_of(image);
  if (image.chroma() == nullptr) return bytes;
  const std::vector<std::uint8_t> chroma = rows_of(*image.chroma());
  bytes.insert(bytes.end(), chroma.begin(), chroma.end());
  return bytes;
}

void expect_same(const Tensor& one, const Tensor& two, const std::string& what) {
  EXPECT_EQ(bytes_of(one), bytes_of(two)) << what;
}

TEST(TwoPlanes, AreReadLikeOneBuffer) {
  ImageProcessor processor({ComputeBackend::kCpu});
  for (const PixelFormat from : kSemiPlanar) {
    for (const std::size_t width : {33, 64, 1031}) {
      Tensor image = make_image(width, 22, from);
      fill_bytes(image, Content::kNoise);
      const Tensor apart = split(image);
      for (const PixelFormatInfo& to : pixel_format_table()) {
        for (const bool resizes : {false, true}) {
          Tensor expected = make_image(resizes ? 47 : width, resizes ? 18 : 22, to.format);
          Tensor got = make_image(expected.width(), expected.height(), to.format);
          ConvertOptions options;
          options.rotation = resizes ? Rotation::kClockwise90 : Rotation::kRotate0;
          processor.convert(image, expected, options);
          processor.convert(apart, got, options);
          expect_same(expected, got, testing::describe(image, got));
        }
      }
    }
  }
}

TEST(TwoPlanes, AreWrittenLikeOneBuffer) {
  ImageProcessor processor({ComputeBackend::kCpu});
  for (const PixelFormat to : kSemiPlanar) {
    for (const DType dtype : {DType::kU8, DType::kI8, DType::kF32}) {
      for (const PixelFormatInfo& from : pixel_format_table()) {
        Tensor src = make_image(45, 30, from.format);
        fill_bytes(src, Content::kNoise);
        for (const std::size_t width : {45, 62}) {
          Tensor expected = make_image(width, 30, to, dtype);
          Tensor got = split(expected);
          ConvertOptions options;
          options.crop.dst_rect = Rect{3, 4, width - 5, 21};
          for (const bool fills : {false, true}) {
            if (fills) options.crop.dst_color = Color{114, 20, 200, 255};
            processor.convert(src, expected, options);
            processor.convert(src, got, options);
            expect_same(expected, got, testing::describe(src, got));
          }
        }
      }
    }
  }
}

TEST(TwoPlanes, AreCopiedIntoOneAnother) {
  ImageProcessor processor({ComputeBackend::kCpu});
  for (const PixelFormat format : kSemiPlanar) {
    Tensor image = make_image(64, 30, format);
    fill_bytes(image, Content::kNoise);
    const Tensor apart = split(image);
    Tensor copy = split(make_image(64, 30, format));
    processor.convert(apart, copy);
    expect_same(image, copy, pixel_format_info(format).name);
  }
}

TEST(TwoPlanes, SharingEitherBufferIsRefused) {
  ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor image = make_image(16, 8, PixelFormat::kNv12);
  const Tensor chroma = plane_of(image, 8, 4);
  const Tensor src = Tensor::from_planes(plane_of(image, 0, 8), chroma, PixelFormat::kNv12);
  Tensor dst = Tensor::from_planes(plane_of(image, 0, 8), chroma, PixelFormat::kNv12);
  try {
    processor.convert(src, dst);
    ADD_FAILURE() << "shared chroma was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kAliasedBuffers);
  }
}

}  // namespace
}  // namespace edgefirst
