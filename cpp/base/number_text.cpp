// SPDX-License-Identifier: Apache-2.0
#include "base/number_text.hpp"

#include <iomanip>
#include <locale>
#include <sstream>

#include "base/message.hpp"

namespace edgefirst {

std::string shortest_text(double value) {
  constexpr int kMostDigits = 17;  // what every double needs at most
  for (int digits = 15;; ++digits) {
    const std::string text = message(std::setprecision(digits), value);
    if (digits == kMostDigits || parse_number(text) == value) return text;
  }
}

std::string fixed_text(double value, int decimals) {
  return message(std::fixed, std::setprecision(decimals), value);
}

std::optional<double> parse_number(const std::string& text) {
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  double value = 0;
  stream >> value;
  if (stream.fail() || stream.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
  return value;
}

}  // namespace edgefirst
