// SPDX-License-Identifier: Apache-2.0
// Decodes one scan of a lossless frame (T.81 annex H), an MCU row at a time and in order: Huffman
// codes to differences, differences to samples. Keeps one MCU row of samples. Does no upsampling
// and no colour; lossless_picture.cpp calls it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/jpeg/entropy_data.hpp"
#include "codec/jpeg/huffman.hpp"
#include "codec/jpeg/scan.hpp"
#include "codec/jpeg/types.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

class LosslessScan {
 public:
  /// Prepares header.scan. header must outlive the decoding of the scan; entropy is the file from
  /// header.entropy_begin on. Throws kInvalidData where restarts do not fall on MCU rows.
  void start(const Header& header, Span<const std::uint8_t> entropy);

  std::size_t mcu_rows() const { return mcu_rows_; }
  /// Samples that the data must hold, at a bit or more each.
  std::size_t sample_count() const;
  /// Decodes the next MCU row. From a damaged row on, rows up to the next restart are mid-grey.
  void decode_mcu_row();
  /// Row y, counted from the top of the MCU row just decoded, of a component of the scan, which is
  /// counted as in SOS: component width samples, scaled by the point transform. Those of a hostile
  /// file may have more bits than it says.
  const std::uint16_t* row(std::size_t index, std::size_t y) const;
  /// Rows of that component in an MCU row.
  std::size_t rows_per_mcu(std::size_t index) const { return channels_[index].rows; }
  const ScanDamage& damage() const { return damage_; }
  /// Bytes of entropy that belong to the scan.
  std::size_t consumed() const { return entropy_.consumed(); }

 private:
  struct Channel {
    std::size_t width = 0;                // samples that carry the image
    std::size_t mcu_width = 1;            // samples of an MCU
    std::size_t rows = 1;                 // and rows
    std::size_t stride = 0;               // samples from row to row
    std::uint16_t* rows_above = nullptr;  // a row that the MCU row is predicted from, then its own
    std::uint16_t* output = nullptr;
    const HuffmanTable* table = nullptr;

    std::uint16_t* row(std::size_t y) const { return rows_above + (y + 1) * stride; }
  };

  void allocate();
  int decode_differences();
  void predict(Channel& channel, bool is_first) const;
  void fill_grey(Channel& channel) const;
  void scale(Channel& channel) const;

  const Header* header_ = nullptr;
  ScanSpec scan_;
  std::array<Channel, kMaxComponents> channels_{};
  std::array<HuffmanTable, kMaxTables> tables_;
  EntropyData entropy_;
  BitReader reader_;
  Scratch memory_;
  std::size_t mcus_per_row_ = 0;
  std::size_t mcu_rows_ = 0;
  std::size_t rows_per_interval_ = 0;  // 0: no restarts
  std::size_t rows_to_restart_ = 0;
  std::size_t interval_ = 0;
  std::size_t mcu_row_ = 0;   // the next one
  bool is_first_row_ = true;  // of the restart interval
  bool is_lost_ = false;      // damaged until the next restart
  ScanDamage damage_;
};

}  // namespace edgefirst::jpeg
