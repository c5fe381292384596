// SPDX-License-Identifier: Apache-2.0
#include "decoder/json.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/number_text.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace edgefirst::decoding {
namespace {

bool has_lower_name(const Json::Member& a, const Json::Member& b) { return a.name < b.name; }

/// Bytes of the UTF-8 character that text begins with; 0: it begins with none.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
    if (is_utf8(text.substr(0, size))) return size;
  }
  return 0;
}

void append_escape(std::uint32_t unit, std::string& out) {
  char escaped[16];
  std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(unit));
  out += escaped;
}

/// A character of several bytes as one UTF-16 unit or two (RFC 8259 section 7).
void append_units(std::string_view character, std::string& out) {
  constexpr std::uint32_t kLeadBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t code = static_cast<unsigned char>(character[0]) & kLeadBits[character.size()];
  for (const char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  if (code < 0x10000) return append_escape(code, out);
  append_escape(0xD800 + ((code - 0x10000) >> 10), out);
  append_escape(0xDC00 + ((code - 0x10000) & 0x3FF), out);
}

void append_character(std::string_view character, bool ascii, std::string& out) {
  constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  const char first = character[0];
  if (const std::size_t at = kNamed.find(first); at != std::string_view::npos) {
    out += '\\';
    out += kLetters[at];
  } else if (static_cast<unsigned char>(first) < 0x20) {
    append_escape(static_cast<std::uint32_t>(first), out);
  } else if (ascii && character.size() > 1) {
    append_units(character, out);
  } else {
    out += character;
  }
}

void append_string(std::string_view text, bool ascii, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    append_character(size == 0 ? "\xEF\xBF\xBD" : text.substr(0, size), ascii, out);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  out += '"';
}

/// The fewest digits that read back as the same number.
void append_float(double value, std::string& out) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::string text = shortest_text(value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  out += text;
}

}  // namespace

Json::Json() = default;
Json::~Json() = default;
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;

Json Json::array(Array items) {
  Json json;
  json.value_ = std::move(items);
  return json;
}

Json Json::object(Object members) {
  std::stable_sort(members.begin(), members.end(), has_lower_name);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const bool is_last = i + 1 == members.size() || members[i + 1].name != members[i].name;
    if (!is_last) continue;
    if (kept != i) members[kept] = std::move(members[i]);
    ++kept;
  }
  members.resize(kept);
  Json json;
  json.value_ = std::move(members);
  return json;
}

const char* Json::type_name() const {
  constexpr const char* kNames[] = {"null",   "boolean", "number", "number",
                                    "number", "string",  "array",  "object"};
  return kNames[value_.index()];
}

double Json::number() const {
  if (is_negative()) return static_cast<double>(negative());
  if (is_unsigned()) return static_cast<double>(unsigned_integer());
  return std::get<double>(value_);
}

std::size_t Json::size() const {
  if (is_array()) return items().size();
  return is_object() ? members().size() : 0;
}

const Json* Json::find(std::string_view name) const {
  if (!is_object()) return nullptr;
  const Object& all = members();
  const auto found = std::lower_bound(
      all.begin(), all.end(), name,
      [](const Member& member, std::string_view wanted) { return member.name < wanted; });
  return found != all.end() && found->name == name ? &found->value : nullptr;
}

void Json::append_to(std::string& out, bool ascii) const {
  if (is_null()) out += "null";
  if (is_boolean()) out += boolean() ? "true" : "false";
  if (is_negative()) out += integer_text(negative());
  if (is_unsigned()) out += integer_text(unsigned_integer());
  if (is_number() && !is_integer()) append_float(number(), out);
  if (is_string()) append_string(string(), ascii, out);
  if (is_array()) {
    out += '[';
    for (const Json& item : items()) {
      if (&item != items().data()) out += ',';
      item.append_to(out, ascii);
    }
    out += ']';
  }
  if (is_object()) {
    out += '{';
    for (const Member& member : members()) {
      if (&member != members().data()) out += ',';
      append_string(member.name, ascii, out);
      out += ':';
      member.value.append_to(out, ascii);
    }
    out += '}';
  }
}

std::string Json::text() const {
  std::string out;
  append_to(out, false);
  return out;
}

std::string Json::ascii_text() const {
  std::string out;
  append_to(out, true);
  return out;
}

}  // namespace edgefirst::decoding
