// SPDX-License-Identifier: Apache-2.0
#include "codec/png_channels.hpp"

#include <cstring>

namespace edgefirst {
namespace {

/// How a sample stands in a row.
enum class Sample : std::uint8_t { kByte, kNative16, kBig16, kHighOfBig16 };

constexpr std::size_t bytes_in(Sample sample) { return sample == Sample::kByte ? 1 : 2; }
constexpr bool is_wide(Sample sample) {
  return sample == Sample::kNative16 || sample == Sample::kBig16;
}

template <Sample kSample>
std::uint32_t load(const std::uint8_t* row, std::size_t index) {
  if constexpr (kSample == Sample::kByte) return row[index];
  if constexpr (kSample == Sample::kHighOfBig16) return row[2 * index];
  if constexpr (kSample == Sample::kBig16) {
    return static_cast<std::uint32_t>(row[2 * index]) << 8 | row[2 * index + 1];
  }
  std::uint16_t value = 0;
  std::memcpy(&value, row + 2 * index, sizeof value);
  return value;
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

/// BT.709 luma with 16 fraction bits, as conversion to grey computes it elsewhere.
std::uint32_t luma(std::uint32_t r, std::uint32_t g, std::uint32_t b) {
  return (13933U * r + 46871U * g + 4732U * b + 32768U) >> 16;
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
  if constexpr ((kSample == Sample::kByte || kSample == Sample::kNative16) &&
                kFormat != PixelFormat::kBgra && kOut == kChannels) {
    std::memcpy(to, from, width * kChannels * bytes_in(kSample));
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

}  // namespace

PngChannels::PngChannels(const PngRowLayout& layout, PixelFormat format)
    : row_(layout.sample_bytes == 1 ? row_from<Sample::kByte>(layout.channels, format)
                                    : row_from<Sample::kNative16>(layout.channels, format)),
      format_(format) {}

PngChannels::PngChannels(const PngChunks& chunks, std::size_t sample_bytes, PixelFormat format)
    : format_(format) {
  const std::size_t channels = chunks.channels();
  if (chunks.is_palette()) {
    palette_ = chunks.palette.data();
  } else if (chunks.depth == 8) {
    row_ = row_from<Sample::kByte>(channels, format);
  } else if (sample_bytes == 2) {
    row_ = row_from<Sample::kBig16>(channels, format);
  } else {
    row_ = row_from<Sample::kHighOfBig16>(channels, format);
  }
}

void PngChannels::choose(const std::uint8_t* from, std::uint8_t* to, std::size_t width) const {
  if (palette_ == nullptr) return row_(from, to, width);
  switch (format_) {
    case PixelFormat::kRgb:
      return look_up<PixelFormat::kRgb>(palette_, from, to, width);
    case PixelFormat::kRgba:
      return look_up<PixelFormat::kRgba>(palette_, from, to, width);
    case PixelFormat::kBgra:
      return look_up<PixelFormat::kBgra>(palette_, from, to, width);
    default:
      return look_up<PixelFormat::kGrey>(palette_, from, to, width);
  }
}

}  // namespace edgefirst
