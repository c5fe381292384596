// SPDX-License-Identifier: Apache-2.0
// Rectangles and batch slots of a tensor, and one buffer for images of changing size.
#include <gtest/gtest.h>

#include <vector>

#include "edgefirst/tensor.hpp"

#include "support/allocation_counter.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;

constexpr auto kMem = TensorMemory::kMem;

Tensor numbered(const Shape& shape, DType dtype = DType::kU8) {
  Tensor tensor(shape, dtype, kMem);
  const TensorMap map = tensor.map();
  for (std::size_t i = 0; i < map.size_bytes(); ++i) {
    map.as<unsigned char>()[i] = static_cast<unsigned char>(i);
  }
  return tensor;
}

TEST(View, ReadsAndWritesTheRectangleOfItsImage) {
  Tensor image = numbered({7, 9, 3});
  image.set_format(PixelFormat::kRgb);
  const Tensor view = image.view({2, 3, 5, 4});
  EXPECT_EQ(view.shape(), (Shape{4, 5, 3}));
  EXPECT_EQ(view.width(), 5U);
  EXPECT_EQ(view.row_stride(), 27U);
  EXPECT_EQ(view.identity().id(), image.identity().id());
  const TensorMap map = view.map();
  EXPECT_EQ(map.strides()[0], 27);
  EXPECT_EQ(map.size_bytes(), 3 * 27 + 15U);  // up to the last pixel, not a byte more
  for (std::size_t y = 0; y < 4; ++y) {
    for (std::size_t x = 0; x < 15; ++x) {
      ASSERT_EQ(map.as<unsigned char>()[y * 27 + x], ((y + 3) * 9 + 2) * 3 + x);
    }
  }
  map.as<unsigned char>()[27] = 250;
  EXPECT_EQ(image.map().as<unsigned char>()[(4 * 9 + 2) * 3], 250);
}

TEST(View, OfAViewCountsFromIt) {
  Tensor image = numbered({16, 16, 1});
  image.set_format(PixelFormat::kGrey);
  const Tensor inner = image.view({4, 5, 8, 8}).view({1, 2, 3, 3});
  EXPECT_EQ(*inner.map().as<unsigned char>(), (5 + 2) * 16 + 4 + 1);
  EXPECT_EQ(inner.row_stride(), 16U);
}

TEST(View, OfTheWholeImageIsTheImage) {
  const Tensor image = Tensor::image_with_stride(5, 4, PixelFormat::kRgba, 64, DType::kU8, kMem);
  const Tensor view = image.view({0, 0, 5, 4});
  EXPECT_EQ(view.shape(), image.shape());
  EXPECT_TRUE(view.aliases(image));
}

TEST(View, RefusesRectanglesOutsideAndFormatsItCannotCut) {
  const Tensor image = Tensor::image(8, 6, PixelFormat::kRgb, DType::kU8, kMem);
  constexpr std::size_t kHuge = ~std::size_t{0};
  for (const Rect rect :
       {Rect{0, 0, 9, 6}, Rect{1, 0, 8, 6}, Rect{0, 6, 1, 1}, Rect{8, 0, 1, 1}, Rect{0, 0, 0, 6},
        Rect{0, 0, 8, 0}, Rect{kHuge, 0, 2, 1}, Rect{1, 1, kHuge, kHuge}}) {
    EXPECT_EQ(code_of([&] { image.view(rect); }), ErrorCode::kInvalidRect);
  }
  const Tensor yuyv = Tensor::image(8, 6, PixelFormat::kYuyv, DType::kU8, kMem);
  EXPECT_EQ(code_of([&] { yuyv.view({1, 0, 2, 2}); }), ErrorCode::kInvalidRect);
  EXPECT_EQ(yuyv.view({2, 0, 3, 2}).width(), 3U);
  const Tensor raw({6, 8, 3}, DType::kU8, kMem);
  EXPECT_EQ(code_of([&] { raw.view({0, 0, 1, 1}); }), ErrorCode::kNotAnImage);
  for (const PixelFormat format : {PixelFormat::kNv12, PixelFormat::kPlanarRgb}) {
    const Tensor planes = Tensor::image(8, 6, format, DType::kU8, kMem);
    EXPECT_EQ(code_of([&] { planes.view({0, 0, 2, 2}); }), ErrorCode::kNotSupported);
  }
}

