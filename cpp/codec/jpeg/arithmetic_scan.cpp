// SPDX-License-Identifier: Apache-2.0
// The MCU loop of T.81 F.2 for arithmetic-coded blocks.
#include "codec/jpeg/arithmetic_scan.hpp"

#include <algorithm>

namespace edgefirst::jpeg {

void ArithmeticScan::start(const Header& header, Span<const std::uint8_t> entropy) {
  header_ = &header;
  blocks_per_mcu_ = 0;
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const Component& component = header.components[i];
    tables_[i] = arithmetic_tables(header, component);
    blocks_per_mcu_ += std::size_t{component.h} * component.v;
  }
  entropy_.assign(entropy, interval_count(header.mcus_per_row * header.mcu_rows, header));
  check_arithmetic_size(header, entropy_.consumed());
  interval_ = 0;
  mcus_to_restart_ = header.restart_interval;
  state_.restart(entropy_, 0);
  is_lost_ = false;
  doubtful_ = {};
  damage_ = {};
}

void ArithmeticScan::restart_if_due() {
  if (header_->restart_interval == 0) return;
  if (mcus_to_restart_ == 0) {
    state_.restart(entropy_, ++interval_);
    mcus_to_restart_ = header_->restart_interval;
    is_lost_ = false;
    doubtful_ = {};
  }
  --mcus_to_restart_;
}

/// Moves row behind the blocks that it decodes. Returns 0, or a BlockError.
int ArithmeticScan::decode_mcu(CoefficientRow& row) {
  for (std::size_t i = 0; i < header_->component_count; ++i) {
    const Component& component = header_->components[i];
    for (std::size_t b = 0; b < std::size_t{component.h} * component.v; ++b) {
      const int last = decode_arithmetic_block(state_, tables_[i], i, row.blocks);
      if (last < 0) return last;
      *row.last++ = static_cast<std::uint8_t>(last);
      row.blocks += kBlockSize;
    }
  }
  return state_.is_overrun() ? static_cast<int>(BlockError::kDataEnds) : 0;
}

void ArithmeticScan::decode_row_ahead(std::size_t mcu_row, const CoefficientRow& row) {
  for (std::size_t mcu = 0; mcu < header_->mcus_per_row; ++mcu) {
    restart_if_due();
    CoefficientRow next{row.blocks + mcu * blocks_per_mcu_ * kBlockSize,
                        row.last + mcu * blocks_per_mcu_};
    std::uint8_t* const end = next.last + blocks_per_mcu_;
    if (!is_lost_) {
      const int error = decode_mcu(next);
      is_lost_ = error < 0;
      if (state_.decoder.lacks_bits()) {
        doubtful_.merge({static_cast<int>(BlockError::kDataEnds), mcu_row, mcu});
      }
      if (is_lost_ && !damage_.any()) damage_ = {error, mcu_row, mcu};
      if (is_lost_) damage_.merge(doubtful_);
      if (next.last < end) std::fill_n(next.blocks, kBlockSize, std::int16_t{0});
    }
    std::fill(next.last, end, std::uint8_t{0});
  }
}

}  // namespace edgefirst::jpeg
