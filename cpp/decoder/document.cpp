// SPDX-License-Identifier: Apache-2.0
// JSON text to values.
#include "decoder/document.hpp"

#include "base/message.hpp"

namespace edgefirst::decoding {

Json parse_json(std::string_view text) {
  if (text.size() > kMaxDocumentBytes) {
    raise(ErrorCode::kInvalidConfig, "the JSON document has ", text.size(), " bytes, at most ",
          kMaxDocumentBytes, " are read");
  }
  const auto check_depth = [](int depth, Json::parse_event_t, Json&) {
    if (depth > static_cast<int>(kMaxDocumentDepth)) {
      raise(ErrorCode::kInvalidConfig, "the JSON document nests deeper than ", kMaxDocumentDepth,
            " levels");
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check_depth);
  } catch (const Json::exception& error) {
    raise(ErrorCode::kInvalidConfig, "Json: ", error.what());
  }
}

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

}  // namespace edgefirst::decoding
