// SPDX-License-Identifier: Apache-2.0
// The G2D backend: surfaces from requests, one clear and one blit, then what the blitter cannot do
// by the CPU: bars around pictures of three bytes a pixel, and the sign of i8. A shape that the
// library refuses is declined from then on.
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "base/message.hpp"
#include "base/trace.hpp"
#include "image/backend.hpp"
#include "image/g2d/g2d_api.hpp"
#include "image/g2d/g2d_caps.hpp"
#include "image/refused_shapes.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {
namespace g2d {
namespace {

template <typename... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  throw BackendRefusal(message("G2D: ", parts...));
}

/// Of one buffer: others of its shape may do.
class BufferRefusal final : public BackendRefusal {
 public:
  using BackendRefusal::BackendRefusal;
};

void check(int status, const char* operation) {
  if (status != 0) refuse(operation, " failed with status ", status);
}

int rotation_of(Rotation rotation) {
  switch (rotation) {
    case Rotation::kClockwise90:
      return kRotate90;
    case Rotation::kRotate180:
      return kRotate180;
    case Rotation::kCounterClockwise90:
      return kRotate270;
    default:
      return kRotate0;
  }
}

int mirroring_of(Flip flip) {
  if (flip == Flip::kHorizontal) return kFlipHorizontal;
  return flip == Flip::kVertical ? kFlipVertical : kRotate0;
}

/// Bytes R, G, B, A.
std::uint32_t clear_color_of(const Color& color) {
  std::uint32_t bytes = 0;
  for (std::size_t i = 0; i < color.size(); ++i) bytes |= std::uint32_t{color[i]} << (8 * i);
  return bytes;
}

class G2dBackend final : public Backend {
 public:
  explicit G2dBackend(std::unique_ptr<Blitter> blitter) : blitter_(std::move(blitter)) {}

  ComputeBackend kind() const override { return ComputeBackend::kG2d; }

  const char* declines(const ConvertRequest& request) const override {
    if (!has_addresses_) return kNoAddresses;
    if (const char* reason = g2d::declines(request)) return reason;
    return refused_.contains(request) ? "libg2d refused a conversion of this shape" : nullptr;
  }

  const char* declines(const DrawRequest& request) const override {
    if (!has_addresses_) return kNoAddresses;
    if (const char* reason = g2d::declines(request)) return reason;
    return refused_.contains(request) ? "libg2d refused a frame of this shape" : nullptr;
  }

  void convert(const ConvertRequest& request) override {
    TraceSpan span("image.convert.g2d");
    span.field("src_fmt", pixel_format_info(request.source.format).name)
        .field("dst_fmt", pixel_format_info(request.destination.format).name);
    remember_refusal(request, [&] { blit(request); });
    finish_on_cpu(request);
  }

  void draw(const DrawRequest& request) override {
    remember_refusal(request, [&] { copy_frame(request); });
  }

 private:
  static constexpr const char* kNoAddresses = "the kernel tells no physical addresses of DMA-BUFs";

  template <typename Request, typename Work>
  void remember_refusal(const Request& request, const Work& work) {
    try {
      work();
    } catch (const BufferRefusal&) {
      throw;
    } catch (const BackendRefusal&) {
      refused_.add(request);
      throw;
    }
  }

  void copy_frame(const DrawRequest& request) {
    Surface to = whole_surface(*request.dst, request.destination);
    if (request.background == nullptr) {
      check(blitter_->clear(to), "g2d_clear");
    } else {
      const Surface from = whole_surface(*request.background, request.background_layout);
      check(blitter_->blit(from, to), "g2d_blit");
    }
    check(blitter_->finish(), "g2d_finish");
  }

  std::uint64_t address_of(const Tensor& tensor, const PlaneLayout& plane) {
    const Storage& buffer = *tensor.storage();
    int error = 0;
    const auto base = physical_address(buffer.fd(), error);
    if (!base) {
      has_addresses_ = error != ENOTTY;
      if (!has_addresses_) refuse(kNoAddresses);
      throw BufferRefusal(message("G2D: a DMA-BUF's physical address: ", std::strerror(error)));
    }
    if (!blitter_->can_address(*base + buffer.capacity() - 1)) {
      throw BufferRefusal("G2D: a buffer lies above 4 GiB; libg2d is too old");
    }
    return *base + tensor.plane_offset() + plane.offset;
  }

