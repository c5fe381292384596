// SPDX-License-Identifier: Apache-2.0
// Small changes of text.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>

namespace edgefirst {

// Of ASCII alone, whatever the program's locale: there, I may be the capital of another letter.

inline bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

inline char lower_letter(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

inline bool is_letter(char letter) {
  return lower_letter(letter) >= 'a' && lower_letter(letter) <= 'z';
}

/// Only the digits and a sign, in every locale; fractions are made by number_text.
template <typename Integer>
std::string integer_text(Integer value) {
  static_assert(std::is_integral_v<Integer>);
  return std::to_string(value);
}

/// Other bytes stay.
inline std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower_letter);
  return text;
}

}  // namespace edgefirst
