// SPDX-License-Identifier: Apache-2.0
// An edgefirst.json lies beside every model of its folder and describes one of them.
#include "decoder/model_neighbour.hpp"

#include <algorithm>

#include "base/message.hpp"
#include "decoder/schema.hpp"

namespace edgefirst::decoding {
namespace {

bool names_a_model(const std::string& text) {
  for (const char* suffix : {".onnx", ".tflite", ".xml"}) {
    const std::string end(suffix);
    if (text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0) {
      return true;
    }
  }
  return false;
}

std::string base_name(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// Names of model files at the top of the document or in its section "model".
void find_models(const Json& section, std::vector<std::string>& found) {
  if (!section.is_object()) return;
  for (const Json::Member& member : section.members()) {
    if (member.value.is_string() && names_a_model(member.value.string())) {
      found.push_back(base_name(member.value.string()));
    }
  }
}

/// Without axes of 1 and in any order: exporters permute and pad.
Extents bare(Extents shape) {
  shape.erase(std::remove(shape.begin(), shape.end(), std::size_t{1}), shape.end());
  std::sort(shape.begin(), shape.end());
  return shape;
}

bool has_shape(const ModelFile& file, const Extents& shape) {
  return std::any_of(file.outputs.begin(), file.outputs.end(), [&](const FileTensor& output) {
    const auto begin = output.shape.begin();
    const auto end = output.shape.end();
    return std::find(begin, end, std::size_t{0}) != end || bare(output.shape) == bare(shape);
  });
}

/// The shape of a described output that the model does not have.
std::optional<Extents> missing_shape(const Description& description, const ModelFile& file) {
  for (const LogicalOutput& output : description.outputs) {
    for (const PhysicalOutput& child : output.children) {
      if (!has_shape(file, child.shape)) return child.shape;
    }
    if (output.children.empty() && !has_shape(file, output.shape)) return output.shape;
  }
  return std::nullopt;
}

/// Names that an exporter makes up: "class 7", "3".
bool is_made_up(const std::string& name) {
  std::string rest = name.rfind("class", 0) == 0 ? name.substr(5) : name;
  rest.erase(std::remove_if(rest.begin(), rest.end(), [](char c) { return c == ' ' || c == '_'; }),
             rest.end());
  return rest.find_first_not_of("0123456789") == std::string::npos;
}

std::vector<std::string> names_in(const Json& document) {
  const Json* dataset = document.find("dataset");
  for (const Json* place : {dataset, &document}) {
    for (const char* key : {"classes", "names"}) {
      const Json* names = place == nullptr ? nullptr : place->find(key);
      if (names == nullptr) continue;
      std::vector<std::string> texts = texts_of(*names);
      if (!texts.empty()) return texts;
    }
  }
  return {};
}

}  // namespace

std::optional<std::size_t> class_number(const std::string& name) {
  constexpr std::size_t kMostDigits = 6;
  const bool is_number = !name.empty() && name.size() <= kMostDigits &&
                         name.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? std::optional<std::size_t>(std::stoul(name)) : std::nullopt;
}

std::vector<std::string> texts_of(const Json& names) {
  std::vector<std::string> texts;
  if (names.is_array()) {
    for (const Json& name : names.items()) {
      texts.push_back(name.is_string() ? name.string() : name.text());
    }
  } else if (names.is_object()) {
    std::vector<std::pair<std::size_t, std::string>> numbered;
    for (const Json::Member& entry : names.members()) {
      const std::optional<std::size_t> number = class_number(entry.name);
      if (!number || !entry.value.is_string()) return {};
      numbered.emplace_back(*number, entry.value.string());
    }
    std::sort(numbered.begin(), numbered.end());
    for (auto& [number, name] : numbered) texts.push_back(std::move(name));
  }
  return texts;
}

std::string reason_against(const Json& document, const std::string& model, const ModelFile& file,
                           const std::vector<std::string>& names) {
  std::vector<std::string> models;
  find_models(document, models);
  if (const Json* section = document.find("model")) find_models(*section, models);
  if (!models.empty() && std::find(models.begin(), models.end(), model) == models.end()) {
    return "it is that of " + models[0];
  }
  if (const auto shape = missing_shape(read_document(document), file)) {
    return message("the model has no output of its shape ", shape_text(*shape));
  }
  const std::vector<std::string> given = names_in(document);
  const bool are_own = !names.empty() && !std::all_of(names.begin(), names.end(), is_made_up);
  if (!are_own || given.empty() || given == names) return {};
  raise(ErrorCode::kInvalidConfig, "it names other classes than the model does");
}

}  // namespace edgefirst::decoding
