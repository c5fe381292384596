// SPDX-License-Identifier: Apache-2.0
// One pass over the scores: block maxima by vector kernels, single anchors for the survivors.
#include "decoder/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "decoder/score_kernels.hpp"

namespace edgefirst::decoding {
namespace {

constexpr std::uint32_t kNoLabel = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kSignBit = 0x80000000U;

template <typename T>
std::uint32_t order_of_stored(T value) {
  if constexpr (std::is_same_v<T, Float16>) {
    return order_of(to_float(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    return order_of(static_cast<float>(value));
  } else if constexpr (std::is_signed_v<T>) {
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(value)) ^ kSignBit;
  } else {
    return value;
  }
}

/// The value as a number that compares in its own precision.
template <typename T>
auto comparable(T value) {
  if constexpr (std::is_same_v<T, Float16>) {
    return to_float(value);
  } else {
    return value;
  }
}

template <typename Number>
constexpr Number lowest() {
  if constexpr (std::is_floating_point_v<Number>) {
    return -std::numeric_limits<Number>::infinity();
  } else {
    return std::numeric_limits<Number>::lowest();
  }
}

float real_score(const Affine& affine, float stored) {
  return affine.scale * stored + -affine.scale * static_cast<float>(affine.zero_point);
}

/// Looks at every class of one anchor.
template <typename T>
class AnchorScan {
 public:
  AnchorScan(const FeatureView& scores, double threshold, std::size_t first_anchor,
             Candidates& candidates)
      : scores_(scores),
        threshold_(threshold),
        first_anchor_(first_anchor),
        candidates_(candidates) {}

  void operator()(std::size_t anchor) const {
    scores_.affine.is_per_feature() ? add_real(anchor) : add_stored(anchor);
  }

 private:
  void add_stored(std::size_t anchor) const {
    using Number = decltype(comparable(T{}));
    T best{};
    Number best_value = lowest<Number>();
    std::uint32_t label = kNoLabel;
    const std::byte* at = scores_.at(0, anchor);
    for (std::size_t f = 0; f < scores_.features; ++f, at += scores_.feature_stride) {
      const T value = load<T>(at);
      if (!(comparable(value) >= best_value)) continue;
      best = value;
      best_value = comparable(value);
      label = static_cast<std::uint32_t>(f);
    }
    if (label != kNoLabel && static_cast<double>(best_value) >= threshold_) {
      add(anchor, order_of_stored(best), label);
    }
  }

  void add_real(std::size_t anchor) const {
    float best = -std::numeric_limits<float>::infinity();
    std::uint32_t label = kNoLabel;
    for (std::size_t f = 0; f < scores_.features; ++f) {
      const float value =
          real_score(scores_.affine.at(f), as_float(load<T>(scores_.at(f, anchor))));
      if (!(value >= best)) continue;
      best = value;
      label = static_cast<std::uint32_t>(f);
    }
    if (label != kNoLabel && best >= threshold_) add(anchor, order_of(best), label);
  }

  void add(std::size_t anchor, std::uint32_t order, std::uint32_t label) const {
    candidates_.keys.push_back(Candidates::key(order, first_anchor_ + anchor));
    candidates_.labels[first_anchor_ + anchor] = label;
  }

  const FeatureView& scores_;
  double threshold_;
  std::size_t first_anchor_;
  Candidates& candidates_;
};

/// The threshold as a key of the kernels.
double key_of(DType dtype, double threshold) {
  if (dtype != DType::kF16) return threshold;
  return half_key(to_float16(static_cast<float>(threshold)));
}

template <typename Key, typename T>
std::uint32_t order_of_key(Key key) {
  if constexpr (std::is_same_v<T, Float16>) {
    const auto bits = static_cast<std::uint16_t>(key >= 0 ? key : key ^ 0x7FFF);
    return order_of(to_float(Float16{bits}));
  } else {
    return order_of_stored<T>(key);
  }
}

/// Blocks of anchors that lie side by side.
template <typename T>
void scan_blocks(const FeatureView& scores, const ScoreKernels& kernels, double threshold,
                 std::size_t first_anchor, Candidates& candidates) {
  using Key = std::conditional_t<std::is_same_v<T, Float16>, std::int16_t, T>;
  using Label =
      std::conditional_t<sizeof(T) == 1, std::uint8_t,
                         std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint32_t>>;
  alignas(64) Key maxima[kScoreBlock];
  alignas(64) Label labels[kScoreBlock];
  std::uint16_t found[kScoreBlock];
  const double key = key_of(scores.dtype, threshold);
  // More classes than labels count, or a threshold that anchors of NaN alone reach.
  const bool looks_again = scores.features - 1 > std::numeric_limits<Label>::max() ||
                           threshold == -std::numeric_limits<double>::infinity();
  const AnchorScan<T> scan(scores, threshold, first_anchor, candidates);
  for (std::size_t begin = 0; begin < scores.anchors; begin += kScoreBlock) {
    const std::size_t count = std::min(kScoreBlock, scores.anchors - begin);
    kernels.maxima(scores.at(0, begin), scores.feature_stride, scores.features, count, maxima,
                   labels);
    const std::size_t size = kernels.reaching(maxima, count, key, found);
    for (std::size_t i = 0; i < size; ++i) {
      if (looks_again) {
        scan(begin + found[i]);
        continue;
      }
      const std::size_t anchor = first_anchor + begin + found[i];
      const std::uint32_t order = order_of_key<Key, T>(maxima[found[i]]);
      candidates.keys.push_back(Candidates::key(order, anchor));
      candidates.labels[anchor] = labels[found[i]];
    }
  }
}

/// Anchors whose classes lie side by side.
template <typename T>
void scan_rows(const FeatureView& scores, const ScoreKernels& kernels, double threshold,
               std::size_t first_anchor, Candidates& candidates) {
  std::uint16_t found[kScoreBlock];
  const double key = key_of(scores.dtype, threshold);
  const AnchorScan<T> scan(scores, threshold, first_anchor, candidates);
  for (std::size_t begin = 0; begin < scores.anchors; begin += kScoreBlock) {
    const std::size_t count = std::min(kScoreBlock, scores.anchors - begin);
    const std::size_t size = kernels.rows_reaching(scores.at(0, begin), scores.anchor_stride,
                                                   scores.features, count, key, found);
    for (std::size_t i = 0; i < size; ++i) scan(begin + found[i]);
  }
}

}  // namespace

void Candidates::reset(std::size_t anchors) {
  if (anchors > std::numeric_limits<std::uint32_t>::max()) {
    raise(ErrorCode::kNotSupported, "a model of ", anchors,
          " anchors; at most 2^32 - 1 are decoded");
  }
  keys.clear();
  labels.resize(anchors);
}

std::uint32_t order_of(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

float value_of(std::uint32_t order) {
  const std::uint32_t bits = (order & kSignBit) != 0 ? order & ~kSignBit : ~order;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

ScoreCodec::ScoreCodec(const FeatureView& scores) {
  if (scores.affine.is_per_feature()) return;
  dtype_ = scores.dtype;
  affine_ = scores.affine;
}

float ScoreCodec::stored(std::uint32_t order) const {
  switch (dtype_info(dtype_).kind) {
    case DTypeKind::kUnsigned:
      return static_cast<float>(order);
    case DTypeKind::kSigned:
      return static_cast<float>(static_cast<std::int32_t>(order ^ kSignBit));
    default:
      return value_of(order);
  }
}

float ScoreCodec::score(std::uint32_t order) const {
  return is_float(dtype_) ? value_of(order) : real_score(affine_, stored(order));
}

double stored_threshold(const FeatureView& scores, float threshold) {
  if (scores.affine.is_per_feature() || scores.dtype == DType::kF32 ||
      scores.dtype == DType::kF64) {
    return threshold;
  }
  if (scores.dtype == DType::kF16) return to_float(to_float16(threshold));
  return std::ceil(threshold / scores.affine.scale + static_cast<float>(scores.affine.zero_point));
}

void scan_scores(const FeatureView& scores, double threshold, std::size_t first_anchor,
                 Candidates& candidates) {
  const ScoreKernels kernels = score_kernels(scores.dtype);
  const auto size = static_cast<std::ptrdiff_t>(dtype_size(scores.dtype));
  const bool vector = kernels.maxima != nullptr && !scores.affine.is_per_feature();
  visit_dtype(scores.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (std::isnan(threshold)) return;
    if constexpr (std::is_integral_v<T>) {
      if (!scores.affine.is_per_feature()) {  // the threshold is a value of the type
        if (threshold > static_cast<double>(std::numeric_limits<T>::max())) return;
        threshold = std::max(threshold, static_cast<double>(std::numeric_limits<T>::lowest()));
      }
    }
    if constexpr (sizeof(T) <= 2 || std::is_same_v<T, float>) {
      if (vector && scores.anchor_stride == size) {
        scan_blocks<T>(scores, kernels, threshold, first_anchor, candidates);
        return;
      }
      if (vector && scores.feature_stride == size && scores.features >= kernels.lanes) {
        scan_rows<T>(scores, kernels, threshold, first_anchor, candidates);
        return;
      }
    }
    const AnchorScan<T> scan(scores, threshold, first_anchor, candidates);
    for (std::size_t anchor = 0; anchor < scores.anchors; ++anchor) scan(anchor);
  });
}

}  // namespace edgefirst::decoding
