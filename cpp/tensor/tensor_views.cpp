// SPDX-License-Identifier: Apache-2.0
// New shapes over the same bytes: reshape and resize in place, rectangles and batch slots as
// tensors of their own.
#include "edgefirst/tensor.hpp"

#include "base/checked.hpp"
#include "base/message.hpp"
#include "tensor/layout.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {
namespace {

bool is_inside(const Rect& rect, std::size_t width, std::size_t height) {
  return rect.width != 0 && rect.height != 0 && lies_within(rect.left, rect.width, width) &&
         lies_within(rect.top, rect.height, height);
}

void check_view(const Tensor& image, const Rect& rect) {
  if (!image.format()) {
    raise(ErrorCode::kNotAnImage, "a view needs a pixel format; shape ", image.shape().to_string(),
          " has none: use set_format()");
  }
  const PixelFormatInfo& info = pixel_format_info(*image.format());
  if (info.layout != PixelLayout::kPacked) {
    raise(ErrorCode::kNotSupported, info.name, " has several planes; views need a packed format");
  }
  if (!is_inside(rect, image.width(), image.height())) {
    raise(ErrorCode::kInvalidRect, "view ", rect.width, "x", rect.height, "+", rect.left, "+",
          rect.top, " is empty or leaves its image of ", image.width(), "x", image.height());
  }
  if (rect.left % (std::size_t{1} << info.chroma_shift_x) != 0) {
    raise(ErrorCode::kInvalidRect, "view at column ", rect.left, " cuts a pixel pair of ",
          info.name, "; start at an even column");
  }
  if (image.row_stride() % dtype_size(image.dtype()) != 0) {
    raise(ErrorCode::kInvalidShape, "row stride of ", image.row_stride(),
          " bytes is no multiple of the ", dtype_size(image.dtype()), " bytes of an element");
  }
}

/// What is left of per-channel quantization at index n of axis 0.
Quantization slot_quantization(const Quantization& all, std::size_t n) {
  const std::size_t axis = *all.axis();
  if (axis == 0) return Quantization::per_tensor(all.scale(n), all.zero_point(n));
  if (all.zero_points().empty()) {
    return Quantization::per_channel_symmetric(all.scales(), axis - 1);
  }
  return Quantization::per_channel(all.scales(), all.zero_points(), axis - 1);
}

}  // namespace

void Tensor::reshape(const Shape& shape) {
  if (shape.element_count() != element_count()) {
    raise(ErrorCode::kInvalidShape, "cannot reshape ", shape_.to_string(), " to ",
          shape.to_string(), ": the element count must stay ", element_count());
  }
  resize(shape);
}

void Tensor::resize(const Shape& shape) {
  if (shape.rank() == 0) {
    raise(ErrorCode::kInvalidShape, "a tensor needs at least one extent, got shape []");
  }
  if (chroma_ != nullptr) {
    raise(ErrorCode::kInvalidShape, "an image of two planes keeps its shape ", shape_.to_string());
  }
  check_addressable(shape, dtype_);
  const std::size_t bytes = checked_multiply(shape.element_count(), dtype_size(dtype_));
  if (bytes > region_end_ - region_begin_) {
    raise(ErrorCode::kInsufficientCapacity, "shape ", shape.to_string(), " needs ", bytes,
          " bytes, the buffer has ", region_end_ - region_begin_);
  }
  shape_ = shape;
  format_.reset();
  forget_placement();
  drop_misfit_quantization();
}

void Tensor::configure_image(std::size_t width, std::size_t height, PixelFormat format) {
  resize(image_shape(width, height, format));
  format_ = format;
}

Tensor Tensor::view(const Rect& rect) const {
  check_view(*this, rect);
  const std::size_t pixel = checked_multiply(shape_[2], dtype_size(dtype_));
  const std::size_t stride = row_stride();
  Tensor part = *this;
  part.shape_ = Shape{rect.height, rect.width, shape_[2]};
  part.row_stride_ = stride;
  const std::size_t above = checked_multiply(rect.top, stride);
  const std::size_t begin =
      checked_add(checked_add(plane_offset_, above), checked_multiply(rect.left, pixel));
  const std::size_t tight = checked_multiply(rect.width, pixel);
  part.set_region(begin, checked_add(begin, padded_size(tight, stride, rect.height)));
  part.drop_misfit_quantization();
  return part;
}

Tensor Tensor::batch(std::size_t n) const {
  if (shape_.rank() < 2) {
    raise(ErrorCode::kInvalidShape, "shape ", shape_.to_string(), " has no batch axis");
  }
  if (n >= shape_[0]) {
    raise(ErrorCode::kInvalidArgument, "batch slot ", n, " of ", shape_[0], " in shape ",
          shape_.to_string());
  }
  const RowLayout rows = row_layout(*this);
  if (chroma_ != nullptr || rows.stride != rows.tight) {
    raise(ErrorCode::kNotSupported, "an image with padded rows or two planes has no batch slots");
  }
  Tensor slot = *this;
  slot.shape_ = Shape(Span<const std::size_t>(shape_.data() + 1, shape_.rank() - 1));
  slot.format_.reset();
  slot.row_stride_.reset();
  const std::size_t begin = checked_add(plane_offset_, checked_multiply(n, slot.size_bytes()));
  slot.set_region(begin, checked_add(begin, slot.size_bytes()));
  if (quantization_ != nullptr && quantization_->axis()) {
    slot.quantization_ = std::make_shared<const Quantization>(slot_quantization(*quantization_, n));
  }
  return slot;
}

void Tensor::set_region(std::size_t begin, std::size_t end) {
  region_begin_ = begin;
  region_end_ = end;
  plane_offset_ = begin;
}

void Tensor::drop_misfit_quantization() {
  if (quantization_ == nullptr || !quantization_->axis()) return;
  const std::size_t axis = *quantization_->axis();
  const bool fits = axis < shape_.rank() && shape_[axis] == quantization_->scales().size();
  if (!fits) quantization_.reset();
}

Tensor Tensor::with_format(PixelFormat format) && {
  set_format(format);
  return std::move(*this);
}

Tensor Tensor::with_row_stride(std::size_t bytes) && {
  set_row_stride(bytes);
  return std::move(*this);
}

Tensor Tensor::with_plane_offset(std::size_t bytes) && {
  set_plane_offset(bytes);
  return std::move(*this);
}

}  // namespace edgefirst
