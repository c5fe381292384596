// SPDX-License-Identifier: Apache-2.0
// The drawing half of hal_image_processor_*. draw_masks and draw_masks_tracked join two calls of
// the core, which keeps decoder and image apart.
#include <memory>

#include "edgefirst/decoder.hpp"
#include "edgefirst/hal.h"
#include "edgefirst/image.hpp"

#include "base/message.hpp"
#include "convert.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "outputs.hpp"

namespace capi = edgefirst::capi;
using capi::ErrnoRule;
using capi::guard;
using capi::require;
using edgefirst::DetectBox;
using edgefirst::ErrorCode;
using edgefirst::OverlayOptions;
using edgefirst::SegmentationList;
using edgefirst::Span;
using edgefirst::TrackInfo;

namespace {

constexpr auto kDrawErrors = ErrnoRule::all(EIO, ErrorCode::kAliasedBuffers);
constexpr auto kMaskErrors =
    ErrnoRule::all(EIO, ErrorCode::kNoBackend, ErrorCode::kBackendUnavailable);

/// Refuses shared memory here, before a decode or a tracker has run.
OverlayOptions overlay_options(const hal_tensor& dst, const hal_tensor* background, float opacity,
                               const float* letterbox, hal_color_mode color_mode) {
  if (background != nullptr && dst.value.aliases(background->value)) {
    edgefirst::raise(ErrorCode::kAliasedBuffers, "background and dst share memory: copy one");
  }
  OverlayOptions options;
  options.background = background == nullptr ? nullptr : &background->value;
  options.opacity = opacity;
  options.letterbox = capi::letterbox_to_core(letterbox);
  options.color_mode = capi::to_core(color_mode);
  options.on_ignored = edgefirst::OnIgnored::kWarn;
  return options;
}

Span<const DetectBox> boxes_of(const hal_detect_box_list* list) {
  return list == nullptr ? Span<const DetectBox>() : Span<const DetectBox>(list->boxes);
}

const SegmentationList& masks_of(const hal_segmentation_list* list) {
  static const SegmentationList kNone;
  return list == nullptr ? kNone : list->masks;
}

/// Cheap: tensors share their storage.
edgefirst::ProtoData protos_of(const hal_proto_data& proto) {
  if (!proto.mask_coefficients || !proto.protos) {
    edgefirst::raise(ErrorCode::kInvalidArgument, "the tensors of proto were taken out");
  }
  return {*proto.mask_coefficients, *proto.protos, proto.layout};
}

/// Straight from the prototypes where the model has them.
void draw_found(hal_image_processor& processor, hal_tensor& dst, const edgefirst::Detections& found,
                const std::optional<edgefirst::ProtoData>& protos, const OverlayOptions& options) {
  if (protos) {
    processor.value.draw_proto_masks(dst.value, found.boxes, *protos, options);
  } else {
    processor.value.draw_decoded_masks(dst.value, found.boxes, found.masks, options);
  }
}

std::vector<std::string> names_of(const hal_overlay& overlay) {
  std::vector<std::string> names(overlay.class_names == nullptr ? 0 : overlay.num_class_names);
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = capi::optional_text(overlay.class_names[i]);
  }
  return names;
}

/// One record for each box. A list that hal_bytetrack_update() made has records for tracked boxes
/// alone, and tells for each record which box it belongs to.
std::vector<TrackInfo> tracks_of(const hal_overlay& overlay) {
  if (overlay.tracks == nullptr) return {};
  const hal_track_info_list& list = *overlay.tracks;
  const std::size_t boxes = boxes_of(overlay.detections).size();
  if (list.tracks.size() == boxes || list.detections.empty()) return list.tracks;
  std::vector<TrackInfo> tracks(boxes);
  for (std::size_t i = 0; i < list.tracks.size(); ++i) {
    if (list.detections[i] >= boxes) {
      edgefirst::raise(ErrorCode::kInvalidShape, "record ", i, " of tracks belongs to detection ",
                       list.detections[i], ", but there are ", boxes,
                       " detections: give those that the tracker was updated with");
    }
    tracks[list.detections[i]] = list.tracks[i];
  }
  return tracks;
}

}  // namespace

int hal_image_processor_draw_decoded_masks(hal_image_processor* processor, hal_tensor* dst,
                                           const hal_detect_box_list* detections,
                                           const hal_segmentation_list* segmentations,
                                           const hal_tensor* background, float opacity,
                                           const float* letterbox, hal_color_mode color_mode) {
  return guard(kDrawErrors, [&] {
    require({{"processor", processor}, {"dst", dst}});
    processor->value.draw_decoded_masks(
        dst->value, boxes_of(detections), masks_of(segmentations),
        overlay_options(*dst, background, opacity, letterbox, color_mode));
  });
}

