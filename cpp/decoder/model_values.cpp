// SPDX-License-Identifier: Apache-2.0
// Statistics over likely anchors: the weak ones of a network hold anything.
#include "decoder/model_values.hpp"

#include <algorithm>
#include <cmath>

namespace edgefirst::decoding {
namespace {

/// The least score of a likely anchor: half of the best. Without a score above 0 all are.
float least_likely(const std::vector<float>& scores) {
  float best = 0;
  for (const float score : scores) {
    if (std::isfinite(score)) best = std::max(best, score);
  }
  return best > 0 ? best / 2 : -INFINITY;
}

/// The largest extent of one box; 0 where a number is not finite.
float extent_of(const TableValues& boxes, std::size_t anchor) {
  float extent = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const float value = std::fabs(boxes.at(anchor, i));
    if (!std::isfinite(value)) return 0;
    extent = std::max(extent, value);
  }
  return extent;
}

}  // namespace

std::vector<float> TableValues::largest(std::size_t first, std::size_t count) const {
  std::vector<float> result(anchors(), -INFINITY);
  for (std::size_t a = 0; a < result.size(); ++a) {
    for (std::size_t f = first; f < first + count; ++f) result[a] = std::max(result[a], at(a, f));
  }
  return result;
}

std::optional<bool> are_final_rows(const TableValues& rows, std::optional<std::size_t> names) {
  constexpr float kRounding = 1e-3F;
  bool is_whole = true;
  bool is_score = true;
  float largest = 0;
  for (std::size_t i = 0; rows.has_values() && i < rows.anchors(); ++i) {
    const float value = rows.at(i, 5);
    if (!std::isfinite(value)) continue;
    is_whole = is_whole && std::fabs(value - std::round(value)) < kRounding && value > -kRounding;
    is_score = is_score && value > -kRounding && value < 1.0F + kRounding;
    largest = std::max(largest, value);
  }
  const bool is_class = !names || largest < static_cast<float>(*names) - 0.5F;
  if (is_whole && largest > 1.5F && is_class) return true;
  if (rows.is_exact() && !is_whole && is_score) return false;
  return std::nullopt;
}

bool are_centres(const TableValues& rows) {
  constexpr float kCornersRarely = 0.2F;
  if (!rows.has_values()) return false;
  const std::vector<float> scores = rows.largest(4, 1);
  const float least = least_likely(scores);
  std::size_t likely = 0;
  std::size_t crossed = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!(scores[i] >= least) || extent_of(rows, i) == 0) continue;
    ++likely;
    if (rows.at(i, 2) < rows.at(i, 0) || rows.at(i, 3) < rows.at(i, 1)) ++crossed;
  }
  return static_cast<float>(crossed) > kCornersRarely * static_cast<float>(likely);
}

std::optional<bool> are_fractions(const TableValues& boxes, const std::vector<float>& scores) {
  constexpr float kLargestFraction = 2.0F;  // a box may reach past the edge
  constexpr double kAllButFew = 0.99;
  const float least = least_likely(scores);
  float largest = 0;
  std::vector<float> extents;
  for (std::size_t i = 0; boxes.has_values() && i < boxes.anchors(); ++i) {
    const float extent = extent_of(boxes, i);
    if (extent == 0) continue;
    extents.push_back(extent);
    if (scores[i] >= least) largest = std::max(largest, extent);
  }
  if (largest == 0) return std::nullopt;
  if (largest > kLargestFraction) return false;
  const auto place =
      static_cast<std::ptrdiff_t>(kAllButFew * static_cast<double>(extents.size() - 1));
  std::nth_element(extents.begin(), extents.begin() + place, extents.end());
  return extents[static_cast<std::size_t>(place)] <= 2 * kLargestFraction;
}

}  // namespace edgefirst::decoding
