// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "edgefirst/tensor.hpp"

#include "support/errors.hpp"

namespace edgefirst {
namespace {

constexpr auto kMem = TensorMemory::kMem;

using testing::code_of;

TEST(PixelFormatTable, IsInEnumerationOrderAndParsesItsOwnNames) {
  int expected = 1;
  for (const PixelFormatInfo& info : pixel_format_table()) {
    EXPECT_EQ(static_cast<int>(info.format), expected++);
    EXPECT_EQ(parse_pixel_format(info.label), info.format);
    EXPECT_EQ(&pixel_format_info(info.format), &info);
  }
  EXPECT_EQ(parse_pixel_format("gray"), PixelFormat::kGrey);
  EXPECT_EQ(parse_pixel_format("8bps"), PixelFormat::kPlanarRgb);
  EXPECT_EQ(parse_pixel_format("planar_rgba"), PixelFormat::kPlanarRgba);
  EXPECT_EQ(code_of([] { parse_pixel_format("RGB24"); }), ErrorCode::kInvalidArgument);
}

TEST(DTypeTable, IsInEnumerationOrderAndParsesItsOwnNames) {
  int expected = 0;
  for (const DTypeInfo& info : dtype_table()) {
    EXPECT_EQ(static_cast<int>(info.dtype), expected++);
    EXPECT_EQ(parse_dtype(info.name), info.dtype);
  }
  EXPECT_EQ(code_of([] { parse_dtype("Uint8"); }), ErrorCode::kInvalidArgument);
}

TEST(ImageShape, FollowsTheLayoutOfTheFormat) {
  EXPECT_EQ(image_shape(5, 3, PixelFormat::kRgb), (Shape{3, 5, 3}));
  EXPECT_EQ(image_shape(5, 3, PixelFormat::kYuyv), (Shape{3, 5, 2}));
  EXPECT_EQ(image_shape(5, 3, PixelFormat::kPlanarRgba), (Shape{4, 3, 5}));
  EXPECT_EQ(image_shape(5, 4, PixelFormat::kNv12), (Shape{6, 5}));
  EXPECT_EQ(image_shape(5, 3, PixelFormat::kNv16), (Shape{6, 5}));
  EXPECT_EQ(code_of([] { image_shape(4, 3, PixelFormat::kNv12); }), ErrorCode::kInvalidShape);
}

TEST(SetFormat, AcceptsMatchingShapesAndKeepsTheOldFormatOtherwise) {
  Tensor tensor({6, 4}, DType::kU8, kMem);
  tensor.set_format(PixelFormat::kNv12);
  EXPECT_EQ(tensor.width(), 4U);
  EXPECT_EQ(tensor.height(), 4U);
  EXPECT_EQ(code_of([&] { tensor.set_format(PixelFormat::kRgb); }), ErrorCode::kInvalidShape);
  EXPECT_EQ(tensor.format(), PixelFormat::kNv12);
  tensor.set_format(PixelFormat::kNv16);
  EXPECT_EQ(tensor.height(), 3U);
}

TEST(RowStride, IsTightUntilSet) {
  const Tensor tensor = Tensor::image(5, 3, PixelFormat::kRgb, DType::kU16, kMem);
  EXPECT_EQ(tensor.row_stride(), 30U);
  EXPECT_EQ(tensor.explicit_row_stride(), std::nullopt);
  const Tensor planar = Tensor::image(5, 3, PixelFormat::kPlanarRgb, DType::kU16, kMem);
  EXPECT_EQ(planar.row_stride(), 10U);
}

TEST(RowStride, PadsRowsAndShowsInTheMap) {
  for (const PixelFormat format :
       {PixelFormat::kRgb, PixelFormat::kNv12, PixelFormat::kPlanarRgb}) {
    const Tensor tensor = Tensor::image_with_stride(5, 4, format, 64, DType::kU8, kMem);
    EXPECT_EQ(tensor.row_stride(), 64U);
    EXPECT_EQ(tensor.size_bytes(), image_shape(5, 4, format).element_count());
    const TensorMap map = tensor.map();
    EXPECT_EQ(map.row_stride(), 64U);
    const bool planar = format == PixelFormat::kPlanarRgb;
    EXPECT_EQ(map.strides()[planar ? 1 : 0], 64);
    if (planar) {
      EXPECT_EQ(map.strides()[0], 256);
    }
    const std::size_t rows = planar ? 12 : format == PixelFormat::kNv12 ? 6 : 4;
    EXPECT_EQ(map.size_bytes(), rows * 64);
  }
}

TEST(RowStride, MustHoldARowAndFitTheBuffer) {
  Tensor tensor = Tensor::image(5, 3, PixelFormat::kRgb, DType::kU8, kMem);
  EXPECT_EQ(code_of([&] { tensor.set_row_stride(14); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { tensor.set_row_stride(16); }), ErrorCode::kInvalidArgument);
  tensor.set_row_stride(15);
  EXPECT_EQ(tensor.row_stride(), 15U);
  Tensor raw({8}, DType::kU8, kMem);
  EXPECT_EQ(code_of([&] { raw.set_row_stride(8); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(
      code_of([] { Tensor::image_with_stride(5, 3, PixelFormat::kRgb, 14, DType::kU8, kMem); }),
      ErrorCode::kInvalidArgument);
}

/// "Bottom-up" strides, and others from which no size could be computed.
TEST(RowStride, StaysWithinTheBufferForASingleRowToo) {
  std::vector<std::uint8_t> buffer(384);
  for (const std::size_t width : {1, 128}) {
    Tensor row = Tensor::wrap(buffer.data(), 384, {1, width, 3}, DType::kU8, nullptr);
    row.set_format(PixelFormat::kRgb);
    for (const std::size_t stride : {~std::size_t{0} - 191, ~std::size_t{0}, std::size_t{1} << 63,
                                     std::size_t{1} << 62, std::size_t{385}}) {
      EXPECT_EQ(code_of([&] { row.set_row_stride(stride); }), ErrorCode::kInvalidArgument);
      EXPECT_EQ(row.row_stride(), 3 * width);
    }
    row.set_row_stride(384);
    EXPECT_EQ(row.row_stride(), 384U);
  }
  Tensor none({0, 16, 3}, DType::kU8, kMem);
  none.set_format(PixelFormat::kRgb);
  EXPECT_EQ(code_of([&] { none.set_row_stride(std::size_t{1} << 63); }),
            ErrorCode::kInvalidArgument);
  none.set_row_stride(64);
  EXPECT_EQ(none.row_stride(), 64U);
}

TEST(RowStride, OfAViewOfOneRowMayBeSetAgain) {
  const Tensor whole = Tensor::image(8, 8, PixelFormat::kRgb, DType::kU8, kMem);
  Tensor row = whole.view({2, 7, 4, 1});
  row.set_row_stride(row.row_stride());
  EXPECT_EQ(row.row_stride(), 24U);
}

TEST(RowStride, SurvivesTheSameFormatButNotAnother) {
  Tensor tensor = Tensor::image_with_stride(4, 4, PixelFormat::kRgba, 64, DType::kU8, kMem);
  tensor.set_format(PixelFormat::kRgba);
  EXPECT_EQ(tensor.row_stride(), 64U);
  tensor.set_format(PixelFormat::kBgra);
  EXPECT_EQ(tensor.row_stride(), 16U);
}

TEST(PlaneOffset, MovesTheMapAndStaysInsideTheBuffer) {
  std::vector<std::uint16_t> buffer(20);
  buffer[4] = 77;
  Tensor tensor = Tensor::wrap(buffer.data(), 40, {8}, DType::kU16, nullptr);
  tensor.set_plane_offset(8);
  EXPECT_EQ(tensor.map().as<std::uint16_t>()[0], 77);
  EXPECT_EQ(code_of([&] { tensor.set_plane_offset(3); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { tensor.set_plane_offset(26); }), ErrorCode::kInvalidArgument);
  tensor.set_plane_offset(24);
  EXPECT_EQ(tensor.capacity_bytes(), 16U);
}

TEST(GpuPitch, RoundsWidthsUpToWhole64ByteRows) {
  EXPECT_EQ(align_width_for_gpu_pitch(3004, 4), 3008U);
  EXPECT_EQ(align_width_for_gpu_pitch(1281, 4), 1296U);
  EXPECT_EQ(align_width_for_gpu_pitch(641, 3), 704U);
  EXPECT_EQ(align_width_for_gpu_pitch(640, 3), 640U);
  EXPECT_EQ(align_width_for_gpu_pitch(0, 3), 0U);
  EXPECT_EQ(align_width_for_gpu_pitch(7, 0), 7U);
  const std::size_t huge = ~std::size_t{0} - 3;
  EXPECT_EQ(align_width_for_gpu_pitch(huge, 3), huge);
}

}  // namespace
}  // namespace edgefirst
