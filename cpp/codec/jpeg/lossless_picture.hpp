// SPDX-License-Identifier: Apache-2.0
// Samples of a lossless frame, from top to bottom. A frame of one scan is decoded as its rows are
// asked for; one of several scans is collected first, in memory that grows with the rows that the
// data holds. Called by the JPEG decoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "codec/jpeg/coefficient_frame.hpp"
#include "codec/jpeg/lossless_scan.hpp"
#include "codec/jpeg/plane.hpp"
#include "codec/jpeg/types.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

class LosslessPicture {
 public:
  using Limits = CoefficientFrame::Limits;

  /// Prepares the file, whose header was parsed up to its first SOS; decodes every scan of a file
  /// that has several. header must outlive the decoding. Throws kInvalidData.
  void start(Span<const std::uint8_t> data, Header& header, const Limits& limits);

  /// Makes the next rows ready to be read: as many of each component as its sampling factor says.
  void decode_mcu_row();
  /// Row y of a component, among the rows that are ready.
  const std::uint16_t* row(std::size_t component, std::size_t y) const;
  /// Decodes eight MCU rows, or those that are left, into planes of 8-bit samples.
  void decode_band(const Plane* planes);

  /// Damage among the rows made ready so far.
  const ScanDamage& damage() const { return damage_; }
  /// Image rows from the top that are undamaged, once all are decoded.
  std::size_t valid_rows() const;

 private:
  /// Rows of a component, in pieces.
  struct Store {
    static constexpr std::size_t kRowsPerPiece = 64;
    std::deque<Scratch> pieces;
    std::size_t width = 0;
    std::size_t rows = 0;

    std::uint16_t* row(std::size_t y) const;
    void append(const std::uint16_t* samples);
  };

  void collect_scans(Span<const std::uint8_t> data, Header& header, const Limits& limits);
  void collect_scan();
  void check_components() const;

  const Header* header_ = nullptr;
  LosslessScan scan_;
  bool is_stored_ = false;
  std::array<Store, kMaxComponents> stores_;
  Scratch grey_;             // a row that is missing
  std::size_t mcu_row_ = 0;  // the next one
  ScanDamage damage_;
};

}  // namespace edgefirst::jpeg
