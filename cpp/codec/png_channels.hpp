// SPDX-License-Identifier: Apache-2.0
// Rows of a PNG's channels to rows of packed pixels: palettes looked up, grey repeated or made,
// alpha dropped or added, 16-bit samples in native order or their high bytes. Called by PngDecoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/pixel_format.hpp"

#include "codec/png_chunks.hpp"

namespace edgefirst {

/// Rows of native samples as libpng delivers them.
struct PngRowLayout {
  std::size_t channels = 0;  ///< 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA
  std::size_t sample_bytes = 1;
  bool interlaced = false;
};

class PngChannels {
 public:
  PngChannels(const PngRowLayout& layout, PixelFormat format);
  /// Rows as they stand in the file; sample_bytes is the output's. chunks must outlive the object.
  PngChannels(const PngChunks& chunks, std::size_t sample_bytes, PixelFormat format);

  /// Writes exactly width pixels.
  void choose(const std::uint8_t* from, std::uint8_t* to, std::size_t width) const;

 private:
  using RowFn = void(const std::uint8_t* from, std::uint8_t* to, std::size_t width);

  RowFn* row_ = nullptr;
  const std::array<std::uint8_t, 4>* palette_ = nullptr;
  PixelFormat format_;
};

}  // namespace edgefirst
