// SPDX-License-Identifier: Apache-2.0
// DMA-BUFs, on a real kernel (tests/qemu) or on the preloaded double (tests/dma_double).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "edgefirst/runtime.hpp"
#include "edgefirst/tensor.hpp"

#include "../../dma_double/dma_double.hpp"
#include "support/allocation_counter.hpp"
#include "support/descriptors.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using testing::dma_double;
using testing::DmaDouble;

constexpr auto kDma = TensorMemory::kDma;

class Dma : public ::testing::Test {
 protected:
  void SetUp() override {
    if (is_memory_available(kDma)) return;
    // Where the suite's run exists for DMA-BUFs alone, a skip would hide their absence.
    ASSERT_EQ(std::getenv("EDGEFIRST_TEST_NEEDS_DMA"), nullptr);
    GTEST_SKIP() << "no DMA-BUFs on this machine; ctest runs these on the double, tests/qemu on a "
                    "kernel";
  }
};

/// A foreign buffer: known to the tensor only through its descriptor.
UniqueFd make_buffer(std::size_t bytes) {
  return UniqueFd(Tensor({bytes}, DType::kU8, kDma).dmabuf_clone());
}

TEST_F(Dma, BuffersAreWholePagesWithRandomNames) {
  const Tensor tensor({100}, DType::kU8, kDma);
  EXPECT_EQ(tensor.size_bytes(), 100U);
  EXPECT_EQ(tensor.capacity_bytes(), 4096U);
  EXPECT_EQ(tensor.name().size(), 17U);
  EXPECT_EQ(Tensor({100}, DType::kU8, kDma, "frame").name(), "frame");
}

TEST_F(Dma, EmptyAndAbsurdSizesAreRefused) {
  EXPECT_EQ(code_of([] { Tensor({0, 4}, DType::kU8, kDma); }), ErrorCode::kOutOfMemory);
  EXPECT_EQ(code_of([] { Tensor({std::size_t{1} << 50}, DType::kU8, kDma); }),
            ErrorCode::kOutOfMemory);
}

TEST_F(Dma, DescriptorsAreLentAndCloned) {
  const Tensor tensor({100}, DType::kU8, kDma);
  EXPECT_GE(tensor.dmabuf(), 0);
  EXPECT_TRUE(testing::is_close_on_exec(tensor.dmabuf()));
  const UniqueFd clone(tensor.dmabuf_clone());
  EXPECT_NE(clone.get(), tensor.dmabuf());
  EXPECT_TRUE(testing::is_close_on_exec(clone.get()));
}

TEST_F(Dma, ImportsKnowTheSizeOfTheBuffer) {
  const UniqueFd fd = make_buffer(5000);
  EXPECT_EQ(Tensor::from_fd(fd.get(), {100}, DType::kU8).capacity_bytes(), 8192U);
  EXPECT_EQ(code_of([&] { Tensor::from_fd(fd.get(), {8193}, DType::kU8); }),
            ErrorCode::kInsufficientCapacity);
}

TEST_F(Dma, MappingsSurviveTheDescriptor) {
  TensorMap map;
  {
    const UniqueFd fd = make_buffer(4096);
    map = Tensor::from_fd(fd.get(), {4096}, DType::kU8).map();
  }
  map.as<char>()[4095] = 1;
  EXPECT_EQ(map.as<char>()[4095], 1);
}

TEST_F(Dma, ForeignPaddedImagesCanBeMapped) {
  const UniqueFd fd = make_buffer(64 * 10);
  PlaneDescriptor plane(fd.get());
  plane.set_stride(64);
  plane.set_offset(128);
  const Tensor image =
      Tensor::import_image({std::move(plane), std::nullopt}, 5, 4, PixelFormat::kRgb, DType::kU8);
  EXPECT_EQ(image.memory(), kDma);
  EXPECT_EQ(image.shape(), (Shape{4, 5, 3}));
  EXPECT_EQ(image.row_stride(), 64U);
  EXPECT_EQ(image.plane_offset(), 128U);
  image.map().as<char>()[2 * 64 + 7] = 42;
  const Tensor raw = Tensor::from_fd(fd.get(), {4096}, DType::kU8);
  EXPECT_EQ(raw.map().as<char>()[128 + 2 * 64 + 7], 42);
  EXPECT_TRUE(raw.aliases(image));
  EXPECT_EQ(image.view({1, 1, 2, 2}).map().strides()[0], 64);
}

TEST_F(Dma, ImagesMustLieInsideTheirBuffer) {
  const UniqueFd fd = make_buffer(4096);
  const auto code = [&](std::size_t stride, std::size_t offset) {
    PlaneDescriptor plane(fd.get());
    plane.set_stride(stride);
    plane.set_offset(offset);
    return code_of([&] {
      Tensor::import_image({std::move(plane), std::nullopt}, 16, 4, PixelFormat::kRgba, DType::kU8);
    });
  };
  EXPECT_EQ(code(1344, 0), std::nullopt);  // 3 * 1344 + 64 = 4096: the last row needs no padding
  EXPECT_EQ(code(1345, 0), ErrorCode::kInsufficientCapacity);
  EXPECT_EQ(code(64, 4096 - 256), std::nullopt);
  EXPECT_EQ(code(64, 4096 - 255), ErrorCode::kInsufficientCapacity);
  EXPECT_EQ(code(~std::size_t{0}, 0), ErrorCode::kOutOfMemory);
  EXPECT_EQ(code(64, ~std::size_t{0}), ErrorCode::kOutOfMemory);
}

