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

/// Finite numbers that enclose an area; no other box leaves a decoder.
bool is_whole(const BoundingBox& box);

/// Owns its scratch; allocates nothing in steady state.
class Selector {
 public:
  /// Replaces picks. Candidates are reordered. A box that is not whole is dropped before it takes a
  /// place of top-k or max_det and before it can suppress another.
  void select(const Policy& policy, const ScoreCodec& codec, Candidates& candidates,
              BoxDecoder decode_boxes, std::vector<Pick>& picks);

 private:
  struct Selection {
    const Policy& policy;
    const ScoreCodec& codec;
    const Candidates& candidates;
    BoxDecoder decode_boxes;
    std::vector<Pick>& picks;
  };

  void order(const Policy& policy, std::vector<std::uint64_t>& keys);
  std::size_t offer(const Selection& selection, Span<const std::uint64_t> keys, std::size_t places);
  Span<const std::uint64_t> refill(std::size_t places);

  Suppressor suppressor_;
  std::vector<std::uint64_t> sorted_;
  std::vector<std::uint64_t> rest_;  // what top-k left out
  std::vector<std::uint64_t> more_;  // of those, the ones being offered
};

}  // namespace edgefirst::decoding
