// SPDX-License-Identifier: Apache-2.0
// Writes 8-bit images as the numbers a model wants. Format and size stay as they are; convert of
// an ImageProcessor changes those. The Python binding calls it for normalize_to_numpy.
#pragma once

#include <cstdint>
#include <optional>

#include "edgefirst/export.hpp"
#include "edgefirst/tensor.hpp"

#include "tensor/strided_copy.hpp"

namespace edgefirst {

/// What a byte v becomes. The values are part of the Python interface.
enum class Normalization : std::uint8_t {
  kDefault = 0,   ///< kRaw for u8 destinations, kSigned for the others
  kSigned = 1,    ///< i8: clamp(v - z, -128, 127), z 128; float: v / 127.5 - z / 127.5, default 1
  kUnsigned = 2,  ///< float: v / 255
  kRaw = 3,       ///< v
};

/// Fills dst (u8, i8, f16, f32, f64; any strides) from a u8 tensor of rank 3 or more whose first
/// three extents it has; dst of an Rgba image may have 3 channels. Parallel from 256 KiB on.
/// Throws kInvalidArgument (mode or zero point), kInvalidShape, kDtypeMismatch,
/// kAliasedBuffers (dst overlaps src, unless its bytes lie where src has them).
EDGEFIRST_API void normalize_to(const Tensor& src, const StridedArray<void>& dst,
                                Normalization normalization, std::optional<int> zero_point);

}  // namespace edgefirst
