// SPDX-License-Identifier: Apache-2.0
// Copies entropy-coded bytes without their byte stuffing (T.81 B.1.1.5), a vector at a time. Knows
// no markers; entropy_data.cpp asks from marker to marker.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefirst::jpeg {

/// How far reading and writing came.
struct UnstuffCursor {
  const std::uint8_t* in = nullptr;
  std::uint8_t* out = nullptr;
};

/// Behind the last byte written this many more may be overwritten.
inline constexpr std::size_t kUnstuffMargin = 64;

/// Copies from cursor on, FF 00 as FF, up to the first FF that no 00 follows, or to end.
using UnstuffFn = UnstuffCursor(UnstuffCursor cursor, const std::uint8_t* end);
UnstuffFn* unstuff_kernel();

}  // namespace edgefirst::jpeg
