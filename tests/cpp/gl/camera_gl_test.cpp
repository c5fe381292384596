// SPDX-License-Identifier: Apache-2.0
// From a camera of the kernel to a model's tensor without a copy: the camera's own buffers
// imported, and buffers of ours that the camera fills, each imported once and never mapped.
// tests/qemu/run boots a kernel that has such a camera.
#include "edgefirst/geometry.hpp"

#include "gl/dma_fixture.hpp"
#include "support/camera.hpp"

namespace edgefirst {
namespace {

using testing::Camera;
using testing::element;
using testing::GlDma;
using testing::ImportCounter;
using testing::kMostLevels;

constexpr std::size_t kWidth = 640, kHeight = 480, kModelSize = 640;
constexpr std::size_t kBuffers = 4;
constexpr std::size_t kFrames = 6;  // emulated, each takes seconds

struct CameraFormat {
  std::uint32_t fourcc;
  PixelFormat format;
  int planes;
};
constexpr CameraFormat kFormats[] = {{V4L2_PIX_FMT_YUYV, PixelFormat::kYuyv, 1},
                                     {V4L2_PIX_FMT_NV12, PixelFormat::kNv12, 2},
                                     {V4L2_PIX_FMT_NV16, PixelFormat::kNv16, 2}};

class GlCamera : public GlDma {
 protected:
  void SetUp() override {
    GlDma::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    camera_ = Camera::find();
    if (camera_) return;
    if (std::getenv("EDGEFIRST_TEST_NEEDS_CAMERA") != nullptr) FAIL() << "no camera of vivid";
    GTEST_SKIP() << "no camera of vivid in /dev";
  }

  /// What the camera made of a format, in the tensor over one of its buffers.
  Tensor imported(int fd, PixelFormat format) const {
    ImagePlanes planes{PlaneDescriptor(fd), std::nullopt};
    planes.image.set_stride(camera_->format().bytesperline);
    Tensor tensor = Tensor::import_image(std::move(planes), kWidth, kHeight, format);
    tensor.set_colorimetry(camera_->colorimetry());
    return tensor;
  }
  std::vector<Tensor> exported_buffers(PixelFormat format) {
    camera_->request_buffers(kBuffers, V4L2_MEMORY_MMAP);
    std::vector<Tensor> buffers;
    for (std::size_t i = 0; i < kBuffers; ++i) {
      const UniqueFd fd = camera_->export_buffer(i);
      buffers.push_back(imported(fd.get(), format));
    }
    return buffers;
  }
  std::vector<Tensor> own_buffers(PixelFormat format) {
    camera_->request_buffers(kBuffers, V4L2_MEMORY_DMABUF);
    std::vector<Tensor> buffers;
    for (std::size_t i = 0; i < kBuffers; ++i) {
      const Tensor buffer = Tensor::image(kWidth, kHeight, format, DType::kU8, TensorMemory::kDma);
      EXPECT_GE(buffer.capacity_bytes(), camera_->format().sizeimage);
      buffers.push_back(imported(buffer.dmabuf(), format));
    }
    return buffers;
  }

  /// Captures, converts every frame on OpenGL into the model's tensor and compares with the CPU.
  void run(const std::vector<Tensor>& buffers, int planes, DType dtype) {
    Tensor model = dma_image(kModelSize, kModelSize, PixelFormat::kPlanarRgb, dtype);
    Tensor expected = testing::make_image(kModelSize, kModelSize, PixelFormat::kPlanarRgb, dtype);
    ConvertOptions options;
    options.crop.dst_rect = letterbox(kWidth, kHeight, kModelSize, kModelSize).content;
    options.crop.dst_color = Color{114, 114, 114, 255};
    for (std::size_t i = 0; i < buffers.size(); ++i) camera_->queue(i, buffers[i].dmabuf());
    camera_->start();
    const ImportCounter counter;
    std::optional<std::size_t> last;
    for (std::size_t i = 0; i < kFrames; ++i) {
      const Camera::Frame frame = camera_->dequeue();
      EXPECT_TRUE(!last || frame.sequence > *last);
      last = frame.sequence;
      const Tensor& picture = buffers[frame.buffer];
      const int accesses = cpu_accesses();
      gl_->convert(picture, model, options);
      EXPECT_EQ(cpu_accesses(), accesses) << "mapped";
      cpu_.convert(picture, expected, options);
      EXPECT_LE(compare(model, expected, options), kMostLevels) << "frame " << i;
      expect_colour_bars(model, options);
      camera_->queue(frame.buffer, picture.dmabuf());
    }
    camera_->stop();
    EXPECT_EQ(counter.imports(), static_cast<int>(kBuffers) * planes + 1);  // and the model's
  }

  template <typename MakeBuffers>
  void in_every_format(DType dtype, const MakeBuffers& make_buffers) {
    ASSERT_NE(testing::dma_double(), nullptr) << "nobody counts the accesses";
    for (const CameraFormat& format : kFormats) {
      SCOPED_TRACE(pixel_format_info(format.format).name);
      camera_ = Camera::find();  // opened anew, it has no buffers
      camera_->set_format(kWidth, kHeight, format.fourcc);
      ASSERT_EQ(camera_->format().pixelformat, format.fourcc);
      Tensor trial = dma_image(16, 16, PixelFormat::kRgba);
      gl_->convert(dma_image(16, 16, format.format), trial);  // formats are tried out once
      run(make_buffers(format.format), format.planes, dtype);
    }
  }

  /// The picture that vivid shows: eight bars of 75 % of the colours, below a text.
  static void expect_colour_bars(const Tensor& model, const ConvertOptions& options) {
    constexpr int kBars[8][3] = {{1, 1, 1}, {1, 1, 0}, {0, 1, 1}, {0, 1, 0},
                                 {1, 0, 1}, {1, 0, 0}, {0, 0, 1}, {0, 0, 0}};
    const TensorMap map = model.map(CpuAccess::kRead);
    for (std::size_t bar = 0; bar < 8; ++bar) {
      for (std::size_t c = 0; c < 3; ++c) {
        const std::size_t x = kModelSize * (2 * bar + 1) / 16, y = kModelSize * 2 / 3;
        const double stored = element(map, (c * kModelSize + y) * model.row_stride() + x);
        EXPECT_NEAR(testing::level(stored, model.dtype(), c, options), kBars[bar][c] * 191, 3)
            << "bar " << bar << ", channel " << c;
      }
    }
  }

  std::optional<Camera> camera_;
};

TEST_F(GlCamera, ItsOwnBuffersAreImportedOnce) {
  in_every_format(DType::kI8, [this](PixelFormat format) { return exported_buffers(format); });
}

TEST_F(GlCamera, FillsBuffersOfOurs) {
  in_every_format(DType::kU8, [this](PixelFormat format) { return own_buffers(format); });
}

}  // namespace
}  // namespace edgefirst
