// SPDX-License-Identifier: Apache-2.0
// The rules of boxes, masks and labels in pixels.
#include "image/cpu/painter.hpp"

#include <algorithm>
#include <cstring>

#include "base/parallel.hpp"
#include "image/cpu/blend_kernels.hpp"
#include "image/label.hpp"

namespace edgefirst::cpu {
namespace {

constexpr std::size_t kParallelRows = 64;  // fewest rows worth a thread

struct Extent {
  std::size_t begin, end;

  std::size_t size() const { return end > begin ? end - begin : 0; }
};

Extent columns_of(const Rect& rect) { return {rect.left, rect.left + rect.width}; }
Extent rows_of(const Rect& rect) { return {rect.top, rect.top + rect.height}; }

/// Index of n mask samples for pixel p of an extent: its corners meet the mask's corners.
std::size_t sample_index(std::size_t p, const Extent& extent, std::size_t n) {
  const std::size_t steps = extent.size() - 1;
  return steps == 0 ? 0 : (p - extent.begin) * (n - 1) / steps;
}

/// The same, rounded to the nearest sample.
std::size_t nearest_index(std::size_t p, const Extent& extent, std::size_t n) {
  const std::size_t steps = extent.size() - 1;
  return steps == 0 ? 0 : (2 * (p - extent.begin) * (n - 1) + steps) / (2 * steps);
}

}  // namespace

/// Rows [first_row, end_row) of the destination.
struct Painter::Canvas {
  std::uint8_t* data;
  std::size_t stride;
  std::size_t width, height;
  std::size_t channels;
  bool bgr;
  BlendKernel blend_row;
  std::size_t first_row, end_row;

  std::uint8_t* at(std::size_t x, std::size_t y) const { return data + y * stride + x * channels; }
  Extent rows(std::size_t begin, std::size_t end) const {
    const std::size_t first = std::max(begin, first_row);
    return {first, std::max(first, std::min(end, end_row))};
  }
  /// The colour in the order of the destination's bytes.
  Color ordered(Color color) const {
    if (bgr) std::swap(color[0], color[2]);
    return color;
  }
  void fill(Extent columns, Extent lines, const Color& color) const {
    const Color bytes = ordered({color[0], color[1], color[2], 255});
    columns.end = std::min(columns.end, width);
    const Extent clipped = rows(lines.begin, std::min(lines.end, height));
    for (std::size_t y = clipped.begin; y < clipped.end; ++y) {
      for (std::size_t x = columns.begin; x < columns.end; ++x) {
        std::memcpy(at(x, y), bytes.data(), channels);
      }
    }
  }
  /// Blends the palette's color over the pixels from `pixel` on that mask selects.
  void blend(const DrawRequest& request, std::size_t color, std::uint8_t* pixel,
             const std::uint8_t* mask, std::size_t count) const {
    Color bytes = ordered(request.palette[color]);
    bytes[3] = 255;
    blend_row(pixel, mask, count, bytes, request.mask_alpha(color));
  }
};

void Painter::paint(const DrawRequest& request, std::uint8_t* data,
                    const std::uint8_t* background) {
  proto_count_ = 0;
  if (request.protos != nullptr) prepare_protos(request);
  const ImageLayout& image = request.destination;
  const Canvas whole{data,
                     image.planes[0].stride,
                     image.width,
                     image.height,
                     pixel_format_info(image.format).channels,
                     image.format == PixelFormat::kBgra,
                     blend_kernel(pixel_format_info(image.format).channels),
                     0,
                     image.height};
  const std::size_t bands =
      std::clamp<std::size_t>(image.height / kParallelRows, 1, 2 * thread_limit());
  if (workers_.size() < bands) workers_.resize(bands);
  parallel_for(bands, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      Canvas band = whole;
      band.first_row = image.height * i / bands;
      band.end_row = image.height * (i + 1) / bands;
      paint_band(request, band, background, workers_[i]);
    }
  });
}

void Painter::prepare_protos(const DrawRequest& request) {
  proto_count_ = request.proto_boxes;
  if (proto_count_ == 0) return;
  const ProtoGrid grid(*request.protos);
  if (proto_masks_.size() < proto_count_) proto_masks_.resize(proto_count_);
  const MaskResolution picture{request.destination.width, request.destination.height};
  parallel_for(proto_count_, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const DrawnBox& drawn = request.boxes[i];
      Rect& pixels = proto_masks_[i].pixels;
      pixels = covered_pixels(drawn.box, picture.width, picture.height);
      if (pixels.width == 0 || pixels.height == 0) continue;
      proto_masks_[i].mask.prepare(grid, drawn.source, pixels, picture, request.letterbox);
    }
  });
}

void Painter::paint_band(const DrawRequest& request, const Canvas& canvas,
                         const std::uint8_t* background, Worker& worker) const {
  paint_background(request, canvas, background);
  for (const DrawnBox& drawn : request.boxes) {
    paint_frame(canvas, drawn.box, request.palette[drawn.color]);
  }
  for (const DrawnMask& drawn : request.masks) {
    if (drawn.mask.channels > 1) {
      paint_classes(request, canvas, drawn.mask, worker);
    } else {
      paint_instance(request, canvas, drawn, worker);
    }
  }
  paint_protos(request, canvas, worker);
  for (std::size_t i = 0; i < request.labels.size(); ++i) {
    const DrawnBox& drawn = request.boxes[i];
    paint_label(canvas, drawn, request.labels[i], request.palette[drawn.color]);
  }
}

