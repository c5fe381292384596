// SPDX-License-Identifier: Apache-2.0
// Ultralytics writes Python literals: mappings, lists, True and False in flow style, which YAML
// reads.
#include "decoder/model_facts.hpp"

#include <algorithm>
#include <filesystem>

#include "edgefirst/error.hpp"

#include "base/text.hpp"
#include "decoder/file.hpp"
#include "decoder/model_neighbour.hpp"

namespace edgefirst::decoding {
namespace {

/// What parse makes of text; none where text is no document of that kind.
template <typename Parse>
std::optional<Json> try_parse(const Parse& parse) {
  try {
    return parse();
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
    if (std::optional<Json> value = try_parse([&] { return parse_json(text); }))
      return *std::move(value);
  }
  return try_parse([&] { return parse_yaml(text); }).value_or(json);
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

std::string text_member(const Json& mapping, const char* key) {
  const Json* found = mapping.find(key);
  return found != nullptr && found->is_string() ? found->string() : std::string();
}

/// "end2end", "nms" and "max_det", the latter two among the export's arguments.
void read_suppression(const Json& mapping, ModelFacts& facts) {
  const Json flag = member(mapping, "end2end");
  if (flag.is_boolean()) facts.end2end = flag.boolean();
  const Json arguments = member(mapping, "args");
  for (const Json* place : {&mapping, &arguments}) {
    const Json nms = member(*place, "nms");
    if (nms.is_boolean() && nms.boolean()) facts.nms = true;
    const Json most = member(*place, "max_det");
    if (most.is_unsigned() && most.unsigned_integer() > 0) facts.max_det = most.unsigned_integer();
  }
}

/// Names by number may have gaps, which count.
std::size_t count_names(const Json& names) {
  if (!names.is_object()) return names.size();
  std::size_t count = 0;
  for (const Json::Member& entry : names.members()) {
    const std::optional<std::size_t> number = class_number(entry.name);
    if (!number) return names.size();
    count = std::max(count, *number + 1);
  }
  return count;
}

bool names_rtdetr(const std::string& given) {
  const std::string text = lower_case(given);
  return text.find("rtdetr") != std::string::npos || text.find("rt-detr") != std::string::npos;
}

void read_keys(const Json& mapping, const std::string& source, ModelFacts& facts) {
  const auto has = [&](const char* key) { return mapping.find(key) != nullptr; };
  if (!has("names") && !has("task") && !has("imgsz") && !has("stride")) return;
  facts.source = source;
  facts.task = text_member(mapping, "task");
  facts.head = text_member(mapping, "head");
  facts.is_rtdetr = names_rtdetr(facts.head) || names_rtdetr(text_member(mapping, "description"));
  const Json names = member(mapping, "names");
  if (names.size() != 0) facts.classes = count_names(names);
  facts.names = texts_of(names);
  facts.input_dims = read_size(member(mapping, "imgsz"));
  read_suppression(mapping, facts);
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
    Json document = parse_json(read_file(beside.string()));
    if (beside == named) {
      take_document(std::move(document), beside.string(), facts);
    } else {
      facts.neighbour = std::move(document);
      facts.neighbour_source = beside.string();
    }
    break;
  }
  return facts;
}

}  // namespace edgefirst::decoding
