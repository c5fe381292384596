// SPDX-License-Identifier: Apache-2.0
// TrackInfo, ActiveTrackInfo and ByteTrack.
#include "tracker.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <tuple>

#include "arguments.hpp"
#include "base/message.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "ndarray.hpp"
#include "text.hpp"

namespace edgefirst::python {
namespace {

/// Every spelling that Python's uuid module reads; ValueError for anything else.
Uuid parse_uuid(const std::string& text) {
  std::string bytes;
  try {
    bytes = py::module_::import("uuid").attr("UUID")(text).attr("bytes").cast<std::string>();
  } catch (const py::error_already_set& error) {
    if (!error.matches(PyExc_ValueError)) throw;
    throw value_error("'", text, "' is no UUID of 32 hexadecimal digits");
  }
  Uuid uuid{};
  std::copy(bytes.begin(), bytes.end(), uuid.begin());
  return uuid;
}

bool same_box(const BoundingBox& a, const BoundingBox& b) {
  return a.xmin == b.xmin && a.ymin == b.ymin && a.xmax == b.xmax && a.ymax == b.ymax;
}

bool same_info(const TrackInfo& a, const TrackInfo& b) {
  return a.uuid == b.uuid && same_box(a.tracked_location, b.tracked_location) &&
         a.count == b.count && a.created == b.created && a.last_updated == b.last_updated;
}

bool same_track(const ActiveTrackInfo& a, const ActiveTrackInfo& b) {
  return same_info(a.info, b.info) && same_box(a.last_box.box, b.last_box.box) &&
         a.last_box.score == b.last_box.score && a.last_box.label == b.last_box.label;
}

/// __eq__ and __ne__ by value; another type is unequal.
template <typename T, typename Same>
void bind_equality(py::class_<T>& type, Same same) {
  const auto equal = [same](const T& self, const py::object& other) {
    return py::isinstance<T>(other) && same(self, other.cast<const T&>());
  };
  type.def("__eq__", equal);
  type.def("__ne__",
           [equal](const T& self, const py::object& other) { return !equal(self, other); });
}

py::list corner_list(const BoundingBox& box) {
  py::list corners;
  for (const float value : {box.xmin, box.ymin, box.xmax, box.ymax}) corners.append(value);
  return corners;
}

std::string describe(const TrackInfo& self) {
  const BoundingBox& box = self.tracked_location;
  return message("TrackInfo { uuid: ", uuid_to_string(self.uuid), ", tracked_location: [",
                 float_text(box.xmin), ", ", float_text(box.ymin), ", ", float_text(box.xmax), ", ",
                 float_text(box.ymax), "], count: ", self.count, ", created: ", self.created,
                 ", last_updated: ", self.last_updated, " }");
}

std::string describe_active(const ActiveTrackInfo& self) {
  const BoundingBox& box = self.last_box.box;
  return message("ActiveTrackInfo { info: ", describe(self.info),
                 ", last_box: DetectBox { bbox: BoundingBox { xmin: ", float_text(box.xmin),
                 ", ymin: ", float_text(box.ymin), ", xmax: ", float_text(box.xmax),
                 ", ymax: ", float_text(box.ymax), " }, score: ", float_text(self.last_box.score),
                 ", label: ", self.last_box.label, " } }");
}

void bind_track_info(py::module_& module) {
  py::class_<TrackInfo> type(module, "TrackInfo", "One track as reported for a frame.");
  type.def(py::init([](const Text& uuid, const CornersArgument& location, Int<std::int32_t> count,
                       Int<std::uint64_t> created, Int<std::uint64_t> last_updated) {
             return TrackInfo{parse_uuid(uuid), to_box(location), count, created, last_updated};
           }),
           py::arg("uuid"), py::arg("tracked_location"), py::arg("count"), py::arg("created"),
           py::arg("last_updated"));
  type.def_property_readonly(
          "uuid", [](const TrackInfo& self) { return uuid_to_string(self.uuid); },
          "36 lower-case characters with hyphens.")
      .def_property_readonly(
          "tracked_location",
          [](const TrackInfo& self) { return corner_list(self.tracked_location); },
          "The filter's box, normalised [xmin, ymin, xmax, ymax].")
      .def_readonly("count", &TrackInfo::count, "Detections matched so far.")
      .def_readonly("created", &TrackInfo::created, "Time of the first detection, ns.")
      .def_readonly("last_updated", &TrackInfo::last_updated, "Time of the last detection, ns.")
      .def("__reduce__",
           [](const py::object& self) {
             return py::make_tuple(py::type::of(self),
                                   py::make_tuple(self.attr("uuid"), self.attr("tracked_location"),
                                                  self.attr("count"), self.attr("created"),
                                                  self.attr("last_updated")));
           })
      .def("__repr__", &describe);
  bind_equality(type, &same_info);
}

const char* state_name(TrackState state) {
  constexpr const char* kNames[] = {"tentative", "confirmed", "lost"};
  return kNames[static_cast<std::size_t>(state)];
}

using ActiveState = std::tuple<TrackInfo, std::array<float, 4>, float, std::size_t, int>;

ActiveState state_of_active(const ActiveTrackInfo& self) {
  const BoundingBox& box = self.last_box.box;
  return {self.info,
          {box.xmin, box.ymin, box.xmax, box.ymax},
          self.last_box.score,
          self.last_box.label,
          static_cast<int>(self.state)};
}

ActiveTrackInfo active_from_state(const ActiveState& state) {
  const auto& [info, corners, score, label, number] = state;
  if (number < 0 || number > static_cast<int>(TrackState::kLost)) {
    throw value_error("there is no track state ", number);
  }
  const BoundingBox box{corners[0], corners[1], corners[2], corners[3]};
  return {info, {box, score, label}, static_cast<TrackState>(number)};
}

void bind_active_track_info(py::module_& module) {
  py::class_<ActiveTrackInfo> type(module, "ActiveTrackInfo",
                                   "A living track with its last raw detection.");
  type.def(py::init([](const TrackInfo& info, const CornersArgument& bbox, float score,
                       Int<std::size_t> label) {
             return ActiveTrackInfo{info, {to_box(bbox), score, label}, TrackState::kConfirmed};
           }),
           py::arg("track_info"), py::arg("bbox"), py::arg("score"), py::arg("label"));
  type.def_property_readonly(
          "info", [](const ActiveTrackInfo& self) { return self.info; }, "The track.")
      .def_property_readonly(
          "last_box",
          [](const ActiveTrackInfo& self) {
            const DetectBox& last = self.last_box;
            return py::make_tuple(corner_list(last.box), last.score, last.label);
          },
          "([xmin, ymin, xmax, ymax], score, label) of the last detection.")
      .def_property_readonly(
          "state", [](const ActiveTrackInfo& self) { return state_name(self.state); },
          "'tentative', 'confirmed' or 'lost' (not matched by the last update).")
      .def(py::pickle(&state_of_active, &active_from_state))
      .def("__repr__", &describe_active);
  bind_equality(type, &same_track);
}

/// A list or tuple of numbers, or an array of exactly this dtype and one axis.
template <typename T>
std::vector<T> column(const py::object& source, const char* name) {
  if (holds_nothing(source)) return {};
  if (py::isinstance<py::array>(source)) {
    require_array(source, py::dtype::of<T>(), 1, name);
  } else if (!is_list_like(source)) {
    throw type_error(name, " must be an array, a list or a tuple, not ", type_name(source));
  }
  return numbers_from<T>(source);
}

/// Unequal lengths are cut to the shortest, further box columns are ignored.
std::vector<DetectBox> detections_from(const py::object& corners, const py::object& scores,
                                       const py::object& labels) {
  const auto boxes = exact_or_empty<float>(corners, 4, "boxes");
  if (boxes.shape(1) < 4) {
    throw value_error("boxes has ", boxes.shape(1), " columns, expected 4");
  }
  const auto score = column<float>(scores, "scores");
  const auto label = column<std::size_t>(labels, "labels");
  const std::size_t rows = static_cast<std::size_t>(boxes.shape(0));
  std::vector<DetectBox> result(std::min({rows, score.size(), label.size()}));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const BoundingBox box{boxes.at(i, 0), boxes.at(i, 1), boxes.at(i, 2), boxes.at(i, 3)};
    result[i] = {box, score[i], label[i]};
  }
  return result;
}

py::bytes snapshot_of(TrackerObject& self) {
  std::vector<std::uint8_t> bytes;
  {
    const ReleaseGil release;
    self.exclusively([&](const ByteTrack& tracker) { bytes = tracker.snapshot(); });
  }
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::unique_ptr<TrackerObject> restore(const Bytes& snapshot) {
  return std::make_unique<TrackerObject>(ByteTrack::restore(snapshot.span()));
}

using ByteTrackClass = py::class_<TrackerObject>;

void bind_byte_track_construction(ByteTrackClass& type) {
  const ByteTrackOptions defaults;
  type.def(py::init([](float high_conf, float iou, float update, Int<std::uint64_t> lifespan_ns,
                       bool optimal_assignment, bool timed_motion, Int<std::uint64_t> frame_ns,
                       bool per_class, float low_conf, Int<std::int32_t> confirm_after,
                       bool match_tiny) {
             ByteTrackOptions options;
             options.high_conf = high_conf;
             options.iou = iou;
             options.update = std::clamp(update, 0.0F, 1.0F);
             options.lifespan_ns = lifespan_ns;
             options.optimal_assignment = optimal_assignment;
             options.timed_motion = timed_motion;
             options.frame_ns = frame_ns;
             options.per_class = per_class;
             options.low_conf = low_conf;
             options.confirm_after = confirm_after;
             options.match_tiny = match_tiny;
             return std::make_unique<TrackerObject>(options);
           }),
           py::arg("high_conf") = defaults.high_conf, py::arg("iou") = defaults.iou,
           py::arg("update") = defaults.update, py::arg("lifespan_ns") = defaults.lifespan_ns,
           py::kw_only(), py::arg("optimal_assignment") = defaults.optimal_assignment,
           py::arg("timed_motion") = defaults.timed_motion, py::arg("frame_ns") = defaults.frame_ns,
           py::arg("per_class") = defaults.per_class, py::arg("low_conf") = defaults.low_conf,
           py::arg("confirm_after") = defaults.confirm_after,
           py::arg("match_tiny") = defaults.match_tiny);
  type.def("snapshot", &snapshot_of, "Options and tracks as bytes, for restore().")
      .def_static("restore", &restore, py::arg("snapshot"),
                  "A tracker that continues where the snapshot was taken.")
      .def(py::pickle(&snapshot_of, [](const py::bytes& state) {
        Bytes bytes;
        bytes.acquire(state);
        return restore(bytes);
      }));
}

void bind_byte_track(py::module_& module) {
  ByteTrackClass type(module, "ByteTrack", "Follows detections over time.");
  bind_byte_track_construction(type);
  type.def(
          "update",
          [](TrackerObject& self, const py::object& boxes, const py::object& scores,
             const py::object& labels, Int<std::uint64_t> timestamp_ns) {
            const std::vector<DetectBox> detections = detections_from(boxes, scores, labels);
            std::vector<std::optional<TrackInfo>> results;
            const ReleaseGil release;
            self.exclusively(
                [&](ByteTrack& tracker) { tracker.update(detections, timestamp_ns, results); });
            return results;
          },
          py::arg("boxes"), py::arg("scores"), py::arg("labels"), py::arg("timestamp_ns"),
          "Advances one frame; one entry per box, None without a track.")
      .def(
          "get_active_tracks",
          [](TrackerObject& self) {
            std::vector<ActiveTrackInfo> tracks;
            const ReleaseGil release;
            self.exclusively([&](const ByteTrack& tracker) { tracker.active_tracks(tracks); });
            return tracks;
          },
          "Every living track, as of after the last update.");
}

}  // namespace

void bind_tracker(py::module_& module) {
  bind_track_info(module);
  bind_active_track_info(module);
  bind_byte_track(module);
}

}  // namespace edgefirst::python
