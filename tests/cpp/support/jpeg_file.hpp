// SPDX-License-Identifier: Apache-2.0
// Edits JPEG files segment by segment, to damage them in one chosen place or to add metadata.
#pragma once

#include <cstdint>
#include <vector>

#include "support/codec_reference.hpp"

namespace edgefirst::testing {

/// Offset of the FF of the index-th segment with this marker; the file's size where there is none.
inline std::size_t find_segment(const ByteVector& file, std::uint8_t marker, int index = 0) {
  std::size_t at = 2;
  while (at + 4 <= file.size() && file[at] == 0xFF) {
    if (file[at + 1] == marker && index-- == 0) return at;
    if (file[at + 1] == 0xDA) break;
    at += 2 + (static_cast<std::size_t>(file[at + 2]) << 8 | file[at + 3]);
  }
  return file.size();
}

inline ByteVector segment(std::uint8_t marker, const ByteVector& payload) {
  const std::size_t length = payload.size() + 2;
  ByteVector bytes;
  bytes.reserve(length + 2);
  bytes.push_back(0xFF);
  bytes.push_back(marker);
  bytes.push_back(static_cast<std::uint8_t>(length >> 8));
  bytes.push_back(static_cast<std::uint8_t>(length));
  for (const std::uint8_t byte : payload) bytes.push_back(byte);
  return bytes;
}

/// The file with bytes inserted behind SOI.
inline ByteVector with_segment(ByteVector file, const ByteVector& bytes) {
  file.insert(file.begin() + 2, bytes.begin(), bytes.end());
  return file;
}

/// The segment replaced as a whole.
inline ByteVector replace_segment(const ByteVector& file, std::uint8_t marker,
                                  const ByteVector& payload) {
  const std::size_t at = find_segment(file, marker);
  const std::size_t length = static_cast<std::size_t>(file[at + 2]) << 8 | file[at + 3];
  ByteVector changed(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(at));
  const ByteVector bytes = segment(marker, payload);
  changed.insert(changed.end(), bytes.begin(), bytes.end());
  changed.insert(changed.end(), file.begin() + static_cast<std::ptrdiff_t>(at + 2 + length),
                 file.end());
  return changed;
}

/// TIFF data whose only entry is the orientation.
inline ByteVector tiff_orientation(int orientation, bool big_endian = false) {
  const auto value = static_cast<std::uint8_t>(orientation);
  if (big_endian) {
    return {'M', 'M', 0, 42, 0, 0, 0,     8, 0, 1, 1, 0x12, 0,
            3,   0,   0, 0,  1, 0, value, 0, 0, 0, 0, 0,    0};
  }
  return {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0};
}

inline ByteVector exif_segment(const ByteVector& tiff) {
  ByteVector payload = {'E', 'x', 'i', 'f', 0, 0};
  for (const std::uint8_t byte : tiff) payload.push_back(byte);
  return segment(0xE1, payload);
}

}  // namespace edgefirst::testing
