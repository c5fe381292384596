// SPDX-License-Identifier: Apache-2.0
// PNG specification, clauses 5 and 11.
#include "codec/png_chunks.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "codec/errors.hpp"

namespace edgefirst {
namespace {

using Bytes = Span<const std::uint8_t>;

constexpr std::size_t kHead = 8;  // length, type
constexpr std::size_t kChecksum = 4;

std::uint32_t word(const std::uint8_t* at) {
  return static_cast<std::uint32_t>(at[0]) << 24 | static_cast<std::uint32_t>(at[1]) << 16 |
         static_cast<std::uint32_t>(at[2]) << 8 | at[3];
}

constexpr std::uint32_t type_of(const char (&name)[5]) {
  std::uint32_t type = 0;
  for (int i = 0; i < 4; ++i) type = type << 8 | static_cast<std::uint8_t>(name[i]);
  return type;
}

/// The four letters of a type; empty where they are none.
std::string name_of(std::uint32_t type) {
  std::string name;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const auto letter = static_cast<char>(type >> shift);
    const bool known = (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
    if (!known) return {};
    name += letter;
  }
  return name;
}

/// Readers must understand critical chunks: their first letter is a capital.
bool is_critical(std::uint32_t type) { return (type >> 24 & 0x20U) == 0; }

template <typename... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  raise_invalid_image("PNG: ", parts...);
}

[[noreturn]] void refuse_apple() {
  refuse("the chunk CgBI marks a variant of PNG that Apple makes for apps; convert the file");
}

bool is_depth_of(std::size_t depth, unsigned color_type) {
  switch (color_type) {
    case 0:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case 3:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6:
      return depth == 8 || depth == 16;
    default:
      return false;
  }
}

void read_header(const PngChunk& chunk, PngChunks& chunks) {
  if (chunk.is("CgBI")) refuse_apple();
  if (!chunk.is("IHDR") || chunk.payload.size() != 13)
    refuse("the file does not begin with its header");
  if (!chunk.is_sound()) refuse("the header (IHDR) is damaged: its checksum is wrong");
  std::uint8_t p[13];
  std::copy_n(chunk.payload.data(), 13, p);
  chunks.width = word(p);
  chunks.height = word(p + 4);
  chunks.depth = p[8];
  chunks.color_type = p[9];
  chunks.interlaced = p[12] == 1;
  constexpr std::size_t kMaxSide = 0x7FFFFFFF;
  const auto is_side = [](std::size_t side) { return side >= 1 && side <= kMaxSide; };
  if (!is_side(chunks.width) || !is_side(chunks.height)) {
    refuse("the header (IHDR) has ", chunks.width, "×", chunks.height, " pixels");
  }
  if (!is_depth_of(chunks.depth, chunks.color_type)) {
    refuse("the header (IHDR) has colour type ", chunks.color_type, " of ", chunks.depth, " bits");
  }
  if (p[10] != 0 || p[11] != 0 || p[12] > 1) {
    refuse("the header (IHDR) has compression ", int{p[10]}, ", filter ", int{p[11]},
           " and interlacing ", int{p[12]}, "; known are 0, 0 and 0 or 1");
  }
}

void read_palette(const PngChunk& chunk, PngChunks& chunks) {
  const std::size_t entries = chunk.payload.size() / 3;
  if (chunk.payload.size() % 3 != 0 || entries == 0 || entries > 256 || !chunk.is_sound()) {
    refuse("the palette (PLTE) of ", chunk.payload.size(), " bytes is damaged");
  }
  for (std::size_t i = 0; i < entries; ++i) {
    std::memcpy(chunks.palette[i].data(), chunk.payload.data() + 3 * i, 3);
  }
}

/// What does not fit the kind of picture has no effect.
void read_transparency(const PngChunk& chunk, PngChunks& chunks) {
  const Bytes p = chunk.payload;
  if (!chunk.is_sound()) return;
  if (chunks.is_palette()) {
    const std::size_t count = std::min(p.size(), chunks.palette.size());
    for (std::size_t i = 0; i < count; ++i) chunks.palette[i][3] = p[i];
    return;
  }
  const std::size_t samples = chunks.color_type == 0 ? 1 : 3;
  if (chunks.color_type > 2 || p.size() != 2 * samples) return;
  const auto mask = static_cast<std::uint16_t>((1U << chunks.depth) - 1);
  for (std::size_t i = 0; i < samples; ++i) {
    chunks.key[i] = static_cast<std::uint16_t>((p[2 * i] << 8 | p[2 * i + 1]) & mask);
  }
  chunks.has_key = true;
}

/// A chunk in front of the data. True where it is the palette.
bool read_ancillary(const PngChunk& chunk, PngChunks& chunks) {
  if (chunk.is("PLTE")) {
    if (chunks.is_palette()) read_palette(chunk, chunks);
    return true;
  }
  if (chunk.is("tRNS") && !chunks.has_key) read_transparency(chunk, chunks);
  if (!is_critical(chunk.type)) return false;
  if (chunk.is("CgBI")) refuse_apple();
  refuse("the chunk ", name_of(chunk.type), " is critical and unknown");
}

Bytes checked_start(Bytes file) {
  static constexpr char kSignature[] = "\x89PNG\r\n\x1A\n";
  if (file.size() < kPngSignatureBytes) refuse("the file ends in its first 8 bytes");
  if (std::memcmp(file.data(), kSignature, kPngSignatureBytes) != 0) {
    refuse("the first 8 bytes are damaged, as by a transfer as text");
  }
  return file;
}

/// The payload of the IDAT chunks in one run, the first of which was read up to offset.
std::size_t data_bytes_from(Bytes file, std::size_t offset, PngChunk chunk) {
  std::size_t bytes = 0;
  do {
    bytes += chunk.payload.size();
  } while (next_png_chunk(file, offset, chunk) && chunk.is("IDAT"));
  return bytes;
}

}  // namespace

