// SPDX-License-Identifier: Apache-2.0
// What an overlay needs on the GPU, collected on the calling thread: mask bytes, class colours,
// logits and dots of text one after the other, and where each goes. Calls no driver. Used by the GL
// backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "image/draw_request.hpp"
#include "image/label.hpp"
#include "image/masks.hpp"

namespace edgefirst::gl {

/// How a mask selects pixels; the values are those of MASK_* in the shaders.
enum class MaskKind { kBytes = 0, kColors = 1, kLogits = 2, kDots = 3 };

/// A mask over a rectangle of the picture.
struct MaskItem {
  MaskKind kind = MaskKind::kBytes;
  Rect pixels;
  std::size_t offset = 0;  ///< of its first value among those of its kind
  std::size_t width = 0;   ///< values in a row; of logits, one more than cells
  std::size_t height = 0;
  std::size_t columns = 0;  ///< of logits: where the positions of columns and of rows begin
  std::size_t rows = 0;
  std::size_t dot = 1;  ///< pixels of a dot's side
  Color color{};        ///< alpha is that of the blend
};

/// Logits that the GPU computes from int8 prototypes, for a mask.
struct LogitJob {
  Rect cells;               ///< of the grid; a line of logits is one longer
  std::size_t offset = 0;   ///< of the first logit among the floats
  std::size_t weights = 0;  ///< of the first coefficient; bias and scale follow the last
};

class OverlayData {
 public:
  /// Throws what mapping prototypes throws; they stay mapped until release(). Keeps its memory for
  /// the next frame. With computes, logits of int8 prototypes are left to the GPU.
  void collect(const DrawRequest& request, bool computes);
  void release() { grid_.reset(); }

  const std::vector<MaskItem>& items() const { return items_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  const std::vector<Color>& colors() const { return colors_; }
  /// Logits and positions. The logits of jobs are yet to be computed.
  const std::vector<float>& floats() const { return floats_; }
  const std::vector<LogitJob>& logit_jobs() const { return logit_jobs_; }
  const std::vector<float>& weights() const { return weights_; }
  /// The prototypes; nullptr without any.
  const ProtoGrid* grid() const { return grid_ ? &*grid_ : nullptr; }

 private:
  void add_mask(const DrawRequest& request, const DrawnMask& drawn);
  void add_classes(const DrawRequest& request, const Segmentation& mask, MaskItem& item);
  void add_protos(const DrawRequest& request, bool computes);
  void add_logit_job(std::size_t detection, const Rect& cells);
  void add_logits(const ScaledMask& mask, const Rect& pixels, const Color& color, bool computes);
  void add_label(const Label& label, std::string_view text);

  std::vector<MaskItem> items_;
  std::vector<std::uint8_t> bytes_;
  std::vector<Color> colors_;
  std::vector<float> floats_;
  std::vector<ScaledMask> scaled_;
  std::vector<LogitJob> logit_jobs_;
  std::vector<float> weights_;
  ProtoGrid::Weights loaded_;
  std::optional<ProtoGrid> grid_;
};

}  // namespace edgefirst::gl
