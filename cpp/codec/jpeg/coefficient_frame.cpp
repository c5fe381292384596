// SPDX-License-Identifier: Apache-2.0
// Scans and their MCUs; progressive.hpp, huffman.hpp and arithmetic_blocks.hpp decode the blocks.
#include "codec/jpeg/coefficient_frame.hpp"

#include <algorithm>
#include <cstring>

#include "base/checked.hpp"
#include "codec/errors.hpp"
#include "codec/jpeg/markers.hpp"
#include "codec/jpeg/segments.hpp"

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

/// Takes memory for every block and leaves it untouched: the system lends pages as rows are
/// reached.
void CoefficientFrame::allocate(const Header& header) {
  std::size_t total = 0;
  std::array<std::size_t, kMaxComponents> sizes{};
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const Component& component = header.components[i];
    channels_[i] = Channel{};
    channels_[i].blocks_per_row = header.mcus_per_row * component.h;
    const std::size_t blocks = channels_[i].blocks_per_row * header.mcu_rows * component.v;
    sizes[i] = checked_multiply(blocks, kBlockSize * sizeof(std::int16_t));
    total = checked_add(total, sizes[i]);
  }
  std::uint8_t* memory = memory_.require(total);
  for (std::size_t i = 0; i < header.component_count; ++i) {
    channels_[i].blocks = reinterpret_cast<std::int16_t*>(memory);
    memory += sizes[i];
  }
}

/// The blocks of row, which are zeros where no scan came so far.
std::int16_t* CoefficientFrame::Channel::reach(std::size_t row) {
  const std::size_t count = blocks_per_row * kBlockSize;
  if (row >= rows) {
    std::memset(blocks + rows * count, 0, (row + 1 - rows) * count * sizeof(std::int16_t));
    rows = row + 1;
  }
  return blocks + row * count;
}

void CoefficientFrame::decode_scans(Span<const std::uint8_t> data, Header& header,
                                    const Limits& limits) {
  if (header.arithmetic) check_arithmetic_size(header, data.size() - header.entropy_begin);
  allocate(header);
  decode_all(data, header, limits);
  check_picture_is_last(data, header.entropy_begin + entropy_.consumed(), header);
  if (!limits.tolerant) check_components(header);
}

void CoefficientFrame::decode_all(Span<const std::uint8_t> data, Header& header,
                                  const Limits& limits) {
  for (std::size_t count = 1;; ++count) {
    if (count > limits.max_scans) {
      raise_invalid_image("more than the limit of ", limits.max_scans, " scans (max_scans)");
    }
    const std::size_t begin = header.entropy_begin;
    scan_ = header.scan;
    count_passes(header);
    check_order(header, data.size());
    entropy_.assign(data.subspan(begin), interval_count(mcu_count(header), header));
    const ScanDamage damage = decode_scan(header);
    if (damage.any() && !limits.tolerant) raise_damage(damage);
    // Later scans of a progressive file say nothing without the damaged one.
    if (damage.any() && header.progressive) return;
    try {
      if (!parse_next_scan(data, begin + entropy_.consumed(), header)) return;
    } catch (const Error&) {
      if (!limits.tolerant) throw;
      return;
    }
  }
}

/// Bounds the work that scans of hardly any data can ask for.
void CoefficientFrame::count_passes(const Header& header) {
  constexpr std::uint8_t kMaxPasses = 14;  // T.81 G.1.1.1.2: a first one and 13 that add a bit each
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    const std::size_t index = scan_.components[i];
    for (std::size_t k = scan_.spectral_begin; k <= scan_.spectral_end; ++k) {
      if (++channels_[index].passes[k] <= kMaxPasses) continue;
      raise_invalid_image("coefficient ", k, " of component ", int{header.components[index].id},
                          " in more than the limit of ", int{kMaxPasses}, " scans");
    }
  }
}

/// The DC coefficients come first (T.81 G.1.1.1.1) and need a bit a block. Where they do not come
/// first, a few bytes could reach every block, unless the file can still hold those bits.
void CoefficientFrame::check_order(const Header& header, std::size_t bytes) const {
  if (scan_.spectral_begin == 0) return;
  const Channel& channel = channels_[scan_.components[0]];
  if (channel.has_dc || mcu_count(header) <= bytes * 8) return;
  raise_invalid_image(
      "AC coefficients of component ", int{header.components[scan_.components[0]].id},
      " before its DC coefficients, of which ", bytes, " bytes cannot hold ", mcu_count(header));
}

std::size_t CoefficientFrame::mcu_count(const Header& header) const {
  if (scan_.component_count > 1) return header.mcus_per_row * header.mcu_rows;
  const Component& component = header.components[scan_.components[0]];
  return blocks_across(component.width) * blocks_across(component.height);
}

