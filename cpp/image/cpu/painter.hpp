// SPDX-License-Identifier: Apache-2.0
// Paints a draw request: background, box frames, masks, labels. Works in bands of rows on several
// threads, each painting everything that touches its band in order. Keeps its scratch memory.
// Called by the CPU backend with mapped images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "image/draw_request.hpp"
#include "image/masks.hpp"

namespace edgefirst::cpu {

class Painter {
 public:
  /// background is nullptr for zeros.
  void paint(const DrawRequest& request, std::uint8_t* data, const std::uint8_t* background);

 private:
  struct Canvas;
  /// Scratch of one band.
  struct Worker {
    std::vector<std::uint8_t> mask;
    std::vector<float> line;
    std::vector<std::size_t> columns, labels;
  };
  /// A mask computed from prototypes and where it goes.
  struct ProtoMask {
    Rect pixels;
    ScaledMask mask;
  };

  void prepare_protos(const DrawRequest& request);
  void paint_band(const DrawRequest& request, const Canvas& canvas, const std::uint8_t* background,
                  Worker& worker) const;
  static void paint_background(const DrawRequest& request, const Canvas& canvas,
                               const std::uint8_t* background);
  static void paint_frame(const Canvas& canvas, const BoundingBox& box, const Color& color);
  static void paint_instance(const DrawRequest& request, const Canvas& canvas,
                             const DrawnMask& drawn, Worker& worker);
  static void paint_classes(const DrawRequest& request, const Canvas& canvas,
                            const Segmentation& mask, Worker& worker);
  void paint_protos(const DrawRequest& request, const Canvas& canvas, Worker& worker) const;
  static void paint_label(const Canvas& canvas, const DrawnBox& drawn, const std::string& text,
                          const Color& color);

  std::vector<ProtoMask> proto_masks_;
  std::size_t proto_count_ = 0;
  std::vector<Worker> workers_;
};

}  // namespace edgefirst::cpu
