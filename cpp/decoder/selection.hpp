// SPDX-License-Identifier: Apache-2.0
// The one candidate policy of every model: order, top-k, suppression, cap. Knows no tensors; the
// head decodes boxes of the candidates that it is asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "edgefirst/decoder.hpp"

#include "base/parallel.hpp"
#include "decoder/nms.hpp"
#include "decoder/scores.hpp"

namespace edgefirst::decoding {

/// A detection and the anchor that made it.
struct Pick {
  DetectBox detection;
  std::uint32_t anchor = 0;
};

struct Policy {
  std::optional<Nms> nms;
  float iou_threshold = 0.5F;
  std::size_t top_k = 0;  ///< candidates that enter suppression; 0: all
  std::size_t max_det = 300;
  bool sorts_without_nms = true;  ///< else candidates stay in anchor order
};

/// Writes the box of each key's anchor.
using BoxDecoder = FunctionRef<void(Span<const std::uint64_t> keys, BoundingBox* boxes)>;

/// Owns its scratch; allocates nothing in steady state.
class Selector {
 public:
  /// Replaces picks. Candidates are reordered. A box with NaN is dropped.
  void select(const Policy& policy, const ScoreCodec& codec, Candidates& candidates,
              BoxDecoder decode_boxes, std::vector<Pick>& picks);

 private:
  void order(const Policy& policy, std::vector<std::uint64_t>& keys);

  Suppressor suppressor_;
  std::vector<std::uint64_t> sorted_;
};

}  // namespace edgefirst::decoding