bool PngChunk::is(const char (&name)[5]) const { return type == type_of(name); }

bool PngChunk::is_sound() const {
  if (is_cut) return false;
  // The checksum runs over the type, which stands in front of the payload, and the payload.
  const std::uint8_t* end = payload.data() + payload.size();
  return libdeflate_crc32(0, payload.data() - 4, payload.size() + 4) == word(end);
}

bool next_png_chunk(Bytes file, std::size_t& offset, PngChunk& chunk) {
  if (file.size() - offset < kHead) return false;
  const std::uint8_t* at = file.data() + offset;
  const std::size_t left = file.size() - offset - kHead;
  const std::size_t length = word(at);
  chunk.type = word(at + 4);
  chunk.is_cut = left < kChecksum || length > left - kChecksum;
  chunk.payload = {at + kHead, std::min(length, left)};
  offset = chunk.is_cut ? file.size() : offset + kHead + length + kChecksum;
  return true;
}

void read_png_chunks(Bytes file, PngChunks& chunks) {
  chunks = PngChunks{};
  for (auto& entry : chunks.palette) entry[3] = 255;
  checked_start(file);
  std::size_t offset = kPngSignatureBytes;
  PngChunk chunk;
  if (!next_png_chunk(file, offset, chunk)) refuse("the file ends in front of its header");
  read_header(chunk, chunks);
  bool has_palette = !chunks.is_palette();
  for (std::size_t at = offset; next_png_chunk(file, offset, chunk); at = offset) {
    if (chunk.is("IDAT")) {
      if (!has_palette) refuse("there is no palette (PLTE) in front of the data");
      chunks.first_data = at;
      chunks.data_bytes = data_bytes_from(file, offset, chunk);
      return;
    }
    if (chunk.is("IEND")) break;
    const std::string name = name_of(chunk.type);
    if (name.empty()) refuse("the file is damaged at byte ", at, ": no chunk begins there");
    if (chunk.is_cut) {
      refuse("the file ends too early: its chunk ", name, " goes beyond the ", file.size(),
             " bytes that are there");
    }
    has_palette = read_ancillary(chunk, chunks) || has_palette;
  }
  refuse("the file ends too early: there are no data (IDAT)");
}

void check_png_strictly(Bytes file) {
  std::size_t offset = kPngSignatureBytes;
  PngChunk chunk;
  bool had_data = false;
  bool was_data = false;
  while (next_png_chunk(file, offset, chunk)) {
    const std::string name = name_of(chunk.type);
    if (!chunk.is_sound()) {
      refuse("the chunk ", name, " is cut or its checksum is wrong (refused by strict)");
    }
    if (chunk.is("IEND")) return;
    const bool is_data = chunk.is("IDAT");
    if (is_data && had_data && !was_data) {
      refuse("the data (IDAT) are interrupted by other chunks (refused by strict)");
    }
    had_data = had_data || is_data;
    was_data = is_data;
  }
  refuse("the file has no end (IEND; refused by strict)");
}

}  // namespace edgefirst
