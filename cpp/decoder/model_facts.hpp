// SPDX-License-Identifier: Apache-2.0
// The keys that exporters write into model files, read with tolerance: what does not parse says
// nothing. Called by model_head.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "decoder/description.hpp"
#include "decoder/document.hpp"
#include "decoder/model_file.hpp"

namespace edgefirst::decoding {

struct ModelFacts {
  std::optional<Json> document;  ///< a whole configuration
  std::string document_source;   ///< where it stands
  std::string source;            ///< of the Ultralytics keys below; empty: there are none
  std::string task;
  std::optional<std::size_t> classes;
  std::optional<std::pair<std::size_t, std::size_t>> input_dims;  ///< width, height
  std::optional<bool> end_to_end;
};

/// Reads the metadata of the file and the configuration that may lie beside it
/// (NAME.edgefirst.json, edgefirst.json), which goes first. Throws what reading that one throws.
ModelFacts read_facts(const ModelFile& file, const std::string& path);

}  // namespace edgefirst::decoding
