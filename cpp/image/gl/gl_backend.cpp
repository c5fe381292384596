// SPDX-License-Identifier: Apache-2.0
// The OpenGL ES backend: what it takes and why not, operands prepared on the calling thread, work
// sent to the GL thread. Requests that a driver refused once are declined from then on.
#include <algorithm>

#include "base/log.hpp"
#include "base/message.hpp"
#include "image/backend.hpp"
#include "image/gl/convert_pass.hpp"
#include "image/gl/draw_pass.hpp"
#include "image/gl/gl_device.hpp"
#include "image/gl/gl_flight.hpp"
#include "image/gl/output.hpp"
#include "image/gl/pbo_storage.hpp"
#include "image/refused_shapes.hpp"
#include "tensor/layout.hpp"

namespace edgefirst {
namespace gl {
namespace {

const char* decline_source(const ImageLayout& source) {
  if (source.layout() == PixelLayout::kPlanar) return "OpenGL reads no planar sources";
  if (source.is_yuv() && source.width % 2 != 0) return "OpenGL reads YUV of even width only";
  return nullptr;
}

const char* decline_destination(const ImageLayout& destination) {
  if (destination.is_yuv()) return "OpenGL writes no YUV";
  const DType dtype = destination.dtype;
  const bool writable =
      dtype == DType::kU8 || dtype == DType::kI8 || dtype == DType::kF16 || dtype == DType::kF32;
  return writable ? nullptr : "OpenGL writes u8, i8, f16 and f32 only";
}

/// Lets go of the prototypes when they are drawn.
class OverlayRelease {
 public:
  explicit OverlayRelease(OverlayData& data) : data_(data) {}
  ~OverlayRelease() { data_.release(); }
  OverlayRelease(const OverlayRelease&) = delete;
  OverlayRelease& operator=(const OverlayRelease&) = delete;

 private:
  OverlayData& data_;
};

bool is_empty(const Rect& rect) { return rect.width == 0 || rect.height == 0; }

/// At most so many bytes of masks and labels, or logits and positions of prototypes.
std::size_t values_of(const DrawRequest& request) {
  std::size_t count = 0;
  for (const DrawnMask& drawn : request.masks) count += drawn.mask.width * drawn.mask.height;
  for (const std::string& text : request.labels) {
    count += 1 + text.size() * kGlyphWidth * kGlyphHeight;
  }
  if (request.protos == nullptr) return count;
  const Shape& grid = request.protos->protos.shape();
  const bool nhwc = request.protos->layout == ProtoLayout::kNhwc;
  const std::size_t cells = (grid[nhwc ? 0 : 1] + 2) * (grid[nhwc ? 1 : 2] + 2);
  const std::size_t positions = 2 * (request.destination.width + request.destination.height);
  return request.proto_boxes * (cells + positions);
}

class GlBackend final : public Backend {
 public:
  explicit GlBackend(std::unique_ptr<GlThread> thread)
      : buffers_(std::make_shared<PixelBuffers>(std::move(thread))) {
    buffers_->thread().run([&](GlDevice& device) {
      transfer_ = device.transfer();
      computes_logits_ = device.computes_logits();
      max_size_ = static_cast<std::size_t>(device.caps().max_texture_size);
    });
  }

  ComputeBackend kind() const override { return ComputeBackend::kOpenGl; }
  bool prefers_dma_buffers() const override { return transfer_ != Transfer::kPbo; }

  const char* declines(const ConvertRequest& request) const override {
    if (const char* reason = decline_everything()) return reason;
    if (const char* reason = decline_source(request.source)) return reason;
    if (const char* reason = decline_destination(request.destination)) return reason;
    if (is_empty(request.src_rect) || is_empty(request.dst_rect)) {
      return "OpenGL converts no empty rectangles";
    }
    if (exceeds(request)) return "the image exceeds the driver's texture size";
    const char* reason =
        decline_pixel_buffer(*request.dst, request.destination, written_region(request));
    if (reason != nullptr) return reason;
    return decline_refused(request);
  }

  const char* declines(const DrawRequest& request) const override {
    if (const char* reason = decline_everything()) return reason;
    const ImageLayout& image = request.destination;
    if (image.width == 0 || image.height == 0) return "OpenGL draws on no empty image";
    if (image.width > max_size_ || image.height > max_size_) {
      return "the image exceeds the driver's texture size";
    }
    if (values_of(request) > 2048 * max_size_) return "the masks exceed the driver's texture size";
    const Rect whole{0, 0, image.width, image.height};
    if (const char* reason = decline_pixel_buffer(*request.dst, image, whole)) return reason;
    return decline_refused(request);
  }

