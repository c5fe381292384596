// SPDX-License-Identifier: Apache-2.0
// Shapes: rank limit, element counts, and the shape of an image.
#include <algorithm>

#include "edgefirst/tensor.hpp"

#include "base/checked.hpp"
#include "base/message.hpp"
#include "base/text.hpp"

namespace edgefirst {

Shape::Shape(std::initializer_list<std::size_t> extents)
    : Shape(Span<const std::size_t>(extents.begin(), extents.size())) {}

Shape::Shape(Span<const std::size_t> extents) : rank_(extents.size()) {
  if (rank_ > kMaxRank) {
    raise(ErrorCode::kInvalidShape, "a shape of rank ", rank_, " exceeds the limit of ", kMaxRank);
  }
  std::copy(extents.begin(), extents.end(), extents_.begin());
}

std::size_t Shape::element_count() const {
  std::size_t count = 1;
  for (const std::size_t extent : *this) count = checked_multiply(count, extent);
  return count;
}

std::string Shape::to_string() const {
  std::string text = "[";
  for (std::size_t i = 0; i < rank_; ++i) {
    if (i != 0) text += ", ";
    text += integer_text(extents_[i]);
  }
  return text + "]";
}

Shape image_shape(std::size_t width, std::size_t height, PixelFormat format) {
  const PixelFormatInfo& info = pixel_format_info(format);
  switch (info.layout) {
    case PixelLayout::kPacked:
      return {height, width, info.channels};
    case PixelLayout::kPlanar:
      return {info.channels, height, width};
    case PixelLayout::kSemiPlanar:
      break;
  }
  if (info.chroma_shift_y == 0) return {checked_multiply(height, 2), width};
  if (height % 2 != 0) {
    raise(ErrorCode::kInvalidShape, info.name, " needs an even height, not ", height);
  }
  return {checked_multiply(height, 3) / 2, width};
}

}  // namespace edgefirst
