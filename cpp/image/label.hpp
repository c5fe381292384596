// SPDX-License-Identifier: Apache-2.0
// Where a label goes and the dots of its text: an embedded bitmap font, printable ASCII in cells of
// 6 x 9 dots, and a box for every other character. Paints nothing. Used by the backends that draw.
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

/// The glyph of characters that the font lacks: the outline of a box.
inline constexpr char kBoxGlyph = '\x7F';

/// The dots of a row (0...8) of a glyph, bit 4 the leftmost; none where there is no such glyph.
std::uint8_t glyph_row(char glyph, std::size_t row);

/// Takes the characters off text up to the next that takes a cell: printable ASCII, a space, or a
/// box for one that the font lacks or that is no UTF-8. Combining marks and other characters of no
/// width take none. False at the end of text.
bool next_glyph(std::string_view& text, char& glyph);

}  // namespace edgefirst
