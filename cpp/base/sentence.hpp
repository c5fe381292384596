// SPDX-License-Identifier: Apache-2.0
// Keeps the text of an error to one short line, whatever names and values of a caller it quotes.
// Called by Error, by the log, by the C functions and by the Python binding.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace edgefirst {

inline constexpr std::size_t kSentenceBytes = 300;

namespace sentence_internal {

inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Control characters as escapes: "\n" becomes two characters, NUL becomes U+FFFD.
inline void append_visible(std::string& out, char c) {
  constexpr const char* kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte != 0x7F) {
    out += c;
  } else if (byte == 0) {
    out += "\xEF\xBF\xBD";
  } else if (c == '\n') {
    out += "\\n";
  } else {
    out += {'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
  }
}

}  // namespace sentence_internal

/// The text with its control characters as escapes, however long it is.
inline std::string on_one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) sentence_internal::append_visible(line, c);
  return line;
}

/// The text on one line of at most `most` bytes. A longer text loses its middle, where a quoted
/// value stands; what happened and what to do are told at the ends. No cut splits a character.
inline std::string one_sentence(std::string_view text, std::size_t most = kSentenceBytes) {
  using sentence_internal::is_continuation;
  constexpr std::string_view kGap = " ... ";
  // An escape makes four bytes of one at most, so that this much is enough of either end.
  std::string head;
  for (std::size_t i = 0; i < text.size() && head.size() <= most; ++i) {
    sentence_internal::append_visible(head, text[i]);
  }
  if (head.size() <= most) return head;
  std::string tail;
  for (const char c : text.substr(text.size() - std::min(text.size(), most))) {
    sentence_internal::append_visible(tail, c);
  }
  const std::size_t kept = most - kGap.size();
  const auto is_gap = [](char c) { return c == ' ' || c == '.'; };  // of a text cut before
  std::size_t first = kept * 2 / 3;
  while (first > 0 && (is_continuation(head[first]) || is_gap(head[first - 1]))) --first;
  std::size_t from = tail.size() - kept / 3;
  while (from < tail.size() && (is_continuation(tail[from]) || is_gap(tail[from]))) ++from;
  return head.substr(0, first).append(kGap).append(tail, from);
}

}  // namespace edgefirst
