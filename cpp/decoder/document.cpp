// SPDX-License-Identifier: Apache-2.0
// JSON text to values: the parser's events build the tree, innermost containers first.
#include "decoder/document.hpp"

#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Its only assertion that text can break is about fractions; see Builder::number_float.
#define JSON_ASSERT(condition) static_cast<void>(0)
#include <nlohmann/json.hpp>

#include "base/message.hpp"
#include "base/number_text.hpp"

namespace edgefirst::decoding {
namespace {

using Parser = nlohmann::json;

/// Takes the parser's events, by the names that it calls them.
class Builder {
 public:
  Json take() { return std::move(root_); }

  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(std::int64_t value) { return add(Json(value)); }
  bool number_unsigned(std::uint64_t value) { return add(Json(value)); }
  /// The parser reads fractions by the program's locale; one whose decimal point has two bytes, as
  /// that of Pashto, misleads it.
  bool number_float(double, std::string text) {
    for (char& letter : text) {
      if (std::strchr("0123456789+-eE", letter) == nullptr) letter = '.';
    }
    const std::optional<double> value = parse_number(text);
    if (!value) raise(ErrorCode::kInvalidConfig, "Json: a number is beyond the range of a double");
    return add(Json(*value));
  }
  bool string(std::string& value) { return add(Json(std::move(value))); }
  bool binary(Parser::binary_t&) { return false; }  // JSON text has none

  bool start_object(std::size_t) { return open(true); }
  bool key(std::string& name) {
    open_.back().members.push_back({std::move(name), Json()});
    return true;
  }
  bool end_object() {
    Open ended = close();
    return add(Json::object(std::move(ended.members)));
  }
  bool start_array(std::size_t) { return open(false); }
  bool end_array() {
    Open ended = close();
    return add(Json::array(std::move(ended.items)));
  }

  [[noreturn]] bool parse_error(std::size_t, const std::string&, const Parser::exception& error) {
    raise(ErrorCode::kInvalidConfig, "Json: ", error.what());
  }

 private:
  /// A container whose end has not come yet.
  struct Open {
    bool is_object;
    Json::Array items;
    Json::Object members;
  };

  void check_depth() const {
    if (open_.size() <= kMaxDocumentDepth) return;
    raise(ErrorCode::kInvalidConfig, "the JSON document nests deeper than ", kMaxDocumentDepth,
          " levels");
  }
  bool open(bool is_object) {
    check_depth();
    open_.push_back({is_object, {}, {}});
    return true;
  }
  Open close() {
    Open ended = std::move(open_.back());
    open_.pop_back();
    return ended;
  }
  bool add(Json value) {
    check_depth();
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_object) {
      open_.back().members.back().value = std::move(value);
    } else {
      open_.back().items.push_back(std::move(value));
    }
    return true;
  }

  Json root_;
  std::vector<Open> open_;
};

}  // namespace

Json parse_json(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) {
    raise(ErrorCode::kInvalidConfig, "the JSON document has ", text.size(), " bytes, at most ",
          kMaxDocumentBytes, " are read");
  }
  Builder builder;
  Parser::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace edgefirst::decoding
