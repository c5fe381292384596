// SPDX-License-Identifier: Apache-2.0
// PNG specification, clauses 5 and 11.
#include "codec/png_chunks.hpp"

#include <libdeflate.h>

#include <cstring>

namespace edgefirst {
namespace {

using Bytes = Span<const std::uint8_t>;

constexpr std::size_t kSignature = 8;
constexpr std::size_t kFrame = 12;  // length, type, checksum

std::uint32_t word(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

struct Chunk {
  const std::uint8_t* type = nullptr;
  Bytes payload;

  bool is(const char* name) const { return std::memcmp(type, name, 4) == 0; }
  /// Readers must understand critical chunks: their first letter is a capital.
  bool is_critical() const { return (type[0] & 0x20U) == 0; }
  bool is_sound() const {
    return libdeflate_crc32(0, type, payload.size() + 4) == word(payload.data() + payload.size());
  }
};

/// False at the end of the file and where a chunk is cut.
bool next_chunk(Bytes file, std::size_t& offset, Chunk& chunk) {
  if (file.size() - offset < kFrame) return false;
  const std::uint8_t* at = file.data() + offset;
  const std::size_t length = word(at);
  if (length > file.size() - offset - kFrame) return false;
  chunk.type = at + 4;
  chunk.payload = {at + 8, length};
  offset += length + kFrame;
  return true;
}

/// False for what needs libpng's care.
bool read_header(const Chunk& chunk, PngChunks& chunks) {
  const Bytes p = chunk.payload;
  if (!chunk.is("IHDR") || p.size() != 13 || !chunk.is_sound()) return false;
  chunks.width = word(p.data());
  chunks.height = word(p.data() + 4);
  chunks.depth = p[8];
  chunks.color_type = p[9];
  constexpr std::size_t kMaxSide = 0x7FFFFFFF;
  const bool sized = chunks.width >= 1 && chunks.width <= kMaxSide && chunks.height >= 1 &&
                     chunks.height <= kMaxSide;
  const unsigned type = chunks.color_type;
  const bool known = type == 0 || type == 2 || type == 4 || type == 6;
  const bool depth = (chunks.depth == 8 && (known || type == 3)) || (chunks.depth == 16 && known);
  return sized && depth && p[10] == 0 && p[11] == 0 && p[12] == 0;
}

bool read_palette(const Chunk& chunk, PngChunks& chunks) {
  const std::size_t entries = chunk.payload.size() / 3;
  if (chunk.payload.size() % 3 != 0 || entries == 0 || entries > 256 || !chunk.is_sound()) {
    return false;
  }
  for (std::size_t i = 0; i < entries; ++i) {
    std::memcpy(chunks.palette[i].data(), chunk.payload.data() + 3 * i, 3);
  }
  return true;
}

/// Transparency of palettes; one transparent colour among others is left to libpng.
bool read_transparency(const Chunk& chunk, PngChunks& chunks) {
  const std::size_t count = chunk.payload.size();
  if (!chunks.is_palette() || count == 0 || count > 256 || !chunk.is_sound()) return false;
  for (std::size_t i = 0; i < count; ++i) chunks.palette[i][3] = chunk.payload[i];
  chunks.has_transparency = true;
  return true;
}

}  // namespace

void read_png_chunks(Bytes file, PngChunks& chunks) {
  chunks = PngChunks{};
  for (auto& entry : chunks.palette) entry[3] = 255;
  if (file.size() < kSignature || std::memcmp(file.data(), "\x89PNG\r\n\x1A\n", kSignature) != 0) {
    return;
  }
  std::size_t offset = kSignature;
  Chunk chunk;
  if (!next_chunk(file, offset, chunk)) return;
  bool plain = read_header(chunk, chunks);
  bool has_palette = false;
  std::size_t data_end = 0;
  for (std::size_t at = offset; next_chunk(file, offset, chunk); at = offset) {
    if (chunk.is("IEND")) {
      chunks.is_plain = plain && data_end != 0 && has_palette >= chunks.is_palette();
      return;
    }
    if (chunk.is("IDAT")) {
      if (data_end == 0) chunks.first_data = at;
      plain = plain && (data_end == 0 || data_end == at);
      data_end = offset;
      chunks.data_bytes += chunk.payload.size();
    } else if (chunk.is("PLTE")) {
      plain = plain && !has_palette && data_end == 0 && read_palette(chunk, chunks);
      has_palette = true;
    } else if (chunk.is("tRNS")) {
      plain = plain && !chunks.has_transparency && data_end == 0 &&
              has_palette >= chunks.is_palette() && read_transparency(chunk, chunks);
    } else if (chunk.is("eXIf")) {
      if (chunks.exif.empty() && chunk.is_sound()) chunks.exif = chunk.payload;
    } else if (chunk.is_critical()) {
      plain = false;
    }
  }
}

Bytes take_png_data(Bytes file, std::size_t& offset) {
  Chunk chunk;
  if (!next_chunk(file, offset, chunk) || !chunk.is("IDAT") || !chunk.is_sound()) return {};
  return chunk.payload;
}

}  // namespace edgefirst
