// SPDX-License-Identifier: Apache-2.0
// The integer method of Loeffler, Ligtenberg and Moschytz with 13-bit constants, as in idct.cpp,
// but with one extra bit between the passes instead of two. Sums are 64-bit: a hostile file's
// products overflow 32.
#include "codec/jpeg/deep_picture.hpp"

#include <algorithm>

#include "codec/jpeg/deep_color.hpp"

namespace edgefirst::jpeg {
namespace {

using Sum = std::int64_t;

constexpr Sum kMaxSample = 4095;
constexpr Sum kCenter = 2048;

std::uint16_t clamp_sample(Sum value) {
  return static_cast<std::uint16_t>(std::clamp<Sum>(value, 0, kMaxSample));
}

/// One-dimensional transform of eight values step apart, rounded and shifted right by kShift.
template <int kShift>
void inverse_pass(Sum* x, std::size_t step) {
  const auto at = [x, step](std::size_t i) -> Sum& { return x[i * step]; };
  const Sum even = (at(2) + at(6)) * 4433;
  const Sum e2 = even - at(6) * 15137;
  const Sum e3 = even + at(2) * 6270;
  const Sum e0 = (at(0) + at(4)) * 8192;
  const Sum e1 = (at(0) - at(4)) * 8192;
  const Sum evens[4] = {e0 + e3, e1 + e2, e1 - e2, e0 - e3};

  const Sum odd = (at(7) + at(3) + at(5) + at(1)) * 9633;
  const Sum z1 = (at(7) + at(1)) * -7373;
  const Sum z2 = (at(5) + at(3)) * -20995;
  const Sum z3 = (at(7) + at(3)) * -16069 + odd;
  const Sum z4 = (at(5) + at(1)) * -3196 + odd;
  const Sum odds[4] = {at(1) * 12299 + z1 + z4, at(3) * 25172 + z2 + z3, at(5) * 16819 + z2 + z4,
                       at(7) * 2446 + z1 + z3};

  constexpr Sum kHalf = Sum{1} << (kShift - 1);
  for (std::size_t i = 0; i < 4; ++i) {
    at(i) = (evens[i] + odds[i] + kHalf) >> kShift;
    at(7 - i) = (evens[i] - odds[i] + kHalf) >> kShift;
  }
}

/// Divisors of 16 bits are unsigned in the file.
void inverse_dct(const std::int16_t* block, const std::int16_t* quant, std::uint16_t* out,
                 std::size_t stride) {
  Sum x[kBlockSize];
  for (std::size_t i = 0; i < kBlockSize; ++i) {
    x[i] = Sum{block[i]} * static_cast<std::uint16_t>(quant[i]);
  }
  for (std::size_t column = 0; column < 8; ++column) inverse_pass<12>(x + column, 8);
  for (std::size_t row = 0; row < 8; ++row, out += stride) {
    inverse_pass<17>(x + 8 * row, 1);
    for (std::size_t i = 0; i < 8; ++i) out[i] = clamp_sample(x[8 * row + i] + kCenter);
  }
}

}  // namespace

const std::uint16_t* DeepPicture::Channel::clamped_row(std::ptrdiff_t y) const {
  const auto last = static_cast<std::ptrdiff_t>(height) - 1;
  const auto row = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(y, 0, last));
  return samples + row % ring_rows * stride;
}

void DeepPicture::start(const Header& header) {
  header_ = &header;
  channel_count_ = header.component_count;
  width_ = header.width;
  const std::size_t full_width = header.mcus_per_row * 8 * header.h_max;
  std::size_t total = 0;
  for (std::size_t i = 0; i < channel_count_; ++i) {
    const Component& component = header.components[i];
    Channel& channel = channels_[i];
    channel.stride = header.mcus_per_row * 8 * component.h;
    channel.width = component.width;
    channel.height = component.height;
    channel.ring_rows = kRingMcuRows * 8 * component.v;
    channel.factor_x = header.h_max / component.h;
    channel.factor_y = header.v_max / component.v;
    total += channel.stride * channel.ring_rows + full_width;
  }
  auto* memory = reinterpret_cast<std::uint16_t*>(memory_.require(total * sizeof(std::uint16_t)));
  for (std::size_t i = 0; i < channel_count_; ++i) {
    channels_[i].row = memory;
    channels_[i].samples = memory + full_width;
    memory += full_width + channels_[i].stride * channels_[i].ring_rows;
  }
  sums_.require(full_width * sizeof(std::uint32_t));
}