TEST_F(Dma, TwoPlanesMayShareABufferOrNot) {
  const UniqueFd fd = make_buffer(64 * 6);
  const UniqueFd other = make_buffer(64 * 2);
  for (const bool one_buffer : {true, false}) {
    ImagePlanes planes{PlaneDescriptor(fd.get()),
                       PlaneDescriptor(one_buffer ? fd.get() : other.get())};
    planes.image.set_stride(64);
    planes.chroma->set_stride(32);
    if (one_buffer) planes.chroma->set_offset(256);
    const Tensor image = Tensor::import_image(std::move(planes), 8, 4, PixelFormat::kNv12);
    EXPECT_EQ(image.shape(), (Shape{4, 8}));
    EXPECT_EQ(image.height(), 4U);
    EXPECT_EQ(image.name(), "luma");
    EXPECT_EQ(image.row_stride(), 64U);
    const Tensor& chroma = *image.chroma();
    EXPECT_EQ(chroma.name(), "chroma");
    EXPECT_EQ(chroma.shape(), (Shape{2, 8}));
    EXPECT_EQ(chroma.row_stride(), 32U);
    chroma.map().as<char>()[32 + 7] = 5;
    const Tensor raw = Tensor::from_fd(one_buffer ? fd.get() : other.get(), {64}, DType::kU8);
    Tensor at = raw;
    at.set_plane_offset(one_buffer ? 256 : 0);
    EXPECT_EQ(at.map().as<char>()[39], 5);
  }
}

TEST_F(Dma, ChromaMustLieInsideItsBuffer) {
  const UniqueFd fd = make_buffer(4096);
  ImagePlanes planes{PlaneDescriptor(fd.get()), PlaneDescriptor(fd.get())};
  planes.chroma->set_offset(4096 - 15);
  EXPECT_EQ(code_of([&] { Tensor::import_image(std::move(planes), 8, 4, PixelFormat::kNv12); }),
            ErrorCode::kInsufficientCapacity);
}

TEST_F(Dma, SharedFramesLeaveNoDescriptors) {
  { const Tensor warm_up({4}, DType::kU8, kDma); }
  const int before = testing::open_descriptors();
  for (int i = 0; i < 1000; ++i) {
    const Tensor tensor({64}, DType::kU8, kDma);
    *tensor.map().as<char>() = 1;
    const UniqueFd clone(tensor.clone_fd());
    ASSERT_EQ(*Tensor::from_fd(clone.get(), {64}, DType::kU8).map().as<char>(), 1);
  }
  EXPECT_EQ(testing::open_descriptors(), before);
}

// With the double only -----------------------------------------------------------------------

constexpr std::uint64_t kSyncEnd = 4;  // DMA_BUF_SYNC_END

class DmaDoubleTest : public Dma {
 protected:
  void SetUp() override {
    double_ = dma_double();
    if (double_ == nullptr) GTEST_SKIP() << "the preload double is not loaded";
    Dma::SetUp();
    reset();
  }
  void TearDown() override {
    if (double_ == nullptr) return;
    EXPECT_EQ(double_->bad_requests, 0);
    reset();
  }
  void reset() {
    double_->has_cma = double_->has_system = double_->has_udmabuf = true;
    double_->has_render_node = true;
    double_->fail_at = -1;
    double_->ioctls = double_->starts = double_->ends = double_->bad_requests = 0;
  }
  void fail(int ioctl, int error) {
    double_->ioctls = 0;
    double_->fail_errno = error;
    double_->fail_at = ioctl;
  }

  DmaDouble* double_ = nullptr;
};

TEST_F(DmaDoubleTest, SyncsWithWhatTheMapIsFor) {
  const Tensor tensor({64}, DType::kU8, kDma);
  for (const CpuAccess access : {CpuAccess::kRead, CpuAccess::kWrite, CpuAccess::kReadWrite}) {
    TensorMap map = tensor.map(access);
    EXPECT_EQ(double_->last_sync_flags, static_cast<std::uint64_t>(access));
    map.unmap();
    EXPECT_EQ(double_->last_sync_flags, static_cast<std::uint64_t>(access) | kSyncEnd);
  }
  EXPECT_EQ(double_->starts, 3);
  EXPECT_EQ(double_->ends, 3);
}

TEST_F(DmaDoubleTest, AMapCostsTwoIoctlsAndNoMore) {
  const Tensor tensor({64}, DType::kU8, kDma);
  tensor.map();
  double_->ioctls = 0;
  for (int i = 0; i < 10; ++i) tensor.map();
  EXPECT_EQ(double_->ioctls, 20);
}

