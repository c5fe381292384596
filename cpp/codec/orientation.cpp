// SPDX-License-Identifier: Apache-2.0
#include "codec/orientation.hpp"

#include <algorithm>
#include <cstring>

#include "codec/exif.hpp"
#include "codec/xmp.hpp"

namespace edgefirst {
namespace {

using Bytes = Span<const std::uint8_t>;

constexpr std::string_view kXmpKeyword = "XML:com.adobe.xmp";
constexpr std::string_view kXmpProfile = "Raw profile type xmp";

/// -1 where the character is no hexadecimal digit.
int hex_digit(std::uint8_t character) {
  if (character >= '0' && character <= '9') return character - '0';
  const int letter = character | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool is_space(std::uint8_t character) {
  return character == ' ' || (character >= '\t' && character <= '\r');
}

/// What stands behind the lines of a raw profile's name and length.
Bytes digits_of_profile(Bytes text) {
  std::size_t at = 0;
  while (at < text.size() && is_space(text[at])) ++at;
  for (int line = 0; line < 2; ++line) {
    while (at < text.size() && text[at] != '\n') ++at;
    if (at < text.size()) ++at;
  }
  return text.subspan(at);
}

/// Pairs of digits to bytes, up to what is neither a digit nor space. The length that the text
/// tells is not needed.
Bytes decode_profile(Bytes text, Scratch& memory) {
  const Bytes digits = digits_of_profile(text);
  const std::size_t room = std::min(digits.size() / 2, OrientationTags::kMaxProfile);
  if (room == 0) return {};
  std::uint8_t* const out = memory.require(room);
  std::size_t size = 0;
  int high = -1;
  for (const std::uint8_t character : digits) {
    if (is_space(character)) continue;
    const int digit = hex_digit(character);
    if (digit < 0 || size == room) break;
    if (high < 0) {
      high = digit;
    } else {
      out[size++] = static_cast<std::uint8_t>(high << 4 | digit);
      high = -1;
    }
  }
  return {out, size};
}

void keep_first(std::optional<std::uint8_t>& kept, std::optional<std::uint8_t> found) {
  if (!kept) kept = found;
}

}  // namespace

void OrientationTags::add_exif(Span<const Bytes> pieces) {
  keep_first(exif_, exif_orientation(pieces));
}

void OrientationTags::add_xmp(Bytes packet) { keep_first(xmp_, xmp_orientation(packet)); }

bool OrientationTags::is_text_of_interest(std::string_view keyword) {
  return keyword == kXmpKeyword || keyword == "Raw profile type exif" ||
         keyword == "Raw profile type APP1" || keyword == kXmpProfile;
}

void OrientationTags::add_text(std::string_view keyword, Bytes text, Scratch& memory) {
  if (keyword == kXmpKeyword) {
    add_xmp(text);
  } else if (is_text_of_interest(keyword)) {
    add_profile(decode_profile(text, memory), keyword == kXmpProfile);
  }
}

/// A profile APP1 is a whole segment, so EXIF data and XMP are told apart by how they begin.
void OrientationTags::add_profile(Bytes data, bool is_xmp) {
  const Bytes packet = xmp_packet(data);
  if (is_xmp || !packet.empty()) {
    add_xmp(packet.empty() ? data : packet);
  } else {
    keep_first(profile_, exif_orientation(data));
  }
}

Bytes xmp_packet(Bytes app1) {
  constexpr std::string_view kBeginning("http://ns.adobe.com/xap/1.0/\0", 29);
  const bool is_xmp = app1.size() >= kBeginning.size() &&
                      std::memcmp(app1.data(), kBeginning.data(), kBeginning.size()) == 0;
  return is_xmp ? app1.subspan(kBeginning.size()) : Bytes();
}

}  // namespace edgefirst
