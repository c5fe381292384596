// SPDX-License-Identifier: Apache-2.0
// Tensors over memory that someone else describes by strides: rows may lie apart, as in a camera's
// padded buffer or a rectangle of a frame; what lies inside a row may not.
#include <cstdint>

#include "edgefirst/tensor.hpp"

#include "base/checked.hpp"
#include "base/message.hpp"
#include "tensor/layout.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {
namespace {

constexpr const char* kCopy = ": copy it into a tensor instead";

/// Axes from `axis` on, as bytes without gaps.
std::ptrdiff_t tight_bytes(const StridedMemory& memory, std::size_t axis) {
  std::size_t bytes = dtype_size(memory.dtype);
  for (; axis < memory.shape.rank(); ++axis) bytes *= memory.shape[axis];
  return static_cast<std::ptrdiff_t>(bytes);
}

void check_axis(const StridedMemory& memory, std::size_t axis, std::ptrdiff_t expected) {
  const std::ptrdiff_t step = memory.strides[axis];
  if (memory.shape[axis] == 1 || step == expected) return;
  if (step < 0) {
    raise(ErrorCode::kInvalidArgument, "axis ", axis, " of shape ", memory.shape.to_string(),
          " runs backwards", kCopy);
  }
  raise(ErrorCode::kInvalidArgument, "axis ", axis, " of shape ", memory.shape.to_string(),
        " steps by ", step, " bytes where only ", expected, " can be wrapped", kCopy);
}

/// The bytes from row to row; tight where there is one row. Axes before the row's are the planes of
/// an image, which follow one another at that distance.
std::size_t row_pitch(const StridedMemory& memory, std::size_t row_axis) {
  const Shape& shape = memory.shape;
  for (std::size_t axis = row_axis + 1; axis < shape.rank(); ++axis) {
    check_axis(memory, axis, tight_bytes(memory, axis + 1));
  }
  const std::ptrdiff_t tight = tight_bytes(memory, row_axis + 1);
  std::ptrdiff_t pitch = tight;
  if (shape[row_axis] > 1) {
    pitch = memory.strides[row_axis];
  } else if (row_axis == 1 && shape[0] > 1) {
    pitch = memory.strides[0];
  }
  if (pitch < 0) {
    raise(ErrorCode::kInvalidArgument, "the rows of shape ", shape.to_string(), " run backwards",
          kCopy);
  }
  if (pitch < tight) {
    raise(ErrorCode::kInvalidArgument, "the rows of shape ", shape.to_string(), " are ", pitch,
          " bytes apart and ", tight, " bytes long", kCopy);
  }
  if (pitch % static_cast<std::ptrdiff_t>(dtype_size(memory.dtype)) != 0) {
    raise(ErrorCode::kInvalidArgument, "rows ", pitch, " bytes apart cut the ",
          dtype_size(memory.dtype), " bytes of an element", kCopy);
  }
  const auto rows = static_cast<std::ptrdiff_t>(shape[row_axis]);
  if (row_axis == 1) check_axis(memory, 0, pitch * rows);
  return static_cast<std::size_t>(pitch);
}

}  // namespace

Tensor Tensor::wrap(const StridedMemory& memory, std::optional<PixelFormat> format,
                    std::shared_ptr<void> owner) {
  const Shape& shape = memory.shape;
  if (shape.rank() == 0) {
    raise(ErrorCode::kInvalidShape, "a tensor needs at least one extent, got shape []");
  }
  if (format) check_image_shape(shape, *format);
  check_addressable(shape, memory.dtype);
  std::size_t bytes = 0;
  std::optional<std::size_t> row_stride;
  if (shape.element_count() != 0) {
    const std::size_t axis = format ? row_axis(*format) : 0;
    const std::size_t pitch = row_pitch(memory, axis);
    const auto tight = static_cast<std::size_t>(tight_bytes(memory, axis + 1));
    const std::size_t rows = axis == 1 ? shape[0] * shape[1] : shape[0];
    bytes = padded_size(tight, pitch, rows);
    if (pitch != tight) row_stride = pitch;
  }
  Tensor tensor = wrap(memory.data, bytes, shape, memory.dtype, std::move(owner));
  tensor.format_ = format;
  tensor.row_stride_ = row_stride;
  return tensor;
}

}  // namespace edgefirst
