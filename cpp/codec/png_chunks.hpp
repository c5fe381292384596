// SPDX-License-Identifier: Apache-2.0
// What the chunks of a PNG file say, without copying or checking the picture's data. Judges only
// whether the fast reader may take the file; libpng judges the rest. Called by PngDecoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/span.hpp"

namespace edgefirst {

struct PngChunks {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t depth = 8;    ///< 8 or 16 where is_plain
  unsigned color_type = 0;  ///< 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA
  Span<const std::uint8_t> exif;
  std::size_t first_data = 0;  ///< offset of the first IDAT chunk; they stand in one run
  std::size_t data_bytes = 0;  ///< payload of all IDAT chunks
  bool has_transparency = false;
  std::array<std::array<std::uint8_t, 4>, 256> palette{};  ///< R, G, B, A; black behind its end
  /// Complete, undamaged as far as was looked, not interlaced, whole bytes per sample.
  bool is_plain = false;

  bool is_palette() const { return color_type == 3; }
  /// In the file: 1 for palette indices.
  std::size_t channels() const {
    const std::size_t colors = color_type == 2 || color_type == 6 ? 3 : 1;
    return colors + (color_type >= 4 ? 1 : 0);
  }
};

/// Walks the chunks. Fields behind damage keep their defaults.
void read_png_chunks(Span<const std::uint8_t> file, PngChunks& chunks);

/// The payload of the chunk at offset, with its checksum confirmed; empty where it does not hold.
/// Moves offset behind the chunk.
Span<const std::uint8_t> take_png_data(Span<const std::uint8_t> file, std::size_t& offset);

}  // namespace edgefirst
