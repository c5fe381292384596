// SPDX-License-Identifier: Apache-2.0
// hal_bytetrack_*, hal_track_info_list_* and hal_uuid_to_string.
#include "edgefirst/tracker.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "edgefirst/detection.hpp"
#include "edgefirst/hal.h"

#include "base/message.hpp"
#include "convert.hpp"
#include "guard.hpp"
#include "handles.hpp"

namespace capi = edgefirst::capi;
using capi::guard;
using capi::require;
using edgefirst::ByteTrack;
using edgefirst::ByteTrackOptions;

namespace {

using edgefirst::TrackState;
static_assert(HAL_TRACK_STATE_TENTATIVE == static_cast<int>(TrackState::kTentative));
static_assert(HAL_TRACK_STATE_CONFIRMED == static_cast<int>(TrackState::kConfirmed));
static_assert(HAL_TRACK_STATE_LOST == static_cast<int>(TrackState::kLost));

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::size_t kUuidTextBytes = 37;

hal_bytetrack* make_tracker(const ByteTrackOptions& options) {
  return new hal_bytetrack{ByteTrack(options), {}};
}

}  // namespace

hal_bytetrack* hal_bytetrack_new(float track_update, float high_thresh, float match_thresh,
                                 int frame_rate, int track_buffer) {
  return guard([&] {
    ByteTrackOptions options;
    options.update = track_update;
    options.high_conf = high_thresh;
    options.iou = match_thresh;
    if (frame_rate > 0) {
      const auto frames = static_cast<std::uint64_t>(std::max(track_buffer, 0));
      options.lifespan_ns = frames * kNanosecondsPerSecond / static_cast<std::uint64_t>(frame_rate);
    }
    return make_tracker(options);
  });
}

hal_bytetrack* hal_bytetrack_new_default(void) {
  return guard([] { return make_tracker({}); });
}

hal_bytetrack_options hal_bytetrack_options_default(void) {
  const ByteTrackOptions defaults;
  hal_bytetrack_options options{};
  options.track_update = defaults.update;
  options.high_thresh = defaults.high_conf;
  options.match_thresh = defaults.iou;
  options.low_thresh = defaults.low_conf;
  options.lifespan_ns = defaults.lifespan_ns;
  options.frame_ns = defaults.frame_ns;
  options.confirm_after = defaults.confirm_after;
  return options;
}

hal_bytetrack* hal_bytetrack_new_with_options(const hal_bytetrack_options* options) {
  return guard([&] {
    require({{"options", options}});
    ByteTrackOptions result;
    result.update = options->track_update;
    result.high_conf = options->high_thresh;
    result.iou = options->match_thresh;
    result.low_conf = options->low_thresh;
    result.lifespan_ns = options->lifespan_ns;
    result.frame_ns = options->frame_ns;
    result.confirm_after = options->confirm_after;
    result.optimal_assignment = options->optimal_assignment;
    result.timed_motion = options->timed_motion;
    result.per_class = options->per_class;
    result.match_tiny = options->match_tiny;
    return make_tracker(result);
  });
}

int hal_bytetrack_snapshot(const hal_bytetrack* tracker, uint8_t* buffer, size_t capacity,
                           size_t* out_size) {
  return guard([&] {
    require({{"tracker", tracker}, {"out_size", out_size}});
    const std::vector<std::uint8_t> bytes = tracker->value.snapshot();
    *out_size = bytes.size();
    if (buffer == nullptr || capacity < bytes.size()) {
      edgefirst::raise(edgefirst::ErrorCode::kInsufficientCapacity, "the snapshot has ",
                       bytes.size(), " bytes, the buffer ", buffer == nullptr ? 0 : capacity);
    }
    std::copy(bytes.begin(), bytes.end(), buffer);
  });
}

hal_bytetrack* hal_bytetrack_restore(const uint8_t* snapshot, size_t size) {
  return guard([&] {
    require({{"snapshot", snapshot}});
    return new hal_bytetrack{ByteTrack::restore({snapshot, size}), {}};
  });
}

hal_track_info_list* hal_bytetrack_update(hal_bytetrack* tracker,
                                          const hal_detect_box_list* detections,
                                          uint64_t timestamp) {
  return guard([&] {
    require({{"tracker", tracker}, {"detections", detections}});
    auto list = std::make_unique<hal_track_info_list>();
    list->tracks.reserve(detections->boxes.size());  // before the tracker moves on
    list->detections.reserve(detections->boxes.size());
    tracker->value.update(detections->boxes, timestamp, tracker->results);
    for (std::size_t i = 0; i < tracker->results.size(); ++i) {
      if (!tracker->results[i]) continue;
      list->tracks.push_back(*tracker->results[i]);
      list->detections.push_back(i);
    }
    return list.release();
  });
}

hal_track_info_list* hal_bytetrack_get_active_tracks(const hal_bytetrack* tracker) {
  return guard([&] {
    require({{"tracker", tracker}});
    auto list = std::make_unique<hal_track_info_list>();
    std::vector<edgefirst::ActiveTrackInfo> tracks;
    tracker->value.active_tracks(tracks);
    for (const auto& track : tracks) {
      list->tracks.push_back(track.info);
      list->states.push_back(track.state);
    }
    return list.release();
  });
}

void hal_bytetrack_free(hal_bytetrack* tracker) { capi::release(tracker); }

size_t hal_track_info_list_len(const hal_track_info_list* list) {
  return list == nullptr ? 0 : list->tracks.size();
}

int hal_track_info_list_get(const hal_track_info_list* list, size_t index,
                            hal_track_info* out_info) {
  return guard([&] {
    require({{"list", list}, {"out_info", out_info}});
    capi::require_index(index, list->tracks.size());
    *out_info = capi::to_c(list->tracks[index]);
  });
}

int hal_track_info_list_get_detection(const hal_track_info_list* list, size_t index,
                                      size_t* out_detection) {
  return guard([&] {
    require({{"list", list}, {"out_detection", out_detection}});
    capi::require_index(index, list->tracks.size());
    *out_detection = list->detections.empty() ? index : list->detections[index];
  });
}

int hal_track_info_list_get_state(const hal_track_info_list* list, size_t index) {
  return guard([&] {
    require({{"list", list}});
    capi::require_index(index, list->tracks.size());
    if (list->states.empty()) return static_cast<int>(HAL_TRACK_STATE_CONFIRMED);
    return static_cast<int>(list->states[index]);
  });
}

void hal_track_info_list_free(hal_track_info_list* list) { capi::release(list); }

int hal_uuid_to_string(const uint8_t (*uuid)[16], char* out_str, size_t out_len) {
  return guard([&] {
    require({{"uuid", uuid}, {"out_str", out_str}});
    if (out_len < kUuidTextBytes) {
      throw capi::BadCall(edgefirst::message("out_len is ", out_len, ", a UUID needs 37 bytes"));
    }
    edgefirst::Uuid bytes;
    std::copy(std::begin(*uuid), std::end(*uuid), bytes.begin());
    std::memcpy(out_str, edgefirst::uuid_to_string(bytes).c_str(), kUuidTextBytes);
  });
}
