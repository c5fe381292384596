// SPDX-License-Identifier: Apache-2.0
// The UTF-8 check, one table row per lead byte range.
#include "base/utf8.hpp"

#include <cstddef>

namespace edgefirst {
namespace {

/// Unicode 15 table 3-7: lead bytes, what may follow them, and how many bytes follow in all.
struct Row {
  unsigned char lead_low, lead_high;
  unsigned char second_low, second_high;
  unsigned char following;
};
constexpr Row kTable[] = {
    {0x00, 0x7F, 0x00, 0x00, 0}, {0xC2, 0xDF, 0x80, 0xBF, 1}, {0xE0, 0xE0, 0xA0, 0xBF, 2},
    {0xE1, 0xEC, 0x80, 0xBF, 2}, {0xED, 0xED, 0x80, 0x9F, 2}, {0xEE, 0xEF, 0x80, 0xBF, 2},
    {0xF0, 0xF0, 0x90, 0xBF, 3}, {0xF1, 0xF3, 0x80, 0xBF, 3}, {0xF4, 0xF4, 0x80, 0x8F, 3},
};

const Row* row_of(unsigned char lead) {
  for (const Row& row : kTable) {
    if (row.lead_low <= lead && lead <= row.lead_high) return &row;
  }
  return nullptr;
}

bool in_range(char c, unsigned char low, unsigned char high) {
  const auto byte = static_cast<unsigned char>(c);
  return low <= byte && byte <= high;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const Row* row = row_of(static_cast<unsigned char>(text[at]));
    if (row == nullptr || text.size() - at <= row->following) return false;
    for (std::size_t i = 1; i <= row->following; ++i) {
      const unsigned char low = i == 1 ? row->second_low : 0x80;
      const unsigned char high = i == 1 ? row->second_high : 0xBF;
      if (!in_range(text[at + i], low, high)) return false;
    }
    at += 1U + row->following;
  }
  return true;
}

}  // namespace edgefirst
