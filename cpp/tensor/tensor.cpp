// SPDX-License-Identifier: Apache-2.0
// Tensor: metadata over storage.
#include "edgefirst/tensor.hpp"

#include "base/checked.hpp"
#include "base/message.hpp"
#include "base/trace.hpp"
#include "tensor/layout.hpp"
#include "tensor/quantization.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {
namespace {

std::size_t byte_size(const Shape& shape, DType dtype) {
  check_addressable(shape, dtype);
  return checked_multiply(shape.element_count(), dtype_size(dtype));
}

template <typename Make>
std::shared_ptr<Storage> allocate(const Shape& shape, DType dtype,
                                  std::optional<TensorMemory> memory, const Make& make) {
  TraceSpan span("tensor.alloc");
  if (span.is_recording()) {
    span.field("shape", shape.to_string()).field("dtype", dtype_info(dtype).name);
    span.field("memory", memory ? tensor_memory_name(*memory) : "auto");
  }
  return make();
}

/// Rows of whole words lie in a surface that a GPU can take as a texture of RGBA8.
std::shared_ptr<Storage> make_rows(std::size_t stride, std::size_t rows,
                                   std::optional<TensorMemory> memory) {
  constexpr std::size_t kWord = 4;
  const std::size_t bytes = checked_multiply(stride, rows);
  const bool is_surface = memory == TensorMemory::kDma && bytes != 0 && stride % kWord == 0;
  return is_surface ? make_surface_storage({0, stride, stride / kWord, rows, kWord})
                    : make_storage(bytes, memory, {});
}

}  // namespace

Tensor::Tensor(const Shape& shape, DType dtype, std::optional<TensorMemory> memory,
               std::string name)
    : shape_(shape), dtype_(dtype) {
  if (shape.rank() == 0) {
    raise(ErrorCode::kInvalidShape, "a tensor needs at least one extent, got shape []");
  }
  storage_ = allocate(shape, dtype, memory, [&] {
    return make_storage(byte_size(shape, dtype), memory, std::move(name));
  });
  region_end_ = storage_->capacity();
}

Tensor::Tensor(std::shared_ptr<Storage> storage, const Shape& shape, DType dtype)
    : storage_(std::move(storage)), shape_(shape), dtype_(dtype) {
  if (shape.rank() == 0) {
    raise(ErrorCode::kInvalidShape, "a tensor needs at least one extent, got shape []");
  }
  if (byte_size(shape, dtype) > storage_->capacity()) {
    raise(ErrorCode::kInsufficientCapacity, "shape ", shape.to_string(), " of ",
          dtype_info(dtype).name, " needs ", byte_size(shape, dtype), " bytes, the buffer has ",
          storage_->capacity());
  }
  region_end_ = storage_->capacity();
}

Tensor Tensor::wrap(void* data, std::size_t size_bytes, const Shape& shape, DType dtype,
                    std::shared_ptr<void> owner) {
  if (data == nullptr && size_bytes != 0) {
    raise(ErrorCode::kInvalidArgument, size_bytes, " bytes at a null pointer cannot be wrapped");
  }
  return Tensor(make_wrapped_storage(data, size_bytes, std::move(owner)), shape, dtype);
}

Tensor Tensor::image(std::size_t width, std::size_t height, PixelFormat format, DType dtype,
                     std::optional<TensorMemory> memory) {
  Tensor tensor(image_shape(width, height, format), dtype, memory);
  tensor.format_ = format;
  return tensor;
}

Tensor Tensor::image_with_stride(std::size_t width, std::size_t height, PixelFormat format,
                                 std::size_t row_stride, DType dtype,
                                 std::optional<TensorMemory> memory) {
  const Shape shape = image_shape(width, height, format);
  const std::size_t tight = tight_row_stride(shape, format, dtype);
  if (row_stride < tight) {
    raise(ErrorCode::kInvalidArgument, "row stride of ", row_stride, " bytes is below the ", tight,
          " bytes of a row");
  }
  const std::size_t rows = row_count(shape, format);
  Tensor tensor(allocate(shape, dtype, memory, [&] { return make_rows(row_stride, rows, memory); }),
                shape, dtype);
  tensor.format_ = format;
  if (row_stride != tight) tensor.set_row_stride(row_stride);
  return tensor;
}

TensorMemory Tensor::memory() const { return storage_->memory(); }
const std::string& Tensor::name() const { return storage_->name(); }
const BufferIdentity& Tensor::identity() const { return storage_->identity(); }
std::size_t Tensor::capacity_bytes() const { return region_end_ - plane_offset_; }

void Tensor::set_format(PixelFormat format) {
  if (format_ == format) return;
  if (chroma_ != nullptr) {
    raise(ErrorCode::kInvalidShape, "an image of two planes keeps its format ",
          pixel_format_info(*format_).name);
  }
  check_image_shape(shape_, format);
  const bool has_padded_rows = !format_ && row_stride_;
  if (has_padded_rows && row_axis(format) != 0) {
    raise(ErrorCode::kInvalidShape, "the planes of shape ", shape_.to_string(),
          " lie apart, which ", pixel_format_info(format).name,
          " cannot say: give the format when the memory is wrapped");
  }
  format_ = format;
  if (!has_padded_rows) forget_placement();
}

void Tensor::forget_placement() {
  row_stride_.reset();
  plane_offset_ = region_begin_;
}

std::size_t Tensor::width() const { return format_ ? image_width(shape_, *format_) : 0; }
std::size_t Tensor::height() const {
  if (chroma_ != nullptr) return shape_[0];
  return format_ ? image_height(shape_, *format_) : 0;
}

std::size_t Tensor::row_stride() const {
  if (row_stride_) return *row_stride_;
  return format_ ? tight_row_stride(shape_, *format_, dtype_) : 0;
}

void Tensor::set_row_stride(std::size_t bytes) {
  if (!format_) raise(ErrorCode::kInvalidArgument, "a row stride needs a pixel format first");
  const RowLayout rows = row_layout(*this);
  check_row_stride(bytes, rows, *storage_);
  if (padded_size(rows.tight, bytes, rows.count) > capacity_bytes()) {
    raise(ErrorCode::kInvalidArgument, rows.count, " rows of ", bytes, " bytes exceed the ",
          capacity_bytes(), " bytes of the buffer");
  }
  row_stride_ = bytes;
}

void Tensor::set_plane_offset(std::size_t bytes) {
  if (bytes % dtype_size(dtype_) != 0) {
    raise(ErrorCode::kInvalidArgument, "plane offset ", bytes, " is no multiple of the ",
          dtype_size(dtype_), " bytes of an element");
  }
  if (bytes < region_begin_ || checked_add(bytes, used_size(*this)) > region_end_) {
    raise(ErrorCode::kInvalidArgument, "plane offset ", bytes, " puts ", used_size(*this),
          " bytes outside bytes ", region_begin_, "...", region_end_, " of the buffer");
  }
  plane_offset_ = bytes;
}

void Tensor::set_quantization(const Quantization& quantization) {
  check_quantization(quantization, dtype_, shape_);
  quantization_ = std::make_shared<const Quantization>(quantization);
}

}  // namespace edgefirst
