// SPDX-License-Identifier: Apache-2.0
// The inflated data of a PNG file, row by row. Data that inflate to little beside the file go
// through libdeflate in one piece; all others, and damaged ones, stream through zlib, so that
// memory grows with what came and not with what a header claims. Called by PngDecoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "edgefirst/span.hpp"

#include "codec/png_chunks.hpp"
#include "codec/scratch.hpp"

struct libdeflate_decompressor;

namespace edgefirst {

class PngData {
 public:
  /// How the data end behind the picture's last row.
  enum class Ending : std::uint8_t {
    kRight,          ///< with the right checksum (Adler-32)
    kNoChecksum,     ///< the file ends, or another chunk comes, in front of or in the checksum
    kWrongChecksum,  ///< or damage right behind the last row
    kMore,           ///< there are more data than the picture has rows
  };

  PngData();
  ~PngData();

  struct Request {
    std::size_t bytes = 0;        ///< of the picture: its rows and their filter types
    std::size_t longest_row = 0;  ///< what take() is asked for at most
    bool every_run = false;       ///< read on where other chunks interrupt the IDAT chunks
  };
  void open(Span<const std::uint8_t> file, const PngChunks& chunks, const Request& request);
  /// The next count bytes and kPngRowMargin readable ones behind them; nullptr where there are
  /// fewer undamaged ones. Valid until the next call.
  const std::uint8_t* take(std::size_t count);
  /// Why take() answered nullptr.
  const char* damage() const { return damage_; }
  /// Once all rows were taken.
  Ending ending();

 private:
  struct Stream;
  struct FreeInflater {
    void operator()(libdeflate_decompressor* inflater) const;
  };

  bool inflate_whole(const PngChunks& chunks, std::size_t bytes);
  Span<const std::uint8_t> next_piece();
  std::size_t inflate(std::uint8_t* to, std::size_t count);

  std::unique_ptr<libdeflate_decompressor, FreeInflater> inflater_;
  std::unique_ptr<Stream> stream_;
  Scratch joined_;    // IDAT chunks, where there are several
  Scratch inflated_;  // all rows, or a window of them
  const std::uint8_t* next_ = nullptr;
  std::size_t left_ = 0;      // inflated bytes from next_ on
  std::size_t capacity_ = 0;  // of the window; 0 where all rows are there
  Span<const std::uint8_t> file_;
  std::size_t offset_ = 0;  // of the next chunk
  bool every_run_ = false;
  const char* damage_ = "";
};

/// Inflates a compressed text of at most limit bytes into memory; empty where it is longer or
/// damaged.
Span<const std::uint8_t> inflate_png_text(Span<const std::uint8_t> compressed, std::size_t limit,
                                          Scratch& memory);

}  // namespace edgefirst
