// SPDX-License-Identifier: Apache-2.0
// Ultralytics writes Python literals: mappings, lists, True and False in flow style, which YAML
// reads.
#include "decoder/model_facts.hpp"

#include <filesystem>

#include "edgefirst/error.hpp"

#include "decoder/file.hpp"

namespace edgefirst::decoding {
namespace {

/// Text as a value; text that is none stays text.
Json value_of(const Json& json) {
  if (!json.is_string()) return json;
  const std::string text = json.get<std::string>();
  try {
    return looks_like_json(text) && text.find('"') != std::string::npos ? parse_json(text)
                                                                        : parse_yaml(text);
  } catch (const Error&) {
    try {
      return parse_yaml(text);
    } catch (const Error&) {
      return json;
    }
  }
}

Json member(const Json& mapping, const char* key) {
  const auto found = mapping.find(key);
  return found == mapping.end() ? Json() : value_of(*found);
}

bool is_document(const Json& value) {
  return value.is_object() && value.contains("outputs") && value["outputs"].is_array();
}

std::optional<std::pair<std::size_t, std::size_t>> read_size(const Json& size) {
  const auto is_extent = [](const Json& v) {
    return v.is_number_unsigned() && v.get<std::uint64_t>() > 0 &&
           v.get<std::uint64_t>() < (std::uint64_t{1} << 16);
  };
  if (is_extent(size)) return std::pair(size.get<std::size_t>(), size.get<std::size_t>());
  if (!size.is_array() || size.size() != 2 || !is_extent(size[0]) || !is_extent(size[1])) {
    return std::nullopt;
  }
  return std::pair(size[1].get<std::size_t>(), size[0].get<std::size_t>());  // from height, width
}

/// "end2end", or "nms" among the export's arguments.
std::optional<bool> read_end_to_end(const Json& mapping) {
  const Json flag = member(mapping, "end2end");
  const Json arguments = member(mapping, "args");
  const Json nms = arguments.is_object() ? member(arguments, "nms") : Json();
  if (flag.is_null() && nms.is_null()) return std::nullopt;
  return flag == Json(true) || nms == Json(true);
}

void read_keys(const Json& mapping, const std::string& source, ModelFacts& facts) {
  const bool known = mapping.contains("names") || mapping.contains("task") ||
                     mapping.contains("imgsz") || mapping.contains("stride");
  if (!known) return;
  facts.source = source;
  const auto task = mapping.find("task");
  if (task != mapping.end() && task->is_string()) facts.task = task->get<std::string>();
  const Json names = member(mapping, "names");
  if ((names.is_object() || names.is_array()) && !names.empty()) facts.classes = names.size();
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
    Json mapping = Json::object();
    for (const auto& [key, value] : file.metadata) mapping[key] = value;
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
