// SPDX-License-Identifier: Apache-2.0
// Writes blocks of planar rows into a destination image of any format and element type, and fills
// the rest with a colour. Does not resample. Used by the converter.
#pragma once

#include <cstddef>
#include <cstdint>

#include "image/cpu/color_kernels.hpp"
#include "image/cpu/element_kernels.hpp"
#include "image/cpu/pixel_block.hpp"
#include "image/cpu/yuv_kernels.hpp"
#include "image/request.hpp"

namespace edgefirst::cpu {

/// Rows under construction; one per thread.
struct PackScratch {
  static constexpr std::size_t kRow = kMaxBlockWidth + 64;
  alignas(64) std::uint8_t rows[2][4][kRow];  ///< source rows widened to whole chroma pairs
  alignas(64) std::uint8_t luma[2][kRow];
  alignas(64) std::uint8_t chroma[3][kRow];
  alignas(64) std::uint8_t packed[4 * kRow];
};

class Packer {
 public:
  /// The destination stays mapped while the packer is used.
  void configure(const ConvertRequest& request, const MappedPlanes<std::uint8_t>& destination);

  /// Puts the block's pixel 0, 0 at destination pixel x, y. Width at most kMaxBlockWidth; where the
  /// format shares chroma between rows, blocks but the last end on even rows.
  void write(const PixelBlock& block, std::size_t x, std::size_t y, PackScratch& scratch) const;

  /// Where pixel x of row y lies in a packed destination of u8.
  std::uint8_t* packed_row(std::size_t x, std::size_t y) const;
  /// Whether channels of that model are the planes of the destination, as they are.
  bool takes_planes(Model model) const;
  std::uint8_t* plane_row(std::size_t plane, std::size_t x, std::size_t y) const {
    return destination_.planes[plane] + y * image_.planes[plane].stride + x;
  }

  /// Whether rows of the source can go through write_rgb(): packed RGB into YUV or grey of u8.
  bool takes_rgb() const { return from_rgb_.grey != nullptr; }
  /// Packed source pixels become pixels x ... x + width of row y, or of two rows from an even y on
  /// where the format shares chroma. Returns how many columns it wrote: all, or all but the last.
  std::size_t write_rgb(const std::uint8_t* const* rows, std::size_t row_count, std::size_t width,
                        std::size_t x, std::size_t y) const;

  /// One colour over a rectangle.
  void fill(const Rect& rect, const Color& color, PackScratch& scratch) const;

 private:
  void repeat_row(const Rect& rect) const;
  /// Three or four channels of a row and its length.
  struct Row {
    const std::uint8_t* channels[4];
    std::size_t width;
  };
  Row row_of(const PixelBlock& block, std::size_t row) const;
  Row widen(const Row& row, std::size_t lead, std::uint8_t (*storage)[PackScratch::kRow]) const;
  void emit(const std::uint8_t* bytes, std::size_t n, std::size_t plane, std::size_t element,
            std::size_t y) const;
  void write_packed(const Row& row, std::size_t x, std::size_t y, PackScratch& scratch) const;
  const std::uint8_t* luma_of(const Row& row, Model model, std::uint8_t* storage) const;
  void write_yuv(const PixelBlock& block, std::size_t x, std::size_t y, PackScratch& scratch) const;
  void chroma_of(const Row& top, const Row& bottom, Model model, PackScratch& scratch) const;
  void write_macropixels(std::size_t width, const std::uint8_t* luma, std::size_t x, std::size_t y,
                         PackScratch& scratch) const;
  void write_chroma(std::size_t pairs, std::size_t x, std::size_t y, PackScratch& scratch) const;

  ColorKernels kernels_{};
  YuvKernels::Source from_rgb_{};
  RgbToYuv rgb_matrix_{};  ///< for the source's order of red and blue
  ElementKernel convert_ = nullptr;
  ImageLayout image_;
  MappedPlanes<std::uint8_t> destination_;
  std::size_t element_size_ = 1;
  std::size_t chroma_elements_ = 0;
  RgbToYuv matrix_{};
  ElementPattern patterns_[4];  ///< per plane
};

}  // namespace edgefirst::cpu
