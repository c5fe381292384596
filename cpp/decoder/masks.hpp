// SPDX-License-Identifier: Apache-2.0
// Instance masks from coefficients and prototypes, and the two as ProtoData. Called by decoder.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "edgefirst/detection.hpp"

#include "base/trace.hpp"
#include "decoder/selection.hpp"
#include "decoder/views.hpp"

namespace edgefirst::decoding {

/// round(255 / (1 + e^-z)) in single precision for every z, without computing it: the function is
/// monotone, so 255 bounds say it all. The same on every target.
class MaskLevels {
 public:
  static const MaskLevels& get();
  std::uint8_t operator()(float z) const;

 private:
  MaskLevels();
  static constexpr std::size_t kCells = 4096;
  std::array<float, 257> bound_;            // least z of each level; bound_[256] is never reached
  std::array<std::uint8_t, kCells> first_;  // level at the lower edge of each cell of z
};

/// Where the coefficients of an anchor stand, and the prototypes.
struct MaskInput {
  Span<const FeatureView> coefficients;  ///< by level, anchors counted through
  ImageView protos;
  bool is_per_scale = false;  ///< as spans tell it: several views are several levels

  /// Calls work(view, the pick's anchor in it, the pick's number) for every pick, view by view.
  template <typename Work>
  void for_each_row(Span<const Pick> picks, const Work& work) const;
};

template <typename Work>
void MaskInput::for_each_row(Span<const Pick> picks, const Work& work) const {
  std::size_t first = 0;
  for (std::size_t level = 0; level < coefficients.size(); ++level) {
    const FeatureView& view = coefficients[level];
    const auto is_here = [&](const Pick& pick) {
      return pick.anchor >= first && pick.anchor - first < view.anchors;
    };
    if (std::any_of(picks.begin(), picks.end(), is_here)) {
      TraceSpan span(is_per_scale ? "decoder.per_scale_run.level.mask_coefs" : nullptr);
      span.field("li", level);
      for (std::size_t i = 0; i < picks.size(); ++i) {
        if (is_here(picks[i])) work(view, picks[i].anchor - first, i);
      }
    }
    first += view.anchors;
  }
}

/// Computes masks inside the boxes only. Owns its scratch.
class MaskMaker {
 public:
  /// Appends one mask per pick. Throws kInvalidShape for boxes that are not normalised.
  void append(const MaskInput& input, Span<const Pick> picks, SegmentationList& masks);

 private:
  struct Region {
    std::size_t x, y, width, height;
  };

  void gather(const MaskInput& input, Span<const Pick> picks);
  void gather_row(const FeatureView& view, std::size_t anchor, std::size_t first);
  void fill(const MaskInput& input, std::size_t index, const Region& region,
            std::uint8_t* out) const;

  bool is_integer_ = false;
  float scale_ = 1.0F;
  std::size_t channels_ = 0;
  std::vector<float> real_;            // [picks, channels]: dequantised
  std::vector<std::int64_t> integer_;  // [picks, channels]: less the zero point
  std::vector<Region> regions_;
};

/// Copies what masks are made of. keeps_integers: 8 and 16 bits stay as they are stored.
ProtoData make_proto_data(const MaskInput& input, Span<const Pick> picks, bool keeps_integers);

}  // namespace edgefirst::decoding
