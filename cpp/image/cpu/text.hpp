// SPDX-License-Identifier: Apache-2.0
// An embedded bitmap font: printable ASCII in cells of 6 x 9 dots. Finds dots, paints nothing.
// Used by the painter for labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace edgefirst::cpu {

inline constexpr std::size_t kGlyphWidth = 6;   ///< five dots and a gap
inline constexpr std::size_t kGlyphHeight = 9;  ///< seven dots, two below the base line

/// The dots of a row (0...8) of a character, bit 4 the leftmost; none outside printable ASCII.
std::uint8_t glyph_row(char character, std::size_t row);

/// Characters that text takes: a sequence of UTF-8 bytes outside ASCII counts as one.
std::size_t glyph_count(std::string_view text);

/// Takes the first character off text; anything outside printable ASCII becomes '?'.
char next_glyph(std::string_view& text);

}  // namespace edgefirst::cpu
