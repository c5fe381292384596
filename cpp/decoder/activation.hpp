// SPDX-License-Identifier: Apache-2.0
// Candidates of scores that have an activation, or an objectness, still to be applied. Thresholds
// are taken back into the domain that the scores are stored in, so that only survivors are
// activated. Knows no boxes; called by the heads.
#pragma once

#include <optional>

#include "decoder/description.hpp"
#include "decoder/scores.hpp"

namespace edgefirst::decoding {

/// The scores of one tensor and the number of its first anchor.
struct RawScores {
  FeatureView view;
  std::optional<Activation> activation;  ///< none: the stored value is the score
  std::size_t first_anchor = 0;
};

/// The score behind a real value; softmax needs its whole row and is not handled here.
float activated(std::optional<Activation> activation, float real);

/// Appends the anchors whose best activated score reaches threshold; keys hold that score, for
/// ScoreCodec().
void scan_activated(const RawScores& scores, float threshold, Candidates& candidates);

/// As scan_activated for score = objectness * class score, both activated alike. Objectness itself
/// must reach the threshold, as in YOLOv5.
void scan_with_objectness(const FeatureView& objectness, const RawScores& scores, float threshold,
                          Candidates& candidates);

}  // namespace edgefirst::decoding
