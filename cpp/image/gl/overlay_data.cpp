// SPDX-License-Identifier: Apache-2.0
// Logits are computed on the CPU at the resolution of the prototypes, by the same code as there:
// every layout, dtype, quantization and channel count; int8 prototypes, where asked for, by a
// compute shader. Interpolation at the picture's resolution and the blending are the shader's.
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

/// Within what every OpenGL ES 3.1 lets a shader reach at once.
bool has_int8_protos(const DrawRequest& request) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 27;
  const Tensor& protos = request.protos->protos;
  return protos.dtype() == DType::kI8 && protos.size_bytes() <= kMostBytes;
}

}  // namespace

void OverlayData::collect(const DrawRequest& request, bool computes) {
  items_.clear();
  bytes_.clear();
  colors_.clear();
  floats_.clear();
  logit_jobs_.clear();
  weights_.clear();
  for (const DrawnMask& drawn : request.masks) add_mask(request, drawn);
  if (request.protos != nullptr) add_protos(request, computes && has_int8_protos(request));
  for (std::size_t i = 0; i < request.labels.size(); ++i) {
    const ImageLayout& image = request.destination;
    const DrawnBox& drawn = request.boxes[i];
    const std::string& text = request.labels[i];
    add_label(place_label(drawn.box, text, request.palette[drawn.color], image.width, image.height),
              text);
  }
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

void OverlayData::add_protos(const DrawRequest& request, bool computes) {
  const std::size_t count = request.proto_boxes;
  if (count == 0) return;
  const ProtoGrid& grid = grid_.emplace(*request.protos);
  if (scaled_.size() < count) scaled_.resize(count);
  const MaskResolution picture{request.destination.width, request.destination.height};
  const auto pixels_of = [&](std::size_t i) {
    return covered_pixels(request.boxes[i].box, picture.width, picture.height);
  };
  parallel_for(count, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const Rect pixels = pixels_of(i);
      if (pixels.width == 0) continue;
      if (computes) {
        scaled_[i].locate(grid, pixels, picture, request.letterbox);
      } else {
        scaled_[i].prepare(grid, request.boxes[i].source, pixels, picture, request.letterbox);
      }
    }
  });
  for (std::size_t i = 0; i < count; ++i) {
    const Rect pixels = pixels_of(i);
    if (pixels.width == 0) continue;
    if (computes) add_logit_job(request.boxes[i].source, scaled_[i].cells());
    add_logits(scaled_[i], pixels, blended(request, request.boxes[i].color), computes);
  }
}

/// For the logits that come next among the floats.
void OverlayData::add_logit_job(std::size_t detection, const Rect& cells) {
  LogitJob job;
  job.cells = cells;
  job.offset = floats_.size();
  job.weights = weights_.size();
  logit_jobs_.push_back(job);
  grid_->load(detection, loaded_);
  weights_.insert(weights_.end(), loaded_.coefficients.begin(), loaded_.coefficients.end());
  weights_.push_back(loaded_.bias);
  weights_.push_back(loaded_.scale);
}

void OverlayData::add_logits(const ScaledMask& mask, const Rect& pixels, const Color& color,
                             bool computes) {
  MaskItem item;
  item.kind = MaskKind::kLogits;
  item.pixels = pixels;
  item.color = color;
  item.offset = floats_.size();
  item.width = mask.line_size();
  if (computes) {
    floats_.resize(floats_.size() + mask.line_size() * (mask.cells().height + 1));
  } else {
    floats_.insert(floats_.end(), mask.logits().begin(), mask.logits().end());
  }
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

/// The strip is a mask of one cell; the text one of a byte for every dot.
void OverlayData::add_label(const Label& label, std::string_view text) {
  MaskItem strip;
  strip.pixels = label.strip;
  strip.color = label.fill;
  strip.offset = bytes_.size();
  strip.width = strip.height = 1;
  bytes_.push_back(255);
  items_.push_back(strip);

  MaskItem letters;
  letters.kind = MaskKind::kDots;
  letters.pixels = label.text;
  letters.color = label.ink;
  letters.dot = label.dot;
  letters.offset = bytes_.size();
  letters.width = label.text.width / label.dot;
  letters.height = kGlyphHeight;
  bytes_.resize(bytes_.size() + letters.width * letters.height);
  std::uint8_t* cell = bytes_.data() + letters.offset;
  for (char glyph = 0; next_glyph(text, glyph); cell += kGlyphWidth) {
    for (std::size_t row = 0; row < kGlyphHeight; ++row) {
      const std::uint8_t dots = glyph_row(glyph, row);
      for (std::size_t column = 0; column < kGlyphDots; ++column) {
        const bool is_set = (dots >> (kGlyphDots - 1 - column) & 1) != 0;
        cell[row * letters.width + column] = is_set ? 255 : 0;
      }
    }
  }
  if (letters.width != 0) items_.push_back(letters);
}

}  // namespace edgefirst::gl
