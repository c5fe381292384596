// SPDX-License-Identifier: Apache-2.0
// Rectangles, orientation and letterboxing: plain values shared by codec, image and decoder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/export.hpp"

namespace edgefirst {

/// A pixel rectangle.
struct Rect {
  std::size_t left = 0;
  std::size_t top = 0;
  std::size_t width = 0;
  std::size_t height = 0;
};
inline bool operator==(const Rect& a, const Rect& b) {
  return a.left == b.left && a.top == b.top && a.width == b.width && a.height == b.height;
}
inline bool operator!=(const Rect& a, const Rect& b) { return !(a == b); }

/// R, G, B, A.
using Color = std::array<std::uint8_t, 4>;

enum class Rotation : std::uint8_t {
  kRotate0 = 0,
  kClockwise90 = 1,
  kRotate180 = 2,
  kCounterClockwise90 = 3,
};
/// Multiples of 90 modulo 360, clockwise; throws kInvalidArgument for any other angle.
EDGEFIRST_API Rotation rotation_from_degrees_clockwise(std::size_t degrees);

/// Horizontal mirrors left and right, Vertical turns upside down.
enum class Flip : std::uint8_t { kNone = 0, kHorizontal = 1, kVertical = 2 };

/// A box by its corners; normalised to [0, 1] or in pixels as its producer documents.
struct BoundingBox {
  float xmin = 0;
  float ymin = 0;
  float xmax = 0;
  float ymax = 0;
};

/// Where a picture lies inside a model's input after an aspect-preserving fit: computed once and
/// used by convert (content), drawing and masks (normalized) and by callers (to_source).
///
/// Ultralytics' rounding: ratio = min(W/w, H/h), content size = round(w*ratio) x round(h*ratio),
/// left = round(pad_x/2 - 0.1), top = round(pad_y/2 - 0.1), with round half to even.
struct Letterbox {
  std::size_t source_width = 0;
  std::size_t source_height = 0;
  std::size_t target_width = 0;
  std::size_t target_height = 0;
  Rect content;  ///< the picture's rectangle inside the target, at least 1 x 1

  /// content in units of the target: xmin, ymin, xmax, ymax.
  EDGEFIRST_API BoundingBox normalized() const;
  /// A box normalised to the target becomes pixels of the source, clamped to the picture.
  EDGEFIRST_API BoundingBox to_source(const BoundingBox& box) const;
};

/// Throws kInvalidArgument when any size is zero.
EDGEFIRST_API Letterbox letterbox(std::size_t source_width, std::size_t source_height,
                                  std::size_t target_width, std::size_t target_height);

}  // namespace edgefirst