template <class GetBlock>
void DeepPicture::transform_component(std::size_t index, std::size_t mcu_row,
                                      const std::int16_t* divisors, const GetBlock& get_block) {
  const Channel& channel = channels_[index];
  const std::size_t block_rows = header_->components[index].v;
  for (std::size_t y = 0; y < block_rows; ++y) {
    const std::size_t row = (mcu_row * block_rows + y) * 8 % channel.ring_rows;
    std::uint16_t* out = channel.samples + row * channel.stride;
    for (std::size_t x = 0; x < channel.stride / 8; ++x, out += 8) {
      const std::int16_t* block = get_block(x, y);
      if (block != nullptr) {
        inverse_dct(block, divisors, out, channel.stride);
        continue;
      }
      for (std::size_t r = 0; r < 8; ++r) {
        std::fill_n(out + r * channel.stride, 8, static_cast<std::uint16_t>(kCenter));
      }
    }
  }
}

void DeepPicture::transform_row(std::size_t mcu_row, const CoefficientFrame& frame) {
  for (std::size_t i = 0; i < channel_count_; ++i) {
    const std::size_t v = header_->components[i].v;
    transform_component(i, mcu_row, frame.divisors(i), [&](std::size_t x, std::size_t y) {
      const std::int16_t* row = frame.block_row(i, mcu_row * v + y);
      return row == nullptr ? nullptr : row + x * kBlockSize;
    });
  }
}

void DeepPicture::transform_row(std::size_t mcu_row, const std::int16_t* blocks) {
  std::size_t mcu_blocks = 0;
  for (std::size_t i = 0; i < channel_count_; ++i) {
    mcu_blocks += std::size_t{header_->components[i].h} * header_->components[i].v;
  }
  std::size_t first = 0;  // of the component's blocks in an MCU
  for (std::size_t i = 0; i < channel_count_; ++i) {
    const Component& component = header_->components[i];
    const std::size_t h = component.h;
    transform_component(i, mcu_row, header_->quant[component.quant].values.data(),
                        [&](std::size_t x, std::size_t y) {
                          const std::size_t block = x / h * mcu_blocks + first + y * h + x % h;
                          return blocks + block * kBlockSize;
                        });
    first += h * component.v;
  }
}

std::size_t DeepPicture::rows_needed(std::size_t y) const {
  return std::min((y + header_->v_max) / (8U * header_->v_max) + 1, header_->mcu_rows);
}

/// Fills channel.row: the triangle filter where the factor is 2 and the row has more than two
/// samples to filter, else replication. upsample.cpp has the same choice for 8 bits.
void DeepPicture::upsample(const Channel& channel, std::size_t y) {
  const bool wide = channel.factor_x == 2 && channel.factor_y <= 2 && channel.width > 2;
  const bool tall = channel.factor_y == 2 && (channel.factor_x == 1 || wide);
  const auto near_y = static_cast<std::ptrdiff_t>(y / channel.factor_y);
  const bool is_lower = y % 2 == 1;
  const std::uint16_t* near = channel.clamped_row(near_y);
  const std::uint16_t* far = channel.clamped_row(is_lower ? near_y + 1 : near_y - 1);
  auto* sums = reinterpret_cast<std::uint32_t*>(sums_.data());
  for (std::size_t x = 0; x < channel.width; ++x) sums[x] = tall ? 3U * near[x] + far[x] : near[x];
  if (!wide) {
    const unsigned bias = is_lower ? 2 : 1;
    for (std::size_t x = 0; x < width_; ++x) {
      const std::uint32_t sum = sums[x / channel.factor_x];
      channel.row[x] = static_cast<std::uint16_t>(tall ? (sum + bias) >> 2 : sum);
    }
    return;
  }
  const unsigned shift = tall ? 4 : 2;
  const unsigned left_bias = tall ? 8 : 1;
  const unsigned right_bias = tall ? 7 : 2;
  for (std::size_t x = 0; x < channel.width; ++x) {
    const std::uint32_t left = sums[x == 0 ? 0 : x - 1];
    const std::uint32_t right = sums[std::min(x + 1, channel.width - 1)];
    channel.row[2 * x] = static_cast<std::uint16_t>((3 * sums[x] + left + left_bias) >> shift);
    channel.row[2 * x + 1] =
        static_cast<std::uint16_t>((3 * sums[x] + right + right_bias) >> shift);
  }
}

void DeepPicture::render(std::size_t y, PixelFormat format, std::uint8_t* out) {
  DeepRow row;
  row.channels = deep_channels(*header_, format);
  row.width = width_;
  row.color = header_->color;
  for (std::size_t i = 0; i < row.channels; ++i) {
    upsample(channels_[i], y);
    row.samples[i] = channels_[i].row;
  }
  write_deep_row(row, format, out);
}

}  // namespace edgefirst::jpeg