void CoefficientFrame::check_components(const Header& header) const {
  for (std::size_t i = 0; i < header.component_count; ++i) {
    if (channels_[i].has_dc) continue;
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
    if (!header.progressive) channel.rows = 0;  // a further scan of it replaces the one before
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
  build_tables(header);
  interval_ = 0;
  lost_ = Lost::kNo;
  lost_row_ = SIZE_MAX;
  mcus_to_restart_ = header.restart_interval;
  ScanDamage damage =
      header.arithmetic ? decode_arithmetic_scan(header) : decode_huffman_scan(header);
  damage.lost_row = lost_row_;
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
    Channel& channel = channels_[scan_.components[i]];
    channel.has_dc = true;
    channel.valid_mcu_rows = std::min(damage.intact_rows(), header.mcu_rows);
  }
}

/// False where the interval that a due restart ends has run out of data.
template <class State>
bool CoefficientFrame::restart_if_due(const Header& header, State& state) {
  bool complete = true;
  if (header.restart_interval == 0) return complete;
  if (mcus_to_restart_ == 0) {
    complete = lost_ != Lost::kNo || !state.is_overrun();
    if (entropy_.is_first_lost(interval_ + 1) && !state.has_bytes()) complete = false;
    state.restart(entropy_, ++interval_);
    lost_ = entropy_.is_void(interval_)   ? Lost::kRest
            : entropy_.is_lost(interval_) ? Lost::kFirst
                                          : Lost::kNo;
    mcus_to_restart_ = header.restart_interval;
  }
  --mcus_to_restart_;
  return complete;
}

/// What decoding an MCU of mcu_row ended with; the first one of a lost interval may end anyhow.
int CoefficientFrame::judge(int error, std::size_t mcu_row) {
  if (lost_ == Lost::kNo) return error;
  lost_ = Lost::kRest;
  lost_row_ = std::min(lost_row_, mcu_row);
  return 0;
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
  Channel& channel = channels_[index];
  const std::size_t columns = blocks_across(component.width);
  const std::size_t rows = blocks_across(component.height);
  State state;
  state.restart(entropy_, 0);
  for (std::size_t y = 0; y < rows; ++y) {
    std::int16_t* block = channel.reach(y);
    for (std::size_t x = 0; x < columns; ++x, block += kBlockSize) {
      int error = error_of(BlockError::kDataEnds);
      if (restart_if_due(header, state)) {
        error = lost_ == Lost::kRest ? 0 : decode(state, index, block);
        error = judge(error, y / component.v);
      }
      if (error < 0) return {error, y / component.v, x / component.h};
    }
    if (lost_ == Lost::kNo && state.is_overrun()) {
      return {error_of(BlockError::kDataEnds), y / component.v, 0};
    }
  }
  return {};
}

template <class State, class DecodeBlock>
ScanDamage CoefficientFrame::decode_interleaved(const Header& header, DecodeBlock decode) {
  State state;
  state.restart(entropy_, 0);
  const auto decode_component = [&](std::size_t index, std::size_t mcu_row, std::size_t mcu) {
    const Component& component = header.components[index];
    Channel& channel = channels_[index];
    for (std::size_t b = 0; b < std::size_t{component.h} * component.v; ++b) {
      const std::size_t y = mcu_row * component.v + b / component.h;
      const std::size_t x = mcu * component.h + b % component.h;
      const int error = decode(state, index, channel.reach(y) + x * kBlockSize);
      if (error < 0) return error;
    }
    return 0;
  };
  for (std::size_t mcu_row = 0; mcu_row < header.mcu_rows; ++mcu_row) {
    for (std::size_t mcu = 0; mcu < header.mcus_per_row; ++mcu) {
      if (!restart_if_due(header, state)) {
        return {error_of(BlockError::kDataEnds), mcu_row, mcu};
      }
      int error = 0;
      for (std::size_t i = 0; i < scan_.component_count && error == 0; ++i) {
        if (lost_ == Lost::kRest) break;
        error = decode_component(scan_.components[i], mcu_row, mcu);
      }
      error = judge(error, mcu_row);
      if (error < 0) return {error, mcu_row, mcu};
    }
    if (lost_ == Lost::kNo && state.is_overrun()) {
      return {error_of(BlockError::kDataEnds), mcu_row, 0};
    }
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
      const std::int16_t* block = block_row(i, y);
      std::uint8_t* out = planes[i].row(8 * y);
      for (std::size_t x = 0; x < channel.blocks_per_row; ++x, out += 8) {
        int last = 0;
        if (block != nullptr) {
          std::memcpy(queue.current(), block, kBlockSize * sizeof(std::int16_t));
          last = last_coefficient(block);
          block += kBlockSize;
        }
        queue.push(last,
                   {out, static_cast<std::ptrdiff_t>(planes[i].stride), channel.quant.data()});
      }
    }
  }
  queue.flush();
}

}  // namespace edgefirst::jpeg
