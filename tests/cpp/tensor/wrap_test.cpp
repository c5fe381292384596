// SPDX-License-Identifier: Apache-2.0
// Tensors over memory described by strides: rows of padded camera buffers and rectangles of frames
// are wrapped without a copy and convert as their copies do; everything else is refused by name.
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "edgefirst/image.hpp"

#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using testing::text_of;

/// A buffer of bytes 0, 1, 2 ... and a description of its beginning.
struct Frame {
  std::vector<std::uint8_t> bytes;
  StridedMemory memory;

  Frame(const Shape& shape, std::initializer_list<std::ptrdiff_t> strides, DType dtype = DType::kU8)
      : bytes(4096) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 64);
    }
    memory.data = bytes.data();
    memory.shape = shape;
    memory.dtype = dtype;
    std::copy(strides.begin(), strides.end(), memory.strides.begin());
  }
};

struct Layout {
  PixelFormat format;
  Shape shape;
  std::initializer_list<std::ptrdiff_t> strides;
};

/// Every kind of image, 10 x 6 or 10 x 8, rows of 64 bytes.
const Layout kLayouts[] = {
    {PixelFormat::kRgb, {6, 10, 3}, {64, 3, 1}},
    {PixelFormat::kRgba, {6, 10, 4}, {64, 4, 1}},
    {PixelFormat::kBgra, {6, 10, 4}, {64, 4, 1}},
    {PixelFormat::kGrey, {6, 10, 1}, {64, 1, 1}},
    {PixelFormat::kYuyv, {6, 10, 2}, {64, 2, 1}},
    {PixelFormat::kVyuy, {6, 10, 2}, {64, 2, 1}},
    {PixelFormat::kNv12, {9, 10}, {64, 1}},
    {PixelFormat::kNv16, {12, 10}, {64, 1}},
    {PixelFormat::kPlanarRgb, {3, 6, 10}, {384, 64, 1}},
    {PixelFormat::kPlanarRgba, {4, 6, 10}, {384, 64, 1}},
};

/// The same pixels without padding.
Tensor tight_copy(const Frame& frame, PixelFormat format) {
  const Shape& shape = frame.memory.shape;
  Tensor copy(shape, DType::kU8, TensorMemory::kMem);
  const TensorMap map = copy.map();
  const bool planar = pixel_format_info(format).layout == PixelLayout::kPlanar;
  const std::size_t rows = planar ? shape[0] * shape[1] : shape[0];
  const std::size_t row = copy.size_bytes() / rows;
  for (std::size_t y = 0; y < rows; ++y) {
    std::memcpy(map.as<std::uint8_t>() + y * row, &frame.bytes[y * 64], row);
  }
  copy.set_format(format);
  return copy;
}

