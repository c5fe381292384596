// SPDX-License-Identifier: Apache-2.0
// Activations applied to survivors, thresholds to everything.
#include "decoder/activation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "decoder/score_kernels.hpp"

namespace edgefirst::decoding {
namespace {

float sigmoid(float x) {
  if (x >= 0.0F) return 1.0F / (1.0F + std::exp(-x));
  const float e = std::exp(x);
  return e / (1.0F + e);
}

/// The least i of [low, high] whose value reaches threshold; high + 1 where none does.
template <typename Value>
std::int64_t least_reaching(std::int64_t low, std::int64_t high, float threshold, Value&& value) {
  ++high;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (value(middle) >= threshold) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/// The least stored value whose activated real value reaches threshold.
double stored_bound(const RawScores& raw, float threshold) {
  const FeatureView& scores = raw.view;
  const auto activate = [&](float real) { return activated(raw.activation, real); };
  if (scores.dtype == DType::kF16) {
    const auto half = [](std::int64_t key) {  // inverse of half_key
      return to_float(Float16{static_cast<std::uint16_t>(key >= 0 ? key : key ^ 0x7FFF)});
    };
    const std::int64_t key = least_reaching(-0x7C01, 0x7C00, threshold,
                                            [&](std::int64_t k) { return activate(half(k)); });
    return key > 0x7C00 ? std::numeric_limits<double>::quiet_NaN() : half(key);
  }
  if (is_float(scores.dtype) || scores.affine.is_per_feature()) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const std::int64_t last = order_of(kInfinity);
    const std::int64_t order = least_reaching(
        order_of(-kInfinity), last, threshold,
        [&](std::int64_t i) { return activate(value_of(static_cast<std::uint32_t>(i))); });
    return order > last ? std::numeric_limits<double>::quiet_NaN()
                        : value_of(static_cast<std::uint32_t>(order));
  }
  const bool is_signed = dtype_info(scores.dtype).kind == DTypeKind::kSigned;
  const std::int64_t count = std::int64_t{1} << (8 * dtype_size(scores.dtype));
  const std::int64_t low = is_signed ? -count / 2 : 0;
  return static_cast<double>(
      least_reaching(low, low + count - 1, threshold, [&](std::int64_t stored) {
        return activate(scores.affine.real(static_cast<float>(stored)));
      }));
}

/// A class and its score.
struct Best {
  float score = -std::numeric_limits<float>::infinity();
  std::uint32_t label = std::numeric_limits<std::uint32_t>::max();

  bool found() const { return label != std::numeric_limits<std::uint32_t>::max(); }
  void offer(float value, std::size_t of) {
    if (!(value >= score)) return;  // NaN loses, the last of equals wins
    score = value;
    label = static_cast<std::uint32_t>(of);
  }
};

/// The best class of one anchor after activation.
Best best_class(const RawScores& raw, std::size_t anchor) {
  const FeatureView& scores = raw.view;
  Best best;
  if (raw.activation != Activation::kSoftmax) {
    for (std::size_t c = 0; c < scores.features; ++c) {
      best.offer(activated(raw.activation, scores.real(c, anchor)), c);
    }
    return best;
  }
  for (std::size_t c = 0; c < scores.features; ++c) best.offer(scores.real(c, anchor), c);
  if (!best.found()) return best;
  float total = 0;
  for (std::size_t c = 0; c < scores.features; ++c) {
    const float share = std::exp(scores.real(c, anchor) - best.score);
    if (share >= 0.0F) total += share;  // not NaN
  }
  best.score = 1.0F / total;
  return best;
}

void scan_softmax(const RawScores& raw, float threshold, Candidates& candidates) {
  for (std::size_t i = 0; i < raw.view.anchors; ++i) {
    const Best best = best_class(raw, i);
    if (!best.found() || !(best.score >= threshold)) continue;
    const std::size_t anchor = raw.first_anchor + i;
    candidates.keys.push_back(Candidates::key(order_of(best.score), anchor));
    candidates.labels[anchor] = best.label;
  }
}

/// Turns stored keys, from begin on, into keys of activated scores. Where the activation saturates,
/// different values become equal and the last class wins.
void activate_keys(const RawScores& raw, std::size_t begin, Candidates& candidates) {
  constexpr float kSaturates = 8.0F;
  const ScoreCodec codec(raw.view);
  const bool per_feature = raw.view.affine.is_per_feature();
  for (std::size_t i = begin; i < candidates.keys.size(); ++i) {
    const std::uint64_t key = candidates.keys[i];
    const std::uint32_t anchor = Candidates::anchor(key);
    const float stored = codec.stored(Candidates::order(key));
    const float real = per_feature ? stored : raw.view.affine.real(stored);
    float score = activated(raw.activation, real);
    if (raw.activation && real >= kSaturates) {
      const Best best = best_class(raw, anchor - raw.first_anchor);
      score = best.score;
      candidates.labels[anchor] = best.label;
    }
    candidates.keys[i] = Candidates::key(order_of(score), anchor);
  }
}

}  // namespace

float activated(std::optional<Activation> activation, float real) {
  if (activation == Activation::kSigmoid) return sigmoid(real);
  return activation == Activation::kTanh ? std::tanh(real) : real;
}

void scan_activated(const RawScores& scores, float threshold, Candidates& candidates) {
  if (scores.activation == Activation::kSoftmax) {
    scan_softmax(scores, threshold, candidates);
    return;
  }
  const std::size_t begin = candidates.keys.size();
  scan_scores(scores.view, stored_bound(scores, threshold), scores.first_anchor, candidates);
  activate_keys(scores, begin, candidates);
}

void scan_with_objectness(const FeatureView& objectness, const RawScores& scores, float threshold,
                          Candidates& candidates) {
  const auto own = scores.activation == Activation::kSoftmax ? std::optional(Activation::kSigmoid)
                                                             : scores.activation;
  std::vector<std::uint64_t>& keys = candidates.keys;
  const std::size_t begin = keys.size();
  scan_activated({objectness, own, scores.first_anchor}, threshold, candidates);
  std::size_t kept = begin;
  for (std::size_t i = begin; i < keys.size(); ++i) {
    const std::uint32_t anchor = Candidates::anchor(keys[i]);
    const Best best = best_class(scores, anchor - scores.first_anchor);
    const float score = value_of(Candidates::order(keys[i])) * best.score;
    if (!best.found() || !(score >= threshold)) continue;
    keys[kept++] = Candidates::key(order_of(score), anchor);
    candidates.labels[anchor] = best.label;
  }
  keys.resize(kept);
}

}  // namespace edgefirst::decoding
