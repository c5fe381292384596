// SPDX-License-Identifier: Apache-2.0
// The MCU loop: T.81 F.2.
#include "codec/jpeg/scan.hpp"

#include "codec/errors.hpp"

namespace edgefirst::jpeg {

void BaselineScan::start(const Header& header, const Plane* planes,
                         Span<const std::uint8_t> entropy) {
  header_ = &header;
  planes_ = planes;
  block_count_ = 0;
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const Component& component = header.components[i];
    dc_[component.dc_table].build(header.dc[component.dc_table]);
    ac_[component.ac_table].build(header.ac[component.ac_table]);
    tables_[i] = {&dc_[component.dc_table], &ac_[component.ac_table],
                  header.quant[component.quant].values.data()};
    for (std::size_t y = 0; y < component.v; ++y) {
      for (std::size_t x = 0; x < component.h; ++x) blocks_[block_count_++] = {i, 8 * x, 8 * y};
    }
  }
  entropy_.assign(entropy);
  reader_ = entropy_.first();
  queue_.reset();
  predictors_.fill(0);
  mcus_to_restart_ = header.restart_interval;
  restart_number_ = 0;
}

BitReader BaselineScan::restart() {
  const BitReader reader = entropy_.after_restart(restart_number_);
  restart_number_ = (restart_number_ + 1) & 7U;
  predictors_.fill(0);
  mcus_to_restart_ = header_->restart_interval;
  return reader;
}

void BaselineScan::decode_row(std::size_t mcu_row) {
  struct Place {
    std::uint8_t* out;  // the block's first sample in the current MCU
    std::ptrdiff_t stride;
    std::size_t step;  // from MCU to MCU
  };
  std::array<Place, kMaxBlocksPerMcu> places;
  for (std::size_t b = 0; b < block_count_; ++b) {
    const McuBlock& block = blocks_[b];
    const Component& component = header_->components[block.component];
    const Plane& plane = planes_[block.component];
    places[b] = {plane.row(mcu_row * 8 * component.v + block.y) + block.x,
                 static_cast<std::ptrdiff_t>(plane.stride), 8U * component.h};
  }
  BitReader reader = reader_;
  for (std::size_t mcu = 0; mcu < header_->mcus_per_row; ++mcu) {
    if (header_->restart_interval != 0) {
      if (mcus_to_restart_ == 0) reader = restart();
      --mcus_to_restart_;
    }
    for (std::size_t b = 0; b < block_count_; ++b) {
      const std::size_t component = blocks_[b].component;
      const int last =
          decode_block(reader, tables_[component], predictors_[component], queue_.current());
      if (last < 0) fail(last, mcu_row, mcu);
      queue_.push(last, {places[b].out, places[b].stride});
      places[b].out += places[b].step;
    }
  }
  reader_ = reader;
  queue_.flush();
}

void BaselineScan::fail(int error, std::size_t mcu_row, std::size_t mcu) const {
  const char* what = "a run past the 63rd coefficient";
  if (error == static_cast<int>(BlockError::kBadCode))
    what = "a bit string that is no Huffman code";
  if (error == static_cast<int>(BlockError::kDcSize)) what = "a DC difference of more than 11 bits";
  if (error == static_cast<int>(BlockError::kAcSize))
    what = "an AC coefficient of more than 10 bits";
  raise_invalid_image(what, " in MCU ", mcu, " of MCU row ", mcu_row);
}

}  // namespace edgefirst::jpeg
