// SPDX-License-Identifier: Apache-2.0
// Arithmetic on image shapes: where width, height, rows and strides come from.
#pragma once

#include <cstddef>

#include "edgefirst/tensor.hpp"

namespace edgefirst {

/// Strides fit the address space, those of axes beside an empty one too, as NumPy asks.
/// Throws kOutOfMemory.
void check_addressable(const Shape& shape, DType dtype);
/// Throws kInvalidShape unless shape is that of an image of this format.
void check_image_shape(const Shape& shape, PixelFormat format);

std::size_t image_width(const Shape& shape, PixelFormat format);
std::size_t image_height(const Shape& shape, PixelFormat format);
/// Bytes of one row without padding.
std::size_t tight_row_stride(const Shape& shape, PixelFormat format, DType dtype);
/// The bytes of a row in images that GPUs import: packed ones padded to kGpuPitchAlignmentBytes.
std::size_t gpu_row_stride(const Shape& shape, PixelFormat format, DType dtype);
/// Rows in the buffer, those of every plane counted.
std::size_t row_count(const Shape& shape, PixelFormat format);
/// The axis of shape whose index selects a row.
std::size_t row_axis(PixelFormat format);
/// Bytes from the first row's start to the last row's end, the last row's padding left out.
std::size_t padded_size(std::size_t tight, std::size_t stride, std::size_t rows);

/// The rows of a tensor in its buffer. Without format: one per index of axis 0.
struct RowLayout {
  std::size_t count = 0;
  std::size_t tight = 0;   ///< bytes of a row
  std::size_t stride = 0;  ///< bytes from one row to the next
};
RowLayout row_layout(const Tensor& tensor);
/// Throws kInvalidArgument unless rows may lie stride bytes apart. Even the stride of a single row,
/// which nothing is placed by, stays within the buffer: sizes are computed from it.
void check_row_stride(std::size_t stride, const RowLayout& rows, const Storage& storage);
/// Bytes from the tensor's first to its last, row padding between them counted.
std::size_t used_size(const Tensor& tensor);
/// Bytes a map of the tensor exposes: whole rows, padding included where the buffer holds it.
std::size_t mapped_size(const Tensor& tensor);

}  // namespace edgefirst
