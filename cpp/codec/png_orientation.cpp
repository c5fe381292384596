// SPDX-License-Identifier: Apache-2.0
// PNG specification, 11.3.3 (texts) and 11.3.3.3 (eXIf).
#include "codec/png_orientation.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "codec/orientation.hpp"
#include "codec/png_chunks.hpp"
#include "codec/png_data.hpp"

namespace edgefirst {
namespace {

using Bytes = Span<const std::uint8_t>;

constexpr std::size_t kMaxKeyword = 79;
constexpr std::size_t kMaxText = std::size_t{1} << 20;  // inflated
constexpr int kMaxTexts = 8;

Bytes behind(Bytes bytes, std::size_t count) {
  return {bytes.data() + count, bytes.size() - count};
}

/// The position of the first zero; the size where there is none.
std::size_t text_length(Bytes bytes) {
  const std::uint8_t* end = bytes.data() + bytes.size();
  return static_cast<std::size_t>(std::find(bytes.data(), end, std::uint8_t{0}) - bytes.data());
}

/// Cuts off the bytes to the first zero, the zero included. False where there is none.
bool skip_text(Bytes& bytes) {
  const std::size_t length = text_length(bytes);
  if (length == bytes.size()) return false;
  bytes = behind(bytes, length + 1);
  return true;
}

/// The text of a chunk without its keyword, inflated; empty where it is damaged.
Bytes text_of(const PngChunk& chunk, Bytes rest, Scratch& memory) {
  if (chunk.is("tEXt")) return rest;
  bool compressed = true;
  if (chunk.is("iTXt")) {  // flag, method, language, translated keyword
    if (rest.size() < 2) return {};
    compressed = rest[0] != 0;
    rest = behind(rest, 2);
    if (!skip_text(rest) || !skip_text(rest)) return {};
  } else {  // method
    if (rest.empty()) return {};
    rest = behind(rest, 1);
  }
  return compressed ? inflate_png_text(rest, kMaxText, memory) : rest;
}

}  // namespace

std::uint8_t png_orientation(Bytes file, PngTextMemory& memory) {
  OrientationTags tags;
  std::size_t offset = std::min(kPngSignatureBytes, file.size());
  int texts = 0;
  PngChunk chunk;
  while (next_png_chunk(file, offset, chunk) && !chunk.is("IEND")) {
    if (chunk.is("eXIf") && chunk.is_sound()) tags.add_exif(chunk.payload);
    if (!chunk.is("tEXt") && !chunk.is("zTXt") && !chunk.is("iTXt")) continue;
    const std::size_t head = std::min(chunk.payload.size(), kMaxKeyword + 1);
    const std::size_t length = text_length({chunk.payload.data(), head});
    if (length == head) continue;
    char name[kMaxKeyword] = {};
    std::copy_n(chunk.payload.data(), length, name);
    const std::string_view keyword(name, length);
    if (!OrientationTags::is_text_of_interest(keyword) || !chunk.is_sound()) continue;
    if (++texts > kMaxTexts) break;
    const Bytes text = text_of(chunk, behind(chunk.payload, length + 1), memory.inflated);
    if (!text.empty()) tags.add_text(keyword, text, memory.profile);
  }
  return tags.value();
}

}  // namespace edgefirst
