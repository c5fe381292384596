// SPDX-License-Identifier: Apache-2.0
// PNG files put together by hand, chunk by chunk, so that each can be damaged as it is written.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace edgefirst::testing {

using PngBytes = std::vector<std::uint8_t>;

inline void append(PngBytes& to, const PngBytes& bytes) {
  to.reserve(to.size() + bytes.size());
  for (const std::uint8_t byte : bytes) to.push_back(byte);
}

inline PngBytes word_bytes(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

inline PngBytes bytes_of_text(const std::string& text) { return {text.begin(), text.end()}; }

inline PngBytes png_chunk(const std::string& type, const PngBytes& payload) {
  PngBytes chunk = word_bytes(static_cast<std::uint32_t>(payload.size()));
  append(chunk, bytes_of_text(type));
  append(chunk, payload);
  const auto checked = static_cast<uInt>(chunk.size() - 4);
  append(chunk, word_bytes(static_cast<std::uint32_t>(crc32(0, chunk.data() + 4, checked))));
  return chunk;
}

inline PngBytes deflated(const PngBytes& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  PngBytes out(size);
  compress2(out.data(), &size, bytes.data(), static_cast<uLong>(bytes.size()), 9);
  out.resize(size);
  return out;
}

/// A picture whose rows are filtered with 0; sample i of row y is (7 y + 3 i) modulo 256.
struct HandmadePng {
  std::uint32_t width = 40;
  std::uint32_t height = 28;
  int color_type = 2;
  int depth = 8;
  bool interlaced = false;
  std::size_t data_chunks = 1;

  enum class Checksum { kRight, kZero, kWrong };
  Checksum chunk_checksum = Checksum::kRight;  ///< of IDAT
  enum class Adler { kRight, kWrong, kMissing };
  Adler adler = Adler::kRight;
  bool has_end = true;
  PngBytes in_front = {};  ///< chunks between IHDR and IDAT
  PngBytes between = {};   ///< chunks behind every IDAT but the last one

  std::size_t channels() const {
    constexpr std::size_t kChannels[] = {1, 0, 3, 1, 2, 0, 4};
    return kChannels[color_type];
  }
  std::size_t row_bytes(std::size_t pixels) const {
    return (pixels * channels() * static_cast<std::size_t>(depth) + 7) / 8;
  }

  /// What is compressed: rows with their filter types, of interlaced pictures pass by pass.
  PngBytes rows() const {
    PngBytes rows;
    const auto add = [&](std::size_t pixels, std::size_t count) {
      for (std::size_t y = 0; pixels != 0 && y < count; ++y) {
        rows.push_back(0);
        for (std::size_t i = 0; i < row_bytes(pixels); ++i) {
          rows.push_back(static_cast<std::uint8_t>(7 * y + 3 * i));
        }
      }
    };
    if (!interlaced) {
      add(width, height);
      return rows;
    }
    constexpr std::uint32_t kGrids[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                            {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    for (const auto& [x, y, dx, dy] : kGrids) {
      add((width + dx - 1 - x) / dx, (height + dy - 1 - y) / dy);
    }
    return rows;
  }

  PngBytes data() const {
    PngBytes data = deflated(rows());
    if (adler == Adler::kMissing) data.resize(data.size() - 4);
    if (adler == Adler::kWrong) data.back() ^= 0x55U;
    return data;
  }

  PngBytes header() const {
    PngBytes payload = word_bytes(width);
    append(payload, word_bytes(height));
    for (const int byte : {depth, color_type, 0, 0, interlaced ? 1 : 0}) {
      payload.push_back(static_cast<std::uint8_t>(byte));
    }
    return png_chunk("IHDR", payload);
  }

  PngBytes palette() const {
    PngBytes entries;
    for (int i = 0; i < 3 * (1 << std::min(depth, 8)); ++i) {
      entries.push_back(static_cast<std::uint8_t>(i * 11));
    }
    return png_chunk("PLTE", entries);
  }

  PngBytes file() const { return file_with(data()); }

  PngBytes file_with(const PngBytes& data) const {
    PngBytes file = bytes_of_text("\x89PNG\r\n\x1A\n");
    append(file, header());
    if (color_type == 3) append(file, palette());
    append(file, in_front);
    const std::size_t piece = data.size() / data_chunks + 1;
    for (std::size_t at = 0; at < data.size(); at += piece) {
      if (at != 0) append(file, between);
      const std::size_t end = std::min(at + piece, data.size());
      PngBytes chunk = png_chunk("IDAT", PngBytes(data.data() + at, data.data() + end));
      if (chunk_checksum == Checksum::kZero)
        std::fill(chunk.end() - 4, chunk.end(), std::uint8_t{0});
      if (chunk_checksum == Checksum::kWrong) chunk.back() ^= 1U;
      append(file, chunk);
    }
    if (has_end) append(file, png_chunk("IEND", {}));
    return file;
  }
};

}  // namespace edgefirst::testing
