// SPDX-License-Identifier: Apache-2.0
// One PNG picture from bytes to destination rows. Undamaged pictures of whole bytes per sample,
// which most are, go through libdeflate and our own filters; libpng reads the others (interlaced
// ones, small depths, single transparent colours) and judges what is damaged. Called by
// ImageDecoder, which validates the destination between read_header() and decode().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "edgefirst/pixel_format.hpp"
#include "edgefirst/span.hpp"

#include "codec/pixel_output.hpp"
#include "codec/png_chunks.hpp"
#include "codec/scratch.hpp"

struct libdeflate_decompressor;

namespace edgefirst {

struct PngHeader {
  std::size_t width = 0;
  std::size_t height = 0;
  std::uint8_t orientation = 1;  ///< of the eXIf chunk
};

class PngDecoder {
 public:
  PngDecoder();
  ~PngDecoder();

  /// data must stay valid until decode() returns. Throws kInvalidData with the prefix "PNG: ".
  PngHeader read_header(Span<const std::uint8_t> data);
  /// Decodes the picture whose header was read and answers how many rows are undamaged: all, or
  /// where tolerant as many as there are. Throws kInvalidData.
  std::size_t decode(PixelFormat target, std::uint8_t orientation,
                     const PixelDestination& destination, bool tolerant);
  /// Frees what libpng holds for the current file.
  void close();

 private:
  class Session;
  struct FreeInflater {
    void operator()(libdeflate_decompressor* inflater) const;
  };
  struct Target;

  bool inflate();
  void decode_plain(const Target& target);
  std::size_t decode_with_libpng(const Target& target, bool tolerant);
  void read_interlaced(std::uint8_t* rows, std::size_t row_bytes, std::size_t& valid_rows);

  Span<const std::uint8_t> file_;
  PngChunks chunks_;
  std::unique_ptr<libdeflate_decompressor, FreeInflater> inflater_;
  Scratch compressed_;  // IDAT chunks joined
  Scratch filtered_;
  std::unique_ptr<Session> session_;
  PixelOutput output_;
  Scratch rows_;
};

}  // namespace edgefirst
