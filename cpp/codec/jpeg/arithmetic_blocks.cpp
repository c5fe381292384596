// SPDX-License-Identifier: Apache-2.0
// The decision trees of T.81 figures F.19 to F.24 and G.10. Each function works on a copy of the
// decoder, whose members then stay in registers for the block.
#include "codec/jpeg/arithmetic_blocks.hpp"

#include "codec/errors.hpp"
#include "codec/jpeg/huffman.hpp"

namespace edgefirst::jpeg {
namespace {

constexpr int error_of(BlockError error) { return static_cast<int>(error); }

// Offsets in a table of bins: T.81 tables F.4 and F.5.
constexpr std::size_t kDcSizes = 20;
constexpr std::size_t kAcSizesLow = 189;  // coefficients up to Kx
constexpr std::size_t kAcSizesHigh = 217;
constexpr std::size_t kBitsBehindSizes = 14;  // from the bin where a size ended to that of its bits
constexpr int kTooLarge = 0x8000;

/// The magnitude less one, whose highest bit is at least size (figures F.23 and F.24). kTooLarge
/// where the data is damaged.
__attribute__((always_inline)) inline int decode_magnitude(QmDecoder& decoder, QmBin* bins,
                                                           int size) {
  while (decoder.decide(*bins) != 0) {
    size *= 2;
    if (size == kTooLarge) return kTooLarge;
    ++bins;
  }
  int value = size;
  for (int bit = size / 2; bit != 0; bit /= 2) {
    if (decoder.decide(bins[kBitsBehindSizes]) != 0) value |= bit;
  }
  return value;
}

/// The bin that the next difference begins with (F.1.4.4.1.2), by the size of this one.
std::uint8_t next_context(const Conditioning& conditioning, int size, unsigned is_negative) {
  const int lower = (1 << conditioning.dc_lower) >> 1;
  const int upper = (1 << conditioning.dc_upper) >> 1;
  if (size < lower) return 0;
  return static_cast<std::uint8_t>((size > upper ? 12U : 4U) + 4U * is_negative);
}

/// The highest bit of value.
int size_of(int value) {
  return value == 0 ? 0 : 1 << (31 - __builtin_clz(static_cast<unsigned>(value)));
}

/// Updates the predictor and the context of component. Returns 0, or a BlockError.
__attribute__((always_inline)) inline int decode_dc(ArithmeticState& state, QmDecoder& decoder,
                                                    const ArithmeticTables& tables,
                                                    std::size_t component) {
  auto& bins = state.dc[tables.dc];
  std::uint8_t& context = state.dc_contexts[component];
  QmBin* const bin = bins.data() + context;
  if (decoder.decide(bin[0]) == 0) {
    context = 0;
    return 0;
  }
  const unsigned is_negative = decoder.decide(bin[1]);
  int value = 0;
  if (decoder.decide(bin[2 + is_negative]) != 0) {
    value = decode_magnitude(decoder, bins.data() + kDcSizes, 1);
    if (value == kTooLarge) return error_of(BlockError::kDcSize);
  }
  context = next_context(tables.conditioning, size_of(value), is_negative);
  const int difference = is_negative != 0 ? -1 - value : value + 1;
  const auto sum = static_cast<std::uint32_t>(state.predictors[component]) +
                   static_cast<std::uint32_t>(difference);
  state.predictors[component] = static_cast<std::int32_t>(sum);
  return 0;
}

/// The magnitude less one of a coefficient whose own bin is bin (figure F.23, second part).
__attribute__((always_inline)) inline int decode_ac_magnitude(QmDecoder& decoder, QmBin& bin,
                                                              QmBin* sizes) {
  if (decoder.decide(bin) == 0) return 0;
  if (decoder.decide(bin) == 0) return 1;
  return decode_magnitude(decoder, sizes, 2);
}

struct Band {
  int begin = 1;
  int end = 63;
  unsigned shift = 0;
};

/// Coefficients of a zeroed band (figure F.20). Returns the last one's zigzag index, 0 where there
/// is none.
__attribute__((always_inline)) inline int decode_ac(ArithmeticState& state, QmDecoder& decoder,
                                                    const ArithmeticTables& tables, Band band,
                                                    std::int16_t* block) {
  QmBin* const bins = state.ac[tables.ac].data();
  int last = 0;
  for (int k = band.begin; k <= band.end; ++k) {
    QmBin* bin = bins + 3 * (k - 1);
    if (decoder.decide(bin[0]) != 0) break;  // the band ends
    while (decoder.decide(bin[1]) == 0) {    // a zero
      bin += 3;
      if (++k > band.end) return error_of(BlockError::kRunTooLong);
    }
    const unsigned is_negative = decoder.decide_evenly();
    const bool is_low = k <= int{tables.conditioning.ac_limit};
    const int value =
        decode_ac_magnitude(decoder, bin[2], bins + (is_low ? kAcSizesLow : kAcSizesHigh));
    if (value == kTooLarge) return error_of(BlockError::kAcSize);
    const int coefficient = is_negative != 0 ? -1 - value : value + 1;
    block[kZigzag[static_cast<std::size_t>(k)]] =
        static_cast<std::int16_t>(static_cast<std::uint32_t>(coefficient) << band.shift);
    last = k;
  }
  return last;
}

Band band_of(const ScanSpec& scan) {
  return {scan.spectral_begin, scan.spectral_end, scan.approximation_low};
}

/// The zigzag index of the last non-zero coefficient up to end; 0 where only DC is left.
int last_nonzero(const std::int16_t* block, int end) {
  while (end > 0 && block[kZigzag[static_cast<std::size_t>(end)]] == 0) --end;
  return end;
}

}  // namespace

ArithmeticTables arithmetic_tables(const Header& header, const Component& component) {
  Conditioning conditioning = header.conditioning[component.dc_table];
  conditioning.ac_limit = header.conditioning[component.ac_table].ac_limit;
  return {component.dc_table, component.ac_table, conditioning};
}

// The standard sets no limit: what is as expected takes 1/45000 bit a decision, and zeros at the
// end are left out, so that blank frames of any size fit into a few bytes. Frames of several scans,
// whose blocks all stay in memory, have more: with cjpeg's scans, blank ones have 8 blocks a byte.
void check_arithmetic_size(const Header& header, std::size_t bytes) {
  struct Limit {
    std::size_t unchecked;  // blocks that are no burden
    std::size_t per_byte;
  };
  constexpr Limit kRowByRow{std::size_t{1} << 21, std::size_t{1} << 16};
  constexpr Limit kInMemory{std::size_t{1} << 19, std::size_t{1} << 10};
  const bool is_row_by_row = header.is_single_scan() && header.precision == 8;
  const Limit& limit = is_row_by_row ? kRowByRow : kInMemory;
  std::size_t blocks = 0;
  for (std::size_t i = 0; i < header.component_count; ++i) {
    const Component& component = header.components[i];
    blocks += header.mcus_per_row * component.h * header.mcu_rows * component.v;
  }
  if (blocks <= limit.unchecked || blocks / limit.per_byte <= bytes) return;
  raise_invalid_image("the data ends: ", bytes, " bytes for ", blocks,
                      " blocks of an arithmetic-coded frame");
}

int decode_arithmetic_block(ArithmeticState& state, const ArithmeticTables& tables,
                            std::size_t component, std::int16_t* block) {
  QmDecoder decoder = state.decoder;
  const int error = decode_dc(state, decoder, tables, component);
  if (error != 0) return error;
  block[0] = static_cast<std::int16_t>(state.predictors[component]);
  const int last = decode_ac(state, decoder, tables, {}, block);
  state.decoder = decoder;
  return last;
}

int decode_arithmetic_dc_first(ArithmeticState& state, const ScanSpec& scan,
                               const ArithmeticTables& tables, std::size_t component,
                               std::int16_t* block) {
  QmDecoder decoder = state.decoder;
  const int error = decode_dc(state, decoder, tables, component);
  const auto value = static_cast<std::uint32_t>(state.predictors[component]);
  block[0] = static_cast<std::int16_t>(value << scan.approximation_low);
  state.decoder = decoder;
  return error;
}

int decode_arithmetic_dc_refinement(ArithmeticState& state, const ScanSpec& scan,
                                    std::int16_t* block) {
  const unsigned bit = state.decoder.decide_evenly();
  block[0] = static_cast<std::int16_t>(block[0] | static_cast<int>(bit << scan.approximation_low));
  return 0;
}

int decode_arithmetic_ac_first(ArithmeticState& state, const ScanSpec& scan,
                               const ArithmeticTables& tables, std::int16_t* block) {
  QmDecoder decoder = state.decoder;
  const int last = decode_ac(state, decoder, tables, band_of(scan), block);
  state.decoder = decoder;
  return last;
}

/// T.81 figure G.10. A known coefficient takes a correction bit. The band cannot end before the
/// last known coefficient, so no end is coded there.
int decode_arithmetic_ac_refinement(ArithmeticState& state, const ScanSpec& scan,
                                    const ArithmeticTables& tables, std::int16_t* block) {
  QmDecoder decoder = state.decoder;
  QmBin* const bins = state.ac[tables.ac].data();
  const int end = scan.spectral_end;
  const int known_end = last_nonzero(block, end);
  const int step = 1 << scan.approximation_low;
  for (int k = scan.spectral_begin; k <= end; ++k) {
    QmBin* bin = bins + 3 * (k - 1);
    if (k > known_end && decoder.decide(bin[0]) != 0) break;
    for (;; bin += 3) {
      std::int16_t& coefficient = block[kZigzag[static_cast<std::size_t>(k)]];
      if (coefficient != 0) {
        const int more = decoder.decide(bin[2]) != 0 ? step : 0;
        coefficient = static_cast<std::int16_t>(coefficient + (coefficient < 0 ? -more : more));
        break;
      }
      if (decoder.decide(bin[1]) != 0) {
        coefficient = static_cast<std::int16_t>(decoder.decide_evenly() != 0 ? -step : step);
        break;
      }
      if (++k > end) return error_of(BlockError::kRunTooLong);
    }
  }
  state.decoder = decoder;
  return 0;
}

}  // namespace edgefirst::jpeg
