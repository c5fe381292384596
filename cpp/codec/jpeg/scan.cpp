// SPDX-License-Identifier: Apache-2.0
// The MCU loop: T.81 F.2.
#include "codec/jpeg/scan.hpp"

#include <algorithm>
#include <numeric>

#include "codec/errors.hpp"
#include "codec/jpeg/deviations.hpp"

namespace edgefirst::jpeg {

void raise_damage(const ScanDamage& damage) {
  const char* what = "a run past the last coefficient";
  if (damage.error == static_cast<int>(BlockError::kBadCode))
    what = "a bit string that is no Huffman code";
  if (damage.error == static_cast<int>(BlockError::kDcSize))
    what = "a DC difference of more bits than samples can have";
  if (damage.error == static_cast<int>(BlockError::kAcSize))
    what = "an AC coefficient of more bits than samples can have";
  if (damage.error == static_cast<int>(BlockError::kDataEnds)) what = "the data ends";
  if (damage.error == static_cast<int>(BlockError::kRefinement))
    what = "a refinement by more than one bit";
  raise_invalid_image(what, " in MCU ", damage.mcu, " of MCU row ", damage.mcu_row);
}

/// Blocks go through the inverse DCT at once.
struct BaselineScan::PlaneSink {
  BlockQueue& queue;
  Places places;

  std::int16_t* block() { return queue.current(); }
  void push(std::size_t b, int last) {
    Place& place = places[b];
    queue.push(last, {place.out, place.stride, place.quant});
    place.out += place.step;
  }
};

/// Blocks wait for the thread that transforms them.
struct BaselineScan::AheadSink {
  std::int16_t* next;
  std::uint8_t* last_of_next;

  std::int16_t* block() { return next; }
  void push(std::size_t, int last) {
    next += kBlockSize;
    *last_of_next++ = static_cast<std::uint8_t>(last);
  }
};

void BaselineScan::lay_out(const Header& header, const Plane* planes) {
  header_ = &header;
  planes_ = planes;
  block_count_ = 0;
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const Component& component = header.components[i];
    for (std::size_t y = 0; y < component.v; ++y) {
      for (std::size_t x = 0; x < component.h; ++x) blocks_[block_count_++] = {i, 8 * x, 8 * y};
    }
  }
}

void BaselineScan::start(const Header& header, const Plane* planes,
                         Span<const std::uint8_t> entropy) {
  lay_out(header, planes);
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const Component& component = header.components[i];
    dc_[component.dc_table].build(header.dc[component.dc_table]);
    ac_[component.ac_table].build_pairs(header.ac[component.ac_table]);
    tables_[i] = {&dc_[component.dc_table], &ac_[component.ac_table],
                  header.precision == 8 ? kSizes8 : kSizes12, header.strict};
  }
  entropy_.assign(entropy, interval_count(header.mcus_per_row * header.mcu_rows, header));
  if (entropy_.is_irregular()) accept(header, Deviation::kRestart);
}

ScanCursor BaselineScan::cursor_at(std::size_t mcu_row) const {
  ScanCursor cursor;
  if (header_->restart_interval != 0) {
    cursor.interval = mcu_row * header_->mcus_per_row / header_->restart_interval;
  }
  cursor.reader = entropy_.interval(cursor.interval);
  cursor.mcus_to_restart = header_->restart_interval;
  cursor.is_lost = entropy_.is_void(cursor.interval);
  return cursor;
}

std::size_t BaselineScan::rows_between_cursors() const {
  const std::size_t interval = header_->restart_interval;
  return interval == 0 ? 0 : interval / std::gcd(interval, header_->mcus_per_row);
}

BaselineScan::Places BaselineScan::places_of(std::size_t mcu_row) const {
  Places places;
  for (std::size_t b = 0; b < block_count_; ++b) {
    const McuBlock& block = blocks_[b];
    const Component& component = header_->components[block.component];
    const Plane& plane = planes_[block.component];
    places[b] = {plane.row(mcu_row * 8 * component.v + block.y) + block.x,
                 static_cast<std::ptrdiff_t>(plane.stride), 8U * component.h,
                 header_->quant[component.quant].values.data()};
  }
  return places;
}

