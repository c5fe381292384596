// SPDX-License-Identifier: Apache-2.0
// UTF-8 as a sequence of characters, and which of them take room in a line. Used by the labels.
#pragma once

#include <string_view>

namespace edgefirst {

/// What bytes that are no UTF-8 count as.
inline constexpr char32_t kInvalidCodePoint = 0xFFFD;

/// Takes the first character off text, which is not empty. Bytes that are no UTF-8 come off as
/// kInvalidCodePoint, those that begin a sequence together, as Unicode recommends (3.9, U+FFFD
/// substitution of maximal subparts).
char32_t take_code_point(std::string_view& text);

/// Combining marks, joiners, variation selectors, marks of direction.
bool is_zero_width(char32_t code);
/// Spaces of every width.
bool is_space(char32_t code);

}  // namespace edgefirst
