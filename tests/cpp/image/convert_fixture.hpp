// SPDX-License-Identifier: Apache-2.0
// Images to convert and the comparison of a destination with the reference, for every format.
// Used by the convert tests.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "edgefirst/image.hpp"

#include "base/float16.hpp"
#include "support/image_reference.hpp"

namespace edgefirst::testing {

enum class Content { kNoise, kRamp, kExtremes, kSoft };

inline Tensor make_image(std::size_t width, std::size_t height, PixelFormat format,
                         DType dtype = DType::kU8, std::size_t padding = 0) {
  const Shape shape = image_shape(width, height, format);
  const PixelFormatInfo& info = pixel_format_info(format);
  const std::size_t samples = info.layout == PixelLayout::kPacked ? info.channels : 1;
  const std::size_t tight = width * samples * dtype_size(dtype);
  std::size_t rows = shape[0];
  if (info.layout == PixelLayout::kPlanar) rows = shape[0] * shape[1];
  if (padding == 0) return Tensor::image(width, height, format, dtype, TensorMemory::kMem);
  const std::size_t stride = tight + padding * dtype_size(dtype);
  const std::size_t bytes = stride * rows;
  auto memory = std::make_shared<std::vector<std::uint8_t>>(bytes + 64);
  Tensor tensor = Tensor::wrap(memory->data(), bytes, shape, dtype, memory);
  tensor.set_format(format);
  tensor.set_row_stride(stride);
  return tensor;
}

inline void fill_bytes(const Tensor& tensor, Content content, unsigned seed = 1) {
  const TensorMap map = tensor.map(CpuAccess::kWrite);
  auto* bytes = map.as<std::uint8_t>();
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < map.size_bytes(); ++i) {
    switch (content) {
      case Content::kNoise:
        bytes[i] = static_cast<std::uint8_t>(random());
        break;
      case Content::kRamp:
        bytes[i] = static_cast<std::uint8_t>(i * 3 + i / 251);
        break;
      case Content::kExtremes:
        bytes[i] = random() % 2 == 0 ? 0 : 255;
        break;
      case Content::kSoft:  // stays inside the RGB cube as YUV
        bytes[i] = static_cast<std::uint8_t>(108 + random() % 40);
        break;
    }
  }
}

/// Stored element of a destination as a number.
inline double element(const TensorMap& map, std::size_t byte_offset) {
  const std::byte* at = map.as<const std::byte>() + byte_offset;
  const auto read = [at](auto value) {
    std::memcpy(&value, at, sizeof value);
    return value;
  };
  switch (map.dtype()) {
    case DType::kI8:
      return read(std::int8_t{});
    case DType::kU16:
      return read(std::uint16_t{});
    case DType::kI16:
      return read(std::int16_t{});
    case DType::kF16:
      return to_float(read(Float16{}));
    case DType::kF32:
      return read(float{});
    default:
      return read(std::uint8_t{});
  }
}

/// The 8-bit level that a stored element of channel c stands for.
inline double level(double stored, DType dtype, std::size_t c, const ConvertOptions& options) {
  const bool is_alpha = c == 3;
  switch (dtype) {
    case DType::kI8:
      return is_alpha ? (stored < 0 ? stored + 256 : stored) : stored + 128;
    case DType::kU16:
      return stored / 257;
    case DType::kI16:
      return is_alpha ? (stored < 0 ? stored + 65536 : stored) / 257 : (stored + 32768) / 257;
    case DType::kF16:
    case DType::kF32:
      return (stored - (options.offset ? (*options.offset)[c] : 0)) /
             (options.scale ? (*options.scale)[c] : 1.0F / 255);
    default:
      return stored;
  }
}

/// Compares dst_rect of dst with the reference; stops at the first pixel beyond the tolerance.
class Comparison {
 public:
  Comparison(const Tensor& src, const Tensor& dst, const ConvertOptions& options)
      : options_(options),
        rect_(options.crop.dst_rect.value_or(Rect{0, 0, dst.width(), dst.height()})),
        format_(*dst.format()),
        color_(dst.colorimetry().value_or(Colorimetry{})),
        width_(dst.width()),
        height_(dst.height()),
        stride_(dst.row_stride()),
        map_(dst.map(CpuAccess::kRead)) {
    const Colorimetry source = src.colorimetry().value_or(Colorimetry{});
    keeps_yuv_ = is_yuv(*src.format()) && is_yuv(format_) && source == color_;
    expected_ = converted(src, options, rect_, format_, keeps_yuv_);
  }

  /// Largest difference in levels.
  double worst() {
    worst_ = 0;
    for (std::size_t y = 0; y < rect_.height; ++y) {
      for (std::size_t x = 0; x < rect_.width; ++x) compare_pixel(x, y);
    }
    return worst_;
  }

