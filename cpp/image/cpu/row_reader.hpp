// SPDX-License-Identifier: Apache-2.0
// Reads rows of a source image of any format: as they lie in memory where that suffices, else as
// planar rows in the colour model of the conversion. Does not resample. Used by the converter.
#pragma once

#include <cstddef>
#include <cstdint>

#include "image/cpu/color_kernels.hpp"
#include "image/cpu/pixel_block.hpp"
#include "image/request.hpp"

namespace edgefirst::cpu {

/// Elements in a chroma row of a semi-planar image: of odd width, a last pair without V unless the
/// rows are padded. chroma_bytes reach from the first chroma byte to the end of its map.
std::size_t chroma_row_elements(const ImageLayout& image, std::size_t chroma_bytes);

class RowReader {
 public:
  /// The source stays mapped while the reader is used.
  void configure(const ConvertRequest& request, const MappedPlanes<const std::uint8_t>& source);

  Model model() const { return model_; }
  std::size_t channels() const { return channel_count(model_); }

  /// Rows need no conversion before resampling: their channels are bytes of raw_row().
  bool is_raw() const { return raw_; }
  /// Pieces of a raw row: one, or one per plane.
  std::size_t raw_pieces() const { return planar_ ? channels() : 1; }
  /// Bytes from a pixel to the next within a piece.
  std::size_t raw_step() const { return planar_ ? 1 : step_; }
  /// Position of a channel in the pixel of a packed row.
  std::size_t raw_position(std::size_t channel) const { return positions_[channel]; }
  /// Pixel 0 of row y of the source rectangle.
  const std::uint8_t* raw_row(std::size_t piece, std::size_t y) const;

  /// Pixels that read() writes before the first one asked for: 1 where x splits a chroma pair.
  std::size_t lead(std::size_t x) const { return paired_ ? (left_ + x) % 2 : 0; }
  /// Bytes of scratch that read() of n pixels needs.
  static std::size_t scratch_size(std::size_t n) { return 2 * (n + 4); }
  /// n pixels of row y from x on, converted: channels[c] receives lead(x) + n bytes.
  void read(std::size_t x, std::size_t y, std::size_t n, std::uint8_t* const* channels,
            std::uint8_t* scratch) const;

  /// Whether YUV can become packed RGB of u8 without planar rows in between.
  bool reads_packed(const ImageLayout& destination) const;
  /// n pixels of row y from x on, where lead(x) is 0, as packed pixels of the destination.
  void read_packed(std::size_t x, std::size_t y, std::size_t n, std::uint8_t* out,
                   std::uint8_t* scratch) const;

  /// n pixels packed as the source's, as channels. scratch holds n bytes.
  void split(const std::uint8_t* from, std::size_t n, std::uint8_t* const* channels,
             std::uint8_t* scratch) const;

  /// Bytes of scratch that read_points() of n pixels needs.
  static std::size_t points_scratch_size(std::size_t n) { return 5 * n; }
  /// The pixels at[0] ... at[n - 1] of row y, converted: channels[c] receives n bytes.
  void read_points(const std::uint32_t* at, std::size_t n, std::size_t y,
                   std::uint8_t* const* channels, std::uint8_t* scratch) const;

 private:
  /// Luma bytes and whole chroma pairs of count pixels from an even x on.
  struct YuvRow {
    const std::uint8_t* luma;
    const std::uint8_t* chroma;
  };
  YuvRow yuv_row(std::size_t begin, std::size_t count, std::size_t y, std::uint8_t* scratch) const;
  /// Copies the chroma of an odd count; its last pair, which memory lacks, repeats the one before.
  const std::uint8_t* complete_pair(const std::uint8_t* chroma, std::size_t begin,
                                    std::size_t count, std::size_t step, std::uint8_t* out) const;
  void pick_chroma(const std::uint32_t* at, std::size_t n, std::size_t y, std::uint8_t* uv) const;
  void read_yuv_points(const std::uint32_t* at, std::size_t n, std::size_t y,
                       std::uint8_t* const* channels, std::uint8_t* scratch) const;
  void read_yuv(std::size_t x, std::size_t y, std::size_t n, std::uint8_t* const* channels,
                std::uint8_t* scratch) const;

  ColorKernels kernels_{};
  ImageLayout image_;
  PixelFormat destination_ = PixelFormat::kRgb;
  MappedPlanes<const std::uint8_t> source_;
  std::size_t left_ = 0, top_ = 0;
  std::size_t chroma_elements_ = 0;
  std::size_t step_ = 1;
  std::size_t positions_[4] = {0, 1, 2, 3};
  Model model_ = Model::kRgb;
  YuvToRgb matrix_{};
  bool raw_ = true;
  bool planar_ = false;
  bool paired_ = false;
};

}  // namespace edgefirst::cpu
