// SPDX-License-Identifier: Apache-2.0
// Greedy non-maximum suppression. Knows no scores: the caller offers boxes in descending order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "edgefirst/geometry.hpp"

namespace edgefirst::decoding {

struct Suppression {
  float iou_threshold = 0.5F;  ///< from 1 on nothing is suppressed
  bool class_aware = false;    ///< only boxes of one label suppress each other
};

/// Boxes kept so far, by column, padded to whole vectors.
struct KeptBoxes {
  static constexpr std::size_t kPadding = 64;  ///< no vector has more floats

  std::vector<float> xmin, ymin, xmax, ymax, area;
  std::vector<std::uint32_t> label;
  std::size_t count = 0;

  void add(const BoundingBox& box, std::uint32_t box_label);
};

/// Whether the box overlaps a kept one.
using OverlapKernel = bool(const KeptBoxes& kept, const BoundingBox& box, std::uint32_t label,
                           const Suppression& options);

/// A box is dropped when it overlaps a kept one: intersection > iou_threshold * union, areas
/// unclamped, in single precision.
class Suppressor {
 public:
  void begin(const Suppression& options);
  /// Keeps the box unless it is suppressed; tells whether it was kept.
  bool offer(const BoundingBox& box, std::uint32_t label);

 private:
  Suppression options_;
  KeptBoxes kept_;
  OverlapKernel* overlaps_any_ = nullptr;
};

}  // namespace edgefirst::decoding
