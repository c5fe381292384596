// SPDX-License-Identifier: Apache-2.0
#include "tensor/layout.hpp"

#include <algorithm>
#include <cstdint>

#include "base/checked.hpp"
#include "base/message.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {
namespace {

bool is_image_shape(const Shape& shape, const PixelFormatInfo& info) {
  switch (info.layout) {
    case PixelLayout::kPacked:
      return shape.rank() == 3 && shape[2] == info.channels;
    case PixelLayout::kPlanar:
      return shape.rank() == 3 && shape[0] == info.channels;
    case PixelLayout::kSemiPlanar:
      return shape.rank() == 2 && shape[0] % (info.chroma_shift_y == 1 ? 3 : 2) == 0;
  }
  return false;
}

const char* expected_shape(const PixelFormatInfo& info) {
  switch (info.layout) {
    case PixelLayout::kPacked:
      return "[height, width, channels]";
    case PixelLayout::kPlanar:
      return "[channels, height, width]";
    case PixelLayout::kSemiPlanar:
      break;
  }
  return info.chroma_shift_y == 1 ? "[height * 3 / 2, width]" : "[height * 2, width]";
}

}  // namespace

void check_addressable(const Shape& shape, DType dtype) {
  std::size_t bytes = dtype_size(dtype);
  for (const std::size_t extent : shape) {
    if (extent != 0) bytes = checked_multiply(bytes, extent);
  }
  if (bytes <= static_cast<std::size_t>(PTRDIFF_MAX)) return;
  raise(ErrorCode::kOutOfMemory, "shape ", shape.to_string(), " of ", dtype_info(dtype).name,
        " exceeds what can be addressed");
}

void check_image_shape(const Shape& shape, PixelFormat format) {
  const PixelFormatInfo& info = pixel_format_info(format);
  if (is_image_shape(shape, info)) return;
  raise(ErrorCode::kInvalidShape, "shape ", shape.to_string(), " is no ", info.name,
        " image: expected ", expected_shape(info), " with ", int{info.channels}, " channel(s)");
}

std::size_t image_width(const Shape& shape, PixelFormat format) {
  return shape[pixel_format_info(format).layout == PixelLayout::kPlanar ? 2 : 1];
}

std::size_t image_height(const Shape& shape, PixelFormat format) {
  const PixelFormatInfo& info = pixel_format_info(format);
  switch (info.layout) {
    case PixelLayout::kPacked:
      return shape[0];
    case PixelLayout::kPlanar:
      return shape[1];
    case PixelLayout::kSemiPlanar:
      break;
  }
  return info.chroma_shift_y == 1 ? shape[0] / 3 * 2 : shape[0] / 2;
}

std::size_t tight_row_stride(const Shape& shape, PixelFormat format, DType dtype) {
  const PixelFormatInfo& info = pixel_format_info(format);
  const std::size_t samples = info.layout == PixelLayout::kPacked ? info.channels : 1;
  return checked_multiply(image_width(shape, format), checked_multiply(samples, dtype_size(dtype)));
}

std::size_t gpu_row_stride(const Shape& shape, PixelFormat format, DType dtype) {
  const std::size_t tight = tight_row_stride(shape, format, dtype);
  const bool packed = pixel_format_info(format).layout == PixelLayout::kPacked;
  return packed ? round_up(tight, kGpuPitchAlignmentBytes) : tight;
}

std::size_t row_count(const Shape& shape, PixelFormat format) {
  const bool planar = pixel_format_info(format).layout == PixelLayout::kPlanar;
  return planar ? checked_multiply(shape[0], shape[1]) : shape[0];
}

std::size_t row_axis(PixelFormat format) {
  return pixel_format_info(format).layout == PixelLayout::kPlanar ? 1 : 0;
}

void check_row_stride(std::size_t stride, const RowLayout& rows, const Storage& storage) {
  if (stride < rows.tight) {
    raise(ErrorCode::kInvalidArgument, "row stride of ", stride, " bytes is below the ", rows.tight,
          " bytes of a row");
  }
  const std::size_t limit =
      rows.count == 0 ? static_cast<std::size_t>(PTRDIFF_MAX) : storage.capacity();
  if (stride == rows.tight || stride <= limit) return;
  raise(ErrorCode::kInvalidArgument, "row stride of ", stride, " bytes exceeds the ", limit,
        " bytes of the buffer; rows that lie bottom-up must be copied");
}

std::size_t padded_size(std::size_t tight, std::size_t stride, std::size_t rows) {
  if (rows == 0) return 0;
  return checked_add(checked_multiply(stride, rows - 1), tight);
}

RowLayout row_layout(const Tensor& tensor) {
  RowLayout rows;
  if (tensor.format()) {
    rows.count = row_count(tensor.shape(), *tensor.format());
    rows.tight = tight_row_stride(tensor.shape(), *tensor.format(), tensor.dtype());
  } else {
    rows.count = tensor.shape()[0];
    rows.tight = rows.count == 0 ? 0 : tensor.size_bytes() / rows.count;
  }
  rows.stride = tensor.explicit_row_stride().value_or(rows.tight);
  return rows;
}

std::size_t used_size(const Tensor& tensor) {
  const RowLayout rows = row_layout(tensor);
  return padded_size(rows.tight, rows.stride, rows.count);
}

std::size_t mapped_size(const Tensor& tensor) {
  if (!tensor.explicit_row_stride()) return tensor.size_bytes();
  const RowLayout rows = row_layout(tensor);
  return std::min(checked_multiply(rows.stride, rows.count), tensor.capacity_bytes());
}

}  // namespace edgefirst
