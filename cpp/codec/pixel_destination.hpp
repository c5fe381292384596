// SPDX-License-Identifier: Apache-2.0
// Where the front door of decoding lets a picture go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "edgefirst/dtype.hpp"
#include "edgefirst/pixel_format.hpp"

namespace edgefirst {

/// Where a picture goes. Validated by the front door: every row fits.
struct PixelDestination {
  std::uint8_t* data = nullptr;
  std::size_t row_stride = 0;
  DType dtype = DType::kU8;
  std::size_t plane_stride = 0;  ///< bytes between planes of one channel each; 0: packed pixels
  /// Of semi-planar pictures: the first chroma row.
  std::uint8_t* chroma = nullptr;
  std::size_t chroma_stride = 0;
  /// Set where rows come as 8-bit Rgb and are packed to this format. A semi-planar one has chroma.
  std::optional<PixelFormat> yuv;
};

}  // namespace edgefirst
