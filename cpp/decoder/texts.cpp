// SPDX-License-Identifier: Apache-2.0
// Configurations and texts of model files, as tools look at them.
#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"

#include "decoder/document.hpp"
#include "decoder/model_file.hpp"

namespace edgefirst {

namespace {

/// Python's literals begin as JSON does, and most are YAML in flow style.
decoding::Json parse(std::string_view text) {
  if (!decoding::looks_like_json(text)) return decoding::parse_yaml(text);
  try {
    return decoding::parse_json(text);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kOutOfMemory) throw;
    try {
      return decoding::parse_yaml(text);
    } catch (const Error&) {
    }
    throw;
  }
}

}  // namespace

std::string document_as_json(std::string_view text) { return parse(text).ascii_text(); }

std::vector<std::pair<std::string, std::string>> appended_texts(const std::string& path) {
  decoding::ByteSource source = decoding::ByteSource::open(path);
  return decoding::read_archive(source);
}

}  // namespace edgefirst
