// SPDX-License-Identifier: Apache-2.0
// What one table of boxes holds. Called by model_flat.
#pragma once

#include "decoder/model_head.hpp"

namespace edgefirst::decoding {

struct TableReading {
  enum class Kind : std::uint8_t {
    kRows,        ///< corners, score, class number: final
    kScores,      ///< box and one score a class
    kObjectness,  ///< box, objectness and one score a class
  };
  Kind kind = Kind::kScores;
  bool by_anchor = false;     ///< [1, anchors, features]
  std::size_t classes = 0;    ///< of scores
  bool has_centres = false;   ///< rows hold centre and size instead of corners
  bool is_suppressed = true;  ///< rows have been suppressed
  bool is_by_query = false;   ///< anchors are neither one nor three a cell
};

/// `channels` is the number of mask coefficients that each anchor has besides. Where several
/// readings fit, the metadata, the number of anchors and the values of a run decide. Throws
/// kInvalidConfig where they do not.
TableReading read_table(const FileTensor& table, std::size_t channels, const ModelFile& file,
                        const ModelFacts& facts);

}  // namespace edgefirst::decoding
