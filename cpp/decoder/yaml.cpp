// SPDX-License-Identifier: Apache-2.0
// YAML text to values, by the core schema: plain scalars become null, bool, integer or float.
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>
#include <string>

#include "base/message.hpp"
#include "decoder/document.hpp"

namespace edgefirst::decoding {
namespace {

/// Decimal digits with an optional sign.
std::optional<Json> as_integer(const std::string& text) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  if (begin == end || (*begin == '-' && begin + 1 == end)) return std::nullopt;
  std::int64_t negative = 0;
  std::uint64_t positive = 0;
  const std::from_chars_result result =
      *begin == '-' ? std::from_chars(begin, end, negative) : std::from_chars(begin, end, positive);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return *begin == '-' ? Json(negative) : Json(positive);
}

/// A decimal number with point or exponent. The characters are checked first, so that words such
/// as "infinity" and hexadecimal floats stay strings.
std::optional<Json> as_float(const std::string& text) {
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string::npos ||
      text.find_first_of("0123456789") == std::string::npos) {
    return std::nullopt;
  }
  double value = 0;
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  stream >> value;
  if (stream.fail() || stream.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
  return Json(value);
}

Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;  // quoted
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return nullptr;
  }
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (std::optional<Json> integer = as_integer(text)) return *integer;
  if (std::optional<Json> number = as_float(text)) return *number;
  return text;
}

class Converter {
 public:
  Json convert(const YAML::Node& node, std::size_t depth = 0) {
    if (depth > kMaxDocumentDepth) {
      raise(ErrorCode::kInvalidConfig, "the YAML document nests deeper than ", kMaxDocumentDepth,
            " levels");
    }
    if (++nodes_ > kMaxDocumentNodes) {  // aliases repeat what they name
      raise(ErrorCode::kInvalidConfig, "the YAML document expands to more than ", kMaxDocumentNodes,
            " values");
    }
    if (node.IsScalar()) return scalar(node);
    if (node.IsSequence()) {
      Json list = Json::array();
      for (const YAML::Node& item : node) list.push_back(convert(item, depth + 1));
      return list;
    }
    if (node.IsMap()) {
      Json object = Json::object();
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) {
          raise(ErrorCode::kInvalidConfig, "Yaml: a key that is no scalar");
        }
        object[entry.first.Scalar()] = convert(entry.second, depth + 1);
      }
      return object;
    }
    return nullptr;
  }

 private:
  std::size_t nodes_ = 0;
};

}  // namespace

Json parse_yaml(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) {
    raise(ErrorCode::kInvalidConfig, "the YAML document has ", text.size(), " bytes, at most ",
          kMaxDocumentBytes, " are read");
  }
  try {
    return Converter().convert(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& error) {
    raise(ErrorCode::kInvalidConfig, "Yaml: ", error.what());
  }
}

}  // namespace edgefirst::decoding
