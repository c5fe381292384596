// SPDX-License-Identifier: Apache-2.0
// Progressive decoding after T.81 G.1.2 and G.2; sequential blocks come from huffman.cpp.
#include "codec/jpeg/coefficient_frame.hpp"

#include <algorithm>
#include <cstring>

#include "base/checked.hpp"
#include "codec/errors.hpp"
#include "codec/jpeg/markers.hpp"

namespace edgefirst::jpeg {
namespace {

/// Sequential blocks are stored undequantised.
constexpr std::array<std::uint16_t, kBlockSize + 16> kOnes = [] {
  std::array<std::uint16_t, kBlockSize + 16> ones{};
  for (std::uint16_t& one : ones) one = 1;
  return ones;
}();

[[noreturn]] void raise_block_error(const char* what) {
  raise_invalid_image(what, " in a scan of several");
}

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
  }
  std::uint8_t* memory = memory_.require(total);
  std::memset(memory, 0, total);
  for (std::size_t i = 0; i < header.component_count; ++i) {
    channels_[i].blocks = reinterpret_cast<std::int16_t*>(memory);
    memory += sizes[i];
  }
}

void CoefficientFrame::decode_scans(Span<const std::uint8_t> data, Header& header,
                                    std::size_t max_scans) {
  allocate(header);
  queue_.reset();
  for (std::size_t count = 1;; ++count) {
    if (count > max_scans) raise_invalid_image("more than the limit of ", max_scans, " scans");
    const std::size_t begin = header.entropy_begin;
    entropy_.assign(data.subspan(begin));
    decode_scan(header);
    if (!parse_next_scan(data, begin + entropy_.consumed(), header)) return;
  }
}

void CoefficientFrame::decode_scan(const Header& header) {
  scan_ = header.scan;
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    const std::size_t index = scan_.components[i];
    const Component& component = header.components[index];
    Channel& channel = channels_[index];
    if (!channel.has_quant) {  // tables may be redefined later; the first scan's count
      const auto& zigzag = header.quant[component.quant].values;
      for (std::size_t k = 0; k < kBlockSize; ++k) channel.quant[kZigzag[k]] = zigzag[k];
      channel.has_quant = true;
    }
    const bool needs_dc = scan_.spectral_begin == 0 && scan_.approximation_high == 0;
    if (needs_dc) dc_[component.dc_table].build(header.dc[component.dc_table]);
    if (scan_.spectral_end > 0) ac_[component.ac_table].build(header.ac[component.ac_table]);
    tables_[index] = {&dc_[component.dc_table], &ac_[component.ac_table], kOnes.data()};
  }
  reader_ = entropy_.first();
  predictors_.fill(0);
  mcus_to_restart_ = header.restart_interval;
  restart_number_ = 0;
  eob_run_ = 0;
  if (scan_.component_count == 1) {
    decode_single(header, choose_decoder(header));
  } else {
    decode_interleaved(header, choose_decoder(header));
  }
}

CoefficientFrame::DecodeBlockFn CoefficientFrame::choose_decoder(const Header& header) const {
  if (!header.progressive) return &CoefficientFrame::decode_sequential;
  const bool first = scan_.approximation_high == 0;
  if (scan_.spectral_begin == 0) {
    return first ? &CoefficientFrame::decode_dc_first : &CoefficientFrame::decode_dc_refinement;
  }
  return first ? &CoefficientFrame::decode_ac_first : &CoefficientFrame::decode_ac_refinement;
}

/// Restarts where one is due before the next MCU.
void CoefficientFrame::count_mcu(const Header& header) {
  if (header.restart_interval == 0) return;
  if (mcus_to_restart_ == 0) {
    reader_ = entropy_.after_restart(restart_number_);
    restart_number_ = (restart_number_ + 1) & 7U;
    predictors_.fill(0);
    eob_run_ = 0;
    mcus_to_restart_ = header.restart_interval;
  }
  --mcus_to_restart_;
}

