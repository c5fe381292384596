// SPDX-License-Identifier: Apache-2.0
// The front door of drawing: overlays checked once, boxes and regions mapped to the picture and
// colours resolved. Draws nothing. Called by the dispatcher; backends take what comes out.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "edgefirst/image.hpp"

#include "image/request.hpp"

namespace edgefirst {

inline constexpr std::size_t kPaletteSize = 20;
using Palette = std::array<Color, kPaletteSize>;
/// The colours of a processor that nobody has changed.
const Palette& default_palette();

/// One detection ready to draw, in coordinates normalised to the picture; the boxes outside of it
/// are left out.
struct DrawnBox {
  BoundingBox box;     ///< corners in order, within 0...1
  std::size_t source;  ///< index among the caller's boxes
  std::size_t color;   ///< palette index
};

/// One mask ready to draw.
struct DrawnMask {
  Segmentation mask;  ///< region normalised to the picture
  std::size_t color = 0;
};

/// A valid overlay. Tensors, masks and protos are borrowed for the call.
struct DrawRequest {
  const Tensor* dst = nullptr;
  const Tensor* background = nullptr;
  ImageLayout destination;
  ImageLayout background_layout;
  Span<const DrawnBox> boxes;
  Span<const DrawnMask> masks;     ///< empty when protos are given
  Span<const std::string> labels;  ///< parallel to boxes, or empty
  const ProtoData* protos = nullptr;
  std::size_t proto_boxes = 0;        ///< how many boxes, from the first, have a coefficient row
  BoundingBox letterbox{0, 0, 1, 1};  ///< the picture in the model input, for protos
  Palette palette{};
  float opacity = 1;

  /// Nothing but the background.
  bool is_empty() const { return boxes.empty() && masks.empty(); }
  /// Palette alpha scaled by opacity.
  std::uint8_t mask_alpha(std::size_t color) const;
};

/// Builds draw requests; its vectors keep their memory from frame to frame.
class DrawRequestBuilder {
 public:
  /// Throws kNotAnImage, kNotSupported (format, dtype), kAliasedBuffers, kInvalidShape
  /// (background), kInvalidArgument (letterbox, counts, options without effect). Valid until the
  /// next call.
  const DrawRequest& decoded(const Tensor& dst, Span<const DetectBox> boxes,
                             const SegmentationList& masks, const OverlayOptions& options,
                             const Palette& palette);
  const DrawRequest& protos(const Tensor& dst, Span<const DetectBox> boxes, const ProtoData& protos,
                            const OverlayOptions& options, const Palette& palette);

 private:
  void begin(const Tensor& dst, Span<const DetectBox> boxes, const OverlayOptions& options,
             const Palette& palette);
  /// Whether it has a place in the picture and a score; the others are not painted.
  bool is_visible(const DetectBox& box) const;
  void write_label(std::string& label, const DetectBox& box, std::size_t index,
                   const OverlayOptions& options);

  DrawRequest request_;
  std::vector<DrawnBox> boxes_;
  std::vector<DrawnMask> masks_;
  std::vector<std::string> labels_;
};

/// The four bars of a box's frame: kFrameWidth pixels around it, without the outermost pixel at
/// left and top. Bars may be empty.
inline constexpr std::size_t kFrameWidth = 3;
std::array<Rect, 4> frame_bars(const BoundingBox& box, std::size_t width, std::size_t height);
/// The pixels that a region of a width x height picture covers: rounded, perhaps none.
Rect covered_pixels(const BoundingBox& region, std::size_t width, std::size_t height);
/// Least value of an instance mask that is drawn.
inline constexpr std::uint8_t kMaskThreshold = 127;

/// Corners in order and within 0...1; NaN becomes 0.
BoundingBox canonical(const BoundingBox& box);
/// A box of the model input in the picture that fills letterbox of it, within 0...1.
BoundingBox from_letterbox(const BoundingBox& box, const BoundingBox& letterbox);
/// Whether a box of the model input touches the picture that fills letterbox of it; false for
/// corners that are not finite.
bool touches(const BoundingBox& box, const BoundingBox& letterbox);
/// Reports boxes that are all of pixels where fractions are expected.
void report_pixel_boxes(Span<const DetectBox> boxes, OnIgnored on_ignored);
/// Throws kInvalidArgument for a letterbox that is not finite.
BoundingBox check_letterbox(const std::optional<BoundingBox>& letterbox);

}  // namespace edgefirst
