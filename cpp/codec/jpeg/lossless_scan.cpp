// SPDX-License-Identifier: Apache-2.0
// The MCU of a lossless scan holds samples where that of the DCT holds blocks (T.81 A.2, H.1).
#include "codec/jpeg/lossless_scan.hpp"

#include <algorithm>
#include <cstring>

#include "codec/errors.hpp"

namespace edgefirst::jpeg {
namespace {

/// Differences that one refill is enough for, where each stands in the lookup.
constexpr std::size_t kPerRefill = 4;
static_assert(kPerRefill * HuffmanTable::kLookupBits <= 56, "a refill gives 56 bits");

/// Takes a difference modulo 65536 (T.81 table H.2). Returns 0, or a BlockError.
__attribute__((always_inline)) inline int take_sample_difference(BitReader& reader,
                                                                 const HuffmanTable& table,
                                                                 std::uint16_t& difference) {
  constexpr int kLargest = 16;  // the one difference of that size, 32768, has no further bits
  const HuffmanTable::Entry entry = table.lookup(reader.peek(HuffmanTable::kLookupBits));
  if (HuffmanTable::is_difference(entry)) {
    difference = static_cast<std::uint16_t>(HuffmanTable::value(entry));
    reader.skip(HuffmanTable::length(entry));
    return 0;
  }
  reader.refill();
  const int size = take_symbol(reader, table);
  if (size < 0) return static_cast<int>(BlockError::kBadCode);
  if (size > kLargest) return static_cast<int>(BlockError::kDcSize);
  difference = 0x8000;
  if (size < kLargest) {
    difference = size == 0
                     ? std::uint16_t{0}
                     : static_cast<std::uint16_t>(reader.take_signed(static_cast<unsigned>(size)));
  }
  reader.refill();
  return 0;
}

/// A row of samples of one component in each MCU.
struct Run {
  std::uint16_t* out = nullptr;
  std::size_t count = 0;  ///< samples in an MCU
  const HuffmanTable* table = nullptr;
};

/// Takes the differences of count MCUs that have one sample in each of kRuns runs.
template <std::size_t kRuns>
int take_single_samples(BitReader& reader, const Run* runs, std::size_t count) {
  static_assert(kRuns <= kPerRefill);
  int error = 0;
  for (std::size_t mcu = 0; mcu < count && error == 0; ++mcu) {
    reader.refill();
    for (std::size_t r = 0; r < kRuns; ++r) {
      error = std::min(error, take_sample_difference(reader, *runs[r].table, runs[r].out[mcu]));
    }
  }
  return error;
}

int take_samples(BitReader& reader, const Run* runs, std::size_t run_count, std::size_t count) {
  int error = 0;
  for (std::size_t mcu = 0; mcu < count && error == 0; ++mcu) {
    for (std::size_t r = 0; r < run_count; ++r) {
      std::uint16_t* const out = runs[r].out + mcu * runs[r].count;
      for (std::size_t x = 0; x < runs[r].count; ++x) {
        reader.refill();
        error = std::min(error, take_sample_difference(reader, *runs[r].table, out[x]));
      }
    }
  }
  return error;
}

/// T.81 table H.1: a is the sample to the left, b the one above, c the one above a.
template <int kPredictor>
int predict_sample(int a, int b, int c) {
  switch (kPredictor) {
    case 1:
      return a;
    case 2:
      return b;
    case 3:
      return c;
    case 4:
      return a + b - c;
    case 5:
      return a + ((b - c) >> 1);
    case 6:
      return b + ((a - c) >> 1);
    default:
      return (a + b) >> 1;
  }
}

/// Adds predictions to the differences in row, modulo 65536; begins with the sample above.
template <int kPredictor>
void predict_row(const std::uint16_t* above, std::uint16_t* row, std::size_t width) {
  int a = static_cast<std::uint16_t>(row[0] + above[0]);
  row[0] = static_cast<std::uint16_t>(a);
  for (std::size_t x = 1; x < width; ++x) {
    const int prediction = predict_sample<kPredictor>(a, above[x], above[x - 1]);
    a = static_cast<std::uint16_t>(row[x] + prediction);
    row[x] = static_cast<std::uint16_t>(a);
  }
}

/// The first row of a restart interval is predicted from the left alone.
void predict_first_row(unsigned first, std::uint16_t* row, std::size_t width) {
  unsigned a = first;
  for (std::size_t x = 0; x < width; ++x) row[x] = static_cast<std::uint16_t>(a += row[x]);
}

using PredictRowFn = void(const std::uint16_t*, std::uint16_t*, std::size_t);

PredictRowFn* row_predictor(unsigned predictor) {
  static constexpr PredictRowFn* kPredictors[] = {predict_row<1>, predict_row<2>, predict_row<3>,
                                                  predict_row<4>, predict_row<5>, predict_row<6>,
                                                  predict_row<7>};
  return kPredictors[predictor - 1];
}

std::size_t ceil_divide(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

}  // namespace

void LosslessScan::start(const Header& header, Span<const std::uint8_t> entropy) {
  header_ = &header;
  scan_ = header.scan;
  const bool is_interleaved = scan_.component_count > 1;
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    const Component& component = header.components[scan_.components[i]];
    Channel& channel = channels_[i];
    channel.width = component.width;
    channel.mcu_width = is_interleaved ? component.h : 1U;
    channel.rows = is_interleaved ? component.v : 1U;
    tables_[component.dc_table].build(header.dc[component.dc_table]);
    channel.table = &tables_[component.dc_table];
  }
  const Component& first = header.components[scan_.components[0]];
  mcus_per_row_ = is_interleaved ? ceil_divide(header.width, header.h_max) : first.width;
  mcu_rows_ = is_interleaved ? ceil_divide(header.height, header.v_max) : first.height;
  if (header.restart_interval % mcus_per_row_ != 0) {  // H.1.1
    raise_invalid_image("a restart interval of ", header.restart_interval,
                        " MCUs in a lossless scan, which has ", mcus_per_row_,
                        " in a row and restarts between rows only");
  }
  rows_per_interval_ = header.restart_interval / mcus_per_row_;
  rows_to_restart_ = rows_per_interval_;
  allocate();
  entropy_.assign(entropy, interval_count(mcus_per_row_ * mcu_rows_, header));
  reader_ = entropy_.interval(0);
  interval_ = 0;
  mcu_row_ = 0;
  is_first_row_ = true;
  is_lost_ = false;
  damage_ = {};
}

std::size_t LosslessScan::sample_count() const {
  std::size_t per_mcu = 0;
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    per_mcu += channels_[i].mcu_width * channels_[i].rows;
  }
  return per_mcu * mcus_per_row_ * mcu_rows_;
}

