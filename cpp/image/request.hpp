// SPDX-License-Identifier: Apache-2.0
// The front door of convert: (src, dst, options) checked once and turned into plain values.
// Reads no pixel and knows no backend. Called by the dispatcher; backends take what comes out.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "edgefirst/image.hpp"

namespace edgefirst {

/// Where a plane starts, in bytes from the first byte of its buffer (the tensor's, or that of the
/// tensor's chroma plane), and the bytes between its rows.
struct PlaneLayout {
  std::size_t offset = 0;
  std::size_t stride = 0;
};

/// The pixels of an image tensor as addresses relative to its map.
struct ImageLayout {
  PixelFormat format = PixelFormat::kRgb;
  DType dtype = DType::kU8;
  std::size_t width = 0;
  std::size_t height = 0;
  /// Packed: one. Semi-planar: luma, chroma. Planar: R, G, B and perhaps A.
  std::array<PlaneLayout, 4> planes{};
  bool chroma_apart = false;  ///< planes[1] lies in Tensor::chroma()
  Colorimetry color;

  bool is_yuv() const { return pixel_format_info(format).is_yuv; }
  bool has_alpha() const { return pixel_format_info(format).has_alpha; }
  PixelLayout layout() const { return pixel_format_info(format).layout; }
  std::size_t plane_count() const {
    if (layout() == PixelLayout::kPlanar) return pixel_format_info(format).channels;
    return layout() == PixelLayout::kSemiPlanar ? 2 : 1;
  }
};

/// A valid conversion. The tensors are borrowed for the call.
struct ConvertRequest {
  const Tensor* src = nullptr;
  const Tensor* dst = nullptr;
  ImageLayout source;
  ImageLayout destination;
  Rect src_rect;
  Rect dst_rect;
  Rotation rotation = Rotation::kRotate0;
  Flip flip = Flip::kNone;
  Filter filter = Filter::kAntialias;
  std::optional<Color> fill;  ///< set only where dst_rect leaves something to fill
  std::array<float, 4> scale{};
  std::array<float, 4> offset{};

  bool turns_sideways() const {
    return rotation == Rotation::kClockwise90 || rotation == Rotation::kCounterClockwise90;
  }
  /// The source's columns, or rows, are read last to first: what flip and rotation come to.
  bool mirrors_x() const {
    const bool turns =
        rotation == Rotation::kRotate180 || rotation == Rotation::kCounterClockwise90;
    return (flip == Flip::kHorizontal) != turns;
  }
  bool mirrors_y() const {
    const bool turns = rotation == Rotation::kRotate180 || rotation == Rotation::kClockwise90;
    return (flip == Flip::kVertical) != turns;
  }
  /// Source and destination pixels correspond one to one, in order.
  bool is_copy() const {
    return rotation == Rotation::kRotate0 && flip == Flip::kNone &&
           src_rect.width == dst_rect.width && src_rect.height == dst_rect.height;
  }
};

/// Throws kNotAnImage for a tensor without format and kInvalidShape for strides that cut elements;
/// name says which one.
ImageLayout image_layout(const Tensor& tensor, const char* name);

/// Throws kNotAnImage, kNotSupported (dtypes), kInvalidRect, kAliasedBuffers, kInvalidShape
/// (strides that cut elements), kInvalidArgument (enumerators out of range, options without
/// effect).
ConvertRequest check_convert(const Tensor& src, const Tensor& dst, const ConvertOptions& options);

}  // namespace edgefirst
