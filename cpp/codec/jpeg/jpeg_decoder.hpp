// SPDX-License-Identifier: Apache-2.0
// One JPEG picture from bytes to destination rows: header, then MCU rows alternating with pixel
// rows, so that a frame-sized intermediate never exists. Called by ImageDecoder, which validates
// the destination between read_header() and decode().
#pragma once

#include <array>

#include "edgefirst/pixel_format.hpp"

#include "codec/jpeg/coefficient_frame.hpp"
#include "codec/jpeg/markers.hpp"
#include "codec/jpeg/plane.hpp"
#include "codec/jpeg/renderer.hpp"
#include "codec/jpeg/scan.hpp"
#include "codec/jpeg/semi_planar.hpp"
#include "codec/pixel_output.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

class JpegDecoder {
 public:
  /// data must stay valid until decode() returns. Throws kInvalidData, kUnsupportedFeature.
  const Header& read_header(Span<const std::uint8_t> data);
  /// EXIF orientation of the picture whose header was read.
  std::uint8_t orientation() const;
  static bool supports(PixelFormat format);
  /// Throws kUnsupportedFeature unless the picture is a baseline one in a single scan.
  void check_baseline() const;
  /// Throws where the picture whose header was read cannot become format.
  void check_format(PixelFormat format) const;
  /// Decodes the picture whose header was read. Throws kInvalidData, also for a file of several
  /// scans that has more than max_scans.
  void decode(PixelFormat format, std::uint8_t orientation, const PixelDestination& destination,
              std::size_t max_scans);

 private:
  void allocate_planes();
  void decode_mcu_row(std::size_t mcu_row);
  void decode_packed(PixelFormat format, std::uint8_t orientation,
                     const PixelDestination& destination);
  void decode_semi_planar(PixelFormat format, const PixelDestination& destination);

  Span<const std::uint8_t> data_;
  Header header_;
  bool is_single_scan_ = true;
  std::array<Plane, kMaxComponents> planes_{};
  Scratch samples_;
  BaselineScan scan_;
  CoefficientFrame frame_;
  Renderer renderer_;
  PixelOutput output_;
  SemiPlanarWriter semi_planar_;
};

}  // namespace edgefirst::jpeg