void LosslessScan::allocate() {
  std::size_t total = 0;
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    Channel& channel = channels_[i];
    channel.stride = mcus_per_row_ * channel.mcu_width;
    total += channel.stride * (2 * channel.rows + 1);
  }
  auto* memory = reinterpret_cast<std::uint16_t*>(memory_.require(total * sizeof(std::uint16_t)));
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    Channel& channel = channels_[i];
    channel.rows_above = memory;
    channel.output = memory + channel.stride * (channel.rows + 1);
    memory = channel.output + channel.stride * channel.rows;
  }
}

const std::uint16_t* LosslessScan::row(std::size_t index, std::size_t y) const {
  const Channel& channel = channels_[index];
  return scan_.approximation_low == 0 ? channel.row(y) : channel.output + y * channel.stride;
}

void LosslessScan::decode_mcu_row() {
  if (rows_per_interval_ != 0) {
    if (rows_to_restart_ == 0) {
      reader_ = entropy_.interval(++interval_);
      rows_to_restart_ = rows_per_interval_;
      is_first_row_ = true;
      is_lost_ = false;
    }
    --rows_to_restart_;
  }
  if (!is_lost_) {
    const int error = decode_differences();
    is_lost_ = error < 0;
    if (is_lost_ && !damage_.any()) damage_ = {error, mcu_row_, 0};
  }
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    Channel& channel = channels_[i];
    if (is_lost_) {
      fill_grey(channel);
    } else {
      predict(channel, is_first_row_);
    }
    scale(channel);
  }
  is_first_row_ = false;
  ++mcu_row_;
}

/// Into the rows of the channels. Returns 0, or a BlockError.
int LosslessScan::decode_differences() {
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    Channel& channel = channels_[i];  // the last row becomes the one above
    std::memcpy(channel.rows_above, channel.row(channel.rows - 1),
                channel.stride * sizeof(std::uint16_t));
  }
  std::array<Run, kMaxComponents * 4> runs{};  // a row of each component's part of the MCU
  std::size_t run_count = 0;
  bool has_single_samples = true;
  for (std::size_t i = 0; i < scan_.component_count; ++i) {
    const Channel& channel = channels_[i];
    for (std::size_t y = 0; y < channel.rows; ++y) {
      runs[run_count++] = {channel.row(y), channel.mcu_width, channel.table};
    }
    has_single_samples &= channel.rows == 1 && channel.mcu_width == 1;
  }
  BitReader reader = reader_;  // in registers for the loop
  int error = 0;
  if (has_single_samples && run_count == 1) {
    error = take_single_samples<1>(reader, runs.data(), mcus_per_row_);
  } else if (has_single_samples && run_count == 3) {
    error = take_single_samples<3>(reader, runs.data(), mcus_per_row_);
  } else {
    error = take_samples(reader, runs.data(), run_count, mcus_per_row_);
  }
  reader_ = reader;
  if (error < 0) return error;
  return reader.is_overrun() ? static_cast<int>(BlockError::kDataEnds) : 0;
}

void LosslessScan::predict(Channel& channel, bool is_first) const {
  const unsigned center = 1U << (header_->precision - scan_.approximation_low - 1);
  PredictRowFn* const predictor = row_predictor(scan_.spectral_begin);
  for (std::size_t y = 0; y < channel.rows; ++y) {
    std::uint16_t* const row = channel.row(y);
    if (y == 0 && is_first) {
      predict_first_row(center, row, channel.width);
    } else {
      predictor(row - channel.stride, row, channel.width);
    }
  }
}

void LosslessScan::fill_grey(Channel& channel) const {
  const unsigned center = 1U << (header_->precision - scan_.approximation_low - 1);
  std::fill_n(channel.row(0), channel.rows * channel.stride, static_cast<std::uint16_t>(center));
}

/// Undoes the point transform.
void LosslessScan::scale(Channel& channel) const {
  const unsigned shift = scan_.approximation_low;
  if (shift == 0) return;
  const std::uint16_t* const in = channel.row(0);
  const std::size_t count = channel.rows * channel.stride;
  for (std::size_t x = 0; x < count; ++x) {
    channel.output[x] = static_cast<std::uint16_t>(static_cast<unsigned>(in[x]) << shift);
  }
}

}  // namespace edgefirst::jpeg
