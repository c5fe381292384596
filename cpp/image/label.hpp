// SPDX-License-Identifier: Apache-2.0
// Where a label goes and the dots of its text: an embedded bitmap font, printable ASCII in cells of
// 6 x 9 dots. Paints nothing. Used by the backends that draw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "image/draw_request.hpp"

namespace edgefirst {

inline constexpr std::size_t kGlyphWidth = 6;  ///< five dots and a gap
inline constexpr std::size_t kGlyphDots = 5;
inline constexpr std::size_t kGlyphHeight = 9;  ///< seven dots, two below the base line

/// Text on a filled strip above the box, or below its upper edge where there is no room. Either may
/// reach beyond the picture.
struct Label {
  Rect strip;
  Rect text;        ///< whole cells
  std::size_t dot;  ///< pixels of a dot's side: they grow with the picture's height
  Color fill, ink;  ///< opaque
};
Label place_label(const BoundingBox& box, std::string_view text, const Color& color,
                  std::size_t picture_width, std::size_t picture_height);

/// The dots of a row (0...8) of a character, bit 4 the leftmost; none outside printable ASCII.
std::uint8_t glyph_row(char character, std::size_t row);

/// Takes the first character off text, a sequence of UTF-8 bytes being one; anything outside
/// printable ASCII becomes '?'.
char next_glyph(std::string_view& text);

}  // namespace edgefirst