 private:
  std::size_t size() const { return dtype_size(map_.dtype()); }

  void check(std::size_t row, std::size_t index, std::size_t c, double expected) {
    const double stored = element(map_, row * stride_ + index * size());
    const double got = level(stored, map_.dtype(), c, options_);
    worst_ = std::max(worst_, std::abs(got - to_level(expected)));
  }

  void compare_pixel(std::size_t px, std::size_t py) {
    const std::size_t x = rect_.left + px;
    const std::size_t y = rect_.top + py;
    const Pixel& pixel = expected_.at(px, py);
    switch (format_) {
      case PixelFormat::kRgb:
        for (std::size_t c = 0; c < 3; ++c) check(y, 3 * x + c, c, pixel[c]);
        return;
      case PixelFormat::kRgba:
        for (std::size_t c = 0; c < 4; ++c) check(y, 4 * x + c, c, pixel[c]);
        return;
      case PixelFormat::kBgra:
        for (std::size_t c = 0; c < 4; ++c) check(y, 4 * x + (c == 3 ? 3 : 2 - c), c, pixel[c]);
        return;
      case PixelFormat::kGrey:
        check(y, x, 0, grey_of(pixel));
        return;
      case PixelFormat::kPlanarRgb:
      case PixelFormat::kPlanarRgba:
        for (std::size_t c = 0; c < pixel_format_info(format_).channels; ++c) {
          check(c * height_ + y, x, c, pixel[c]);
        }
        return;
      case PixelFormat::kYuyv:
        check(y, 2 * x, 0, yuv(pixel)[0]);
        if (x % 2 == 0) check(y, 2 * x + 1, 1, chroma(px, py, 1, 1));
        if (x / 2 * 4 + 3 < 2 * width_) check(y, x / 2 * 4 + 3, 2, chroma(px, py, 2, 1));
        return;
      case PixelFormat::kVyuy:
        check(y, 2 * x + 1, 0, yuv(pixel)[0]);
        if (x / 2 * 4 + 2 < 2 * width_) check(y, x / 2 * 4 + 2, 1, chroma(px, py, 1, 1));
        check(y, x / 2 * 4, 2, chroma(px, py, 2, 1));
        return;
      case PixelFormat::kNv12:
      case PixelFormat::kNv16:
        break;
    }
    const std::size_t rows = format_ == PixelFormat::kNv12 ? 2 : 1;
    check(y, x, 0, yuv(pixel)[0]);
    check(height_ + y / rows, x / 2 * 2, 1, chroma(px, py, 1, rows));
    if (x / 2 * 2 + 1 < width_) {
      check(height_ + y / rows, x / 2 * 2 + 1, 2, chroma(px, py, 2, rows));
    }
  }

  Pixel yuv(const Pixel& pixel) const { return keeps_yuv_ ? pixel : rgb_to_yuv(pixel, color_); }

  /// Mean chroma of the pixels of dst_rect that share the sample of pixel (px, py).
  double chroma(std::size_t px, std::size_t py, std::size_t c, std::size_t rows) const {
    double sum = 0, count = 0;
    const std::size_t x0 = (rect_.left + px) / 2 * 2;
    const std::size_t y0 = (rect_.top + py) / rows * rows;
    for (std::size_t y = y0; y < y0 + rows; ++y) {
      for (std::size_t x = x0; x < x0 + 2; ++x) {
        const bool inside = x >= rect_.left && x < rect_.left + rect_.width && y >= rect_.top &&
                            y < rect_.top + rect_.height;
        if (!inside) continue;
        sum += yuv(expected_.at(x - rect_.left, y - rect_.top))[c];
        count += 1;
      }
    }
    return sum / count;
  }

  ConvertOptions options_;
  Rect rect_;
  PixelFormat format_;
  Colorimetry color_;
  std::size_t width_, height_, stride_;
  TensorMap map_;
  bool keeps_yuv_ = false;
  Picture expected_;
  double worst_ = 0;
};

/// Levels by which a conversion may differ from the reference, whatever the pair.
inline double tolerance(const Tensor& dst) {
  return 1 + (dst.dtype() == DType::kF16 ? 0.13 : 1e-3);
}

inline std::string describe(const Tensor& src, const Tensor& dst) {
  return std::string(pixel_format_info(*src.format()).name) + " " + std::to_string(src.width()) +
         "x" + std::to_string(src.height()) + " -> " + pixel_format_info(*dst.format()).name + " " +
         std::to_string(dst.width()) + "x" + std::to_string(dst.height()) + " " +
         dtype_info(dst.dtype()).name;
}

}  // namespace edgefirst::testing
