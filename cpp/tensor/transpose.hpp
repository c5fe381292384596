// SPDX-License-Identifier: Apache-2.0
// Transposes a matrix of small elements in blocks of 16 bytes by 16 bytes, in registers.
// Called by strided_copy only, which leaves the edges of a matrix to its plain loops.
#pragma once

#include <cstddef>

namespace edgefirst {

/// dst row i is src column i. Rows start src_stride and dst_stride bytes apart, elements of a row
/// lie side by side.
struct Transposition {
  const std::byte* src;
  std::byte* dst;
  std::ptrdiff_t src_stride;
  std::ptrdiff_t dst_stride;
  std::size_t rows;     ///< of dst: a multiple of block_side(item)
  std::size_t columns;  ///< of dst: a multiple of block_side(item)
};

/// Elements of item bytes in 16 bytes.
constexpr std::size_t block_side(std::size_t item) { return 16 / item; }

using TransposeKernel = void (*)(const Transposition& matrix);
/// For elements of 1, 2, 4 or 8 bytes.
TransposeKernel transpose_kernel(std::size_t item);

}  // namespace edgefirst
