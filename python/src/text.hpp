// SPDX-License-Identifier: Apache-2.0
// Numbers as text for repr().
#pragma once

#include <charconv>
#include <string>

namespace edgefirst::python {

/// The shortest text that reads back as the same float, with a point: "0.1", "1.0".
inline std::string float_text(float value) {
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, result.ptr);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

}  // namespace edgefirst::python
