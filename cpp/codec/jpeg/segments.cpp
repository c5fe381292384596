// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg/segments.hpp"

#include <algorithm>
#include <string_view>

#include "codec/errors.hpp"
#include "codec/jpeg/deviations.hpp"
#include "codec/jpeg/entropy_data.hpp"

namespace edgefirst::jpeg {
namespace {

using Bytes = Span<const std::uint8_t>;

constexpr std::uint8_t kEoi = 0xD9;
constexpr std::uint8_t kSos = 0xDA;
constexpr std::uint8_t kDnl = 0xDC;

std::size_t word(Bytes data, std::size_t at) {
  return static_cast<std::size_t>(data[at]) << 8 | data[at + 1];
}

/// Segments that the decoder reads: SOFn, DHT, DAC, SOS, DQT, DNL, DRI.
bool is_read(std::uint8_t marker) {
  return (marker >= 0xC0 && marker <= 0xCF && marker != 0xC8) || (marker >= 0xDA && marker <= 0xDD);
}

/// Blocks of the frame, about.
std::size_t block_count(const Header& header) {
  return (header.width + 7) / 8 * ((header.height + 7) / 8);
}

bool may_have_dnl(Bytes data, const Header& header) {
  constexpr std::size_t kTail = 4096;
  constexpr std::string_view kSegment("\xFF\xDC\x00\x04", 4);
  if (header.height == 0 || !header.is_single_scan()) return true;
  if (data.size() - header.entropy_begin < block_count(header)) return true;
  const std::size_t size = std::min(kTail, data.size());
  const std::string_view tail(reinterpret_cast<const char*>(data.end() - size), size);
  return tail.find(kSegment) != std::string_view::npos;
}

}  // namespace

std::uint8_t next_marker(Bytes data, std::size_t& position, const Header& header) {
  if (position < data.size() && data[position] != 0xFF) accept(header, Deviation::kJunk);
  while (position < data.size() && data[position] != 0xFF) ++position;
  while (position < data.size() && data[position] == 0xFF) ++position;  // T.81 B.1.1.2: fill bytes
  if (position >= data.size()) return kEoi;
  return data[position++];
}

Bytes segment_payload(Bytes data, std::uint8_t marker, std::size_t& position,
                      const Header& header) {
  if (data.size() - position < 2) raise_invalid_image("file ends inside a JPEG segment length");
  std::size_t length = word(data, position);
  if (length < 2 && !is_read(marker)) {
    accept(header, Deviation::kSegmentLength);
    length = 2;
  }
  if (length < 2 || length > data.size() - position) {
    raise_invalid_image("JPEG segment length ", length, " with ", data.size() - position,
                        " bytes left in the file");
  }
  const Bytes payload = data.subspan(position + 2, length - 2);
  position += length;
  return payload;
}

bool is_standalone(std::uint8_t marker) {
  return marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
}

bool is_frame(std::uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

std::size_t height_behind_scan(Bytes data, const Header& header) {
  if (!may_have_dnl(data, header)) return 0;
  std::size_t position = header.entropy_begin + scan_end(data.subspan(header.entropy_begin));
  if (next_marker(data, position, header) != kDnl) return 0;
  const Bytes payload = segment_payload(data, kDnl, position, header);
  return payload.size() < 2 ? 0 : word(payload, 0);
}

std::size_t near_scan_end(Bytes data, std::size_t begin) {
  constexpr std::size_t kMostThumbnail = 65536;
  const Bytes near = data.subspan(begin, std::min(kMostThumbnail, data.size() - begin));
  const std::size_t end = scan_end(near);
  return end == near.size() ? data.size() : begin + end;
}

void check_picture_is_last(Bytes data, std::size_t position, const Header& header) {
  bool saw_frame = false;
  bool saw_end = false;
  for (;;) {  // only segments that follow one another without a gap are a header
    while (data.size() - position >= 2 && data[position] == 0xFF && data[position + 1] == 0xFF) {
      ++position;
    }
    if (data.size() - position < 4 || data[position] != 0xFF) return;
    const std::uint8_t marker = data[position + 1];
    if (marker == kEoi && !saw_end) {
      saw_end = true;
      position += 2;
      continue;
    }
    if (marker < 0xC0 || (marker >= 0xD0 && marker < kSos)) return;
    const std::size_t length = word(data, position + 2);
    if (length < 2 || length > data.size() - position - 2) return;
    const std::size_t components = length >= 8 ? data[position + 9] : 0;
    if (is_frame(marker) && components != 0 && length == 8 + 3 * components) saw_frame = true;
    position += 2 + length;
    if (marker != kSos) continue;
    if (saw_frame) break;
    if (saw_end) return;
    position = near_scan_end(data, position);  // a further scan of the picture
  }
  raise_invalid_image("another frame follows the picture of ", header.width, "×", header.height,
                      ", which is a thumbnail behind a damaged segment");
}

}  // namespace edgefirst::jpeg
