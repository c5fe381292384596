// SPDX-License-Identifier: Apache-2.0
// Scans and their MCUs; progressive.hpp, huffman.hpp and arithmetic_blocks.hpp decode the blocks.
#include "codec/jpeg/coefficient_frame.hpp"

#include <algorithm>
#include <cstring>

#include "base/checked.hpp"
#include "codec/errors.hpp"
#include "codec/jpeg/markers.hpp"

namespace edgefirst::jpeg {
namespace {

/// An upper bound, by kind of block, of the last non-zero coefficient's zigzag index.
int last_coefficient(const std::int16_t* block) {
  std::uint64_t halves[16];  // four coefficients each: left and right half of every row
  std::memcpy(halves, block, sizeof halves);
  std::uint64_t outside = 0;
  for (int i = 8; i < 16; ++i) outside |= halves[i];
  for (int i = 1; i < 8; i += 2) outside |= halves[i];
  if (outside != 0) return 63;
  std::int16_t first[4];
  std::memcpy(first, block, sizeof first);
  first[0] = 0;
  std::memcpy(halves, first, sizeof first);
  return (halves[0] | halves[2] | halves[4] | halves[6]) == 0 ? 0 : 9;
}

std::size_t blocks_across(std::size_t samples) { return (samples + 7) / 8; }

}  // namespace

void CoefficientFrame::allocate(const Header& header) {
  std::size_t total = 0;
  std::array<std::size_t, kMaxComponents> sizes{};
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const Component& component = header.components[i];
    channels_[i].blocks_per_row = header.mcus_per_row * component.h;
    const std::size_t blocks = channels_[i].blocks_per_row * header.mcu_rows * component.v;
    sizes[i] = checked_multiply(blocks, kBlockSize * sizeof(std::int16_t));
    total = checked_add(total, sizes[i]);
    channels_[i].has_quant = false;
    channels_[i].valid_mcu_rows = 0;
  }
  std::uint8_t* memory = memory_.require(total);
  std::memset(memory, 0, total);
  for (std::size_t i = 0; i < header.component_count; ++i) {
    channels_[i].blocks = reinterpret_cast<std::int16_t*>(memory);
    memory += sizes[i];
  }
}

void CoefficientFrame::decode_scans(Span<const std::uint8_t> data, Header& header,
                                    const Limits& limits) {
  if (header.arithmetic) check_arithmetic_size(header, data.size() - header.entropy_begin);
  allocate(header);
  for (std::size_t count = 1;; ++count) {
    if (count > limits.max_scans) {
      raise_invalid_image("more than the limit of ", limits.max_scans, " scans (max_scans)");
    }
    const std::size_t begin = header.entropy_begin;
    entropy_.assign(data.subspan(begin));
    const ScanDamage damage = decode_scan(header);
    if (damage.any() && !limits.tolerant) raise_damage(damage);
    // Later scans of a progressive file say nothing without the damaged one.
    if (damage.any() && header.progressive) return;
    try {
      if (!parse_next_scan(data, begin + entropy_.consumed(), header)) break;
    } catch (const Error&) {
      if (!limits.tolerant) throw;
      return;
    }
  }
  if (!limits.tolerant) check_components(header);
}

void CoefficientFrame::check_components(const Header& header) const {
  for (std::size_t i = 0; i < header.component_count; ++i) {
    if (channels_[i].valid_mcu_rows > 0) continue;
    raise_invalid_image("the data ends before a scan of component ", int{header.components[i].id});
  }
}

std::size_t CoefficientFrame::valid_mcu_rows(const Header& header) const {
  std::size_t rows = header.mcu_rows;
  for (std::size_t i = 0; i < header.component_count; ++i) {
    rows = std::min(rows, channels_[i].valid_mcu_rows);
  }
  return rows;
}