/// A scan of one component has an MCU of one block and leaves out padding blocks (T.81 A.2.2).
void CoefficientFrame::decode_single(const Header& header, DecodeBlockFn decode) {
  const std::size_t index = scan_.components[0];
  const Component& component = header.components[index];
  const Channel& channel = channels_[index];
  const std::size_t columns = blocks_across(component.width);
  const std::size_t rows = blocks_across(component.height);
  for (std::size_t y = 0; y < rows; ++y) {
    std::int16_t* block = channel.blocks + y * channel.blocks_per_row * kBlockSize;
    for (std::size_t x = 0; x < columns; ++x, block += kBlockSize) {
      count_mcu(header);
      (this->*decode)(index, block);
    }
  }
}

void CoefficientFrame::decode_interleaved(const Header& header, DecodeBlockFn decode) {
  const std::size_t mcus = header.mcus_per_row * header.mcu_rows;
  for (std::size_t mcu = 0; mcu < mcus; ++mcu) {
    count_mcu(header);
    for (std::size_t i = 0; i < scan_.component_count; ++i) {
      const std::size_t index = scan_.components[i];
      const Component& component = header.components[index];
      const Channel& channel = channels_[index];
      const std::size_t left = mcu % header.mcus_per_row * component.h;
      const std::size_t top = mcu / header.mcus_per_row * component.v;
      for (std::size_t b = 0; b < std::size_t{component.h} * component.v; ++b) {
        const std::size_t y = top + b / component.h;
        const std::size_t x = left + b % component.h;
        (this->*decode)(index, channel.blocks + (y * channel.blocks_per_row + x) * kBlockSize);
      }
    }
  }
}

void CoefficientFrame::decode_sequential(std::size_t component, std::int16_t* block) {
  if (decode_block(reader_, tables_[component], predictors_[component], block) < 0) {
    raise_block_error("a damaged block");
  }
}

unsigned CoefficientFrame::take_symbol(const HuffmanTable& table) {
  const int symbol = jpeg::take_symbol(reader_, table);
  if (symbol < 0) raise_block_error("a bit string that is no Huffman code");
  return static_cast<unsigned>(symbol);
}

void CoefficientFrame::decode_dc_first(std::size_t component, std::int16_t* block) {
  reader_.refill();
  const HuffmanTable& table = *tables_[component].dc;
  const HuffmanTable::Entry entry = table.lookup(reader_.peek(HuffmanTable::kLookupBits));
  std::int32_t difference = HuffmanTable::value(entry);
  if (difference != 0 && HuffmanTable::run(entry) == 0) {
    reader_.skip(HuffmanTable::length(entry));
  } else {
    const unsigned size = take_symbol(table);
    if (size > 15) raise_block_error("a DC difference of more than 15 bits");
    difference = size == 0 ? 0 : reader_.take_signed(size);
  }
  std::int32_t& predictor = predictors_[component];
  predictor = static_cast<std::int32_t>(static_cast<std::uint32_t>(predictor) +
                                        static_cast<std::uint32_t>(difference));
  block[0] =
      static_cast<std::int16_t>(static_cast<std::uint32_t>(predictor) << scan_.approximation_low);
}

void CoefficientFrame::decode_dc_refinement(std::size_t, std::int16_t* block) {
  const std::uint32_t bit = reader_.take_bit();
  block[0] = static_cast<std::int16_t>(block[0] | static_cast<int>(bit << scan_.approximation_low));
}

