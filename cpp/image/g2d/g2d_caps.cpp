// SPDX-License-Identifier: Apache-2.0
#include "image/g2d/g2d_caps.hpp"

#include <climits>

#include "image/g2d/g2d_api.hpp"

namespace edgefirst::g2d {
namespace {

// VYUY is left out: the blitter of the i.MX 8M Plus rejects it. Grey is left out: no device is
// known to write it.
constexpr FormatUse kFormats[] = {
    {PixelFormat::kRgba, kRgba8888, true, true, true, 4},
    {PixelFormat::kBgra, kBgra8888, true, true, true, 4},
    {PixelFormat::kRgb, kRgb888, false, true, false, 3},  // clears of three bytes are refused
    {PixelFormat::kYuyv, kYuyv, true, true, false, 2},  // clears take RGB by a matrix of their own
    {PixelFormat::kNv12, kNv12, true, false, false, 1},
    {PixelFormat::kNv16, kNv16, true, false, false, 1},
};

bool is_dma(const Tensor& tensor) {
  if (tensor.memory() != TensorMemory::kDma) return false;
  return tensor.chroma() == nullptr || tensor.chroma()->memory() == TensorMemory::kDma;
}

bool has_whole_pixels(const ImageLayout& image, const FormatUse& use) {
  return image.planes[0].stride % use.pixel_bytes == 0 &&
         image.planes[0].stride / use.pixel_bytes <= INT_MAX && image.height <= INT_MAX;
}

bool is_odd(const ImageLayout& image, const Rect& rect) {
  const std::size_t rows =
      pixel_format_info(image.format).chroma_shift_y > 0 ? rect.top | rect.height : 0;
  return ((rect.left | rect.width | rows) & 1U) != 0;
}

const char* decline_formats(const ConvertRequest& request) {
  const FormatUse* source = format_use(request.source.format);
  const FormatUse* destination = format_use(request.destination.format);
  if (source == nullptr || !source->is_source) return "G2D does not read this pixel format";
  if (destination == nullptr || !destination->is_destination) {
    return "G2D does not write this pixel format";
  }
  const DType to = request.destination.dtype;
  if (request.source.dtype != DType::kU8 || (to != DType::kU8 && to != DType::kI8)) {
    return "G2D converts u8 to u8 and i8 only";
  }
  if (!has_whole_pixels(request.source, *source) ||
      !has_whole_pixels(request.destination, *destination)) {
    return "G2D needs rows of whole pixels";
  }
  const bool apart = request.source.layout() == PixelLayout::kSemiPlanar &&
                     request.source.planes[1].stride != request.source.planes[0].stride;
  return apart ? "G2D needs rows of chroma as far apart as those of luma" : nullptr;
}

const char* decline_geometry(const ConvertRequest& request) {
  const Rect& from = request.src_rect;
  const Rect& to = request.dst_rect;
  if (from.width == 0 || from.height == 0 || to.width == 0 || to.height == 0) {
    return "G2D converts no empty rectangles";
  }
  // i.MX 95: chroma of odd rectangles comes from its neighbours.
  if ((request.source.is_yuv() && is_odd(request.source, from)) ||
      (request.destination.is_yuv() && is_odd(request.destination, to))) {
    return "G2D needs even rectangles of YUV images";
  }
  const std::size_t width = request.turns_sideways() ? from.height : from.width;
  const std::size_t height = request.turns_sideways() ? from.width : from.height;
  const bool scales = width != to.width || height != to.height;
  const bool exact = request.filter == Filter::kNearest || request.filter == Filter::kArea;
  return scales && exact ? "G2D scales by its own bilinear filter only" : nullptr;
}

const char* decline_color(const ConvertRequest& request) {
  const bool from_yuv = request.source.is_yuv();
  const bool to_yuv = request.destination.is_yuv();
  if (from_yuv && to_yuv && request.source.color != request.destination.color) {
    return "G2D does not convert between two YUV encodings";
  }
  const bool needs_matrix = from_yuv != to_yuv;
  const Colorimetry color = from_yuv ? request.source.color : request.destination.color;
  return needs_matrix && color.encoding == ColorEncoding::kBt2020 ? "G2D has no BT.2020 matrix"
                                                                  : nullptr;
}

}  // namespace

const FormatUse* format_use(PixelFormat format) {
  for (const FormatUse& use : kFormats) {
    if (use.format == format) return &use;
  }
  return nullptr;
}

int matrix_of(const ConvertRequest& request) {
  if (request.source.is_yuv() == request.destination.is_yuv()) return -1;
  const Colorimetry color =
      request.source.is_yuv() ? request.source.color : request.destination.color;
  const bool full = color.range == ColorRange::kFull;
  if (color.encoding == ColorEncoding::kBt601) return full ? kBt601Full : kBt601Limited;
  return full ? kBt709Full : kBt709Limited;
}

const char* declines(const ConvertRequest& request) {
  if (!is_dma(*request.src) || !is_dma(*request.dst)) return "G2D reaches DMA-BUFs only";
  if (const char* reason = decline_formats(request)) return reason;
  if (const char* reason = decline_geometry(request)) return reason;
  return decline_color(request);
}

const char* declines(const DrawRequest& request) {
  if (!request.is_empty()) return "G2D does not draw overlays";
  if (!is_dma(*request.dst)) return "G2D reaches DMA-BUFs only";
  const FormatUse* use = format_use(request.destination.format);
  if (use == nullptr || !use->can_clear || request.destination.dtype != DType::kU8) {
    return "G2D clears and copies Rgba and Bgra frames of u8 only";
  }
  if (!has_whole_pixels(request.destination, *use)) return "G2D needs rows of whole pixels";
  if (request.background == nullptr) return nullptr;
  return is_dma(*request.background) && has_whole_pixels(request.background_layout, *use)
             ? nullptr
             : "G2D reaches DMA-BUFs only";
}

}  // namespace edgefirst::g2d