TEST_F(DmaDoubleTest, InterruptedCallsAreRepeated) {
  const Tensor tensor({64}, DType::kU8, kDma);
  for (const int error : {EINTR, EAGAIN}) {
    for (int ioctl = 0; ioctl < 2; ++ioctl) {
      fail(ioctl, error);
      tensor.map().as<char>()[0] = 1;
      EXPECT_EQ(double_->ioctls, 3);
    }
    fail(0, error);
    EXPECT_EQ(Tensor({64}, DType::kU8, kDma).memory(), kDma);
  }
  EXPECT_EQ(double_->starts, double_->ends - 2);  // an END that failed was tried again
}

TEST_F(DmaDoubleTest, TheNextSourceServesWhereOneRefuses) {
  fail(0, ENOMEM);  // linux,cma has no room, system has
  EXPECT_EQ(Tensor({64}, DType::kU8, kDma).memory(), kDma);
  double_->has_cma = double_->has_system = false;
  reset();
  double_->has_cma = double_->has_system = false;  // udmabuf alone
  const Tensor tensor({5000}, DType::kU8, kDma);
  EXPECT_EQ(tensor.capacity_bytes(), 8192U);
  tensor.map().as<char>()[8191] = 1;
}

TEST_F(DmaDoubleTest, WithoutAnySourceTheMessageSaysWhatIsMissing) {
  double_->has_cma = double_->has_system = double_->has_udmabuf = false;
  const auto allocate = [] { Tensor({64}, DType::kU8, kDma); };
  EXPECT_EQ(code_of(allocate), ErrorCode::kNotSupported);
  EXPECT_NE(testing::text_of(allocate).find("/dev/dma_heap"), std::string::npos);
  EXPECT_NE(Tensor({64}, DType::kU8).memory(), kDma);  // the automatic choice moves on
}

TEST_F(DmaDoubleTest, AttachmentsLastAsLongAsTheirBuffer) {
  const int before = double_->prime_handles;
  {
    Tensor first({64}, DType::kU8, kDma);
    EXPECT_EQ(double_->prime_handles, before + 1);
    Tensor copy = first;
    {
      const Tensor second({64}, DType::kU8, kDma);
      const Tensor imported = Tensor::from_fd(first.dmabuf(), {64}, DType::kU8);
      EXPECT_EQ(double_->prime_handles, before + 2);  // none for imports
    }
    EXPECT_EQ(double_->prime_handles, before + 1);
    const int child = testing::in_child([&] {
      { const Tensor own = Tensor({64}, DType::kU8, kDma); }
      const int held = double_->prime_handles;
      first = Tensor({1}, DType::kU8, TensorMemory::kMem);
      copy = first;  // the parent's attachment is not the child's to end
      return held == before + 1 && double_->prime_handles == before + 1 ? 0 : 1;
    });
    EXPECT_EQ(child, 0);
  }
  EXPECT_EQ(double_->prime_handles, before);
}

TEST_F(DmaDoubleTest, RefusedAttachmentsOnlyCostTheAttachment) {
  fail(1, EINVAL);
  const Tensor tensor({64}, DType::kU8, kDma);
  EXPECT_EQ(double_->ioctls, 2);
  tensor.map().as<char>()[0] = 1;
}

/// What a program does with DMA tensors, each ioctl of it once or more.
void use_dma_tensors() {
  const Tensor tensor = Tensor::image(16, 8, PixelFormat::kRgba, DType::kU8, kDma);
  { tensor.map(CpuAccess::kWrite).as<char>()[5] = 7; }
  const UniqueFd clone(tensor.dmabuf_clone());
  const Tensor imported =
      Tensor::import_image({PlaneDescriptor(clone.get()), std::nullopt}, 16, 8, PixelFormat::kRgba);
  const TensorMap map = imported.map(CpuAccess::kRead);
  const TensorMap nested = tensor.map(CpuAccess::kReadWrite);
  if (map.as<char>()[5] != 7) throw std::logic_error("bytes were lost");
}

TEST_F(DmaDoubleTest, EveryIoctlMayFailAndNothingIsLeftBehind) {
  use_dma_tensors();
  fail(-1, 0);
  use_dma_tensors();
  const int count = double_->ioctls;
  ASSERT_GE(count, 9);  // allocation, attachment and its end, three pairs of SYNC
  for (const int error : {EIO, ENOMEM, EINVAL, EBADF, EINTR}) {
    for (int ioctl = 0; ioctl < count; ++ioctl) {
      const int descriptors = testing::open_descriptors();
      double_->starts = double_->ends = 0;
      fail(ioctl, error);
      try {
        use_dma_tensors();
      } catch (const Error& failure) {
        const ErrorCode code = error == ENOMEM ? ErrorCode::kOutOfMemory : ErrorCode::kIo;
        EXPECT_EQ(failure.code(), code) << failure.what();
        EXPECT_EQ(failure.os_error(), error);
      }
      EXPECT_GT(double_->ioctls, ioctl);
      EXPECT_EQ(testing::open_descriptors(), descriptors) << "ioctl " << ioctl;
      const bool repeated_end = double_->ends > double_->starts;
      EXPECT_EQ(double_->ends - double_->starts, repeated_end && error == EINTR ? 1 : 0);
    }
  }
}

}  // namespace
}  // namespace edgefirst