Tensor rgb_of(const Tensor& src) {
  Tensor dst =
      Tensor::image(src.width(), src.height(), PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  ImageProcessor({ComputeBackend::kCpu}).convert(src, dst);
  return dst;
}

void expect_equal(const Tensor& a, const Tensor& b) {
  const TensorMap x = a.map(CpuAccess::kRead), y = b.map(CpuAccess::kRead);
  ASSERT_EQ(x.size_bytes(), y.size_bytes());
  EXPECT_EQ(std::memcmp(x.data(), y.data(), x.size_bytes()), 0);
}

TEST(WrapStrided, PaddedImagesConvertAsTheirCopies) {
  for (const Layout& layout : kLayouts) {
    SCOPED_TRACE(pixel_format_info(layout.format).name);
    Frame frame(layout.shape, layout.strides);
    const Tensor image = Tensor::wrap(frame.memory, layout.format, nullptr);
    EXPECT_EQ(image.map().data(), frame.bytes.data());
    EXPECT_EQ(image.row_stride(), 64U);
    EXPECT_EQ(image.width(), 10U);
    EXPECT_EQ(image.format(), layout.format);
    expect_equal(rgb_of(image), rgb_of(tight_copy(frame, layout.format)));
  }
}

TEST(WrapStrided, PaddedImagesAreWrittenWithinTheirRows) {
  for (const Layout& layout : kLayouts) {
    SCOPED_TRACE(pixel_format_info(layout.format).name);
    Frame frame(layout.shape, layout.strides);
    const std::vector<std::uint8_t> before = frame.bytes;
    Tensor image = Tensor::wrap(frame.memory, layout.format, nullptr);
    const Tensor grey = Tensor::image(image.width(), image.height(), PixelFormat::kRgb, DType::kU8,
                                      TensorMemory::kMem);
    ImageProcessor({ComputeBackend::kCpu}).convert(grey, image);
    EXPECT_FALSE(frame.bytes == before);
    for (std::size_t i = 0; i < frame.bytes.size(); ++i) {
      if (i % 64 < 40) continue;
      ASSERT_EQ(frame.bytes[i], before[i]) << i;  // padding of every format
    }
  }
}

TEST(WrapStrided, TightMemoryHasNoRowStrideOfItsOwn) {
  Frame frame({6, 10, 3}, {30, 3, 1});
  EXPECT_FALSE(Tensor::wrap(frame.memory, PixelFormat::kRgb, nullptr).explicit_row_stride());
  EXPECT_EQ(Tensor::wrap(frame.memory, std::nullopt, nullptr).shape(), (Shape{6, 10, 3}));
}

TEST(WrapStrided, OneRowAndAxesOfOneMayHaveAnyStride) {
  Frame row({1, 10, 3}, {-5, 3, 1});
  EXPECT_EQ(Tensor::wrap(row.memory, PixelFormat::kRgb, nullptr).row_stride(), 30U);
  Frame column({6, 1, 1}, {64, 999, 999});
  EXPECT_EQ(Tensor::wrap(column.memory, PixelFormat::kGrey, nullptr).row_stride(), 64U);
  Frame planes({3, 1, 10}, {64, 999, 1});  // planes of one row each
  EXPECT_EQ(Tensor::wrap(planes.memory, PixelFormat::kPlanarRgb, nullptr).row_stride(), 64U);
}

TEST(WrapStrided, EmptyShapesNeedNoMemory) {
  StridedMemory nothing;
  nothing.shape = Shape{0, 10, 3};
  nothing.dtype = DType::kU8;
  EXPECT_EQ(Tensor::wrap(nothing, PixelFormat::kRgb, nullptr).height(), 0U);
}

TEST(WrapStrided, PlanesOfTheirOwnStridesMakeAnImage) {
  for (const PixelFormat format : {PixelFormat::kNv12, PixelFormat::kNv16}) {
    const std::size_t rows = format == PixelFormat::kNv12 ? 3 : 6;
    Frame luma({6, 10}, {64, 1}), chroma({rows, 10}, {48, 1});
    std::reverse(chroma.bytes.begin(), chroma.bytes.end());
    const Tensor image =
        Tensor::from_planes(Tensor::wrap(luma.memory, std::nullopt, nullptr),
                            Tensor::wrap(chroma.memory, std::nullopt, nullptr), format);
    Tensor copy({6 + rows, 10}, DType::kU8, TensorMemory::kMem);
    {
      const TensorMap map = copy.map();
      auto* out = map.as<std::uint8_t>();
      for (std::size_t y = 0; y < 6; ++y) std::memcpy(out + y * 10, &luma.bytes[y * 64], 10);
      for (std::size_t y = 0; y < rows; ++y) {
        std::memcpy(out + (6 + y) * 10, &chroma.bytes[y * 48], 10);
      }
    }
    copy.set_format(format);
    EXPECT_EQ(image.row_stride(), 64U);
    EXPECT_EQ(image.chroma()->row_stride(), 48U);
    expect_equal(rgb_of(image), rgb_of(copy));
  }
}

TEST(WrapStrided, AFormatGivenLaterKeepsTheRows) {
  for (const Layout& layout : kLayouts) {
    SCOPED_TRACE(pixel_format_info(layout.format).name);
    const bool planar = pixel_format_info(layout.format).layout == PixelLayout::kPlanar;
    Frame frame(layout.shape, layout.strides);
    if (planar) {  // its first axis is no row: the gaps are inside
      EXPECT_EQ(code_of([&] { Tensor::wrap(frame.memory, std::nullopt, nullptr); }),
                ErrorCode::kInvalidArgument);
      continue;
    }
    Tensor image = Tensor::wrap(frame.memory, std::nullopt, nullptr);
    image.set_format(layout.format);
    EXPECT_EQ(image.row_stride(), 64U);
    expect_equal(rgb_of(image), rgb_of(tight_copy(frame, layout.format)));
  }
  Frame apart({3, 6, 10}, {64, 10, 1});  // planes apart, rows close
  Tensor planes = Tensor::wrap(apart.memory, std::nullopt, nullptr);
  EXPECT_EQ(code_of([&] { planes.set_format(PixelFormat::kPlanarRgb); }), ErrorCode::kInvalidShape);
  EXPECT_EQ(planes.format(), std::nullopt);
}

TEST(WrapStrided, RefusesWhatRowsCannotSay) {
  struct Case {
    const char* said;
    Shape shape;
    std::initializer_list<std::ptrdiff_t> strides;
    std::optional<PixelFormat> format;
    DType dtype = DType::kU8;
  };
  for (const Case& bad : {
           Case{"run backwards", {6, 10, 3}, {-64, 3, 1}, PixelFormat::kRgb},
           Case{"runs backwards", {6, 10, 3}, {64, -3, 1}, PixelFormat::kRgb},
           Case{"runs backwards", {6, 10, 3}, {64, 3, -1}, PixelFormat::kRgb},
           Case{"steps by 6", {6, 10, 3}, {64, 6, 1}, PixelFormat::kRgb},
           Case{"steps by 2", {9, 10}, {64, 2}, PixelFormat::kNv12},
           Case{"steps by 0", {6, 10, 3}, {64, 0, 1}, PixelFormat::kRgb},
           Case{"are 0 bytes apart", {6, 10, 3}, {0, 3, 1}, PixelFormat::kRgb},
           Case{"are 29 bytes apart", {6, 10, 3}, {29, 3, 1}, PixelFormat::kRgb},
           Case{"steps by 500", {3, 6, 10}, {500, 64, 1}, PixelFormat::kPlanarRgb},
           Case{"steps by 64", {3, 6, 10}, {384, 64, 1}, std::nullopt},
           Case{"cut the 2 bytes", {6, 10}, {65, 2}, std::nullopt, DType::kI16},
       }) {
    SCOPED_TRACE(bad.said);
    Frame frame(bad.shape, bad.strides, bad.dtype);
    const auto wrap = [&] { Tensor::wrap(frame.memory, bad.format, nullptr); };
    EXPECT_EQ(code_of(wrap), ErrorCode::kInvalidArgument);
    EXPECT_NE(text_of(wrap).find(bad.said), std::string::npos) << text_of(wrap);
    EXPECT_NE(text_of(wrap).find("copy"), std::string::npos) << text_of(wrap);
  }
  Frame odd({10, 10}, {64, 1});
  EXPECT_EQ(code_of([&] { Tensor::wrap(odd.memory, PixelFormat::kNv12, nullptr); }),
            ErrorCode::kInvalidShape);
  Frame huge({std::size_t{1} << 62, 10}, {64, 1});
  EXPECT_EQ(code_of([&] { Tensor::wrap(huge.memory, std::nullopt, nullptr); }),
            ErrorCode::kOutOfMemory);
}

}  // namespace
}  // namespace edgefirst