  void convert(const ConvertRequest& request) override {
    Operand source(*request.src, request.source, CpuAccess::kRead, *buffers_, transfer_);
    Operand destination(*request.dst, request.destination, written_access(request), *buffers_,
                        transfer_);
    run(request, [&](GlDevice& device) { gl::convert(device, request, {source, destination}); });
  }

  std::unique_ptr<Flight> submit(const ConvertRequest& request) override {
    auto flight = std::make_unique<GlFlight>(buffers_, request, transfer_);
    Operand source(*request.src, request.source, CpuAccess::kRead, *buffers_, transfer_);
    run(request, [&](GlDevice& device) { flight->launch(device, request, source); });
    return flight;
  }

  void decline_from_now_on(const ConvertRequest& request) override { refused_.add(request); }

  void draw(const DrawRequest& request) override {
    const OverlayRelease release(overlay_);
    overlay_.collect(request, computes_logits_);
    Operand destination(*request.dst, request.destination, CpuAccess::kWrite, *buffers_, transfer_);
    std::optional<Operand> background;
    if (request.background != nullptr) {
      background.emplace(*request.background, request.background_layout, CpuAccess::kRead,
                         *buffers_, transfer_);
    }
    run(request, [&](GlDevice& device) {
      gl::draw(device, request, overlay_, destination, background ? &*background : nullptr);
    });
  }

  std::optional<Tensor> create_image(std::size_t width, std::size_t height, PixelFormat format,
                                     DType dtype) override {
    const bool is_byte = dtype == DType::kU8 || dtype == DType::kI8;
    if (!is_byte || transfer_ == Transfer::kSync || !buffers_->thread().is_alive()) {
      return std::nullopt;
    }
    const Shape shape = image_shape(width, height, format);
    if (shape.element_count() == 0) return std::nullopt;
    try {
      Tensor image(buffers_->create(shape.element_count()), shape, dtype);
      image.set_format(format);
      return image;
    } catch (const BackendRefusal& refusal) {
      log(LogLevel::kWarn, "edgefirst_image::gl", refusal.what(), "; the image lies in memory");
      return std::nullopt;
    }
  }

 private:
  /// Work on the GL thread; the shape is remembered where the driver refuses.
  template <typename Request, typename Body>
  void run(const Request& request, const Body& body) {
    try {
      buffers_->thread().run(body);
    } catch (const BackendRefusal&) {
      refused_.add(request);
      throw;
    }
  }

  template <typename Request>
  const char* decline_refused(const Request& request) const {
    return refused_.contains(request) ? "the OpenGL driver refused a request of this shape"
                                      : nullptr;
  }

  const char* decline_everything() const {
    return buffers_->thread().is_alive() ? nullptr
                                         : "the process was forked after OpenGL had started";
  }

  /// Textures hold what is read and what is written, an imported image that is larger is mapped.
  bool exceeds(const ConvertRequest& request) const {
    const Rect& from = request.src_rect;
    const Rect region = written_region(request);
    const RasterSize raster = raster_of(request.destination, region);
    const std::size_t pairs = request.source.is_yuv() ? 1 : 0;  // its rectangles grow to pairs
    return std::max({from.width + pairs, from.height + pairs, region.width, raster.width,
                     raster.height}) > max_size_;
  }

  /// A row that ends inside a word is completed by the next one: possible where that comes.
  const char* decline_pixel_buffer(const Tensor& tensor, const ImageLayout& image,
                                   const Rect& region) const {
    if (!is_pixel_buffer_of(*tensor.storage(), *buffers_)) return nullptr;
    if (!has_partial_words(image, region)) return nullptr;
    const Rect whole{0, 0, image.width, image.height};
    const bool tight = region == whole && !tensor.explicit_row_stride() &&
                       tensor.plane_offset() + tensor.size_bytes() == tensor.storage()->capacity();
    return tight ? nullptr : "part of a pixel buffer that does not end on whole words";
  }

  std::shared_ptr<PixelBuffers> buffers_;
  Transfer transfer_ = Transfer::kSync;
  bool computes_logits_ = false;
  std::size_t max_size_ = 0;
  RefusedShapes refused_;
  OverlayData overlay_;
};

}  // namespace
}  // namespace gl

std::unique_ptr<Backend> make_gl_backend(std::optional<EglDisplayKind> display,
                                         std::string& reason) try {
  if (!gl::may_call_drivers()) {
    reason = "this process was forked after OpenGL had started; start it in the child only";
    return nullptr;
  }
  auto thread = std::make_unique<gl::GlThread>([display] { return gl::GlDevice::create(display); });
  return std::make_unique<gl::GlBackend>(std::move(thread));
} catch (const Error& refusal) {  // of the driver, or of the system that grants no thread
  reason = refusal.what();
  return nullptr;
}

}  // namespace edgefirst
