// SPDX-License-Identifier: Apache-2.0
// What convert should produce, pixel by pixel in double precision, straight from the formulas of
// image.hpp and the colour standards. Slow, and shares nothing with the library but its headers.
// Used by the image tests.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "edgefirst/image.hpp"

namespace edgefirst::testing {

using Pixel = std::array<double, 4>;  // R G B A, or Y U V

/// Pixels of a rectangle, row by row.
struct Picture {
  std::size_t width = 0, height = 0;
  std::vector<Pixel> pixels;
  Pixel& at(std::size_t x, std::size_t y) { return pixels[y * width + x]; }
  const Pixel& at(std::size_t x, std::size_t y) const { return pixels[y * width + x]; }
};

inline double to_level(double value) { return std::clamp(std::floor(value + 0.5), 0.0, 255.0); }

struct Primaries {
  double red, green, blue;
};
inline Primaries primaries(ColorEncoding encoding) {
  if (encoding == ColorEncoding::kBt601) return {0.299, 0.587, 0.114};
  if (encoding == ColorEncoding::kBt2020) return {0.2627, 0.678, 0.0593};
  return {0.2126, 0.7152, 0.0722};
}

inline Pixel yuv_to_rgb(const Pixel& yuv, Colorimetry color, bool floor_luma) {
  const Primaries k = primaries(color.encoding);
  const bool limited = color.range == ColorRange::kLimited;
  double y = limited ? (yuv[0] - 16) * 255 / 219 : yuv[0];
  if (floor_luma) y = std::max(y, 0.0);
  const double scale = limited ? 255.0 / 224 : 1;
  const double u = (yuv[1] - 128) * scale;
  const double v = (yuv[2] - 128) * scale;
  const double r = y + 2 * (1 - k.red) * v;
  const double b = y + 2 * (1 - k.blue) * u;
  const double g = (y - k.red * r - k.blue * b) / k.green;
  return {to_level(r), to_level(g), to_level(b), 255};
}

inline Pixel rgb_to_yuv(const Pixel& rgb, Colorimetry color) {
  const Primaries k = primaries(color.encoding);
  const bool limited = color.range == ColorRange::kLimited;
  const double y = k.red * rgb[0] + k.green * rgb[1] + k.blue * rgb[2];
  const double chroma = limited ? 224.0 / 255 : 1;
  return {limited ? 16 + y * 219 / 255 : y, 128 + (rgb[2] - y) / (2 * (1 - k.blue)) * chroma,
          128 + (rgb[0] - y) / (2 * (1 - k.red)) * chroma, 0};
}

inline double grey_of(const Pixel& rgb) {
  return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

inline bool is_yuv(PixelFormat format) { return pixel_format_info(format).is_yuv; }

/// The stored samples of one pixel of a u8 image; chroma that memory lacks repeats its neighbour.
class Samples {
 public:
  explicit Samples(const Tensor& tensor)
      : map_(tensor.map(CpuAccess::kRead)),
        bytes_(map_.as<const std::uint8_t>()),
        stride_(tensor.row_stride()),
        width_(tensor.width()),
        height_(tensor.height()),
        format_(*tensor.format()) {}

  Pixel operator()(std::size_t x, std::size_t y) const {
    switch (format_) {
      case PixelFormat::kRgb:
        return {byte(y, 3 * x), byte(y, 3 * x + 1), byte(y, 3 * x + 2), 255};
      case PixelFormat::kRgba:
        return {byte(y, 4 * x), byte(y, 4 * x + 1), byte(y, 4 * x + 2), byte(y, 4 * x + 3)};
      case PixelFormat::kBgra:
        return {byte(y, 4 * x + 2), byte(y, 4 * x + 1), byte(y, 4 * x), byte(y, 4 * x + 3)};
      case PixelFormat::kGrey:
        return {byte(y, x), byte(y, x), byte(y, x), 255};
      case PixelFormat::kPlanarRgb:
        return {byte(y, x), byte(height_ + y, x), byte(2 * height_ + y, x), 255};
      case PixelFormat::kPlanarRgba:
        return {byte(y, x), byte(height_ + y, x), byte(2 * height_ + y, x),
                byte(3 * height_ + y, x)};
      case PixelFormat::kYuyv:
        return {byte(y, 2 * x), chroma(x, y, 1), chroma(x, y, 3), 0};
      case PixelFormat::kVyuy:
        return {byte(y, 2 * x + 1), chroma(x, y, 2), chroma(x, y, 0), 0};
      case PixelFormat::kNv12:
      case PixelFormat::kNv16:
        break;
    }
    return {byte(y, x), chroma(x, y, 0), chroma(x, y, 1), 0};
  }

 private:
  double byte(std::size_t row, std::size_t offset) const { return bytes_[row * stride_ + offset]; }
  double chroma(std::size_t x, std::size_t y, std::size_t offset) const {
    std::size_t pair = x / 2;
    const std::size_t pairs = width_ / 2;
    if (format_ == PixelFormat::kYuyv || format_ == PixelFormat::kVyuy) {
      if (pair >= pairs) {
        if (pairs == 0) return 128;
        pair = pairs - 1;
      }
      return byte(y, 4 * pair + offset);
    }
    if (pair >= pairs && stride_ <= width_) {
      if (pairs == 0) return 128;
      pair = pairs - 1;
    }
    const std::size_t row = height_ + (format_ == PixelFormat::kNv12 ? y / 2 : y);
    return byte(row, 2 * pair + offset);
  }

  TensorMap map_;
  const std::uint8_t* bytes_;
  std::size_t stride_, width_, height_;
  PixelFormat format_;
};

/// The weights of image.hpp: output i of n over m source pixels.
inline std::vector<double> filter_weights(std::size_t i, std::size_t n, std::size_t m,
                                          Filter filter) {
  const double ratio = static_cast<double>(m) / static_cast<double>(n);
  const double center = (static_cast<double>(i) + 0.5) * ratio;
  std::vector<double> weights(m, 0.0);
  double total = 0;
  for (std::size_t j = 0; j < m; ++j) {
    const auto left = static_cast<double>(j);
    const double distance = std::abs(left + 0.5 - center);
    double weight = 0;
    switch (filter) {
      case Filter::kAntialias:
        weight = std::max(0.0, 1 - distance / std::max(1.0, ratio));
        break;
      case Filter::kBilinear:
        weight = std::max(0.0, 1 - distance);
        break;
      case Filter::kNearest:
        weight = left == std::floor(center) ? 1 : 0;
        break;
      case Filter::kArea:
        weight = std::max(0.0, std::min(left + 1, static_cast<double>(i + 1) * ratio) -
                                   std::max(left, static_cast<double>(i) * ratio));
        break;
    }
    weights[j] = weight;
    total += weight;
  }
  for (double& weight : weights) weight /= total;
  return weights;
}

/// Crop, flip, rotate: in that order, pixel by pixel.
inline Picture orient(const Picture& in, Flip flip, Rotation rotation) {
  const bool sideways =
      rotation == Rotation::kClockwise90 || rotation == Rotation::kCounterClockwise90;
  Picture out{sideways ? in.height : in.width, sideways ? in.width : in.height, {}};
  out.pixels.resize(in.pixels.size());
  for (std::size_t y = 0; y < in.height; ++y) {
    for (std::size_t x = 0; x < in.width; ++x) {
      const std::size_t fx = flip == Flip::kHorizontal ? in.width - 1 - x : x;
      const std::size_t fy = flip == Flip::kVertical ? in.height - 1 - y : y;
      switch (rotation) {
        case Rotation::kRotate0:
          out.at(fx, fy) = in.at(x, y);
          break;
        case Rotation::kClockwise90:
          out.at(in.height - 1 - fy, fx) = in.at(x, y);
          break;
        case Rotation::kRotate180:
          out.at(in.width - 1 - fx, in.height - 1 - fy) = in.at(x, y);
          break;
        case Rotation::kCounterClockwise90:
          out.at(fy, in.width - 1 - fx) = in.at(x, y);
          break;
      }
    }
  }
  return out;
}

inline Picture resize(const Picture& in, std::size_t width, std::size_t height, Filter filter) {
  Picture rows{in.width, height, std::vector<Pixel>(in.width * height, Pixel{})};
  for (std::size_t y = 0; y < height; ++y) {
    const std::vector<double> weights = filter_weights(y, height, in.height, filter);
    for (std::size_t j = 0; j < in.height; ++j) {
      if (weights[j] == 0) continue;
      for (std::size_t x = 0; x < in.width; ++x) {
        for (std::size_t c = 0; c < 4; ++c) rows.at(x, y)[c] += weights[j] * in.at(x, j)[c];
      }
    }
  }
  Picture out{width, height, std::vector<Pixel>(width * height, Pixel{})};
  for (std::size_t x = 0; x < width; ++x) {
    const std::vector<double> weights = filter_weights(x, width, in.width, filter);
    for (std::size_t j = 0; j < in.width; ++j) {
      if (weights[j] == 0) continue;
      for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t c = 0; c < 4; ++c) out.at(x, y)[c] += weights[j] * rows.at(j, y)[c];
      }
    }
  }
  for (Pixel& pixel : out.pixels) {
    for (double& value : pixel) value = to_level(value);
  }
  return out;
}

