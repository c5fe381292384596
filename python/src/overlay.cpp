// SPDX-License-Identifier: Apache-2.0
#include "overlay.hpp"

#include <chrono>

#include "arguments.hpp"
#include "base/ignored.hpp"
#include "base/message.hpp"
#include "base/trace.hpp"
#include "decoder.hpp"
#include "enums.hpp"
#include "gil.hpp"
#include "lease.hpp"
#include "ndarray.hpp"
#include "tracker.hpp"

namespace edgefirst::python {
namespace {

using ProcessorClass = py::class_<ImageProcessor>;
using Background = std::optional<Tensor>;
using LetterboxArgument = std::optional<CornersArgument>;

/// What the options point to, alive for the call.
struct Overlay {
  Background background;
  std::vector<TrackInfo> tracks;
  std::vector<std::string> class_names;
  OverlayOptions options;

  Overlay(Background picture, float opacity, const LetterboxArgument& letterbox, ColorMode mode,
          OnIgnored on_ignored)
      : background(std::move(picture)) {
    if (background) options.background = &*background;
    options.opacity = opacity;
    if (letterbox) options.letterbox = to_box(*letterbox);
    options.color_mode = mode;
    options.on_ignored = on_ignored;
  }
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  void set_labels(bool labels, std::vector<std::string> names) {
    class_names = std::move(names);
    options.labels = labels;
    options.class_names = class_names;
  }
  /// None becomes a record that is no track.
  void set_tracks(const std::vector<std::optional<TrackInfo>>& infos) {
    tracks.reserve(infos.size());
    for (const auto& info : infos) tracks.push_back(info.value_or(TrackInfo{}));
    options.tracks = tracks;
  }
};

/// A mask of seg as uint8 of three axes: bool becomes 0 and 255, [h, w] becomes [h, w, 1].
py::array mask_from(const py::object& item, std::size_t index) {
  const bool is_array = py::isinstance<py::array>(item);
  const std::string dtype = is_array ? dtype_text(item.attr("dtype")) : type_name(item);
  const auto rank = is_array ? item.cast<py::array>().ndim() : 0;
  if (dtype != "uint8" && dtype != "bool") {
    throw type_error("seg[", index, "] must be an array of uint8 (0 and 255) or bool, not ", dtype,
                     is_array ? ": pass mask > 0.5" : "");
  }
  if (rank != 2 && rank != 3) {
    throw type_error("seg[", index, "] must be [h, w, channels] or [h, w], got ", rank, " axes");
  }
  py::object mask = item;
  if (dtype == "bool") mask = mask.attr("astype")("uint8").attr("__mul__")(py::int_(255));
  if (rank == 2) mask = mask[py::make_tuple(py::ellipsis(), py::none())];
  return mask.cast<py::array>();
}

/// Mask i covers where it was computed, or box i if it comes from elsewhere; a mask of several
/// channels covers the whole picture.
SegmentationList masks_from(const py::object& seg, const std::vector<DetectBox>& boxes) {
  if (!is_list_like(seg))
    throw type_error("seg must be a sequence of arrays, not ", type_name(seg));
  SegmentationList masks;
  for (const py::object item : seg.cast<py::sequence>()) {
    const py::array array = mask_from(item, masks.size());
    const ArrayView view(array);
    const StridedArray<const void> mask = view.source();
    const std::size_t channels = mask.shape[2];
    if (channels == 1 && masks.size() == boxes.size()) {
      raise(ErrorCode::kInvalidShape, "more masks than the ", boxes.size(), " boxes");
    }
    BoundingBox region{0, 0, 1, 1};
    if (channels == 1) {
      region = region_of(array).value_or(boxes[masks.size()].box);
    }
    copy_contiguous(mask, masks.append(region, mask.shape[0], mask.shape[1], channels));
  }
  return masks;
}

std::uint64_t wall_clock_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

/// What one call of draw_masks works on.
struct Frame {
  const ModelOutputs& outputs;
  Tensor& dst;
  Detections& found;
};

/// Paints prototypes where the model has them, else the decoded masks.
void draw_found(ImageProcessor& self, const Frame& frame, const std::optional<ProtoData>& protos,
                const OverlayOptions& options) {
  Detections& found = frame.found;
  if (protos) {
    self.draw_proto_masks(frame.dst, found.boxes, *protos, options);
    return;
  }
  truncate(found, kDefaultMaxBoxes);
  self.draw_decoded_masks(frame.dst, found.boxes, found.masks, options);
}

void draw_decoded(ImageProcessor& self, const Decoder& decoder, const Frame& frame,
                  const OverlayOptions& options) {
  draw_found(self, frame, decoder.decode_proto(frame.outputs.span(), frame.found), options);
}

/// The tracker of a frame, and the frame's time.
struct Tracking {
  TrackerObject* tracker = nullptr;
  std::uint64_t timestamp = 0;
};

/// The same with boxes of the tracker, which colours and labels can follow.
void draw_tracked(ImageProcessor& self, const Decoder& decoder, const Frame& frame,
                  const Tracking& tracking, OverlayOptions options) {
  std::optional<ProtoData> protos;
  tracking.tracker->exclusively([&](ByteTrack& byte_track) {
    protos = decoder.decode_proto_tracked(frame.outputs.span(), byte_track, tracking.timestamp,
                                          frame.found);
  });
  if (!protos) truncate(frame.found, kDefaultMaxBoxes);
  if (options.color_mode == ColorMode::kTrack) options.tracks = frame.found.tracks;
  draw_found(self, frame, protos, options);
}

py::tuple draw_masks(ImageProcessor& self, const DecoderObject& decoder, const Frame& frame,
                     const Tracking& tracking, const Overlay& overlay) {
  if (frame.outputs.alias(frame.dst)) {  // refused before the tracker advances
    raise(ErrorCode::kAliasedBuffers, "draw_masks: dst is one of the model outputs");
  }
  if (overlay.background && overlay.background->aliases(frame.dst)) {
    raise(ErrorCode::kAliasedBuffers, "draw_masks: background and dst share memory");
  }
  {
    const ReleaseGil release;
    TraceSpan span("python.draw_masks");
    span.field("n_tensors", frame.outputs.span().size())
        .field("tracked", tracking.tracker != nullptr);
    decoder.read([&](const Decoder& core) {
      if (tracking.tracker == nullptr) {
        draw_decoded(self, core, frame, overlay.options);
      } else {
        draw_tracked(self, core, frame, tracking, overlay.options);
      }
    });
  }
  py::tuple boxes = arrays_from(frame.found.boxes);
  if (tracking.tracker == nullptr) return boxes;
  return py::make_tuple(boxes[0], boxes[1], boxes[2], py::cast(frame.found.tracks));
}

py::list materialize_masks(ImageProcessor& self, const std::vector<DetectBox>& boxes,
                           const ProtoData& protos, const std::optional<BoundingBox>& letterbox,
                           const MaskResolution& resolution) {
  SegmentationList masks;
  {
    const ReleaseGil release;
    const TraceSpan span("python.materialize_masks");
    self.materialize_masks(boxes, protos, letterbox, resolution, masks);
  }
  return views_of(std::move(masks));
}

/// A MaskResolution as Python builds it: Scaled may hold zeros, which fail when used.
struct ResolutionObject {
  bool scaled = false;
  std::size_t width = 0;
  std::size_t height = 0;

