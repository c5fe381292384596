// SPDX-License-Identifier: Apache-2.0
// Logits are computed on the CPU at the resolution of the prototypes, by the same code as there:
// every layout, dtype, quantization and channel count. What is costly, their interpolation at the
// picture's resolution and the blending, is the shader's.
#include "image/gl/overlay_data.hpp"

#include <algorithm>

#include "base/parallel.hpp"

namespace edgefirst::gl {
namespace {

Color blended(const DrawRequest& request, std::size_t color) {
  Color bytes = request.palette[color];
  bytes[3] = request.mask_alpha(color);
  return bytes;
}

}  // namespace

void OverlayData::collect(const DrawRequest& request) {
  items_.clear();
  bytes_.clear();
  colors_.clear();
  floats_.clear();
  for (const DrawnMask& drawn : request.masks) add_mask(request, drawn);
  if (request.protos != nullptr) add_protos(request);
}

void OverlayData::add_mask(const DrawRequest& request, const DrawnMask& drawn) {
  const Segmentation& mask = drawn.mask;
  MaskItem item;
  item.pixels = covered_pixels(mask.region, request.destination.width, request.destination.height);
  item.width = mask.width;
  item.height = mask.height;
  if (item.pixels.width == 0 || mask.width == 0 || mask.height == 0) return;
  if (mask.channels > 1) {
    add_classes(request, mask, item);
  } else {
    item.offset = bytes_.size();
    item.color = blended(request, drawn.color);
    bytes_.insert(bytes_.end(), mask.data, mask.data + mask.width * mask.height);
  }
  items_.push_back(item);
}

/// The colour of the best class of every cell; alpha 0 for the background, which is the last.
void OverlayData::add_classes(const DrawRequest& request, const Segmentation& mask,
                              MaskItem& item) {
  item.kind = MaskKind::kColors;
  item.offset = colors_.size();
  for (std::size_t i = 0; i < mask.width * mask.height; ++i) {
    const std::uint8_t* scores = mask.data + i * mask.channels;
    const auto label =
        static_cast<std::size_t>(std::max_element(scores, scores + mask.channels) - scores);
    const bool is_background = label == mask.channels - 1;
    colors_.push_back(is_background ? Color{} : blended(request, label % kPaletteSize));
  }
}

void OverlayData::add_protos(const DrawRequest& request) {
  const std::size_t rows = request.protos->mask_coefficients.shape()[0];
  const std::size_t count = std::min(request.boxes.size(), rows);
  if (count == 0) return;
  const ProtoGrid grid(*request.protos);
  if (scaled_.size() < count) scaled_.resize(count);
  const MaskResolution picture{request.destination.width, request.destination.height};
  const auto pixels_of = [&](std::size_t i) {
    return covered_pixels(request.boxes[i].box, picture.width, picture.height);
  };
  parallel_for(count, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const Rect pixels = pixels_of(i);
      if (pixels.width == 0) continue;
      scaled_[i].prepare(grid, request.boxes[i].source, pixels, picture, request.letterbox);
    }
  });
  for (std::size_t i = 0; i < count; ++i) {
    const Rect pixels = pixels_of(i);
    if (pixels.width == 0) continue;
    add_logits(scaled_[i], pixels, blended(request, request.boxes[i].color));
  }
}

void OverlayData::add_logits(const ScaledMask& mask, const Rect& pixels, const Color& color) {
  MaskItem item;
  item.kind = MaskKind::kLogits;
  item.pixels = pixels;
  item.color = color;
  item.offset = floats_.size();
  item.width = mask.line_size();
  floats_.insert(floats_.end(), mask.logits().begin(), mask.logits().end());
  const auto add_positions = [&](const std::vector<ScaledMask::Position>& positions) {
    const std::size_t first = floats_.size();
    for (const ScaledMask::Position& position : positions) {
      floats_.push_back(static_cast<float>(position.cell));
      floats_.push_back(position.fraction);
    }
    return first;
  };
  item.columns = add_positions(mask.columns());
  item.rows = add_positions(mask.rows());
  items_.push_back(item);
}

}  // namespace edgefirst::gl
