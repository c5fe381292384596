// SPDX-License-Identifier: Apache-2.0
#include "codec/xmp.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace edgefirst {
namespace {

using Text = std::string_view;

constexpr Text kSpace = " \t\r\n";

bool starts_with(Text text, Text beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

Text trimmed(Text text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == Text::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Walks the start tags of a text and the attributes of each.
class TagReader {
 public:
  explicit TagReader(Text text) : rest_(text) {}

  /// Moves to the next start tag; false at the end of the text.
  bool next_tag() {
    for (;;) {
      skip_to(rest_.find('<'));
      if (rest_.empty()) return false;
      if (starts_with(rest_, "<!--")) {
        skip_behind("-->", 4);
      } else if (starts_with(rest_, "<![CDATA[")) {
        skip_behind("]]>", 9);
      } else if (starts_with(rest_, "<?")) {
        skip_behind("?>", 2);
      } else if (starts_with(rest_, "<!") || starts_with(rest_, "</")) {
        skip_behind(">", 2);
      } else {
        rest_.remove_prefix(1);
        tag_ = take_name();
        return true;
      }
    }
  }

  /// Moves to the tag's next attribute; false behind the tag.
  bool next_attribute() {
    const std::size_t next = rest_.find_first_not_of(" \t\r\n/");
    is_empty_ = next != 0 && next != Text::npos && rest_[next - 1] == '/';
    skip_to(next);
    if (rest_.empty()) return false;
    if (rest_.front() == '>') {
      rest_.remove_prefix(1);
      return false;
    }
    name_ = take_name();
    value_ = {};
    skip_to(rest_.find_first_not_of(kSpace));
    if (rest_.empty() || rest_.front() != '=') {
      if (name_.empty() && !rest_.empty()) rest_.remove_prefix(1);
      return true;
    }
    skip_to(rest_.find_first_not_of(kSpace, 1));
    if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\'')) return true;
    const std::size_t end = rest_.find(rest_.front(), 1);
    value_ = rest_.substr(1, end == Text::npos ? end : end - 1);
    skip_to(end == Text::npos ? end : end + 1);
    return true;
  }

  Text tag() const { return tag_; }
  Text name() const { return name_; }
  Text value() const { return value_; }
  /// The text between the tag, whose attributes were all read, and the next one.
  Text content() const { return is_empty_ ? Text() : rest_.substr(0, rest_.find('<')); }

 private:
  void skip_to(std::size_t position) { rest_.remove_prefix(std::min(position, rest_.size())); }
  void skip_behind(Text end, std::size_t from) {
    const std::size_t at = rest_.find(end, from);
    skip_to(at == Text::npos ? at : at + end.size());
  }
  Text take_name() {
    const Text name = rest_.substr(0, rest_.find_first_of(" \t\r\n/>=<\"'"));
    rest_.remove_prefix(name.size());
    return name;
  }

  Text rest_;
  Text tag_;
  Text name_;
  Text value_;
  bool is_empty_ = false;  // the tag ends with "/>"
};

/// The prefix that the packet gives to the namespace of TIFF properties.
Text tiff_prefix(Text packet) {
  constexpr Text kDeclaration = "xmlns:";
  TagReader reader(packet);
  while (reader.next_tag()) {
    while (reader.next_attribute()) {
      if (starts_with(reader.name(), kDeclaration) &&
          trimmed(reader.value()) == "http://ns.adobe.com/tiff/1.0/") {
        return reader.name().substr(kDeclaration.size());
      }
    }
  }
  return "tiff";
}

std::optional<std::uint8_t> orientation_of(Text value) {
  value = trimmed(value);
  if (value.size() != 1 || value[0] < '1' || value[0] > '8') return {};
  return static_cast<std::uint8_t>(value[0] - '0');
}

}  // namespace

std::optional<std::uint8_t> xmp_orientation(Span<const std::uint8_t> packet) {
  constexpr Text kName = ":Orientation";
  const Text text(reinterpret_cast<const char*>(packet.data()), packet.size());
  if (text.find(kName) == Text::npos) return {};
  const Text prefix = tiff_prefix(text);
  const auto is_wanted = [&](Text name) {
    return name.size() == prefix.size() + kName.size() && starts_with(name, prefix) &&
           name.substr(prefix.size()) == kName;
  };
  TagReader reader(text);
  while (reader.next_tag()) {
    std::optional<std::uint8_t> found;
    while (reader.next_attribute()) {
      if (!found && is_wanted(reader.name())) found = orientation_of(reader.value());
    }
    if (!found && is_wanted(reader.tag())) found = orientation_of(reader.content());
    if (found) return found;
  }
  return {};
}

}  // namespace edgefirst