void Painter::paint_background(const DrawRequest& request, const Canvas& canvas,
                               const std::uint8_t* background) {
  const std::size_t bytes = canvas.width * canvas.channels;
  const std::size_t stride = request.background_layout.planes[0].stride;
  for (std::size_t y = canvas.first_row; y < canvas.end_row; ++y) {
    if (background != nullptr) {
      std::memcpy(canvas.at(0, y), background + y * stride, bytes);
    } else {
      std::memset(canvas.at(0, y), 0, bytes);
    }
  }
}

void Painter::paint_frame(const Canvas& canvas, const BoundingBox& box, const Color& color) {
  for (const Rect& bar : frame_bars(box, canvas.width, canvas.height)) {
    canvas.fill(columns_of(bar), rows_of(bar), color);
  }
}

void Painter::paint_instance(const DrawRequest& request, const Canvas& canvas,
                             const DrawnMask& drawn, Worker& worker) {
  const Segmentation& mask = drawn.mask;
  const Rect pixels = covered_pixels(mask.region, canvas.width, canvas.height);
  const Extent x = columns_of(pixels);
  const Extent y = rows_of(pixels);
  const Extent rows = canvas.rows(y.begin, y.end);
  const bool is_empty = x.size() == 0 || rows.size() == 0 || mask.width == 0 || mask.height == 0;
  if (is_empty) return;
  worker.columns.resize(std::max(worker.columns.size(), x.size()));
  worker.mask.resize(std::max(worker.mask.size(), x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    worker.columns[i] = sample_index(x.begin + i, x, mask.width);
  }
  std::size_t current = mask.height;  // the mask row that worker.mask holds
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const std::size_t line = sample_index(row, y, mask.height);
    if (line != current) {
      const std::uint8_t* samples = mask.data + line * mask.width;
      for (std::size_t i = 0; i < x.size(); ++i) {
        worker.mask[i] = samples[worker.columns[i]] >= kMaskThreshold ? 255 : 0;
      }
      current = line;
    }
    canvas.blend(request, drawn.color, canvas.at(x.begin, row), worker.mask.data(), x.size());
  }
}

/// A map of class scores; the last class is the background. Pixels of one class in a row are
/// blended together.
void Painter::paint_classes(const DrawRequest& request, const Canvas& canvas,
                            const Segmentation& mask, Worker& worker) {
  const Rect pixels = covered_pixels(mask.region, canvas.width, canvas.height);
  const Extent x = columns_of(pixels);
  const Extent y = rows_of(pixels);
  const Extent rows = canvas.rows(y.begin, y.end);
  const bool is_empty = x.size() == 0 || rows.size() == 0 || mask.width == 0 || mask.height == 0;
  if (is_empty) return;
  worker.columns.resize(std::max(worker.columns.size(), x.size()));
  worker.labels.resize(std::max(worker.labels.size(), mask.width));
  worker.mask.resize(std::max(worker.mask.size(), x.size()));
  std::fill_n(worker.mask.begin(), x.size(), std::uint8_t{255});
  for (std::size_t i = 0; i < x.size(); ++i) {
    worker.columns[i] = nearest_index(x.begin + i, x, mask.width);
  }
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const std::size_t line = nearest_index(row, y, mask.height) * mask.width;
    for (std::size_t i = 0; i < mask.width; ++i) {
      const std::uint8_t* scores = mask.data + (line + i) * mask.channels;
      worker.labels[i] =
          static_cast<std::size_t>(std::max_element(scores, scores + mask.channels) - scores);
    }
    for (std::size_t i = 0; i < x.size();) {
      const std::size_t label = worker.labels[worker.columns[i]];
      std::size_t end = i + 1;
      while (end < x.size() && worker.labels[worker.columns[end]] == label) ++end;
      if (label != mask.channels - 1) {
        canvas.blend(request, label % kPaletteSize, canvas.at(x.begin + i, row), worker.mask.data(),
                     end - i);
      }
      i = end;
    }
  }
}

void Painter::paint_protos(const DrawRequest& request, const Canvas& canvas, Worker& worker) const {
  for (std::size_t i = 0; i < proto_count_; ++i) {
    const ProtoMask& proto = proto_masks_[i];
    const Rect& pixels = proto.pixels;
    if (pixels.width == 0 || pixels.height == 0) continue;
    worker.mask.resize(std::max(worker.mask.size(), pixels.width));
    worker.line.resize(std::max(worker.line.size(), proto.mask.line_size()));
    const Extent rows = canvas.rows(pixels.top, pixels.top + pixels.height);
    for (std::size_t y = rows.begin; y < rows.end; ++y) {
      proto.mask.row(y - pixels.top, worker.line.data(), worker.mask.data());
      canvas.blend(request, request.boxes[i].color, canvas.at(pixels.left, y), worker.mask.data(),
                   pixels.width);
    }
  }
}

void Painter::paint_label(const Canvas& canvas, const DrawnBox& drawn, const std::string& text,
                          const Color& color) {
  const Label label = place_label(drawn.box, text, color, canvas.width, canvas.height);
  const std::size_t dot = label.dot;
  canvas.fill(columns_of(label.strip), rows_of(label.strip), label.fill);
  std::string_view rest = text;
  char glyph = 0;
  for (std::size_t glyph_x = label.text.left; next_glyph(rest, glyph);
       glyph_x += kGlyphWidth * dot) {
    for (std::size_t row = 0; row < kGlyphHeight; ++row) {
      const std::uint8_t dots = glyph_row(glyph, row);
      const std::size_t dot_y = label.text.top + row * dot;
      for (std::size_t column = 0; column < kGlyphDots; ++column) {
        if ((dots >> (kGlyphDots - 1 - column) & 1) == 0) continue;
        const std::size_t dot_x = glyph_x + column * dot;
        canvas.fill({dot_x, dot_x + dot}, {dot_y, dot_y + dot}, label.ink);
      }
    }
  }
}

}  // namespace edgefirst::cpu
