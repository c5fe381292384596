// SPDX-License-Identifier: Apache-2.0
// YAML text to values, by the core schema: plain scalars become null, bool, integer or float.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/message.hpp"
#include "base/number_text.hpp"
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
  const std::optional<double> value = parse_number(text);
  return value ? std::optional<Json>(Json(*value)) : std::nullopt;
}

Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return Json(text);  // quoted
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return Json();
  }
  if (text == "true" || text == "True" || text == "TRUE") return Json(true);
  if (text == "false" || text == "False" || text == "FALSE") return Json(false);
  if (std::optional<Json> integer = as_integer(text)) return *integer;
  if (std::optional<Json> number = as_float(text)) return *number;
  return Json(text);
}

[[noreturn]] void too_many_values() {
  raise(ErrorCode::kInvalidConfig, "the YAML document expands to more than ", kMaxDocumentNodes,
        " values");
}

/// Counts values as they are parsed: a tree of all that 4 MiB can hold takes 1.3 GB.
class Counter final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override { count(); }
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { count(); }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {
    count();
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    count();
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    count();
  }
  void OnMapEnd() override {}

 private:
  void count() {
    if (++values_ > 2 * kMaxDocumentNodes) too_many_values();  // keys are counted too
  }
  std::size_t values_ = 0;
};

void check_size(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Counter counter;
  while (parser.HandleNextDocument(counter)) {
  }
}

class Converter {
 public:
  explicit Converter(Scalars scalars) : scalars_(scalars) {}

  Json convert(const YAML::Node& node, std::size_t depth = 0) {
    if (depth > kMaxDocumentDepth) {
      raise(ErrorCode::kInvalidConfig, "the YAML document nests deeper than ", kMaxDocumentDepth,
            " levels");
    }
    if (++nodes_ > kMaxDocumentNodes) {  // aliases repeat what they name
      too_many_values();
    }
    if (node.IsScalar()) {
      count_bytes(node.Scalar());
      return scalars_ == Scalars::kText ? Json(node.Scalar()) : scalar(node);
    }
    if (node.IsSequence()) {
      Json::Array list;
      for (const YAML::Node& item : node) list.push_back(convert(item, depth + 1));
      return Json::array(std::move(list));
    }
    if (node.IsMap()) {
      Json::Object object;
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) {
          raise(ErrorCode::kInvalidConfig, "Yaml: a key that is no scalar");
        }
        count_bytes(entry.first.Scalar());
        object.push_back({entry.first.Scalar(), convert(entry.second, depth + 1)});
      }
      return Json::object(std::move(object));
    }
    return Json();
  }

 private:
  void count_bytes(const std::string& text) {
    bytes_ += text.size();
    if (bytes_ > kMaxDocumentBytes) {
      raise(ErrorCode::kInvalidConfig, "the YAML document expands to more than ", kMaxDocumentBytes,
            " bytes");
    }
  }

  Scalars scalars_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

Json parse_yaml(std::string_view text, Scalars scalars) {
  if (text.size() > kMaxDocumentBytes) {
    raise(ErrorCode::kInvalidConfig, "the YAML document has ", text.size(), " bytes, at most ",
          kMaxDocumentBytes, " are read");
  }
  try {
    const std::string copy(text);
    check_size(copy);
    const std::vector<YAML::Node> documents = YAML::LoadAll(copy);
    for (std::size_t i = 1; i < documents.size(); ++i) {
      if (!documents[i].IsNull()) {
        raise(ErrorCode::kInvalidConfig, "the YAML text has more than one document");
      }
    }
    return documents.empty() ? Json() : Converter(scalars).convert(documents[0]);
  } catch (const YAML::Exception& error) {
    raise(ErrorCode::kInvalidConfig, "Yaml: ", error.what());
  }
}

}  // namespace edgefirst::decoding
