// SPDX-License-Identifier: Apache-2.0
// Small changes of text.
#pragma once

#include <algorithm>
#include <string>

namespace edgefirst {

/// ASCII letters alone; other bytes stay.
inline std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return text;
}

}  // namespace edgefirst