void CoefficientFrame::build_tables(const Header& header) {
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    const std::size_t index = scan_.components[i];
    const Component& component = header.components[index];
    Channel& channel = channels_[index];
    if (!channel.has_quant) {  // tables may be redefined later; the first scan's count
      channel.quant = header.quant[component.quant].values;
      channel.has_quant = true;
    }
    if (header.arithmetic) {
      arithmetic_tables_[index] = arithmetic_tables(header, component);
      continue;
    }
    const bool needs_dc = scan_.spectral_begin == 0 && scan_.approximation_high == 0;
    if (needs_dc) dc_[component.dc_table].build(header.dc[component.dc_table]);
    HuffmanTable& ac = ac_[component.ac_table];
    if (!header.progressive) {
      ac.build_pairs(header.ac[component.ac_table]);
    } else if (scan_.spectral_end > 0) {
      ac.build(header.ac[component.ac_table]);
    }
    tables_[index] = {&dc_[component.dc_table], &ac_[component.ac_table],
                      header.precision == 8 ? kSizes8 : kSizes12};
  }
}

ScanDamage CoefficientFrame::decode_scan(const Header& header) {
  scan_ = header.scan;
  build_tables(header);
  interval_ = 0;
  mcus_to_restart_ = header.restart_interval;
  const ScanDamage damage =
      header.arithmetic ? decode_arithmetic_scan(header) : decode_huffman_scan(header);
  if (scan_.spectral_begin == 0 && scan_.approximation_high == 0) note_rows(header, damage);
  return damage;
}

ScanDamage CoefficientFrame::decode_huffman_scan(const Header& header) {
  const bool first = scan_.approximation_high == 0;
  const auto blocks = [&](auto decode) { return decode_blocks<BandState>(header, decode); };
  const auto single = [&](auto decode) { return decode_single<BandState>(header, decode); };
  if (!header.progressive) {
    return blocks([this](BandState& state, std::size_t i, std::int16_t* block) {
      return decode_block(state.reader, tables_[i], state.predictors[i], block);
    });
  }
  if (scan_.spectral_begin == 0 && first) {
    return blocks([this](BandState& state, std::size_t i, std::int16_t* block) {
      return decode_dc_first(state, scan_, *tables_[i].dc, i, block);
    });
  }
  if (scan_.spectral_begin == 0) {
    return blocks([this](BandState& state, std::size_t, std::int16_t* block) {
      return decode_dc_refinement(state, scan_, block);
    });
  }
  if (first) {
    return single([this](BandState& state, std::size_t i, std::int16_t* block) {
      return decode_ac_first(state, scan_, *tables_[i].ac, block);
    });
  }
  return single([this](BandState& state, std::size_t i, std::int16_t* block) {
    return decode_ac_refinement(state, scan_, *tables_[i].ac, block);
  });
}

ScanDamage CoefficientFrame::decode_arithmetic_scan(const Header& header) {
  using State = ArithmeticState;
  const bool first = scan_.approximation_high == 0;
  const auto blocks = [&](auto decode) { return decode_blocks<State>(header, decode); };
  const auto single = [&](auto decode) { return decode_single<State>(header, decode); };
  if (!header.progressive) {
    return blocks([this](State& state, std::size_t i, std::int16_t* block) {
      return decode_arithmetic_block(state, arithmetic_tables_[i], i, block);
    });
  }
  if (scan_.spectral_begin == 0 && first) {
    return blocks([this](State& state, std::size_t i, std::int16_t* block) {
      return decode_arithmetic_dc_first(state, scan_, arithmetic_tables_[i], i, block);
    });
  }
  if (scan_.spectral_begin == 0) {
    return blocks([this](State& state, std::size_t, std::int16_t* block) {
      return decode_arithmetic_dc_refinement(state, scan_, block);
    });
  }
  if (first) {
    return single([this](State& state, std::size_t i, std::int16_t* block) {
      return decode_arithmetic_ac_first(state, scan_, arithmetic_tables_[i], block);
    });
  }
  return single([this](State& state, std::size_t i, std::int16_t* block) {
    return decode_arithmetic_ac_refinement(state, scan_, arithmetic_tables_[i], block);
  });
}

void CoefficientFrame::note_rows(const Header& header, const ScanDamage& damage) {
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    channels_[scan_.components[i]].valid_mcu_rows = std::min(damage.mcu_row, header.mcu_rows);
  }
}

