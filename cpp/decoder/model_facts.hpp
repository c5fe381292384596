// SPDX-License-Identifier: Apache-2.0
// The keys that exporters write into model files, read with tolerance: what does not parse says
// nothing. Called by model_head.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decoder/description.hpp"
#include "decoder/document.hpp"
#include "decoder/model_file.hpp"

namespace edgefirst::decoding {

struct ModelFacts {
  std::optional<Json> document;   ///< a whole configuration
  std::string document_source;    ///< where it stands
  std::optional<Json> neighbour;  ///< a configuration that may be another model's
  std::string neighbour_source;
  std::string source;  ///< of the Ultralytics keys below; empty: there are none
  std::string task;
  std::string head;        ///< the class of the head, where the exporter says it
  bool is_rtdetr = false;  ///< the description names RT-DETR
  std::optional<std::size_t> classes;
  std::vector<std::string> names;
  std::size_t named = 0;                                          ///< names that the user gives
  std::optional<std::pair<std::size_t, std::size_t>> input_dims;  ///< width, height
  std::optional<std::pair<std::size_t, std::size_t>> given_dims;  ///< by the user
  std::optional<bool> end2end;                                    ///< rows are final by training
  bool nms = false;                                               ///< suppression was exported too
  std::optional<std::size_t> max_det;

  /// How many classes there are, by the file or else by the user's names.
  std::optional<std::size_t> class_hint() const {
    return classes || named == 0 ? classes : std::optional(named);
  }
};

/// Reads the metadata of the file and the configuration that may lie beside it
/// (NAME.edgefirst.json, edgefirst.json), which goes first. Throws what reading that one throws.
ModelFacts read_facts(const ModelFile& file, const std::string& path);

}  // namespace edgefirst::decoding
