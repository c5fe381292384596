// SPDX-License-Identifier: Apache-2.0
// What a JPEG header says, in fixed-size storage. Plain data: markers.cpp fills it, the decoder
// reads it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/span.hpp"

namespace edgefirst::jpeg {

inline constexpr std::size_t kBlockSize = 64;
inline constexpr std::size_t kMaxComponents = 4;
inline constexpr std::size_t kMaxTables = 4;
inline constexpr std::size_t kMaxExifPieces = 32;    ///< further ones are not looked at
inline constexpr std::size_t kMaxBlocksPerMcu = 10;  // of interleaved scans: T.81 B.2.3

/// Natural index of each coefficient in zigzag order (T.81 figure A.6). The 16 entries behind
/// catch runs that leave the block, so that a decoder can check once per block.
inline constexpr std::array<std::uint8_t, kBlockSize + 16> kZigzag = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,   //
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,  //
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,  //
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,  //
    63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63};

/// Divisors in natural order; products wrap to 16 bits.
struct QuantTable {
  std::array<std::int16_t, kBlockSize> values{};
  bool defined = false;
};

/// A DHT table as it stands in the file: codes per length 1...16, then symbols by rising code.
struct HuffmanSpec {
  std::array<std::uint8_t, 16> counts{};
  std::array<std::uint8_t, 256> symbols{};
  std::size_t symbol_count = 0;
  bool defined = false;
};

/// How contexts of arithmetic coding are chosen: what a DAC segment sets (T.81 B.2.4.3).
struct Conditioning {
  std::uint8_t dc_lower = 0;  ///< L: the largest difference that counts as zero has fewer bits
  std::uint8_t dc_upper = 1;  ///< U: larger differences count as large
  std::uint8_t ac_limit = 5;  ///< Kx: the last zigzag index of the low coefficients
};

struct Component {
  std::uint8_t id = 0;
  std::uint8_t h = 1;  ///< sampling factors
  std::uint8_t v = 1;
  std::uint8_t quant = 0;
  std::uint8_t dc_table = 0;
  std::uint8_t ac_table = 0;
  bool was_scanned = false;  ///< a scan of it was met
  std::size_t width = 0;     ///< samples that carry the image: ceil(image * h / h_max)
  std::size_t height = 0;
};

/// What one SOS segment says (T.81 B.2.3). In lossless scans spectral_begin is the predictor and
/// approximation_low the point transform (H.1).
struct ScanSpec {
  std::size_t component_count = 0;
  std::array<std::uint8_t, kMaxComponents> components{};  ///< indices into the frame's
  std::uint8_t spectral_begin = 0;
  std::uint8_t spectral_end = 63;
  std::uint8_t approximation_high = 0;
  std::uint8_t approximation_low = 0;
};

/// What the components mean. Adobe writes CMYK inverted: 255 is no ink.
enum class ColorModel : std::uint8_t { kGrey, kYcc, kRgb, kCmyk, kInvertedCmyk, kYcck };

struct Header {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t component_count = 0;
  unsigned precision = 8;  ///< bits a sample: 8 or 12; of lossless frames 2 to 16
  std::array<Component, kMaxComponents> components{};
  std::uint8_t h_max = 1;
  std::uint8_t v_max = 1;
  std::size_t mcus_per_row = 0;
  std::size_t mcu_rows = 0;
  std::size_t restart_interval = 0;  ///< MCUs; 0: none
  ColorModel color = ColorModel::kGrey;
  std::array<QuantTable, kMaxTables> quant{};
  std::array<HuffmanSpec, kMaxTables> dc{};
  std::array<HuffmanSpec, kMaxTables> ac{};
  std::array<Conditioning, kMaxTables> conditioning{};
  /// EXIF data, a piece a segment: a writer splits what is too large for one.
  std::array<Span<const std::uint8_t>, kMaxExifPieces> exif{};
  std::size_t exif_count = 0;
  Span<const std::uint8_t> xmp;  ///< of several packets, the last that names an orientation
  bool strict = false;           ///< nothing that T.81 forbids is accepted; see deviations.hpp
  bool progressive = false;
  bool arithmetic = false;  ///< SOF9, SOF10
  bool lossless = false;    ///< SOF3
  bool extended = false;    ///< SOF1: more than the baseline's two tables of each class
  ScanSpec scan;
  std::size_t entropy_begin = 0;  ///< offset of the scan's entropy-coded data in the file

  /// The first scan holds everything.
  bool is_single_scan() const { return !progressive && scan.component_count == component_count; }
};

/// Restart intervals of a scan of this many MCUs.
inline std::size_t interval_count(std::size_t mcus, const Header& header) {
  const std::size_t interval = header.restart_interval;
  return interval == 0 ? 1 : (mcus + interval - 1) / interval;
}

}  // namespace edgefirst::jpeg
