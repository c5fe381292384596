// SPDX-License-Identifier: Apache-2.0
// Undoes PNG's row filters (PNG specification, clause 9). Knows no chunks and no colours; the PNG
// reader asks row by row.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefirst {

struct PngRow {
  const std::uint8_t* filtered = nullptr;  ///< bytes behind the filter's type
  const std::uint8_t* above = nullptr;     ///< the row before, undone; zeros above the first
  std::uint8_t* out = nullptr;
  std::size_t bytes = 0;
};
/// Rows may be read and written up to kPngRowMargin bytes beyond their end.
inline constexpr std::size_t kPngRowMargin = 64;

using PngUnfilterFn = void(const PngRow& row);

/// One function per filter type 0...4.
struct PngUnfilters {
  PngUnfilterFn* types[5] = {};
};
/// For pixels of 1, 2, 3, 4, 6 or 8 bytes.
PngUnfilters png_unfilters(std::size_t pixel_bytes);

}  // namespace edgefirst
