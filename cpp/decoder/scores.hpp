// SPDX-License-Identifier: Apache-2.0
// From class scores to candidates: per anchor the best class, kept where it reaches the threshold.
// The last of equal classes wins; NaN never passes. Knows no boxes; called by the heads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "decoder/views.hpp"

namespace edgefirst::decoding {

/// Monotone: a larger float (total order) has the larger number.
std::uint32_t order_of(float value);
float value_of(std::uint32_t order);

/// Candidates of a frame. A key is (order of the score) << 32 | ~anchor: sorting keys downwards
/// sorts by score, equal scores by ascending anchor.
struct Candidates {
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> labels;  ///< by anchor; valid for candidates only

  static std::uint64_t key(std::uint32_t order, std::size_t anchor) {
    return std::uint64_t{order} << 32 | static_cast<std::uint32_t>(~anchor);
  }
  static std::uint32_t anchor(std::uint64_t key) { return ~static_cast<std::uint32_t>(key); }
  static std::uint32_t order(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 32); }

  /// Throws kNotSupported for more anchors than 32 bits count.
  void reset(std::size_t anchors);
};

/// Turns the order in a key back into the score: scale * q + (-scale * zero_point).
class ScoreCodec {
 public:
  /// Of keys that hold the score itself.
  ScoreCodec() = default;
  explicit ScoreCodec(const FeatureView& scores);
  float score(std::uint32_t order) const;
  /// The stored value behind the order, as single precision.
  float stored(std::uint32_t order) const;

 private:
  DType dtype_ = DType::kF32;
  Affine affine_;
};

/// The least stored value whose real value reaches threshold: integers ceil(threshold / scale +
/// zero_point), floats the threshold in their own precision. NaN: nothing passes.
double stored_threshold(const FeatureView& scores, float threshold);

/// Appends the anchors whose best stored value is at least threshold. Scores with a quantization
/// per class are compared, and keyed, by their real values instead.
void scan_scores(const FeatureView& scores, double threshold, std::size_t first_anchor,
                 Candidates& candidates);

}  // namespace edgefirst::decoding
