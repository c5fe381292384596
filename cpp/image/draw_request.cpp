// SPDX-License-Identifier: Apache-2.0
// Validation of draw requests, and what a detection looks like: place, colour, label.
#include "image/draw_request.hpp"

#include <algorithm>
#include <cmath>

#include "base/ignored.hpp"
#include "base/message.hpp"
#include "base/number_text.hpp"

namespace edgefirst {
namespace {

constexpr std::uint8_t kAlpha = 179;  // 0.7

constexpr Palette kDefaultPalette = {{
    {0, 255, 0, kAlpha},     {255, 142, 0, kAlpha},   {66, 39, 34, kAlpha},
    {204, 195, 199, kAlpha}, {80, 80, 80, kAlpha},    {36, 79, 31, kAlpha},
    {255, 244, 131, kAlpha}, {90, 82, 0, kAlpha},     {108, 159, 166, kAlpha},
    {130, 130, 186, kAlpha}, {2, 48, 75, kAlpha},     {0, 69, 255, kAlpha},
    {0, 0, 0, kAlpha},       {0, 128, 0, kAlpha},     {255, 0, 0, kAlpha},
    {0, 0, 255, kAlpha},     {255, 128, 128, kAlpha}, {34, 139, 34, kAlpha},
    {30, 105, 210, kAlpha},  {255, 255, 255, kAlpha},
}};

float clamp_unit(float value) {
  return value > 0 ? std::min(value, 1.0F) : 0.0F;  // NaN: 0
}

/// The track of box `order`; nullptr where none is given, or the record is no track.
const TrackInfo* track_of(std::size_t order, const OverlayOptions& options) {
  if (order >= options.tracks.size() || !options.tracks[order].is_track()) return nullptr;
  return &options.tracks[order];
}

std::size_t color_index(const DetectBox& box, std::size_t order, const OverlayOptions& options) {
  switch (options.color_mode) {
    case ColorMode::kClass:
      return box.label % kPaletteSize;
    case ColorMode::kTrack:
      if (const TrackInfo* track = track_of(order, options)) {  // the same colour in every frame
        const Uuid& uuid = track->uuid;
        return ((std::size_t{uuid[0]} << 16) | (std::size_t{uuid[1]} << 8) | uuid[2]) %
               kPaletteSize;
      }
      break;
    case ColorMode::kInstance:
      break;
  }
  return order % kPaletteSize;
}

bool is_finite(const BoundingBox& box) {
  return std::isfinite(box.xmin) && std::isfinite(box.ymin) && std::isfinite(box.xmax) &&
         std::isfinite(box.ymax);
}

/// Far beyond what a detector's box may overlap the edge by: Decoder::decode() has the same limit.
bool is_in_pixels(const BoundingBox& box) {
  constexpr float kMost = 2;
  return is_finite(box) && std::max({box.xmin, box.ymin, box.xmax, box.ymax}) > kMost;
}

/// Options of an overlay, and boxes, that a drawing could not follow.
void report_ignored_options(Span<const DetectBox> boxes, const OverlayOptions& options) {
  const auto report = [&](const auto&... parts) {
    report_ignored(options.on_ignored, ErrorCode::kInvalidArgument, parts...);
  };
  if (!std::isfinite(options.opacity)) {
    report("opacity is ", options.opacity, " and paints no mask: expected 0 to 1");
  }
  if (!options.class_names.empty() && !options.labels) {
    report(options.class_names.size(), " class_names are not shown without labels: ask for labels");
  }
  if (!options.tracks.empty() && !options.labels && options.color_mode != ColorMode::kTrack) {
    report("tracks are not shown without labels: ask for labels or for colours by track");
  }
  if (options.letterbox) {
    const BoundingBox& fit = *options.letterbox;
    if (is_in_pixels(fit)) {
      report("letterbox (", fit.xmin, ", ", fit.ymin, ", ", fit.xmax, ", ", fit.ymax,
             ") is in pixels: divide it by the width and height of the model's input");
    } else if (fit.xmax <= fit.xmin || fit.ymax <= fit.ymin) {
      report("letterbox (", fit.xmin, ", ", fit.ymin, ", ", fit.xmax, ", ", fit.ymax,
             ") is empty: expected xmin < xmax and ymin < ymax");
    }
  }
  report_pixel_boxes(boxes, options.on_ignored);
}

bool contains(const BoundingBox& outer, const BoundingBox& inner) {
  constexpr float kSlack = 1e-4F;
  return outer.xmin <= inner.xmin + kSlack && outer.ymin <= inner.ymin + kSlack &&
         outer.xmax >= inner.xmax - kSlack && outer.ymax >= inner.ymax - kSlack;
}

void check_drawable(const ImageLayout& image) {
  const bool format = image.format == PixelFormat::kRgb || image.format == PixelFormat::kRgba ||
                      image.format == PixelFormat::kBgra;
  if (format && image.dtype == DType::kU8) return;
  raise(ErrorCode::kNotSupported, "cannot draw on ", pixel_format_info(image.format).name, " of ",
        dtype_info(image.dtype).name, ": draw on Rgb, Rgba or Bgra of uint8");
}

/// Rounds half away from zero; what is below zero becomes zero.
std::size_t round_position(float value) {
  return value > 0 ? static_cast<std::size_t>(std::round(value)) : 0;
}

/// [left, right) x [top, bottom), none where they cross.
Rect between(std::size_t left, std::size_t top, std::size_t right, std::size_t bottom) {
  if (right <= left || bottom <= top) return {};
  return {left, top, right - left, bottom - top};
}

}  // namespace

std::array<Rect, 4> frame_bars(const BoundingBox& box, std::size_t width, std::size_t height) {
  const auto w = static_cast<float>(width) - 1;
  const auto h = static_cast<float>(height) - 1;
  const std::size_t left = round_position(w * box.xmin - 0.5F);
  const std::size_t right = round_position(w * box.xmax + 0.5F);
  const std::size_t top = round_position(h * box.ymin - 0.5F);
  const std::size_t bottom = round_position(h * box.ymax + 0.5F);
  const auto before = [](std::size_t p) { return p > kFrameWidth ? p - kFrameWidth + 1 : 1; };
  const std::size_t outer_left = before(left), outer_top = before(top);
  const std::size_t outer_right = std::min(right + kFrameWidth, width);
  const std::size_t outer_bottom = std::min(bottom + kFrameWidth, height);
  return {between(outer_left, outer_top, outer_right, std::min(top + 1, height)),
          between(outer_left, bottom, outer_right, outer_bottom),
          between(outer_left, top, std::min(left + 1, width), std::min(bottom, height)),
          between(right, top, outer_right, std::min(bottom, height))};
}

Rect covered_pixels(const BoundingBox& region, std::size_t width, std::size_t height) {
  const auto edge = [](float position, std::size_t total) {
    return std::min(round_position(static_cast<float>(total) * position), total);
  };
  return between(edge(region.xmin, width), edge(region.ymin, height), edge(region.xmax, width),
                 edge(region.ymax, height));
}

void report_pixel_boxes(Span<const DetectBox> boxes, OnIgnored on_ignored) {
  const auto in_pixels = [](const DetectBox& box) { return is_in_pixels(box.box); };
  if (boxes.empty() || !std::all_of(boxes.begin(), boxes.end(), in_pixels)) return;
  const BoundingBox& first = boxes[0].box;
  report_ignored(on_ignored, ErrorCode::kInvalidArgument, "box 0 (", first.xmin, ", ", first.ymin,
                 ", ", first.xmax, ", ", first.ymax,
                 ") is in pixels: divide boxes by the width and height of the model's input");
}

const Palette& default_palette() { return kDefaultPalette; }

std::uint8_t DrawRequest::mask_alpha(std::size_t color) const {
  const std::uint8_t alpha = palette[color][3];
  return opacity == 1 ? alpha : static_cast<std::uint8_t>(std::lround(alpha * opacity));
}

BoundingBox canonical(const BoundingBox& box) {
  return {clamp_unit(std::min(box.xmin, box.xmax)), clamp_unit(std::min(box.ymin, box.ymax)),
          clamp_unit(std::max(box.xmin, box.xmax)), clamp_unit(std::max(box.ymin, box.ymax))};
}

BoundingBox from_letterbox(const BoundingBox& box, const BoundingBox& letterbox) {
  const float width = letterbox.xmax - letterbox.xmin;
  const float height = letterbox.ymax - letterbox.ymin;
  const float x_scale = width > 0 ? width : 1;
  const float y_scale = height > 0 ? height : 1;
  return canonical({(box.xmin - letterbox.xmin) / x_scale, (box.ymin - letterbox.ymin) / y_scale,
                    (box.xmax - letterbox.xmin) / x_scale, (box.ymax - letterbox.ymin) / y_scale});
}

bool touches(const BoundingBox& box, const BoundingBox& letterbox) {
  const auto overlaps = [](float a, float b, float low, float high) {
    const float first = std::min(a, b), last = std::max(a, b);
    const float end = high > low ? high : low + 1;
    const bool is_before = last <= low && first < low;
    const bool is_behind = first >= end && last > end;
    return !is_before && !is_behind;
  };
  return is_finite(box) && overlaps(box.xmin, box.xmax, letterbox.xmin, letterbox.xmax) &&
         overlaps(box.ymin, box.ymax, letterbox.ymin, letterbox.ymax);
}

namespace {

/// Instance masks, or first a map of the whole picture, behind which nothing counts.
void check_masks(const SegmentationList& masks, std::size_t boxes) {
  if (masks[0].channels > 1) return;
  if (masks.size() > boxes) {
    raise(ErrorCode::kInvalidArgument, masks.size(), " masks for ", boxes,
          " boxes: every mask needs its box");
  }
  for (std::size_t i = 0; i < masks.size(); ++i) {
    if (masks[i].channels == 1) continue;
    raise(ErrorCode::kInvalidShape, "mask ", i, " has ", masks[i].channels,
          " channels: the mask of a box has 1");
  }
}

}  // namespace

BoundingBox check_letterbox(const std::optional<BoundingBox>& letterbox) {
  const BoundingBox box = letterbox.value_or(BoundingBox{0, 0, 1, 1});
  if (is_finite(box)) return box;
  raise(ErrorCode::kInvalidArgument, "letterbox (", box.xmin, ", ", box.ymin, ", ", box.xmax, ", ",
        box.ymax, ") is not finite");
}

void DrawRequestBuilder::begin(const Tensor& dst, Span<const DetectBox> boxes,
                               const OverlayOptions& options, const Palette& palette) {
  request_ = DrawRequest{};
  request_.dst = &dst;
  request_.destination = image_layout(dst, "the destination");
  check_drawable(request_.destination);
  if (const Tensor* background = options.background) {
    request_.background = background;
    request_.background_layout = image_layout(*background, "the background");
    const ImageLayout& a = request_.background_layout;
    const ImageLayout& b = request_.destination;
    if (a.format != b.format || a.dtype != b.dtype || a.width != b.width || a.height != b.height) {
      raise(ErrorCode::kInvalidShape, "the background is ", a.width, "x", a.height, " ",
            pixel_format_info(a.format).name, ", the destination ", b.width, "x", b.height, " ",
            pixel_format_info(b.format).name, ": they must match");
    }
    if (dst.aliases(*background)) {
      raise(ErrorCode::kAliasedBuffers, "the background shares memory with the destination");
    }
  }
  if (!options.tracks.empty() && options.tracks.size() != boxes.size()) {
    raise(ErrorCode::kInvalidShape, options.tracks.size(), " tracks for ", boxes.size(),
          " boxes: they must be parallel");
  }
  request_.letterbox = check_letterbox(options.letterbox);
  report_ignored_options(boxes, options);
  request_.palette = palette;
  request_.opacity = clamp_unit(options.opacity);
  boxes_.clear();
  masks_.clear();
  if (options.labels && labels_.size() < boxes.size()) labels_.resize(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (!is_visible(boxes[i])) continue;
    const BoundingBox box = from_letterbox(canonical(boxes[i].box), request_.letterbox);
    if (options.labels) write_label(labels_[boxes_.size()], boxes[i], i, options);
    boxes_.push_back({box, i, color_index(boxes[i], i, options)});
  }
  request_.boxes = boxes_;
  if (options.labels) request_.labels = Span<const std::string>(labels_.data(), boxes_.size());
}

bool DrawRequestBuilder::is_visible(const DetectBox& box) const {
  return std::isfinite(box.score) && touches(box.box, request_.letterbox);
}

namespace {

/// What is drawn of a class name: more bytes than any picture has room for take time alone.
std::string shown_part(const std::string& name) {
  constexpr std::size_t kMostBytes = 256;
  if (name.size() <= kMostBytes) return name;
  std::size_t end = kMostBytes - 3;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  return name.substr(0, end) + "...";
}

}  // namespace

/// "person 0.87", or "person 0.87 #3f2a" for a track.
void DrawRequestBuilder::write_label(std::string& label, const DetectBox& box, std::size_t index,
                                     const OverlayOptions& options) {
  const bool is_named = box.label < options.class_names.size();
  label = is_named ? shown_part(options.class_names[box.label]) : message(box.label);
  label += ' ' + fixed_text(double{box.score}, 2);
  if (const TrackInfo* track = track_of(index, options)) {
    label += " #" + uuid_to_string(track->uuid).substr(0, 4);
  }
}

const DrawRequest& DrawRequestBuilder::decoded(const Tensor& dst, Span<const DetectBox> boxes,
                                               const SegmentationList& masks,
                                               const OverlayOptions& options,
                                               const Palette& palette) {
  begin(dst, boxes, options, palette);
  if (masks.empty()) return request_;
  check_masks(masks, boxes.size());
  if (masks[0].channels > 1) {
    if (masks.size() > 1) {
      report_ignored(options.on_ignored, ErrorCode::kInvalidShape, "only the first of ",
                     masks.size(), " masks is painted, as it has ", masks[0].channels,
                     " channels: give one map of classes, or one mask of 1 channel a box");
    }
    DrawnMask whole{masks[0], 0};
    if (!is_finite(whole.mask.region)) return request_;
    whole.mask.region = from_letterbox(canonical(whole.mask.region), request_.letterbox);
    masks_.push_back(whole);
  } else {
    for (const DrawnBox& box : boxes_) {
      if (box.source >= masks.size()) break;
      DrawnMask drawn{masks[box.source], box.color};
      if (!is_finite(drawn.mask.region)) continue;
      // A region that covers the box in the picture is in the picture's coordinates already:
      // materialize_masks() maps its regions back, decoded ones are still those of the model.
      const BoundingBox region = canonical(drawn.mask.region);
      const bool mapped = contains(region, box.box);
      drawn.mask.region = mapped ? region : from_letterbox(region, request_.letterbox);
      masks_.push_back(drawn);
    }
  }
  request_.masks = masks_;
  return request_;
}

const DrawRequest& DrawRequestBuilder::protos(const Tensor& dst, Span<const DetectBox> boxes,
                                              const ProtoData& protos,
                                              const OverlayOptions& options,
                                              const Palette& palette) {
  begin(dst, boxes, options, palette);
  request_.protos = &protos;
  const std::size_t rows = protos.mask_coefficients.shape()[0];
  for (const DrawnBox& box : boxes_) request_.proto_boxes += box.source < rows ? 1 : 0;
  return request_;
}

}  // namespace edgefirst