void BaselineScan::restart(ScanCursor& cursor) const {
  cursor.reader = entropy_.interval(++cursor.interval);
  cursor.predictors.fill(0);
  cursor.mcus_to_restart = header_->restart_interval;
  cursor.is_lost = entropy_.is_void(cursor.interval);
}

void BaselineScan::note_damage(ScanCursor& cursor, const ScanDamage& damage) const {
  if (entropy_.is_lost(cursor.interval)) {
    cursor.damage.lost_row = std::min(cursor.damage.lost_row, damage.mcu_row);
  } else if (!cursor.damage.any()) {
    cursor.damage.merge(damage);
  }
}

/// An interval that ends without data left is not followed by one whose marker alone is missing.
void BaselineScan::check_next_interval(ScanCursor& cursor, const BitReader& reader,
                                       std::size_t mcu_row) const {
  const bool is_marker_alone = !entropy_.is_first_lost(cursor.interval + 1) || reader.has_bytes();
  if (is_marker_alone || cursor.damage.any()) return;
  cursor.damage.error = static_cast<int>(BlockError::kDataEnds);
  cursor.damage.mcu_row = mcu_row;
}

template <class Sink>
void BaselineScan::decode_mcus(ScanCursor& cursor, std::size_t mcu_row, Sink& sink) const {
  BitReader reader = cursor.reader;  // in registers for the loop
  for (std::size_t mcu = 0; mcu < header_->mcus_per_row; ++mcu) {
    if (header_->restart_interval != 0) {
      if (cursor.mcus_to_restart == 0) {
        check_next_interval(cursor, reader, mcu_row);
        restart(cursor);
        reader = cursor.reader;
      }
      --cursor.mcus_to_restart;
    }
    std::size_t b = 0;
    int last = 0;
    for (; b < block_count_ && !cursor.is_lost; ++b) {
      const std::size_t component = blocks_[b].component;
      last = decode_block(reader, tables_[component], cursor.predictors[component], sink.block());
      if (last < 0) break;
      sink.push(b, last);
    }
    if (last >= 0 && reader.is_overrun()) last = static_cast<int>(BlockError::kDataEnds);
    if (last < 0 && !cursor.is_lost) {
      cursor.is_lost = true;
      note_damage(cursor, {last, mcu_row, mcu});
      if (b < block_count_) std::fill_n(sink.block(), kBlockSize, std::int16_t{0});
    }
    for (; b < block_count_; ++b) sink.push(b, 0);
  }
  if (header_->restart_interval != 0 && cursor.mcus_to_restart == 0) {
    check_next_interval(cursor, reader, mcu_row + 1);
  }
  cursor.reader = reader;
}

void BaselineScan::decode_row(ScanCursor& cursor, std::size_t mcu_row, BlockQueue& queue) const {
  PlaneSink sink{queue, places_of(mcu_row)};
  decode_mcus(cursor, mcu_row, sink);
  queue.flush();
}

void BaselineScan::decode_row_ahead(ScanCursor& cursor, std::size_t mcu_row,
                                    const CoefficientRow& row) const {
  AheadSink sink{row.blocks, row.last};
  decode_mcus(cursor, mcu_row, sink);
}

void BaselineScan::transform_row(std::size_t mcu_row, const CoefficientRow& row,
                                 BlockLanes& lanes) const {
  Places places = places_of(mcu_row);
  std::int16_t* block = row.blocks;
  const std::uint8_t* last = row.last;
  for (std::size_t mcu = 0; mcu < header_->mcus_per_row; ++mcu) {
    for (std::size_t b = 0; b < block_count_; ++b, block += kBlockSize) {
      lanes.push(block, *last++, {places[b].out, places[b].stride, places[b].quant});
      places[b].out += places[b].step;
    }
  }
  lanes.flush();
}

}  // namespace edgefirst::jpeg