/// The picture that a conversion puts into dst_rect: RGBA, or YUV where keeps_yuv says so.
inline Picture converted(const Tensor& src, const ConvertOptions& options, const Rect& dst_rect,
                         std::optional<PixelFormat> destination, bool keeps_yuv) {
  const Rect rect = options.crop.src_rect.value_or(Rect{0, 0, src.width(), src.height()});
  const PixelFormat format = *src.format();
  const Colorimetry color = src.colorimetry().value_or(Colorimetry{});
  const bool semi_planar = pixel_format_info(format).layout == PixelLayout::kSemiPlanar;
  const Samples samples(src);
  Picture picture{rect.width, rect.height, {}};
  for (std::size_t y = 0; y < rect.height; ++y) {
    for (std::size_t x = 0; x < rect.width; ++x) {
      Pixel pixel = samples(rect.left + x, rect.top + y);
      if (is_yuv(format) && destination == PixelFormat::kGrey) {
        const bool limited = color.range == ColorRange::kLimited;
        const double grey = to_level(limited ? (pixel[0] - 16) * 255 / 219 : pixel[0]);
        pixel = {grey, grey, grey, 255};
      } else if (is_yuv(format) && !keeps_yuv) {
        pixel = yuv_to_rgb(pixel, color, semi_planar);
      }
      picture.pixels.push_back(pixel);
    }
  }
  return resize(orient(picture, options.flip, options.rotation), dst_rect.width, dst_rect.height,
                options.filter);
}

}  // namespace edgefirst::testing
