// SPDX-License-Identifier: Apache-2.0
#include "codec/png_channels.hpp"

#include <algorithm>
#include <cstring>

namespace edgefirst {
namespace {

/// How a sample stands in a row.
enum class Sample : std::uint8_t { kByte, kBig16, kHighOfBig16 };

constexpr bool is_wide(Sample sample) { return sample == Sample::kBig16; }

template <Sample kSample>
std::uint32_t load(const std::uint8_t* row, std::size_t index) {
  if constexpr (kSample == Sample::kByte) return row[index];
  if constexpr (kSample == Sample::kHighOfBig16) return row[2 * index];
  return static_cast<std::uint32_t>(row[2 * index]) << 8 | row[2 * index + 1];
}

template <bool kWide>
void store(std::uint8_t* row, std::size_t index, std::uint32_t value) {
  if constexpr (kWide) {
    const auto wide = static_cast<std::uint16_t>(value);
    std::memcpy(row + 2 * index, &wide, sizeof wide);
  } else {
    row[index] = static_cast<std::uint8_t>(value);
  }
}

/// BT.601 luma with 16 fraction bits: what a JPEG of the same picture holds (JFIF 1.02). The
/// weights add up to 65536, so that white of 16 bits does not overflow.
std::uint32_t luma(std::uint32_t r, std::uint32_t g, std::uint32_t b) {
  return (19595U * r + 38470U * g + 7471U * b + 32768U) >> 16;
}

template <bool kWide, PixelFormat kFormat>
void store_pixel(std::uint8_t* to, std::size_t x, const std::array<std::uint32_t, 4>& pixel) {
  constexpr std::size_t kChannels = kFormat == PixelFormat::kRgb ? 3 : 4;
  constexpr std::size_t kRed = kFormat == PixelFormat::kBgra ? 2 : 0;
  store<kWide>(to, x * kChannels + kRed, pixel[0]);
  store<kWide>(to, x * kChannels + 1, pixel[1]);
  store<kWide>(to, x * kChannels + 2 - kRed, pixel[2]);
  if constexpr (kChannels == 4) store<kWide>(to, x * kChannels + 3, pixel[3]);
}

template <std::size_t kChannels, Sample kSample, PixelFormat kFormat>
void choose_row(const std::uint8_t* from, std::uint8_t* to, std::size_t width) {
  constexpr bool kWide = is_wide(kSample);
  constexpr std::size_t kOut =
      kFormat == PixelFormat::kGrey ? 1 : (kFormat == PixelFormat::kRgb ? 3 : 4);
  if constexpr (kSample == Sample::kByte && kFormat != PixelFormat::kBgra && kOut == kChannels) {
    std::memcpy(to, from, width * kChannels);
    return;
  }
  for (std::size_t x = 0; x < width; ++x) {
    const std::size_t at = x * kChannels;
    const std::uint32_t r = load<kSample>(from, at);
    const std::uint32_t g = kChannels < 3 ? r : load<kSample>(from, at + (kChannels < 3 ? 0 : 1));
    const std::uint32_t b = kChannels < 3 ? r : load<kSample>(from, at + (kChannels < 3 ? 0 : 2));
    if constexpr (kFormat == PixelFormat::kGrey) {
      store<kWide>(to, x, kChannels < 3 ? r : luma(r, g, b));
    } else {
      constexpr std::uint32_t kOpaque = kWide ? 0xFFFF : 0xFF;
      const std::uint32_t alpha =
          kChannels % 2 == 0 ? load<kSample>(from, at + kChannels - 1) : kOpaque;
      store_pixel<kWide, kFormat>(to, x, {r, g, b, alpha});
    }
  }
}

using RowFn = void(const std::uint8_t* from, std::uint8_t* to, std::size_t width);

template <std::size_t kChannels, Sample kSample>
RowFn* row_to(PixelFormat format) {
  switch (format) {
    case PixelFormat::kRgb:
      return choose_row<kChannels, kSample, PixelFormat::kRgb>;
    case PixelFormat::kRgba:
      return choose_row<kChannels, kSample, PixelFormat::kRgba>;
    case PixelFormat::kBgra:
      return choose_row<kChannels, kSample, PixelFormat::kBgra>;
    default:
      return choose_row<kChannels, kSample, PixelFormat::kGrey>;
  }
}

template <Sample kSample>
RowFn* row_from(std::size_t channels, PixelFormat format) {
  switch (channels) {
    case 1:
      return row_to<1, kSample>(format);
    case 2:
      return row_to<2, kSample>(format);
    case 3:
      return row_to<3, kSample>(format);
    default:
      return row_to<4, kSample>(format);
  }
}

template <PixelFormat kFormat>
void look_up(const std::array<std::uint8_t, 4>* palette, const std::uint8_t* from, std::uint8_t* to,
             std::size_t width) {
  for (std::size_t x = 0; x < width; ++x) {
    const auto& [r, g, b, a] = palette[from[x]];
    if constexpr (kFormat == PixelFormat::kGrey) {
      to[x] = static_cast<std::uint8_t>(luma(r, g, b));
    } else {
      store_pixel<false, kFormat>(to, x, {r, g, b, a});
    }
  }
}

RowFn* row_from(std::size_t depth, std::size_t sample_bytes, std::size_t channels,
                PixelFormat format) {
  if (depth <= 8) return row_from<Sample::kByte>(channels, format);
  return sample_bytes == 2 ? row_from<Sample::kBig16>(channels, format)
                           : row_from<Sample::kHighOfBig16>(channels, format);
}

/// Samples of kDepth bits, the first in the high bits, to bytes of their values times scale.
template <std::size_t kDepth>
void widen_from(const std::uint8_t* from, std::uint8_t* to, std::size_t count, unsigned scale) {
  constexpr std::size_t kPerByte = 8 / kDepth;
  constexpr unsigned kMask = (1U << kDepth) - 1;
  for (; count >= kPerByte; count -= kPerByte, ++from, to += kPerByte) {
    for (std::size_t i = 0; i < kPerByte; ++i) {
      to[i] = static_cast<std::uint8_t>((*from >> (8 - kDepth * (i + 1)) & kMask) * scale);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = static_cast<std::uint8_t>((*from >> (8 - kDepth * (i + 1)) & kMask) * scale);
  }
}

void widen(const std::uint8_t* from, std::uint8_t* to, std::size_t count, std::size_t depth,
           unsigned scale) {
  if (depth == 1) return widen_from<1>(from, to, count, scale);
  if (depth == 2) return widen_from<2>(from, to, count, scale);
  widen_from<4>(from, to, count, scale);
}

/// A full scale of 255; palette indices keep their values.
unsigned scale_of(const PngChunks& chunks) {
  return chunks.is_palette() ? 1 : 255U / ((1U << chunks.depth) - 1);
}

/// Appends alpha to every pixel: 0 where it has the transparent colour.
void apply_key(const PngChunks& chunks, const std::uint8_t* from, std::uint8_t* to,
               std::size_t width) {
  const std::size_t channels = chunks.channels();
  const std::size_t bytes = chunks.depth == 16 ? 2 : 1;
  const unsigned scale = chunks.depth < 8 ? scale_of(chunks) : 1;
  for (std::size_t x = 0; x < width; ++x, from += channels * bytes) {
    bool matches = true;
    for (std::size_t c = 0; c < channels; ++c) {
      const unsigned high = from[c * bytes];
      const unsigned value = bytes == 2 ? high << 8 | from[c * 2 + 1] : high;
      matches = matches && value == chunks.key[c] * scale;
    }
    to = std::copy_n(from, channels * bytes, to);
    to = std::fill_n(to, bytes, static_cast<std::uint8_t>(matches ? 0 : 255));
  }
}

}  // namespace

void PngChannels::start(const PngChunks& chunks, std::size_t sample_bytes, PixelFormat format,
                        std::size_t width) {
  chunks_ = &chunks;
  format_ = format;
  const bool has_alpha = pixel_format_info(format).has_alpha;
  applies_key_ = chunks.has_key && has_alpha;
  const std::size_t channels = chunks.channels() + (applies_key_ ? 1 : 0);
  row_ = chunks.is_palette() ? nullptr : row_from(chunks.depth, sample_bytes, channels, format);
  const std::size_t widened = chunks.depth < 8 ? width : 0;
  const std::size_t keyed = applies_key_ ? width * channels * (chunks.depth == 16 ? 2 : 1) : 0;
  if (widened + keyed == 0) return;
  widened_ = rows_.require(widened + keyed);
  keyed_ = widened_ + widened;
}

void PngChannels::choose(const std::uint8_t* from, std::uint8_t* to, std::size_t width) const {
  if (chunks_->depth < 8) {
    widen(from, widened_, width, chunks_->depth, scale_of(*chunks_));
    from = widened_;
  }
  if (applies_key_) {
    apply_key(*chunks_, from, keyed_, width);
    from = keyed_;
  }
  if (row_ != nullptr) return row_(from, to, width);
  const auto* palette = chunks_->palette.data();
  switch (format_) {
    case PixelFormat::kRgb:
      return look_up<PixelFormat::kRgb>(palette, from, to, width);
    case PixelFormat::kRgba:
      return look_up<PixelFormat::kRgba>(palette, from, to, width);
    case PixelFormat::kBgra:
      return look_up<PixelFormat::kBgra>(palette, from, to, width);
    default:
      return look_up<PixelFormat::kGrey>(palette, from, to, width);
  }
}

}  // namespace edgefirst
