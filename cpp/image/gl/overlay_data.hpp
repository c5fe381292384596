// SPDX-License-Identifier: Apache-2.0
// What an overlay needs on the GPU, collected on the calling thread: mask bytes, class colours and
// logits one after the other, and where each goes. Calls no driver. Used by the GL backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/draw_request.hpp"
#include "image/masks.hpp"

namespace edgefirst::gl {

/// How a mask selects pixels; the values are those of MASK_* in the shaders.
enum class MaskKind { kBytes = 0, kColors = 1, kLogits = 2 };

/// A mask over a rectangle of the picture.
struct MaskItem {
  MaskKind kind = MaskKind::kBytes;
  Rect pixels;
  std::size_t offset = 0;  ///< of its first value among those of its kind
  std::size_t width = 0;   ///< values in a row; of logits, one more than cells
  std::size_t height = 0;
  std::size_t columns = 0;  ///< of logits: where the positions of columns and of rows begin
  std::size_t rows = 0;
  Color color{};  ///< alpha is that of the blend
};

class OverlayData {
 public:
  /// Throws what mapping prototypes throws. Keeps its memory for the next frame.
  void collect(const DrawRequest& request);

  const std::vector<MaskItem>& items() const { return items_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  const std::vector<Color>& colors() const { return colors_; }
  const std::vector<float>& floats() const { return floats_; }

 private:
  void add_mask(const DrawRequest& request, const DrawnMask& drawn);
  void add_classes(const DrawRequest& request, const Segmentation& mask, MaskItem& item);
  void add_protos(const DrawRequest& request);
  void add_logits(const ScaledMask& mask, const Rect& pixels, const Color& color);

  std::vector<MaskItem> items_;
  std::vector<std::uint8_t> bytes_;
  std::vector<Color> colors_;
  std::vector<float> floats_;
  std::vector<ScaledMask> scaled_;
};

}  // namespace edgefirst::gl
