// SPDX-License-Identifier: Apache-2.0
// Images made elsewhere: plane descriptors, their import as tensors, and images of two planes.
#include <utility>

#include "edgefirst/tensor.hpp"

#include "base/checked.hpp"
#include "base/message.hpp"
#include "base/unique_fd.hpp"
#include "tensor/layout.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {
namespace {

void check_stride(const PlaneDescriptor& plane, std::size_t tight, ErrorCode code,
                  const char* name) {
  if (plane.stride().value_or(tight) >= tight) return;
  raise(code, "stride of ", *plane.stride(), " bytes of the ", name, " plane is below the ", tight,
        " bytes of a row");
}

void check_offset(const PlaneDescriptor& plane, DType dtype, const char* name) {
  if (plane.offset() % dtype_size(dtype) == 0) return;
  raise(ErrorCode::kInvalidArgument, "offset ", plane.offset(), " of the ", name,
        " plane is no multiple of the ", dtype_size(dtype), " bytes of an element");
}

void check_two_planes(PixelFormat format, DType dtype) {
  if (format != PixelFormat::kNv12) {
    raise(ErrorCode::kNotSupported, "a chroma plane goes with Nv12, not with ",
          pixel_format_info(format).name);
  }
  if (dtype != DType::kU8 && dtype != DType::kI8) {
    raise(ErrorCode::kNotSupported, "an image of two planes is u8 or i8, not ",
          dtype_info(dtype).short_name);
  }
}

Shape luma_shape(const Tensor& chroma, PixelFormat format) {
  const std::size_t rows = chroma.shape()[0];
  const bool halved = pixel_format_info(format).chroma_shift_y == 1;
  return {halved ? checked_multiply(rows, 2) : rows, chroma.shape()[1]};
}

}  // namespace

PlaneDescriptor::PlaneDescriptor(int fd) : fd_(UniqueFd::duplicate(fd).release()) {}

PlaneDescriptor::PlaneDescriptor(PlaneDescriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), stride_(other.stride_), offset_(other.offset_) {}

PlaneDescriptor& PlaneDescriptor::operator=(PlaneDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  stride_ = other.stride_;
  offset_ = other.offset_;
  return *this;
}

PlaneDescriptor::~PlaneDescriptor() { UniqueFd(fd_).reset(); }

PlaneDescriptor PlaneDescriptor::with_stride(std::size_t bytes) && {
  set_stride(bytes);
  return std::move(*this);
}

PlaneDescriptor PlaneDescriptor::with_offset(std::size_t bytes) && {
  set_offset(bytes);
  return std::move(*this);
}

void PlaneDescriptor::set_stride(std::size_t bytes) {
  if (bytes == 0) raise(ErrorCode::kInvalidArgument, "a plane's stride must be above 0 bytes");
  stride_ = bytes;
}

Tensor Tensor::import_plane(const PlaneDescriptor& plane, const Shape& shape,
                            std::optional<PixelFormat> format, DType dtype, std::string name) {
  std::shared_ptr<Storage> storage = import_storage(plane.fd(), std::move(name));
  if (storage->memory() != TensorMemory::kDma) {
    raise(ErrorCode::kNotSupported, "file descriptor ", plane.fd(),
          " is no DMA-BUF; images are imported from DMA-BUFs");
  }
  Tensor tensor(std::move(storage), shape, dtype);
  tensor.format_ = format;
  tensor.row_stride_ = plane.stride();
  const std::size_t needed = checked_add(plane.offset(), used_size(tensor));
  if (needed > tensor.region_end_) {
    raise(ErrorCode::kInsufficientCapacity, "plane of shape ", shape.to_string(),
          " with rows every ", row_layout(tensor).stride, " bytes from offset ", plane.offset(),
          " needs ", needed, " bytes, the buffer has ", tensor.region_end_);
  }
  if (plane.stride()) check_row_stride(*plane.stride(), row_layout(tensor), *tensor.storage_);
  tensor.plane_offset_ = plane.offset();
  return tensor;
}

Tensor Tensor::import_image(ImagePlanes planes, std::size_t width, std::size_t height,
                            PixelFormat format, DType dtype) {
  if (width == 0 || height == 0) {
    raise(ErrorCode::kInvalidArgument, "an image of ", width, "x", height, " cannot be imported");
  }
  const Shape shape = image_shape(width, height, format);
  check_stride(planes.image, tight_row_stride(shape, format, dtype), ErrorCode::kInvalidArgument,
               "image");
  check_offset(planes.image, dtype, "image");
  if (!planes.chroma) return import_plane(planes.image, shape, format, dtype, {});

  check_two_planes(format, dtype);
  check_stride(*planes.chroma, width, ErrorCode::kInvalidShape, "chroma");
  const Shape chroma_shape{height / 2, width};
  const Tensor luma = import_plane(planes.image, {height, width}, std::nullopt, dtype, "luma");
  const Tensor chroma = import_plane(*planes.chroma, chroma_shape, std::nullopt, dtype, "chroma");
  return from_planes(luma, chroma, format);
}

Tensor Tensor::from_planes(const Tensor& luma, const Tensor& chroma, PixelFormat format) {
  const PixelFormatInfo& info = pixel_format_info(format);
  if (info.layout != PixelLayout::kSemiPlanar) {
    raise(ErrorCode::kInvalidArgument, info.name, " has no chroma plane of its own");
  }
  if (luma.format() || chroma.format() || luma.dtype() != chroma.dtype()) {
    raise(ErrorCode::kInvalidArgument, "planes are tensors of one dtype without pixel format");
  }
  const bool flat = luma.shape().rank() == 2 && chroma.shape().rank() == 2;
  if (!flat || luma.shape() != luma_shape(chroma, format)) {
    raise(ErrorCode::kInvalidArgument, "planes of shape ", luma.shape().to_string(), " and ",
          chroma.shape().to_string(), " do not make a ", info.name, " image: expected [height, ",
          "width] and [", info.chroma_shift_y == 1 ? "height / 2" : "height", ", width]");
  }
  Tensor uv = chroma;
  uv.row_stride_ = row_layout(chroma).stride;
  Tensor image = luma;
  image.format_ = format;
  image.chroma_ = std::make_shared<const Tensor>(std::move(uv));
  return image;
}

}  // namespace edgefirst
