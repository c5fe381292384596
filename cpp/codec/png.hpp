// SPDX-License-Identifier: Apache-2.0
// One PNG picture from bytes to destination rows, through libpng: all colour types and depths,
// palettes, transparency, interlacing, checksums. Called by ImageDecoder, which validates the
// destination between read_header() and decode().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "edgefirst/pixel_format.hpp"
#include "edgefirst/span.hpp"

#include "codec/pixel_output.hpp"
#include "codec/scratch.hpp"

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

  static bool supports(PixelFormat format);
  /// data must stay valid until decode() returns. Throws kInvalidData with the prefix "PNG: ".
  PngHeader read_header(Span<const std::uint8_t> data);
  /// Decodes the picture whose header was read. Throws kInvalidData.
  void decode(PixelFormat target, std::uint8_t orientation, const PixelDestination& destination);
  /// Frees what libpng holds for the current file.
  void close();

 private:
  class Session;

  std::unique_ptr<Session> session_;
  PixelOutput output_;
  Scratch rows_;
};

}  // namespace edgefirst