/// False where the interval that a due restart ends has run out of data.
template <class State>
bool CoefficientFrame::restart_if_due(const Header& header, State& state) {
  bool complete = true;
  if (header.restart_interval == 0) return complete;
  if (mcus_to_restart_ == 0) {
    complete = !state.is_overrun();
    state.restart(entropy_, ++interval_);
    mcus_to_restart_ = header.restart_interval;
  }
  --mcus_to_restart_;
  return complete;
}

template <class State, class DecodeBlock>
ScanDamage CoefficientFrame::decode_blocks(const Header& header, DecodeBlock decode) {
  return scan_.component_count == 1 ? decode_single<State>(header, decode)
                                    : decode_interleaved<State>(header, decode);
}

/// A scan of one component has an MCU of one block and leaves out padding blocks (T.81 A.2.2).
template <class State, class DecodeBlock>
ScanDamage CoefficientFrame::decode_single(const Header& header, DecodeBlock decode) {
  const std::size_t index = scan_.components[0];
  const Component& component = header.components[index];
  const Channel& channel = channels_[index];
  const std::size_t columns = blocks_across(component.width);
  const std::size_t rows = blocks_across(component.height);
  State state;
  state.restart(entropy_, 0);
  for (std::size_t y = 0; y < rows; ++y) {
    std::int16_t* block = channel.blocks + y * channel.blocks_per_row * kBlockSize;
    for (std::size_t x = 0; x < columns; ++x, block += kBlockSize) {
      int error = error_of(BlockError::kDataEnds);
      if (restart_if_due(header, state)) error = decode(state, index, block);
      if (error < 0) return {error, y / component.v, x / component.h};
    }
    if (state.is_overrun()) return {error_of(BlockError::kDataEnds), y / component.v, 0};
  }
  return {};
}

template <class State, class DecodeBlock>
ScanDamage CoefficientFrame::decode_interleaved(const Header& header, DecodeBlock decode) {
  State state;
  state.restart(entropy_, 0);
  const auto decode_component = [&](std::size_t index, std::size_t mcu_row, std::size_t mcu) {
    const Component& component = header.components[index];
    const Channel& channel = channels_[index];
    for (std::size_t b = 0; b < std::size_t{component.h} * component.v; ++b) {
      const std::size_t y = mcu_row * component.v + b / component.h;
      const std::size_t x = mcu * component.h + b % component.h;
      const int error =
          decode(state, index, channel.blocks + (y * channel.blocks_per_row + x) * kBlockSize);
      if (error < 0) return error;
    }
    return 0;
  };
  for (std::size_t mcu_row = 0; mcu_row < header.mcu_rows; ++mcu_row) {
    for (std::size_t mcu = 0; mcu < header.mcus_per_row; ++mcu) {
      int error = restart_if_due(header, state) ? 0 : error_of(BlockError::kDataEnds);
      for (std::size_t i = 0; i < scan_.component_count && error == 0; ++i) {
        error = decode_component(scan_.components[i], mcu_row, mcu);
      }
      if (error < 0) return {error, mcu_row, mcu};
    }
    if (state.is_overrun()) return {error_of(BlockError::kDataEnds), mcu_row, 0};
  }
  return {};
}

void CoefficientFrame::transform_row(std::size_t mcu_row, const Header& header, const Plane* planes,
                                     BlockQueue& queue) const {
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const Component& component = header.components[i];
    const Channel& channel = channels_[i];
    for (std::size_t r = 0; r < component.v; ++r) {
      const std::size_t y = mcu_row * component.v + r;
      const std::int16_t* block = channel.blocks + y * channel.blocks_per_row * kBlockSize;
      std::uint8_t* out = planes[i].row(8 * y);
      for (std::size_t x = 0; x < channel.blocks_per_row; ++x, block += kBlockSize, out += 8) {
        std::memcpy(queue.current(), block, kBlockSize * sizeof(std::int16_t));
        queue.push(last_coefficient(block),
                   {out, static_cast<std::ptrdiff_t>(planes[i].stride), channel.quant.data()});
      }
    }
  }
  queue.flush();
}

}  // namespace edgefirst::jpeg