  MaskResolution core() const {
    if (!scaled) return MaskResolution::proto();
    if (width == 0 || height == 0) {
      raise(ErrorCode::kInvalidArgument, "MaskResolution.Scaled(width=", width, ", height=", height,
            ") has no pixels");
    }
    return MaskResolution::scaled(width, height);
  }
};

void bind_mask_resolution(py::module_& module) {
  const py::object class_method = py::module_::import("builtins").attr("classmethod");
  py::class_<ResolutionObject> type(module, "MaskResolution", "Size of materialised masks.");
  const auto scaled = [](const py::object&, Int<std::size_t> width, Int<std::size_t> height) {
    return ResolutionObject{true, width, height};
  };
  type.attr("Proto") =
      class_method(py::cpp_function([](const py::object&) { return ResolutionObject{}; },
                                    py::name("Proto"), "Crops of the prototype grid."));
  type.attr("Scaled") =
      class_method(py::cpp_function(scaled, py::name("Scaled"), py::arg("cls"), py::arg("width"),
                                    py::arg("height"), "Tiles of a picture of width x height."));
  using State = std::tuple<bool, std::size_t, std::size_t>;
  type.def(py::pickle(
      [](const ResolutionObject& self) { return State(self.scaled, self.width, self.height); },
      [](const State& state) {
        const auto [scaled, width, height] = state;
        return ResolutionObject{scaled, width, height};
      }));
  type.def("__repr__", [](const ResolutionObject& self) -> std::string {
    if (!self.scaled) return "MaskResolution.Proto()";
    return message("MaskResolution.Scaled(width=", self.width, ", height=", self.height, ")");
  });
}

void bind_draw_decoded_masks(ProcessorClass& type) {
  type.def(
      "draw_decoded_masks",
      [](ImageProcessor& self, Tensor dst, const py::object& bbox, const py::object& scores,
         const py::object& classes, const py::object& seg, Background background, float opacity,
         const LetterboxArgument& letterbox, ColorMode color_mode, bool labels,
         ClassNames class_names, const std::vector<std::optional<TrackInfo>>& tracks) {
        const std::vector<DetectBox> boxes = boxes_from(bbox, scores, classes);
        const SegmentationList masks = masks_from(seg, boxes);
        Overlay overlay(std::move(background), opacity, letterbox, color_mode, OnIgnored::kWarn);
        overlay.set_labels(labels, std::move(class_names.names));
        overlay.set_tracks(tracks);
        const ReleaseGil release;
        self.draw_decoded_masks(dst, boxes, masks, overlay.options);
      },
      py::arg("dst"), py::arg("bbox"), py::arg("scores"), py::arg("classes"),
      py::arg("seg") = py::tuple(), py::arg("background") = py::none(),
      py::arg("opacity") = OverlayOptions().opacity, py::arg("letterbox") = py::none(),
      py::arg("color_mode") = OverlayOptions().color_mode, py::arg("labels").noconvert() = false,
      py::arg("class_names") = py::tuple(), py::arg("tracks") = py::tuple(),
      "Rewrites dst: background or zeros, boxes, masks, labels.");
}

void bind_draw_proto_masks(ProcessorClass& type) {
  type.def(
      "draw_proto_masks",
      [](ImageProcessor& self, Tensor dst, const py::object& bbox, const py::object& scores,
         const py::object& classes, const ProtoObject& proto_data, Background background,
         float opacity, const LetterboxArgument& letterbox, ColorMode color_mode, bool labels,
         ClassNames class_names, const std::vector<std::optional<TrackInfo>>& tracks) {
        const std::vector<DetectBox> boxes = boxes_from(bbox, scores, classes);
        const ProtoData protos = proto_data.data();
        Overlay overlay(std::move(background), opacity, letterbox, color_mode, OnIgnored::kRefuse);
        overlay.set_labels(labels, std::move(class_names.names));
        overlay.set_tracks(tracks);
        const ReleaseGil release;
        self.draw_proto_masks(dst, boxes, protos, overlay.options);
      },
      py::arg("dst"), py::arg("bbox"), py::arg("scores"), py::arg("classes"), py::arg("proto_data"),
      py::arg("background") = py::none(), py::arg("opacity") = OverlayOptions().opacity,
      py::arg("letterbox") = py::none(), py::arg("color_mode") = OverlayOptions().color_mode,
      py::arg("labels").noconvert() = false, py::arg("class_names") = py::tuple(),
      py::arg("tracks") = py::tuple(),
      "Rewrites dst: background or zeros, boxes, masks made of prototypes, labels.");
}

void bind_draw_masks(ProcessorClass& type) {
  type.def(
      "draw_masks",
      [](ImageProcessor& self, const DecoderObject& decoder, const py::object& model_output,
         Tensor dst, TrackerObject* tracker, std::optional<Int<std::uint64_t>> timestamp,
         Background background, float opacity, const LetterboxArgument& letterbox,
         ColorMode color_mode) {
        const Overlay overlay(std::move(background), opacity, letterbox, color_mode,
                              OnIgnored::kWarn);
        if (timestamp && tracker == nullptr) {
          warn_ignored("draw_masks: timestamp has no effect without tracker");
        }
        const ModelOutputs outputs(model_output);
        const Lease<Detections> found;
        const std::uint64_t now = timestamp ? timestamp->value : wall_clock_ns();
        return draw_masks(self, decoder, {outputs, dst, *found}, {tracker, now}, overlay);
      },
      py::arg("decoder"), py::arg("model_output"), py::arg("dst"), py::arg("tracker") = py::none(),
      py::arg("timestamp") = py::none(), py::arg("background") = py::none(),
      py::arg("opacity") = OverlayOptions().opacity, py::arg("letterbox") = py::none(),
      py::arg("color_mode") = OverlayOptions().color_mode,
      "Decodes and draws; (boxes, scores, classes), with a tracker also tracks.");
}

void bind_masks(ProcessorClass& type) {
  type.def(
      "materialize_masks",
      [](ImageProcessor& self, const py::object& bbox, const py::object& scores,
         const py::object& classes, const ProtoObject& proto_data,
         const LetterboxArgument& letterbox, const std::optional<ResolutionObject>& resolution) {
        std::optional<BoundingBox> content;
        if (letterbox) content = to_box(*letterbox);
        const MaskResolution size = resolution ? resolution->core() : MaskResolution::proto();
        return materialize_masks(self, boxes_from(bbox, scores, classes), proto_data.data(),
                                 content, size);
      },
      py::arg("bbox"), py::arg("scores"), py::arg("classes"), py::arg("proto_data"),
      py::arg("letterbox") = py::none(), py::arg("resolution") = py::none(),
      "One uint8 [h, w, 1] array of 0 and 255 per box.");
  type.def(
      "set_class_colors",
      [](ImageProcessor& self, const std::vector<ColorArgument>& colors) {
        std::vector<Color> palette;
        for (const ColorArgument& color : colors) palette.push_back(color.values);
        const ReleaseGil release;
        self.set_class_colors(palette);
      },
      py::arg("colors"), "Replaces the first colours of the palette of 20.");
}

}  // namespace

void bind_overlay(py::module_& module, ProcessorClass& type) {
  bind_mask_resolution(module);
  bind_draw_decoded_masks(type);
  bind_draw_proto_masks(type);
  bind_draw_masks(type);
  bind_masks(type);
}

}  // namespace edgefirst::python
