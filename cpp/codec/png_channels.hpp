// SPDX-License-Identifier: Apache-2.0
// Rows of a PNG's channels to rows of packed pixels: samples of less than a byte widened, palettes
// looked up, the transparent colour applied, grey repeated or made, alpha dropped or added, 16-bit
// samples in native order or their high bytes. Called by PngDecoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/pixel_format.hpp"

#include "codec/png_chunks.hpp"
#include "codec/scratch.hpp"

namespace edgefirst {

class PngChannels {
 public:
  /// For rows as they stand in the file, of at most width pixels; sample_bytes is the output's.
  /// chunks must outlive the calls of choose().
  void start(const PngChunks& chunks, std::size_t sample_bytes, PixelFormat format,
             std::size_t width);

  /// Writes exactly width pixels.
  void choose(const std::uint8_t* from, std::uint8_t* to, std::size_t width) const;

 private:
  using RowFn = void(const std::uint8_t* from, std::uint8_t* to, std::size_t width);

  RowFn* row_ = nullptr;
  const PngChunks* chunks_ = nullptr;
  PixelFormat format_ = PixelFormat::kRgb;
  bool applies_key_ = false;
  std::uint8_t* widened_ = nullptr;  // a row of whole bytes
  std::uint8_t* keyed_ = nullptr;    // a row with alpha
  Scratch rows_;
};

}  // namespace edgefirst
