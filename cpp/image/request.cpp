// SPDX-License-Identifier: Apache-2.0
// Validation of convert requests.
#include "image/request.hpp"

#include <cmath>

#include "base/checked.hpp"
#include "base/ignored.hpp"
#include "base/message.hpp"
#include "tensor/layout.hpp"

namespace edgefirst {
namespace {

Rect check_rect(const std::optional<Rect>& rect, const ImageLayout& image, const char* name) {
  if (!rect) return {0, 0, image.width, image.height};
  const bool inside = lies_within(rect->left, rect->width, image.width) &&
                      lies_within(rect->top, rect->height, image.height);
  if (!inside) {
    raise(ErrorCode::kInvalidRect, name, " ", rect->width, "x", rect->height, "+", rect->left, "+",
          rect->top, " leaves its image of ", image.width, "x", image.height);
  }
  return *rect;
}

void check_dtypes(const ImageLayout& source, const ImageLayout& destination) {
  const DType dst = destination.dtype;
  const bool writable = dst == DType::kU8 || dst == DType::kI8 || dst == DType::kU16 ||
                        dst == DType::kI16 || dst == DType::kF16 || dst == DType::kF32;
  if (source.dtype == DType::kU8 && writable) return;
  raise(ErrorCode::kNotSupported, "dtype ", dtype_info(source.dtype).short_name, " -> ",
        dtype_info(dst).short_name,
        ": convert reads u8 images and writes u8, i8, u16, i16, f16 or f32");
}

using Factors = std::array<float, 4>;
constexpr Factors kUnitScale{1.0F / 255, 1.0F / 255, 1.0F / 255, 1.0F / 255};

Factors check_factors(const std::optional<Factors>& given, const Factors& otherwise,
                      const char* name) {
  const Factors values = given.value_or(otherwise);
  for (const float value : values) {
    if (!std::isfinite(value)) {
      raise(ErrorCode::kInvalidArgument, name, " holds ", value, ": expected finite numbers");
    }
  }
  return values;
}

/// Options that this conversion could not follow.
void report_ignored_options(const ConvertRequest& request, const ConvertOptions& options) {
  const OnIgnored on_ignored = options.on_ignored;
  const ImageLayout& to = request.destination;
  const auto check_pixels = [&](const Rect& rect, const char* name) {
    if (rect.width != 0 && rect.height != 0) return;
    report_ignored(on_ignored, ErrorCode::kInvalidRect, name, " of ", rect.width, "x", rect.height,
                   " at ", rect.left, ",", rect.top,
                   " is empty and the destination would keep its picture: skip the conversion");
  };
  if (to.width != 0 && to.height != 0) {
    check_pixels(request.src_rect, "the source rectangle");
    check_pixels(request.dst_rect, "the destination rectangle");
  }
  if (options.crop.dst_color && !options.crop.dst_rect) {
    report_ignored(on_ignored, ErrorCode::kInvalidArgument,
                   "the colour has nothing to fill without a destination rectangle: give both or "
                   "neither");
  }
  if (to.dtype == DType::kF32 || to.dtype == DType::kF16) return;
  for (const char* name :
       {options.scale ? "scale" : nullptr, options.offset ? "offset" : nullptr}) {
    if (name == nullptr) continue;
    report_ignored(on_ignored, ErrorCode::kInvalidArgument, name, " has no effect on ",
                   dtype_info(to.dtype).name,
                   ": leave it out, or convert into a tensor of float16 or float32");
  }
}

void check_enumerators(const ConvertOptions& options) {
  const auto check = [](auto value, int last, const char* name) {
    if (static_cast<int>(value) > last) {
      raise(ErrorCode::kInvalidArgument, name, " ", static_cast<int>(value), " is none of 0...",
            last);
    }
  };
  check(options.rotation, 3, "rotation");
  check(options.flip, 2, "flip");
  check(options.filter, 3, "filter");
}

void check_stride(std::size_t stride, DType dtype, const char* name) {
  if (stride % dtype_size(dtype) == 0) return;
  raise(ErrorCode::kInvalidShape, "row stride of ", stride, " bytes of ", name,
        " is no multiple of the ", dtype_size(dtype), " bytes of an element");
}

}  // namespace

ImageLayout image_layout(const Tensor& tensor, const char* name) {
  if (!tensor.format()) {
    raise(ErrorCode::kNotAnImage, name, " of shape ", tensor.shape().to_string(),
          " has no pixel format; set one with set_format()");
  }
  ImageLayout image;
  image.format = *tensor.format();
  image.dtype = tensor.dtype();
  image.width = tensor.width();
  image.height = tensor.height();
  image.color = tensor.colorimetry().value_or(Colorimetry{});
  const std::size_t stride = tensor.row_stride();
  check_stride(stride, image.dtype, name);
  for (std::size_t i = 0; i < image.planes.size(); ++i) {
    image.planes[i] = {checked_multiply(checked_multiply(image.height, stride), i), stride};
  }
  if (tensor.chroma() != nullptr) {
    image.chroma_apart = true;
    image.planes[1] = {0, *tensor.chroma()->explicit_row_stride()};
    check_stride(image.planes[1].stride, image.dtype, name);
  }
  return image;
}

ConvertRequest check_convert(const Tensor& src, const Tensor& dst, const ConvertOptions& options) {
  ConvertRequest request;
  request.src = &src;
  request.dst = &dst;
  if (src.aliases(dst)) {
    raise(ErrorCode::kAliasedBuffers,
          "source and destination share memory; convert into another tensor");
  }
  request.source = image_layout(src, "the source");
  request.destination = image_layout(dst, "the destination");
  check_enumerators(options);
  request.scale = check_factors(options.scale, kUnitScale, "scale");
  request.offset = check_factors(options.offset, {}, "offset");
  check_dtypes(request.source, request.destination);
  request.src_rect = check_rect(options.crop.src_rect, request.source, "the source rectangle");
  request.dst_rect =
      check_rect(options.crop.dst_rect, request.destination, "the destination rectangle");
  request.rotation = options.rotation;
  request.flip = options.flip;
  request.filter = options.filter;
  const Rect whole{0, 0, request.destination.width, request.destination.height};
  if (request.dst_rect != whole) request.fill = options.crop.dst_color;
  report_ignored_options(request, options);
  return request;
}

}  // namespace edgefirst
