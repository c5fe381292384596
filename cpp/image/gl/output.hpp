// SPDX-License-Identifier: Apache-2.0
// The way from a rendered picture into a destination of any layout and element type: packed into
// 4-byte words by a shader, rendered into the DMA-BUF or read back into buffer or memory.
// Used by the convert and the draw pass.
#pragma once

#include <array>
#include <cstddef>

#include "image/gl/gl_device.hpp"
#include "image/gl/operand.hpp"

namespace edgefirst::gl {

/// Rows of the region do not fill whole words, or do not start on them.
bool has_partial_words(const ImageLayout& image, const Rect& region);

/// The raster of words that a region of the image is packed into: planes below one another.
struct RasterSize {
  std::size_t width = 0;
  std::size_t height = 0;
};
RasterSize raster_of(const ImageLayout& image, const Rect& region);

class Output {
 public:
  /// region is what will be written of the destination; all of it is. An importable operand that
  /// cannot be rendered into is mapped. With a readback, memory is reached through that.
  Output(GlDevice& device, Operand& destination, const Rect& region, Readback* readback = nullptr);

  /// Pixels are words: the picture is rendered with its bytes in the destination's order.
  bool is_direct() const { return is_direct_; }
  bool swaps() const { return destination_.layout().format == PixelFormat::kBgra; }
  bool is_signed() const { return destination_.layout().dtype == DType::kI8; }
  /// Where to render the picture: RGBA levels, and which pixel is the region's first.
  Texture& canvas() { return *canvas_; }
  Int left() const { return left_; }
  Int top() const { return top_; }
  /// Makes the canvas the target of drawing.
  void begin();
  /// One colour over the canvas, which is the target of drawing.
  void clear(const Color& color);
  /// The picture's bytes are the canvas' as they are.
  bool takes_bytes_of(const ImageLayout& picture) const;
  /// Copies them all over the canvas.
  void fill(const PlaneBytes& picture);

  struct Factors {
    std::array<float, 4> scale{};
    std::array<float, 4> offset{};
  };
  /// Packs and delivers the canvas.
  void finish(const Factors& factors);

 private:
  Texture* import();
  void pack(const Factors& factors);
  void deliver();
  void begin_readback();
  void deliver_through_staging(const WordRect& rect, const PlaneBytes& plane);

  GlDevice& device_;
  Operand& destination_;
  Rect region_;
  Readback* readback_;
  bool is_direct_;
  std::size_t planes_;
  std::size_t pixel_bytes_;  // in a row of a plane
  std::size_t words_;        // in a row of the region
  Texture* imported_ = nullptr;
  Texture* canvas_ = nullptr;
  Texture* raster_ = nullptr;  // words
  Int left_ = 0, top_ = 0;
};

}  // namespace edgefirst::gl
