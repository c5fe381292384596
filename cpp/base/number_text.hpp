// SPDX-License-Identifier: Apache-2.0
// Fractions as text and back, with a point whatever the program's locale. Whole numbers and
// sentences are made by message(); nothing else of the library writes or reads a fraction.
#pragma once

#include <optional>
#include <string>

namespace edgefirst {

/// The fewest digits, from 15 on, that read back as the same number. The value is finite.
std::string shortest_text(double value);

/// As many digits behind the point as asked for.
std::string fixed_text(double value, int decimals);

/// The number that is the whole text; none where it is another text or beyond a double.
std::optional<double> parse_number(const std::string& text);

}  // namespace edgefirst
