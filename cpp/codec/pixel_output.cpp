// SPDX-License-Identifier: Apache-2.0
// Orientation is a permutation of pixels and comes before the conversion of samples.
#include "codec/pixel_output.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/float16.hpp"

namespace edgefirst {
namespace {

std::uint32_t load_sample(const std::uint8_t* from, std::size_t index, std::uint8_t) {
  return from[index];
}
std::uint32_t load_sample(const std::uint8_t* from, std::size_t index, std::uint16_t) {
  std::uint16_t value = 0;
  std::memcpy(&value, from + 2 * index, sizeof value);
  return value;
}

/// Applies one formula to every sample; destinations may be misaligned.
template <typename From, typename To, typename Formula>
void convert_each(const std::uint8_t* from, std::uint8_t* to, std::size_t samples,
                  Formula formula) {
  for (std::size_t i = 0; i < samples; ++i) {
    const To value = formula(load_sample(from, i, From()));
    std::memcpy(to + i * sizeof(To), &value, sizeof value);
  }
}

// The conversion table of DecodeOptions: v is an 8-bit or a native 16-bit sample.
template <typename From>
struct Convert {
  static constexpr bool kWide = sizeof(From) == 2;
  static constexpr float kMax = kWide ? 65535.0F : 255.0F;
  static std::uint32_t to_8(std::uint32_t v) { return kWide ? v >> 8 : v; }
  static std::uint32_t to_16(std::uint32_t v) { return kWide ? v : v * 257; }

  static void u8(const std::uint8_t* from, std::uint8_t* to, std::size_t n) {
    convert_each<From, std::uint8_t>(
        from, to, n, [](std::uint32_t v) { return static_cast<std::uint8_t>(to_8(v)); });
  }
  static void i8(const std::uint8_t* from, std::uint8_t* to, std::size_t n) {
    convert_each<From, std::uint8_t>(
        from, to, n, [](std::uint32_t v) { return static_cast<std::uint8_t>(to_8(v) ^ 0x80U); });
  }
  static void u16(const std::uint8_t* from, std::uint8_t* to, std::size_t n) {
    convert_each<From, std::uint16_t>(
        from, to, n, [](std::uint32_t v) { return static_cast<std::uint16_t>(to_16(v)); });
  }
  static void i16(const std::uint8_t* from, std::uint8_t* to, std::size_t n) {
    convert_each<From, std::uint16_t>(from, to, n, [](std::uint32_t v) {
      return static_cast<std::uint16_t>(to_16(v) ^ 0x8000U);
    });
  }
  static void f32(const std::uint8_t* from, std::uint8_t* to, std::size_t n) {
    convert_each<From, float>(from, to, n,
                              [](std::uint32_t v) { return static_cast<float>(v) / kMax; });
  }
  static void f16(const std::uint8_t* from, std::uint8_t* to, std::size_t n) {
    convert_each<From, std::uint16_t>(
        from, to, n, [](std::uint32_t v) { return to_float16(static_cast<float>(v) / kMax).bits; });
  }
};

void narrow_f16(const std::uint8_t* from, std::uint8_t* to, std::size_t n) {
  static const std::array<std::uint16_t, 256> table = [] {
    std::array<std::uint16_t, 256> values{};
    for (std::size_t v = 0; v < values.size(); ++v) {
      values[v] = to_float16(static_cast<float>(v) / 255.0F).bits;
    }
    return values;
  }();
  convert_each<std::uint8_t, std::uint16_t>(from, to, n, [](std::uint32_t v) { return table[v]; });
}

/// to[i] = from[-i] or from[i], pixels of kBytes bytes step bytes apart.
template <std::size_t kBytes>
void gather(const std::uint8_t* from, std::ptrdiff_t step, std::uint8_t* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i, from += step, to += kBytes) {
    std::memcpy(to, from, kBytes);
  }
}

void gather_pixels(const std::uint8_t* from, std::ptrdiff_t step, std::uint8_t* to,
                   std::size_t count, std::size_t pixel_bytes) {
  switch (pixel_bytes) {
    case 1:
      return gather<1>(from, step, to, count);
    case 2:
      return gather<2>(from, step, to, count);
    case 3:
      return gather<3>(from, step, to, count);
    case 4:
      return gather<4>(from, step, to, count);
    case 6:
      return gather<6>(from, step, to, count);
    default:
      return gather<8>(from, step, to, count);
  }
}

}  // namespace

