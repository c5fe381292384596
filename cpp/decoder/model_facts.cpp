// SPDX-License-Identifier: Apache-2.0
// Ultralytics writes Python literals: mappings, lists, True and False in flow style, which YAML
// reads.
#include "decoder/model_facts.hpp"

#include <filesystem>

#include "edgefirst/error.hpp"

#include "decoder/file.hpp"

namespace edgefirst::decoding {
namespace {

/// What parse makes of text; none where text is no document of that kind.
std::optional<Json> try_parse(Json (*parse)(std::string_view), const std::string& text) {
  try {
    return parse(text);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kOutOfMemory) throw;
    return std::nullopt;
  }
}

/// Text as a value; text that is none stays text.
Json value_of(const Json& json) {
  if (!json.is_string()) return json;
  const std::string& text = json.string();
  if (looks_like_json(text) && text.find('"') != std::string::npos) {
    if (std::optional<Json> value = try_parse(parse_json, text)) return *std::move(value);
  }
  return try_parse(parse_yaml, text).value_or(json);
}

Json member(const Json& mapping, const char* key) {
  const Json* found = mapping.find(key);
  return found == nullptr ? Json() : value_of(*found);
}

bool is_document(const Json& value) {
  const Json* outputs = value.find("outputs");
  return outputs != nullptr && outputs->is_array();
}

std::optional<std::pair<std::size_t, std::size_t>> read_size(const Json& size) {
  const auto is_extent = [](const Json& v) {
    return v.is_unsigned() && v.unsigned_integer() > 0 &&
           v.unsigned_integer() < (std::uint64_t{1} << 16);
  };
  const auto extent = [](const Json& v) { return static_cast<std::size_t>(v.unsigned_integer()); };
  if (is_extent(size)) return std::pair(extent(size), extent(size));
  if (!size.is_array() || size.size() != 2) return std::nullopt;
  const Json& height = size.items()[0];
  const Json& width = size.items()[1];
  if (!is_extent(height) || !is_extent(width)) return std::nullopt;
  return std::pair(extent(width), extent(height));
}

/// "end2end", or "nms" among the export's arguments.
std::optional<bool> read_end_to_end(const Json& mapping) {
  const Json flag = member(mapping, "end2end");
  const Json arguments = member(mapping, "args");
  const Json nms = arguments.is_object() ? member(arguments, "nms") : Json();
  if (flag.is_null() && nms.is_null()) return std::nullopt;
  const auto is_true = [](const Json& value) { return value.is_boolean() && value.boolean(); };
  return is_true(flag) || is_true(nms);
}

void read_keys(const Json& mapping, const std::string& source, ModelFacts& facts) {
  const auto has = [&](const char* key) { return mapping.find(key) != nullptr; };
  if (!has("names") && !has("task") && !has("imgsz") && !has("stride")) return;
  facts.source = source;
  const Json* task = mapping.find("task");
  if (task != nullptr && task->is_string()) facts.task = task->string();
  const Json names = member(mapping, "names");
  if (names.size() != 0) facts.classes = names.size();
  facts.input_dims = read_size(member(mapping, "imgsz"));
  facts.end_to_end = read_end_to_end(mapping);
}

void take_document(Json document, std::string source, ModelFacts& facts) {
  facts.document = std::move(document);
  facts.document_source = std::move(source);
}

}  // namespace

ModelFacts read_facts(const ModelFile& file, const std::string& path) {
  ModelFacts facts;
  if (file.kind == ModelKind::kOnnx) {
    Json::Object entries;
    for (const auto& [key, value] : file.metadata) entries.push_back({key, Json(value)});
    const Json mapping = Json::object(std::move(entries));
    const Json document = member(mapping, "edgefirst");
    if (is_document(document)) take_document(document, "'edgefirst' in its metadata", facts);
    read_keys(mapping, "its metadata", facts);
  } else {
    for (const auto& [name, text] : file.metadata) {
      const Json value = value_of(Json(text));
      if (is_document(value)) {
        take_document(value, name + " in the file", facts);
      } else if (value.is_object()) {
        read_keys(value, name + " in the file", facts);
      }
    }
  }
  const std::filesystem::path model(path);
  std::filesystem::path named = model;
  named.replace_extension(".edgefirst.json");
  for (const std::filesystem::path& beside : {named, model.parent_path() / "edgefirst.json"}) {
    std::error_code ignored;
    if (path.empty() || !std::filesystem::is_regular_file(beside, ignored)) continue;
    take_document(parse_json(read_file(beside.string())), beside.string(), facts);
    break;
  }
  return facts;
}

}  // namespace edgefirst::decoding
