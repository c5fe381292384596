// SPDX-License-Identifier: Apache-2.0
// ImageProcessor::import_image: what Tensor::import_image makes and refuses, ready to convert.
#include <gtest/gtest.h>

#include "base/unique_fd.hpp"
#include "image/convert_fixture.hpp"
#include "support/errors.hpp"

#if defined(__linux__)
#include <fcntl.h>

namespace edgefirst {
namespace {

using testing::code_of;

ImagePlanes plane_of(int fd, std::size_t stride = 0) {
  PlaneDescriptor plane(fd);
  if (stride != 0) plane.set_stride(stride);
  return {std::move(plane), std::nullopt};
}

TEST(ImportImage, RefusesWhatTensorsRefuse) {
  const ImageProcessor processor({ComputeBackend::kCpu});
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto import = [&](std::size_t width, std::size_t stride, PixelFormat format) {
    return code_of([&] { processor.import_image(plane_of(null.get(), stride), width, 4, format); });
  };
  EXPECT_EQ(import(0, 0, PixelFormat::kRgb), ErrorCode::kInvalidArgument);
  EXPECT_EQ(import(8, 7, PixelFormat::kRgb), ErrorCode::kInvalidArgument);
  EXPECT_EQ(import(8, 0, PixelFormat::kRgb), ErrorCode::kNotSupported);
  EXPECT_EQ(
      code_of([&] { processor.import_image(plane_of(null.get()), 8, 3, PixelFormat::kNv12); }),
      ErrorCode::kInvalidShape);
}

TEST(ImportImage, MakesAnImageToConvertFrom) {
  if (!is_memory_available(TensorMemory::kDma)) {
    GTEST_SKIP() << "no DMA-BUFs on this machine; tests/qemu has them";
  }
  ImageProcessor processor({ComputeBackend::kCpu});
  const Tensor buffer({64 * 6}, DType::kU8, TensorMemory::kDma);
  testing::fill_bytes(buffer, testing::Content::kNoise);
  const UniqueFd fd(buffer.dmabuf_clone());
  const Tensor image = processor.import_image(plane_of(fd.get(), 64), 8, 4, PixelFormat::kNv12);
  EXPECT_EQ(image.memory(), TensorMemory::kDma);
  EXPECT_EQ(image.row_stride(), 64U);
  Tensor imported = testing::make_image(8, 4, PixelFormat::kRgb);
  processor.convert(image, imported);
  const TensorMap bytes = buffer.map(CpuAccess::kRead);
  const Tensor wrapped =
      Tensor::wrap({bytes.data(), DType::kU8, {6, 8}, {64, 1}}, PixelFormat::kNv12, nullptr);
  Tensor expected = testing::make_image(8, 4, PixelFormat::kRgb);
  processor.convert(wrapped, expected);
  const TensorMap a = imported.map(CpuAccess::kRead), b = expected.map(CpuAccess::kRead);
  EXPECT_EQ(std::memcmp(a.data(), b.data(), b.size_bytes()), 0);
}

}  // namespace
}  // namespace edgefirst
#endif
