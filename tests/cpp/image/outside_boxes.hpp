// SPDX-License-Identifier: Apache-2.0
// Boxes that paint nothing, boxes that just do, and prototypes that fill every box.
#pragma once

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "edgefirst/detection.hpp"

namespace edgefirst::testing {

inline std::vector<DetectBox> outside_boxes() {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<DetectBox> boxes;
  for (const BoundingBox& box : {
           BoundingBox{1.1F, 0.2F, 1.4F, 0.6F},
           BoundingBox{-0.5F, 0.2F, -0.1F, 0.6F},
           BoundingBox{0.2F, 1.1F, 0.6F, 1.4F},
           BoundingBox{0.2F, -0.5F, 0.6F, -0.1F},
           BoundingBox{-0.5F, 0.2F, 0, 0.6F},
           BoundingBox{1, 0.2F, 1.5F, 0.6F},
           BoundingBox{0.2F, -0.5F, 0.6F, 0},
           BoundingBox{0.2F, 1, 0.6F, 1.5F},
           BoundingBox{3, 3, 4, 4},
           BoundingBox{1.4F, 0.6F, 1.1F, 0.2F},
           BoundingBox{kNan, 0.2F, 0.5F, 0.6F},
           BoundingBox{0.2F, kNan, 0.5F, 0.6F},
           BoundingBox{0.2F, 0.2F, kNan, 0.6F},
           BoundingBox{0.2F, 0.2F, 0.5F, kNan},
           BoundingBox{kNan, kNan, kNan, kNan},
           BoundingBox{0.2F, 0.2F, kInfinity, 0.6F},
           BoundingBox{-kInfinity, 0.2F, 1, 0.6F},
       }) {
    boxes.push_back({box, 0.5F, 0});
  }
  for (const float score : {kNan, kInfinity, -kInfinity}) {
    boxes.push_back({{0.2F, 0.3F, 0.7F, 0.8F}, score, 0});
  }
  return boxes;
}

/// They reach into the picture, or lie on its edge without an extent beyond it.
inline std::vector<BoundingBox> inside_boxes() {
  return {{-0.5F, 0.3F, 0.01F, 0.6F},
          {0.99F, 0.3F, 1.5F, 0.6F},
          {0.3F, -0.5F, 0.6F, 0.1F},
          {0.3F, 0.99F, 0.6F, 1.5F},
          {-1, -1, 2, 2},
          {0.5F, 0.5F, 0.5F, 0.5F},
          {0.8F, 0.8F, 0.2F, 0.2F},
          {0, 0.3F, 0, 0.6F},
          {0, 0, 1, 1}};
}

inline std::string text(const DetectBox& box) {
  std::ostringstream out;
  out << box.box.xmin << " " << box.box.ymin << " " << box.box.xmax << " " << box.box.ymax
      << " score " << box.score;
  return out.str();
}

/// A positive logit everywhere, for that many rows.
inline ProtoData solid_protos(std::size_t rows) {
  ProtoData protos{Tensor({rows, 1}), Tensor({4, 4, 1}), ProtoLayout::kNhwc};
  const TensorMap coefficients = protos.mask_coefficients.map(), grid = protos.protos.map();
  for (std::size_t i = 0; i < rows; ++i) coefficients.as<float>()[i] = 1;
  for (std::size_t i = 0; i < 16; ++i) grid.as<float>()[i] = 1;
  return protos;
}

}  // namespace edgefirst::testing