TEST(View, CannotBeMovedOutOfItsPart) {
  Tensor image = Tensor::image(8, 6, PixelFormat::kRgb, DType::kU8, kMem);
  Tensor view = image.view({2, 2, 4, 2});
  EXPECT_EQ(code_of([&] { view.set_plane_offset(0); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { view.set_plane_offset(view.plane_offset() + 3); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { view.set_row_stride(25); }), ErrorCode::kInvalidArgument);
  view.set_row_stride(24);
  EXPECT_EQ(code_of([&] { view.resize({37}); }), ErrorCode::kInsufficientCapacity);
  view.resize({36});
  EXPECT_EQ(view.plane_offset(), 2 * 24 + 6U);
}

TEST(View, MeetsOnlyViewsWhoseBytesInterleave) {
  const Tensor image = Tensor::image(8, 6, PixelFormat::kRgb, DType::kU8, kMem);
  const Tensor top = image.view({0, 0, 8, 3});
  const Tensor bottom = image.view({0, 3, 8, 3});
  EXPECT_FALSE(top.aliases(bottom));
  EXPECT_TRUE(top.aliases(image));
  EXPECT_TRUE(image.aliases(bottom));
  EXPECT_TRUE(top.aliases(image.view({0, 2, 8, 2})));
}

TEST(Batch, SlotsAreTheElementsOfAxisZero) {
  const Tensor tensor = numbered({3, 4, 5, 3});
  for (std::size_t n = 0; n < 3; ++n) {
    Tensor slot = tensor.batch(n);
    EXPECT_EQ(slot.shape(), (Shape{4, 5, 3}));
    EXPECT_EQ(slot.capacity_bytes(), 60U);
    EXPECT_EQ(*slot.map().as<unsigned char>(), n * 60);
    slot.set_format(PixelFormat::kRgb);  // the slot stays where it is
    EXPECT_EQ(*slot.map().as<unsigned char>(), n * 60);
    slot.reshape({60});
    EXPECT_EQ(*slot.map().as<unsigned char>(), n * 60);
    EXPECT_EQ(code_of([&] { slot.resize({61}); }), ErrorCode::kInsufficientCapacity);
    EXPECT_EQ(slot.identity().id(), tensor.identity().id());
  }
  EXPECT_FALSE(tensor.batch(0).aliases(tensor.batch(1)));
  EXPECT_TRUE(tensor.batch(1).aliases(tensor));
  EXPECT_EQ(*tensor.batch(1).batch(2).map().as<unsigned char>(), 60 + 30);
}

TEST(Batch, RefusesSlotsThatDoNotExist) {
  const Tensor tensor({3, 4}, DType::kU8, kMem);
  EXPECT_EQ(code_of([&] { tensor.batch(3); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { tensor.batch(0).batch(0); }), ErrorCode::kInvalidShape);
  const Tensor padded = Tensor::image_with_stride(5, 4, PixelFormat::kRgb, 64, DType::kU8, kMem);
  EXPECT_EQ(code_of([&] { padded.batch(0); }), ErrorCode::kNotSupported);
}

TEST(Batch, TakesItsPartOfTheQuantization) {
  Tensor tensor({2, 3}, DType::kI8, kMem);
  tensor.set_quantization(Quantization::per_tensor(0.5F, 3));
  EXPECT_EQ(tensor.batch(1).quantization()->zero_point(), 3);
  tensor.set_quantization(Quantization::per_channel({1, 2}, {7, 8}, 0));
  EXPECT_TRUE(tensor.batch(1).quantization()->is_per_tensor());
  EXPECT_EQ(tensor.batch(1).quantization()->scale(), 2);
  EXPECT_EQ(tensor.batch(1).quantization()->zero_point(), 8);
  tensor.set_quantization(Quantization::per_channel_symmetric({1, 2, 3}, 1));
  EXPECT_EQ(tensor.batch(0).quantization()->axis(), 0U);
}

TEST(Batch, SlotsAllocateNothing) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizer allocator";
  const Tensor tensor({4, 8, 8, 3}, DType::kU8, kMem);
  const testing::AllocationCounter counter;
  for (std::size_t i = 0; i < 100; ++i) {
    Tensor slot = tensor.batch(i % 4);
    slot.set_format(PixelFormat::kRgb);
    slot.view({1, 1, 4, 4}).map().as<char>()[0] = 1;
  }
  EXPECT_EQ(counter.count(), 0U);
}

TEST(Resize, FitsImagesOfChangingSizeIntoOneBuffer) {
  Tensor tensor = Tensor::image(1920, 1080, PixelFormat::kRgb, DType::kU8, kMem);
  void* const address = tensor.map().data();
  tensor.configure_image(640, 480, PixelFormat::kNv12);
  EXPECT_EQ(tensor.shape(), (Shape{720, 640}));
  EXPECT_EQ(tensor.height(), 480U);
  EXPECT_EQ(tensor.size_bytes(), 640U * 720);
  EXPECT_EQ(tensor.capacity_bytes(), 1920U * 1080 * 3);
  EXPECT_EQ(tensor.map().data(), address);
  tensor.configure_image(1920, 1080, PixelFormat::kRgb);
  EXPECT_EQ(code_of([&] { tensor.configure_image(1920, 1081, PixelFormat::kRgb); }),
            ErrorCode::kInsufficientCapacity);
  EXPECT_EQ(code_of([&] { tensor.configure_image(4, 3, PixelFormat::kNv12); }),
            ErrorCode::kInvalidShape);
  EXPECT_EQ(tensor.width(), 1920U);
  EXPECT_EQ(code_of([&] { tensor.resize(Shape{}); }), ErrorCode::kInvalidShape);
  tensor.resize({0});
  EXPECT_EQ(tensor.map().size_bytes(), 0U);
}

}  // namespace
}  // namespace edgefirst
