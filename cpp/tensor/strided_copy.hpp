// SPDX-License-Identifier: Apache-2.0
// Copies arrays of any layout into tensors. Knows memory layouts only, neither numpy nor images.
// The Python binding calls it for from_numpy and for mask arrays.
#pragma once

#include <cstddef>

#include "edgefirst/dtype.hpp"
#include "edgefirst/export.hpp"
#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"

namespace edgefirst {

/// An array in caller memory: byte strides of any sign, zero for broadcast axes. A parameter type.
/// Void is const void for sources.
template <typename Void>
struct StridedArray {
  Void* data = nullptr;
  DType dtype = DType::kU8;
  Span<const std::size_t> shape;
  Span<const std::ptrdiff_t> strides;
};

/// Overwrites every element of dst with src in logical C order; only the element counts must agree.
/// dst may have padded rows, src may overlap it. Parallel from 256 KiB on.
/// Throws kDtypeMismatch, kInvalidShape (element count, rank above 64).
EDGEFIRST_API void copy_from(const StridedArray<const void>& src, const Tensor& dst);

/// The same into memory of src's element count, without gaps between elements.
EDGEFIRST_API void copy_contiguous(const StridedArray<const void>& src, void* dst);

}  // namespace edgefirst