hal_segmentation_list* hal_image_processor_materialize_masks(hal_image_processor* processor,
                                                             const hal_detect_box_list* detections,
                                                             const hal_proto_data* proto,
                                                             const float* letterbox) {
  return guard(kMaskErrors, [&] {
    require({{"processor", processor}, {"detections", detections}, {"proto", proto}});
    auto list = std::make_unique<hal_segmentation_list>();
    processor->value.materialize_masks(detections->boxes, protos_of(*proto),
                                       capi::letterbox_to_core(letterbox),
                                       edgefirst::MaskResolution::proto(), list->masks);
    return list.release();
  });
}

int hal_image_processor_draw_masks(hal_image_processor* processor, const hal_decoder* decoder,
                                   const hal_tensor* const* outputs, size_t num_outputs,
                                   hal_tensor* dst, const hal_tensor* background, float opacity,
                                   const float* letterbox, hal_color_mode color_mode,
                                   hal_detect_box_list** out_boxes) {
  return guard(kDrawErrors, [&] {
    require(
        {{"processor", processor}, {"decoder", decoder}, {"dst", dst}, {"out_boxes", out_boxes}});
    const capi::Outputs tensors(outputs, num_outputs);
    const OverlayOptions options =
        overlay_options(*dst, background, opacity, letterbox, color_mode);
    auto list = std::make_unique<hal_detect_box_list>();
    edgefirst::Detections found;
    const auto protos = decoder->value.decode_proto(tensors, found);
    draw_found(*processor, *dst, found, protos, options);
    list->boxes = std::move(found.boxes);
    *out_boxes = list.release();
  });
}

int hal_image_processor_draw_proto_masks(hal_image_processor* processor, hal_tensor* dst,
                                         const hal_detect_box_list* detections,
                                         const hal_proto_data* proto, const hal_tensor* background,
                                         float opacity, const float* letterbox,
                                         hal_color_mode color_mode) {
  return guard(kDrawErrors, [&] {
    require({{"processor", processor}, {"dst", dst}, {"detections", detections}, {"proto", proto}});
    processor->value.draw_proto_masks(
        dst->value, detections->boxes, protos_of(*proto),
        overlay_options(*dst, background, opacity, letterbox, color_mode));
  });
}

int hal_image_processor_draw_masks_tracked(
    hal_image_processor* processor, const hal_decoder* decoder, hal_bytetrack* tracker,
    uint64_t timestamp, const hal_tensor* const* outputs, size_t num_outputs, hal_tensor* dst,
    const hal_tensor* background, float opacity, const float* letterbox, hal_color_mode color_mode,
    hal_detect_box_list** out_boxes, hal_track_info_list** out_tracks) {
  return guard(kDrawErrors, [&] {
    require({{"processor", processor},
             {"decoder", decoder},
             {"tracker", tracker},
             {"dst", dst},
             {"out_boxes", out_boxes}});
    const capi::Outputs tensors(outputs, num_outputs);
    OverlayOptions options = overlay_options(*dst, background, opacity, letterbox, color_mode);
    auto boxes = std::make_unique<hal_detect_box_list>();
    auto tracks = std::make_unique<hal_track_info_list>();
    edgefirst::Detections found;
    const auto protos =
        decoder->value.decode_proto_tracked(tensors, tracker->value, timestamp, found);
    if (options.color_mode == edgefirst::ColorMode::kTrack) options.tracks = found.tracks;
    draw_found(*processor, *dst, found, protos, options);
    boxes->boxes = std::move(found.boxes);
    tracks->tracks = std::move(found.tracks);
    *out_boxes = boxes.release();
    if (out_tracks != nullptr) *out_tracks = tracks.release();
  });
}

hal_overlay hal_overlay_new(void) {
  hal_overlay overlay{};
  overlay.opacity = OverlayOptions().opacity;
  return overlay;
}

int hal_image_processor_draw_overlay(hal_image_processor* processor, hal_tensor* dst,
                                     const hal_overlay* overlay) {
  return guard(kDrawErrors, [&] {
    require({{"processor", processor}, {"dst", dst}, {"overlay", overlay}});
    const std::vector<std::string> names = names_of(*overlay);
    const std::vector<TrackInfo> tracks = tracks_of(*overlay);
    OverlayOptions options = overlay_options(*dst, overlay->background, overlay->opacity,
                                             overlay->letterbox, overlay->color_mode);
    options.tracks = tracks;
    options.labels = overlay->labels;
    options.class_names = names;
    options.on_ignored = edgefirst::OnIgnored::kRefuse;
    processor->value.draw_decoded_masks(dst->value, boxes_of(overlay->detections),
                                        masks_of(overlay->segmentations), options);
  });
}
