// SPDX-License-Identifier: Apache-2.0
// Masks from prototypes: logits on the prototype grid, thresholded there or after bilinear
// interpolation. Paints nothing. Called by the dispatcher (materialize) and by drawing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "edgefirst/image.hpp"

#include "image/cpu/logit_kernels.hpp"

namespace edgefirst {

/// Throws kInvalidShape (ranks, channels) and kNotSupported (dtypes, quantization along another
/// axis than the channels).
void check_protos(const ProtoData& protos);

/// Prototypes and coefficients while they are mapped.
class ProtoGrid {
 public:
  /// protos has been checked; both tensors stay mapped as long as the grid lives.
  explicit ProtoGrid(const ProtoData& protos);

  std::size_t width() const { return width_; }
  std::size_t height() const { return height_; }
  /// Coefficients of a detection, ready for logits().
  struct Weights {
    std::vector<float> coefficients;
    float bias = 0;
    float scale = 1;
  };
  void load(std::size_t detection, Weights& weights) const;
  /// Channel 0 of cell 0, and how many elements lie between cells and between channels.
  const std::byte* data() const { return protos_.as<const std::byte>(); }
  std::size_t cell_stride() const { return layout_ == ProtoLayout::kNhwc ? channels_ : 1; }
  std::size_t channel_stride() const {
    return layout_ == ProtoLayout::kNhwc ? 1 : width_ * height_;
  }
  std::size_t channels() const { return channels_; }
  /// Logits of `count` cells of row y from x on.
  void logits(const Weights& weights, std::size_t x, std::size_t y, std::size_t count,
              float* out) const;

 private:
  float coefficient(std::size_t detection, std::size_t channel) const;

  TensorMap coefficients_;
  TensorMap protos_;
  const Quantization* coefficient_quantization_;
  const Quantization* proto_quantization_;
  ProtoLayout layout_;
  std::size_t width_, height_, channels_;
  cpu::LogitKernel kernel_;
};

/// One detection's mask at picture resolution, row by row.
class ScaledMask {
 public:
  /// The mask of `pixels`, a rectangle of a picture of width x height that fills letterbox of the
  /// model input.
  void prepare(const ProtoGrid& grid, std::size_t detection, const Rect& pixels,
               const MaskResolution& picture, const BoundingBox& letterbox);
  /// The first half of it: positions and cells(), but no logits.
  void locate(const ProtoGrid& grid, const Rect& pixels, const MaskResolution& picture,
              const BoundingBox& letterbox);
  /// Row y of the rectangle: 255 where the logit is positive, else 0. line holds line_size()
  /// floats, so that several threads can share the mask.
  void row(std::size_t y, float* line, std::uint8_t* out) const;
  std::size_t line_size() const { return pitch_; }

  /// Between which cells a row or column lies: cell + fraction.
  struct Position {
    std::uint32_t cell;
    float fraction;
  };
  /// What row() computes from: logits of the cells, line_size() in a line, and the positions of the
  /// rectangle's columns and rows among them.
  const std::vector<float>& logits() const { return logits_; }
  const std::vector<Position>& columns() const { return columns_; }
  const std::vector<Position>& rows() const { return rows_; }
  /// The cells of the grid that the rectangle touches.
  const Rect& cells() const { return cells_; }

 private:
  ProtoGrid::Weights weights_;
  std::vector<Position> columns_, rows_;
  std::vector<float> fractions_;  // of the columns
  std::vector<cpu::ThresholdRun> runs_;
  cpu::ThresholdKernel threshold_ = nullptr;
  Rect cells_;
  std::vector<float> logits_;  // of the cells and one extra per row, and one extra row
  std::size_t pitch_ = 0;
};

/// Pixels that a normalised box covers: rounded, at least 1 x 1, inside the picture.
Rect pixel_rect(const BoundingBox& box, std::size_t width, std::size_t height);

/// materialize_masks(); keeps its scratch memory.
class MaskMaterializer {
 public:
  void materialize(Span<const DetectBox> boxes, const ProtoData& protos,
                   const BoundingBox& letterbox, const MaskResolution& resolution,
                   SegmentationList& masks);

 private:
  struct Worker {
    ProtoGrid::Weights weights;
    std::vector<float> logits;
    ScaledMask scaled;
  };
  void at_proto_resolution(Span<const DetectBox> boxes, const ProtoGrid& grid,
                           const BoundingBox& letterbox, SegmentationList& masks);
  void at_picture_resolution(Span<const DetectBox> boxes, const ProtoGrid& grid,
                             const BoundingBox& letterbox, const MaskResolution& picture,
                             SegmentationList& masks);
  /// body(i, worker) for every detection, on several threads.
  template <class Body>
  void for_each(std::size_t count, const Body& body);

  std::vector<Rect> rects_;
  std::vector<Worker> workers_;
};

}  // namespace edgefirst