PixelFormat packed_equivalent(PixelFormat format) {
  if (format == PixelFormat::kPlanarRgb) return PixelFormat::kRgb;
  return format == PixelFormat::kPlanarRgba ? PixelFormat::kRgba : format;
}

bool is_codec_dtype(DType dtype) {
  switch (dtype) {
    case DType::kU8:
    case DType::kI8:
    case DType::kU16:
    case DType::kI16:
    case DType::kF16:
    case DType::kF32:
      return true;
    default:
      return false;
  }
}

ConvertSamplesFn* sample_conversion(std::size_t sample_bytes, DType dtype) {
  using Narrow = Convert<std::uint8_t>;
  using Wide = Convert<std::uint16_t>;
  const bool narrow = sample_bytes == 1;
  switch (dtype) {
    case DType::kI8:
      return narrow ? Narrow::i8 : Wide::i8;
    case DType::kU16:
      return narrow ? Narrow::u16 : Wide::u16;
    case DType::kI16:
      return narrow ? Narrow::i16 : Wide::i16;
    case DType::kF32:
      return narrow ? Narrow::f32 : Wide::f32;
    case DType::kF16:
      return narrow ? narrow_f16 : Wide::f16;
    default:
      return narrow ? Narrow::u8 : Wide::u8;
  }
}

void PixelOutput::start(const PixelSource& source, const PixelDestination& destination) {
  source_ = source;
  destination_ = destination;
  convert_ = sample_conversion(source.sample_bytes, destination.dtype);
  pixel_bytes_ = source.channels * source.sample_bytes;
  const bool same_samples =
      source.sample_bytes == 1 ? destination.dtype == DType::kU8 : destination.dtype == DType::kU16;
  const bool rows_stay_rows = source.orientation == 1 || source.orientation == 4;
  planes_ = destination.plane_stride == 0 ? 1 : source.channels;
  is_direct_ = same_samples && rows_stay_rows && planes_ == 1 && !destination.yuv;
  if (is_direct_) return;
  strip_stride_ = source.width * pixel_bytes_;
  const std::size_t rows = std::min(kStripRows, source.height);
  strip_ = scratch_.require(strip_stride_ * (rows + 1) + kStripRows * pixel_bytes_);
  line_ = strip_ + strip_stride_ * rows;
}

std::uint8_t* PixelOutput::row(std::size_t y) {
  if (!is_direct_) return strip_ + y % kStripRows * strip_stride_;
  const std::size_t target = source_.orientation == 4 ? source_.height - 1 - y : y;
  return destination_.data + target * destination_.row_stride;
}

void PixelOutput::commit(std::size_t y) {
  if (is_direct_) return;
  const bool ends_strip = y % kStripRows == kStripRows - 1 || y + 1 == source_.height;
  if (destination_.yuv) {
    if (ends_strip) pack_strip(y - y % kStripRows, y);
  } else if (!swaps_axes(source_.orientation)) {
    place_row(y);
  } else if (ends_strip) {
    place_columns(y - y % kStripRows, y);
  }
}

/// count pixels that lie step bytes apart become neighbours at to, in every plane.
void PixelOutput::place(const std::uint8_t* pixels, std::ptrdiff_t step, std::size_t count,
                        std::uint8_t* to) {
  const std::size_t chunk = pixel_bytes_ / planes_;
  for (std::size_t p = 0; p < planes_; ++p, pixels += chunk, to += destination_.plane_stride) {
    const std::uint8_t* run = pixels;
    if (step != static_cast<std::ptrdiff_t>(chunk)) {
      gather_pixels(pixels, step, line_, count, chunk);
      run = line_;
    }
    convert_(run, to, count * chunk / source_.sample_bytes);
  }
}

