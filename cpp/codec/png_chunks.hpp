// SPDX-License-Identifier: Apache-2.0
// What the chunks of a PNG file say about its picture, each length and each field read once: the
// file may lie in memory that somebody else writes. Inflates nothing (png_data.hpp) and reads no
// metadata (png_orientation.hpp). Called by PngDecoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/span.hpp"

namespace edgefirst {

struct PngChunks {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t depth = 8;    ///< bits of a sample: 1, 2, 4, 8 or 16
  unsigned color_type = 0;  ///< 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA
  bool interlaced = false;
  std::size_t first_data = 0;  ///< offset of the first IDAT chunk
  std::size_t data_bytes = 0;  ///< payload of the IDAT chunks that stand in one run from there
  std::array<std::array<std::uint8_t, 4>, 256> palette{};  ///< R, G, B, A; black behind its end
  bool has_key = false;                ///< of grey and RGB: one colour is transparent,
  std::array<std::uint16_t, 3> key{};  ///< this one

  bool is_palette() const { return color_type == 3; }
  /// In the file: 1 for palette indices.
  std::size_t channels() const {
    const std::size_t colors = color_type == 2 || color_type == 6 ? 3 : 1;
    return colors + (color_type >= 4 ? 1 : 0);
  }
  /// Of a row of so many pixels, without the filter's type.
  std::size_t row_bytes(std::size_t pixels) const { return (pixels * channels() * depth + 7) / 8; }
};

/// Throws kInvalidData with the prefix "PNG: " where no picture can be read.
void read_png_chunks(Span<const std::uint8_t> file, PngChunks& chunks);
/// Throws kInvalidData unless the file is whole to its IEND chunk, every checksum right, all data
/// in one run.
void check_png_strictly(Span<const std::uint8_t> file);

/// One chunk of a file.
struct PngChunk {
  std::uint32_t type = 0;
  Span<const std::uint8_t> payload;  ///< what of it the file holds
  bool is_cut = false;               ///< the file ends before the chunk does

  bool is(const char (&name)[5]) const;
  /// Whether it is whole and its checksum right.
  bool is_sound() const;
};
inline constexpr std::size_t kPngSignatureBytes = 8;
/// Reads the chunk at offset and moves offset behind it. False at the end of the file.
bool next_png_chunk(Span<const std::uint8_t> file, std::size_t& offset, PngChunk& chunk);

}  // namespace edgefirst
