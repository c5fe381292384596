// SPDX-License-Identifier: Apache-2.0
// One PNG picture from bytes to destination rows. Every colour type, depth and interlacing goes the
// same way: inflated rows (png_data.hpp), filters undone (png_filters.hpp), channels chosen
// (png_channels.hpp). Called by ImageDecoder, which validates the destination between
// read_header() and decode(); decode() sees the picture that read_header() saw, whatever happens to
// the file's bytes meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>

#include "edgefirst/codec.hpp"
#include "edgefirst/pixel_format.hpp"
#include "edgefirst/span.hpp"

#include "codec/pixel_output.hpp"
#include "codec/png_channels.hpp"
#include "codec/png_chunks.hpp"
#include "codec/png_data.hpp"
#include "codec/png_orientation.hpp"
#include "codec/scratch.hpp"

namespace edgefirst {

struct PngHeader {
  std::size_t width = 0;
  std::size_t height = 0;
  std::uint8_t orientation = 1;  ///< of its metadata
};

class PngDecoder {
 public:
  /// data must stay valid until decode() returns. Throws kInvalidData with the prefix "PNG: ".
  PngHeader read_header(Span<const std::uint8_t> data, bool strict);
  /// Throws kInvalidData where the data of the picture whose header was read are too few to hold
  /// it, unless tolerant: for who takes memory for the picture before decode().
  void check_data_size(const DecodeOptions& options) const;
  /// Decodes the picture whose header was read and answers how many rows are undamaged: all, or
  /// where tolerant as many as there are. Of options it reads strict and tolerant. Throws
  /// kInvalidData.
  std::size_t decode(PixelFormat target, std::uint8_t orientation,
                     const PixelDestination& destination, const DecodeOptions& options);

 private:
  /// The pixels of one pass: all of them, or one of Adam7's seven grids.
  struct Pass {
    std::size_t width = 0;
    std::size_t height = 0;
    std::size_t first_x = 0;
    std::size_t first_y = 0;
    std::size_t step_x = 1;
    std::size_t step_y = 1;
  };
  struct Ring;

  Pass pass(std::size_t number) const;
  std::size_t pass_count() const { return chunks_.interlaced ? 7 : 1; }
  PngData::Request request(const DecodeOptions& options) const;
  bool undo_row(Ring& ring, std::size_t row_bytes);
  std::size_t decode_rows();
  std::size_t decode_interlaced(bool tolerant);
  std::size_t read_pass(const Pass& pass, std::uint8_t* picture, std::size_t stride);
  std::uint8_t* picture_row(std::uint8_t* picture, std::size_t stride, std::size_t y);
  void blacken(std::uint8_t* row) const;
  void check_ending(const DecodeOptions& options);

  Span<const std::uint8_t> file_;
  PngChunks chunks_;
  PngTextMemory texts_;
  PngData data_;
  PngChannels channels_;
  PixelOutput output_;
  PixelFormat format_ = PixelFormat::kRgb;  // packed
  std::size_t pixel_bytes_ = 0;             // of format_
  const char* damage_ = "";
  Scratch ring_;
  Scratch line_;     // of a pass, and
  Scratch picture_;  // what it belongs to: of interlaced pictures that are turned or converted
};

}  // namespace edgefirst