void CoefficientFrame::decode_ac_first(std::size_t component, std::int16_t* block) {
  if (eob_run_ > 0) {
    --eob_run_;
    return;
  }
  const HuffmanTable& table = *tables_[component].ac;
  const int end = scan_.spectral_end;
  int k = scan_.spectral_begin;
  while (k <= end) {
    reader_.refill();
    const HuffmanTable::Entry entry = table.lookup(reader_.peek(HuffmanTable::kLookupBits));
    std::int32_t value = HuffmanTable::value(entry);
    if (value != 0) {
      k += static_cast<int>(HuffmanTable::run(entry));
      reader_.skip(HuffmanTable::length(entry));
    } else {
      const unsigned symbol = take_symbol(table);
      const unsigned size = symbol & 15U;
      const unsigned run = symbol >> 4;
      if (size == 0 && run != 15) {
        eob_run_ = (1U << run) - 1 + reader_.take(run);
        return;
      }
      k += static_cast<int>(run);
      if (size != 0) value = reader_.take_signed(size);
    }
    if (k > end && value != 0) raise_block_error("a run past the end of the band");
    const auto shifted = static_cast<std::uint32_t>(value) << scan_.approximation_low;
    if (value != 0)
      block[kZigzag[static_cast<std::size_t>(k)]] = static_cast<std::int16_t>(shifted);
    ++k;
  }
}

int CoefficientFrame::refine(std::int16_t* block, int k, int zero_run) {
  const int step = 1 << scan_.approximation_low;
  const int end = scan_.spectral_end;
  for (; k <= end; ++k) {
    std::int16_t& coefficient = block[kZigzag[static_cast<std::size_t>(k)]];
    const int value = coefficient;
    if (value == 0) {
      if (--zero_run < 0) break;
    } else if (reader_.take_bit() != 0 && (value & step) == 0) {
      coefficient = static_cast<std::int16_t>(value + (value > 0 ? step : -step));
    }
  }
  return k;
}

void CoefficientFrame::decode_ac_refinement(std::size_t component, std::int16_t* block) {
  constexpr int kWholeBand = 64;
  const HuffmanTable& table = *tables_[component].ac;
  const int end = scan_.spectral_end;
  int k = scan_.spectral_begin;
  while (eob_run_ == 0 && k <= end) {
    reader_.refill();
    const HuffmanTable::Entry entry = table.lookup(reader_.peek(HuffmanTable::kLookupBits));
    int value = HuffmanTable::value(entry);  // the sign bit follows the code
    unsigned run = HuffmanTable::run(entry);
    if (value != 0) {
      reader_.skip(HuffmanTable::length(entry));
    } else {
      const unsigned symbol = take_symbol(table);
      run = symbol >> 4;
      if (symbol % 16 == 0 && run != 15) {
        eob_run_ = (1U << run) + reader_.take(run);
        break;
      }
      if (symbol % 16 != 0) value = reader_.take_signed(symbol % 16);
    }
    if (value < -1 || value > 1) raise_block_error("a refinement by more than one bit");
    value *= 1 << scan_.approximation_low;
    k = refine(block, k, static_cast<int>(run));
    if (value != 0) {
      if (k > end) raise_block_error("a run past the end of the band");
      block[kZigzag[static_cast<std::size_t>(k)]] = static_cast<std::int16_t>(value);
    }
    ++k;
  }
  if (eob_run_ > 0) {
    refine(block, k, kWholeBand);
    --eob_run_;
  }
}

void CoefficientFrame::transform_row(std::size_t mcu_row, const Header& header,
                                     const Plane* planes) {
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const Component& component = header.components[i];
    const Channel& channel = channels_[i];
    for (std::size_t r = 0; r < component.v; ++r) {
      const std::size_t y = mcu_row * component.v + r;
      const std::int16_t* block = channel.blocks + y * channel.blocks_per_row * kBlockSize;
      std::uint8_t* out = planes[i].row(8 * y);
      for (std::size_t x = 0; x < channel.blocks_per_row; ++x, block += kBlockSize, out += 8) {
        std::int16_t* dequantised = queue_.current();
        for (std::size_t k = 0; k < kBlockSize; ++k) {
          dequantised[k] = static_cast<std::int16_t>(block[k] * channel.quant[k]);
        }
        queue_.push(last_coefficient(block), {out, static_cast<std::ptrdiff_t>(planes[i].stride)});
      }
    }
  }
  queue_.flush();
}

}  // namespace edgefirst::jpeg