  Surface whole_surface(const Tensor& tensor, const ImageLayout& image) {
    const FormatUse& use = *format_use(image.format);
    Surface surface;
    surface.format = use.code;
    surface.planes[0] = address_of(tensor, image.planes[0]);
    if (image.layout() == PixelLayout::kSemiPlanar) {
      const Tensor& chroma = image.chroma_apart ? *tensor.chroma() : tensor;
      surface.planes[1] = address_of(chroma, image.planes[1]);
    }
    surface.stride = static_cast<int>(image.planes[0].stride / use.pixel_bytes);
    surface.right = surface.width = static_cast<int>(image.width);
    surface.bottom = surface.height = static_cast<int>(image.height);
    return surface;
  }

  Surface source_surface(const ConvertRequest& request) {
    Surface surface = whole_surface(*request.src, request.source);
    const Rect& rect = request.src_rect;
    surface.left = static_cast<int>(rect.left);
    surface.top = static_cast<int>(rect.top);
    surface.right = static_cast<int>(rect.left + rect.width);
    surface.bottom = static_cast<int>(rect.top + rect.height);
    surface.rotation = mirroring_of(request.flip);
    return surface;
  }

  /// The rectangle alone: turned destinations have no corner of their own.
  static Surface destination_surface(const ConvertRequest& request, Surface surface) {
    const Rect& rect = request.dst_rect;
    const FormatUse& use = *format_use(request.destination.format);
    surface.planes[0] +=
        rect.top * request.destination.planes[0].stride + rect.left * use.pixel_bytes;
    surface.right = surface.width = static_cast<int>(rect.width);
    surface.bottom = surface.height = static_cast<int>(rect.height);
    surface.rotation = rotation_of(request.rotation);
    return surface;
  }

  static bool clears(const ConvertRequest& request) {
    return request.fill && request.destination.dtype == DType::kU8 &&
           format_use(request.destination.format)->can_clear;
  }

  void blit(const ConvertRequest& request) {
    if (const int matrix = matrix_of(request); matrix >= 0) {
      check(blitter_->select_matrix(matrix), "g2d_enable of a YUV matrix");
    }
    const Surface from = source_surface(request);
    Surface whole = whole_surface(*request.dst, request.destination);
    if (clears(request)) {
      whole.clear_color = clear_color_of(*request.fill);
      check(blitter_->clear(whole), "g2d_clear");
      whole.clear_color = 0;
    }
    const int status = blitter_->blit(from, destination_surface(request, whole));
    const int finished = blitter_->finish();  // what was queued before a refusal ends here too
    check(status, "g2d_blit");
    check(finished, "g2d_finish");
  }

  void finish_on_cpu(const ConvertRequest& request) {
    if (request.destination.dtype == DType::kI8) flip_signs(request);
    if (!request.fill || clears(request)) return;
    ConvertRequest bars = request;
    bars.src_rect = {};  // nothing to convert: the bars alone
    cpu_->convert(bars);
  }

  /// i8 v is u8 v ^ 0x80; alpha keeps its bits.
  static void flip_signs(const ConvertRequest& request) {
    const TensorMap map = request.dst->map(CpuAccess::kReadWrite);
    const Rect& rect = request.dst_rect;
    const PlaneLayout& plane = request.destination.planes[0];
    const std::size_t pixel = format_use(request.destination.format)->pixel_bytes;
    auto* row = map.as<std::uint8_t>() + plane.offset + rect.top * plane.stride + rect.left * pixel;
    for (std::size_t y = 0; y < rect.height; ++y, row += plane.stride) {
      for (std::size_t i = 0; i < rect.width * pixel; ++i) {
        if (pixel < 4 || i % 4 != 3) row[i] ^= 0x80U;
      }
    }
  }

  std::unique_ptr<Blitter> blitter_;
  std::unique_ptr<Backend> cpu_ = make_cpu_backend();
  RefusedShapes refused_;
  bool has_addresses_ = true;
};

}  // namespace
}  // namespace g2d

std::unique_ptr<Backend> make_g2d_backend(std::string& reason) {
  auto blitter = g2d::Blitter::open(reason);
  if (blitter == nullptr) return nullptr;
  return std::make_unique<g2d::G2dBackend>(std::move(blitter));
}

}  // namespace edgefirst
