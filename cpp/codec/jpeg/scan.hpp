// SPDX-License-Identifier: Apache-2.0
// Decodes the one interleaved scan of a sequential frame, an MCU row at a time: into component
// planes, or ahead of the inverse DCT into coefficient rows. Does no upsampling and no colour.
// Where damage is met, blocks up to the next restart stay mid-grey; the caller decides what that
// means.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/jpeg/entropy_data.hpp"
#include "codec/jpeg/huffman.hpp"
#include "codec/jpeg/idct.hpp"
#include "codec/jpeg/plane.hpp"
#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

/// The first place where a scan could not be decoded.
struct ScanDamage {
  int error = 0;  ///< a BlockError; 0: none
  std::size_t mcu_row = SIZE_MAX;
  std::size_t mcu = 0;
  std::size_t lost_row = SIZE_MAX;  ///< first MCU row that a missing restart marker cost

  bool any() const { return error != 0; }
  std::size_t intact_rows() const { return mcu_row < lost_row ? mcu_row : lost_row; }
  void merge(const ScanDamage& other) {
    const std::size_t lost = other.lost_row < lost_row ? other.lost_row : lost_row;
    if (other.mcu_row < mcu_row) *this = other;
    lost_row = lost;
  }
};
/// Throws kInvalidData that names damage.
[[noreturn]] void raise_damage(const ScanDamage& damage);

/// A place in the scan and what decoding carries from MCU to MCU.
struct ScanCursor {
  BitReader reader;
  std::array<std::int32_t, kMaxComponents> predictors{};
  std::size_t interval = 0;
  std::size_t mcus_to_restart = 0;
  bool is_lost = false;  ///< damaged until the next restart
  ScanDamage damage;
};

/// One MCU row of zeroed coefficient blocks in coding order.
struct CoefficientRow {
  std::int16_t* blocks = nullptr;
  std::uint8_t* last = nullptr;  ///< per block, an upper bound of the last non-zero zigzag index
};

class BaselineScan {
 public:
  /// header and planes must outlive the decoding of the frame. entropy is the file from
  /// header.entropy_begin on.
  void start(const Header& header, const Plane* planes, Span<const std::uint8_t> entropy);

  /// The part of start() that transform_row() needs, where another decoder makes the coefficients.
  void lay_out(const Header& header, const Plane* planes);

  /// A cursor at an MCU row; the row must begin a restart interval.
  ScanCursor cursor_at(std::size_t mcu_row) const;
  /// Rows are multiples of this wherever a cursor can be had: 0 where only row 0 has one.
  std::size_t rows_between_cursors() const;
  /// Bytes of entropy that belong to the scan.
  std::size_t consumed() const { return entropy_.consumed(); }
  std::size_t blocks_per_row() const { return block_count_ * header_->mcus_per_row; }

  /// Decodes the cursor's MCU row and moves it behind. Cursors may be used on several threads.
  void decode_row(ScanCursor& cursor, std::size_t mcu_row, BlockQueue& queue) const;
  void decode_row_ahead(ScanCursor& cursor, std::size_t mcu_row, const CoefficientRow& row) const;
  /// The other half of decode_row_ahead(): inverse DCT into the planes; zeroes the blocks.
  void transform_row(std::size_t mcu_row, const CoefficientRow& row, BlockLanes& lanes) const;

 private:
  struct McuBlock {
    std::size_t component;
    std::size_t x;  ///< samples from the MCU's left edge, and from its top edge
    std::size_t y;
  };
  struct Place {
    std::uint8_t* out;  // the block's first sample in the current MCU
    std::ptrdiff_t stride;
    std::size_t step;  // from MCU to MCU
    const std::int16_t* quant;
  };
  using Places = std::array<Place, kMaxBlocksPerMcu>;
  struct PlaneSink;
  struct AheadSink;

  Places places_of(std::size_t mcu_row) const;
  void restart(ScanCursor& cursor) const;
  void note_damage(ScanCursor& cursor, const ScanDamage& damage) const;
  void check_next_interval(ScanCursor& cursor, const BitReader& reader, std::size_t mcu_row) const;
  template <class Sink>
  void decode_mcus(ScanCursor& cursor, std::size_t mcu_row, Sink& sink) const;

  const Header* header_ = nullptr;
  const Plane* planes_ = nullptr;
  EntropyData entropy_;
  std::array<HuffmanTable, kMaxTables> dc_;
  std::array<HuffmanTable, kMaxTables> ac_;
  std::array<BlockTables, kMaxComponents> tables_{};
  std::array<McuBlock, kMaxBlocksPerMcu> blocks_{};
  std::size_t block_count_ = 0;
};

}  // namespace edgefirst::jpeg