void PixelOutput::place_row(std::size_t y) {
  const bool upside_down = source_.orientation == 3 || source_.orientation == 4;
  const bool mirrored = source_.orientation == 2 || source_.orientation == 3;
  const auto step = static_cast<std::ptrdiff_t>(pixel_bytes_);
  const std::uint8_t* pixels = row(y) + (mirrored ? (source_.width - 1) * pixel_bytes_ : 0);
  const std::size_t target = upside_down ? source_.height - 1 - y : y;
  place(pixels, mirrored ? -step : step, source_.width,
        destination_.data + target * destination_.row_stride);
}

void PixelOutput::place_columns(std::size_t first, std::size_t last) {
  const bool from_bottom = source_.orientation == 6 || source_.orientation == 7;
  const bool from_right = source_.orientation == 7 || source_.orientation == 8;
  const auto stride = static_cast<std::ptrdiff_t>(strip_stride_);
  const std::uint8_t* column = row(from_bottom ? last : first);
  const std::size_t target_x = from_bottom ? source_.height - 1 - last : first;
  const std::size_t samples = source_.channels / planes_;
  std::uint8_t* left = destination_.data + target_x * samples * dtype_size(destination_.dtype);
  for (std::size_t x = 0; x < source_.width; ++x, column += pixel_bytes_) {
    const std::size_t target_y = from_right ? source_.width - 1 - x : x;
    place(column, from_bottom ? -stride : stride, last - first + 1,
          left + target_y * destination_.row_stride);
  }
}

/// Strips begin at even rows, and a side that is halved is even, so that a strip holds whole chroma
/// samples however it is turned.
void PixelOutput::pack_strip(std::size_t first, std::size_t last) {
  const std::uint8_t turn = source_.orientation;
  const std::size_t rows = last - first + 1;
  RgbBlock block{strip_, strip_stride_, source_.width, rows, 0, first};
  if (turn == 1) {
    packer_.pack(block, *destination_.yuv, destination_);
    return;
  }
  std::uint8_t* to = turned_.require(strip_stride_ * rows);
  block.pixels = to;
  const auto pixel = static_cast<std::ptrdiff_t>(pixel_bytes_);
  const auto stride = static_cast<std::ptrdiff_t>(strip_stride_);
  if (swaps_axes(turn)) {
    const bool from_bottom = turn == 6 || turn == 7;
    const bool from_right = turn == 7 || turn == 8;
    const std::uint8_t* column = row(from_bottom ? last : first);
    if (from_right) column += (source_.width - 1) * pixel_bytes_;
    block.stride = rows * pixel_bytes_;
    block.width = rows;
    block.height = source_.width;
    block.x = from_bottom ? source_.height - 1 - last : first;
    block.y = 0;
    for (std::size_t x = 0; x < source_.width; ++x, to += block.stride) {
      gather_pixels(column, from_bottom ? -stride : stride, to, rows, pixel_bytes_);
      column += from_right ? -pixel : pixel;
    }
  } else {
    const bool upside_down = turn != 2;
    const bool mirrored = turn != 4;
    if (upside_down) block.y = source_.height - 1 - last;
    for (std::size_t r = 0; r < rows; ++r, to += strip_stride_) {
      const std::uint8_t* pixels = row(upside_down ? last - r : first + r);
      if (mirrored) pixels += (source_.width - 1) * pixel_bytes_;
      gather_pixels(pixels, mirrored ? -pixel : pixel, to, source_.width, pixel_bytes_);
    }
  }
  packer_.pack(block, *destination_.yuv, destination_);
}

}  // namespace edgefirst
