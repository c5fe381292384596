// SPDX-License-Identifier: Apache-2.0
// One JPEG picture from bytes to destination rows: header, then MCU rows alternating with pixel
// rows, so that a frame-sized intermediate never exists. Called by ImageDecoder, which validates
// the destination between read_header() and decode().
#pragma once

#include <array>

#include "edgefirst/codec.hpp"

#include "codec/jpeg/arithmetic_scan.hpp"
#include "codec/jpeg/coefficient_frame.hpp"
#include "codec/jpeg/deep_picture.hpp"
#include "codec/jpeg/lossless_picture.hpp"
#include "codec/jpeg/markers.hpp"
#include "codec/jpeg/plane.hpp"
#include "codec/jpeg/renderer.hpp"
#include "codec/jpeg/scan.hpp"
#include "codec/jpeg/schedule.hpp"
#include "codec/jpeg/semi_planar.hpp"
#include "codec/pixel_output.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

class JpegDecoder {
 public:
  /// data must stay valid until decode() returns. strict allows baseline pictures in a single scan
  /// and no deviation. Throws kInvalidData, kUnsupportedFeature.
  const Header& read_header(Span<const std::uint8_t> data, bool strict);
  /// EXIF orientation of the picture whose header was read.
  std::uint8_t orientation() const;
  /// Whether the picture has chroma to keep.
  bool is_ycc() const { return header_.color == ColorModel::kYcc; }
  /// Throws where the picture whose header was read cannot become format.
  void check_format(PixelFormat format) const;
  /// Throws kInvalidData where the file is too short to hold the picture whose header was read,
  /// unless tolerant: for who takes memory for the picture before decode().
  void check_data_size(const DecodeOptions& options) const;
  /// Throws where samples of dtype cannot hold those of the picture whose header was read.
  void check_dtype(DType dtype) const;
  /// Decodes the picture whose header was read; of options it reads max_scans, tolerant and
  /// threads. Answers how many rows from the top are undamaged. Throws kInvalidData.
  std::size_t decode(PixelFormat format, std::uint8_t orientation,
                     const PixelDestination& destination, const DecodeOptions& options);

 private:
  void check_baseline() const;

  static constexpr std::size_t kMaxUnits = 8;
  /// kRows: an MCU row at a time; kAhead: so too, with the inverse DCT a batch behind; kScans: all
  /// coefficients first; kLossless: samples, in bands as high as an MCU row of blocks.
  enum class Mode : std::uint8_t { kRows, kAhead, kScans, kLossless };

  Mode choose_mode() const;
  void start_mode(const DecodeOptions& options);
  void plan(const DecodeOptions& options);
  void allocate_planes(std::size_t mcu_rows);
  void allocate_ahead();
  CoefficientRow ahead_row(std::size_t mcu_row) const;
  void decode_rows(std::size_t unit, RowRange rows);
  template <class EmitRow>
  void run(bool tolerant, EmitRow emit_row);
  void decode_packed(PixelFormat format, std::uint8_t orientation,
                     const PixelDestination& destination, bool tolerant);
  void decode_semi_planar(PixelFormat format, const PixelDestination& destination, bool tolerant);
  void start_output(PixelFormat format, std::uint8_t orientation,
                    const PixelDestination& destination, std::size_t sample_bytes);
  void decode_deep_row(std::size_t mcu_row, bool tolerant);
  std::size_t decode_deep(PixelFormat format, std::uint8_t orientation,
                          const PixelDestination& destination, bool tolerant);
  std::size_t decode_deep_lossless(PixelFormat format, std::uint8_t orientation,
                                   const PixelDestination& destination, bool tolerant);

  Span<const std::uint8_t> data_;
  Header header_;
  Mode mode_ = Mode::kRows;
  Schedule schedule_;
  std::array<Plane, kMaxComponents> planes_{};
  Scratch samples_;
  Scratch ahead_;
  BaselineScan scan_;
  ArithmeticScan arithmetic_;
  CoefficientFrame frame_;
  LosslessPicture lossless_;
  Scratch lossless_rows_;
  DeepPicture deep_;
  ScanCursor cursor_;  // where the scan has one thread
  std::array<BlockQueue, kMaxUnits> queues_;
  std::array<ScanDamage, kMaxUnits> damages_{};
  BlockLanes lanes_;
  Renderer renderer_;
  PixelOutput output_;
  SemiPlanarWriter semi_planar_;
};

}  // namespace edgefirst::jpeg
