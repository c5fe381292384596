// SPDX-License-Identifier: Apache-2.0
// ByteTrack: the life cycle of tracks around filter and association.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "edgefirst/tracker.hpp"

#include "base/log.hpp"
#include "base/message.hpp"
#include "base/trace.hpp"
#include "tracker/association.hpp"
#include "tracker/snapshot.hpp"
#include "tracker/track.hpp"

namespace edgefirst {
namespace {

using tracking::Motion;
using tracking::Track;

/// What EdgeFirst HAL 0.24 has too is taken as it comes, as there, but for what spoils every track.
void check_options(const ByteTrackOptions& options) {
  if (options.timed_motion && options.frame_ns == 0) {
    raise(ErrorCode::kInvalidArgument, "frame_ns is 0: timed motion needs the length of a step");
  }
  if (options.confirm_after < 1) {
    raise(ErrorCode::kInvalidArgument, "confirm_after ", options.confirm_after,
          " is below 1: a track has at least one detection");
  }
  if (std::isnan(options.update)) raise(ErrorCode::kInvalidArgument, "update is NaN");
  if (std::isnan(options.low_conf)) raise(ErrorCode::kInvalidArgument, "low_conf is NaN");
}

/// Random identifiers; seeded from the operating system once.
class UuidSource {
 public:
  UuidSource() {
    std::random_device device;
    std::array<std::uint32_t, 8> entropy{};
    for (std::uint32_t& word : entropy) word = device();
    std::seed_seq seed(entropy.begin(), entropy.end());
    engine_.seed(seed);
  }

  /// RFC 9562 section 5.4: 122 random bits, version 4, variant 10.
  Uuid next() {
    const std::array<std::uint64_t, 2> words{engine_(), engine_()};
    Uuid uuid{};
    std::memcpy(uuid.data(), words.data(), uuid.size());
    uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0FU) | 0x40U);
    uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3FU) | 0x80U);
    return uuid;
  }

 private:
  std::mt19937_64 engine_;
};

/// A dense problem over more boxes or tracks would take too long; see optimal_assignment.
constexpr std::size_t kLargestWholeFrame = 1024;

/// A box that cannot carry NaN or infinity into a filter: its measurement and the squares of its
/// height are finite.
bool is_usable(const DetectBox& detection) {
  constexpr float kLargest = 1e9F;
  if (!std::isfinite(detection.score)) return false;
  for (const float edge :
       {detection.box.xmin, detection.box.ymin, detection.box.xmax, detection.box.ymax}) {
    if (!(std::fabs(edge) <= kLargest)) return false;
  }
  return true;
}

}  // namespace

struct ByteTrack::Impl {
  ByteTrackOptions options;
  tracking::TrackerState state;
  tracking::TrackerState before;  // the present update
  Motion motion;                  // of the present update
  UuidSource uuids;
  tracking::Association association;
  std::vector<std::uint8_t> usable;   // by box
  std::vector<std::uint8_t> matched;  // by box
  std::vector<BoundingBox> predicted;
  std::vector<std::size_t> labels;  // by track

  void update(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
              std::vector<std::optional<TrackInfo>>& results);
  void begin(std::uint64_t timestamp_ns);
  void predict();
  void associate(Span<const DetectBox> boxes);
  void correct(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
               std::vector<std::optional<TrackInfo>>& results);
  template <typename Ends>
  void end_tracks(Ends ends);
  void expire(std::uint64_t timestamp_ns);
  void begin_tracks(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
                    std::vector<std::optional<TrackInfo>>& results);
};

void ByteTrack::Impl::update(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
                             std::vector<std::optional<TrackInfo>>& results) {
  results.assign(boxes.size(), std::nullopt);
  matched.assign(boxes.size(), 0);
  usable.resize(boxes.size());
  std::transform(boxes.begin(), boxes.end(), usable.begin(), is_usable);
  begin(timestamp_ns);
  expire(timestamp_ns);
  if (!state.tracks.empty()) {
    predict();
    if (!boxes.empty()) {
      associate(boxes);
      correct(boxes, timestamp_ns, results);
    }
  }
  end_tracks([&](const Track& track) {
    const bool is_refuted = !track.is_confirmed && !track.is_seen;
    return is_refuted || !track.is_finite(motion);
  });
  begin_tracks(boxes, timestamp_ns, results);
}

/// Settles how far this update moves the tracks.
void ByteTrack::Impl::begin(std::uint64_t timestamp_ns) {
  if (options.timed_motion) {
    const bool advances = state.has_started && timestamp_ns > state.timestamp_ns;
    const double elapsed = advances ? static_cast<double>(timestamp_ns - state.timestamp_ns) : 0.0;
    const auto frame = static_cast<double>(std::max<std::uint64_t>(options.frame_ns, 1));
    const auto steps = static_cast<float>(elapsed / frame);
    motion = {steps, steps, 0.0F};
  }
  state.timestamp_ns = timestamp_ns;
  state.has_started = true;
}

/// A track whose filter left the finite numbers ends.
void ByteTrack::Impl::predict() {
  TraceSpan span("tracker.update.predict");
  predicted.clear();
  labels.clear();
  std::vector<Track>& tracks = state.tracks;
  const auto is_lost = [&](Track& track) {
    track.filter.predict(motion);
    track.is_seen = false;
    if (!track.is_finite(motion)) return true;
    predicted.push_back(tracking::box_of(track.filter.position()));
    if (options.per_class) labels.push_back(track.last_box.label);
    return false;
  };
  tracks.erase(std::remove_if(tracks.begin(), tracks.end(), is_lost), tracks.end());
}

void ByteTrack::Impl::associate(Span<const DetectBox> boxes) {
  tracking::Gate gate;
  gate.least_overlap = options.iou;
  if (options.match_tiny) gate.least_union = 0.0F;
  gate.track_labels = labels;
  association.begin(boxes, usable, predicted, gate);
  const bool whole_frame = !options.optimal_assignment &&
                           std::max(boxes.size(), state.tracks.size()) <= kLargestWholeFrame;
  {
    TraceSpan stage("tracker.update.match_high_conf");
    association.match(options.high_conf, whole_frame);
  }
  {
    TraceSpan stage("tracker.update.match_low_conf");
    association.match(options.low_conf, whole_frame);
  }
}

void ByteTrack::Impl::correct(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
                              std::vector<std::optional<TrackInfo>>& results) {
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (association.track_of(i) == tracking::Association::kNone) continue;
    matched[i] = 1;
    Track& track = state.tracks[static_cast<std::size_t>(association.track_of(i))];
    track.last_updated = timestamp_ns;
    const TrackInfo info = track.info(motion);  // as predicted, counted before this detection
    if (track.count != std::numeric_limits<std::int32_t>::max()) ++track.count;
    track.filter.correct(tracking::measurement_of(boxes[i].box), options.update, motion);
    track.last_box = boxes[i];
    track.is_seen = true;
    track.is_confirmed = track.is_confirmed || track.count >= options.confirm_after;
    if (track.is_confirmed) results[i] = info;
  }
}

/// The last track fills the hole of one that ends, as in 0.24.
template <typename Ends>
void ByteTrack::Impl::end_tracks(Ends ends) {
  std::vector<Track>& tracks = state.tracks;
  for (std::size_t i = tracks.size(); i-- > 0;) {
    if (!ends(tracks[i])) continue;
    if (i + 1 != tracks.size()) tracks[i] = tracks.back();
    tracks.pop_back();
  }
}

/// Before anything is matched, so that no box continues a track after its lifespan. Where the clock
/// went back, tracks count as seen now: else they would live until it has caught up.
void ByteTrack::Impl::expire(std::uint64_t timestamp_ns) {
  for (Track& track : state.tracks) {
    track.last_updated = std::min(track.last_updated, timestamp_ns);
  }
  end_tracks(
      [&](const Track& track) { return timestamp_ns - track.last_updated > options.lifespan_ns; });
}

void ByteTrack::Impl::begin_tracks(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
                                   std::vector<std::optional<TrackInfo>>& results) {
  const bool is_confirmed = options.confirm_after <= 1;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (matched[i] != 0 || usable[i] == 0 || !(boxes[i].score >= options.high_conf)) continue;
    const tracking::KalmanFilter filter(tracking::measurement_of(boxes[i].box));
    state.tracks.push_back(
        {uuids.next(), filter, boxes[i], 1, timestamp_ns, timestamp_ns, is_confirmed, true});
    if (is_confirmed) results[i] = state.tracks.back().info(motion);
  }
}

ByteTrack::ByteTrack(const ByteTrackOptions& options) : impl_(std::make_unique<Impl>()) {
  check_options(options);
  impl_->options = options;
}

ByteTrack::~ByteTrack() = default;
ByteTrack::ByteTrack(ByteTrack&&) noexcept = default;
ByteTrack& ByteTrack::operator=(ByteTrack&&) noexcept = default;

const ByteTrackOptions& ByteTrack::options() const { return impl_->options; }

void ByteTrack::update(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
                       std::vector<std::optional<TrackInfo>>& results) {
  Impl& impl = *impl_;
  TraceSpan span("tracker.update");
  span.field("n_detections", boxes.size()).field("n_tracklets", impl.state.tracks.size());
  span.field("timestamp", timestamp_ns);
  impl.before = impl.state;
  const Motion motion = impl.motion;
  try {
    impl.update(boxes, timestamp_ns, results);
  } catch (...) {  // no memory: the frame may be tried again
    std::swap(impl.state, impl.before);
    impl.motion = motion;
    throw;
  }
  log(LogLevel::kTrace, "edgefirst_tracker", boxes.size(), " detections, ",
      impl.state.tracks.size(), " tracks");
}

void ByteTrack::active_tracks(std::vector<ActiveTrackInfo>& tracks) const {
  tracks.clear();
  for (const Track& track : impl_->state.tracks) {
    tracks.push_back({track.info(impl_->motion), track.last_box, track.state()});
  }
}

std::vector<std::uint8_t> ByteTrack::snapshot() const {
  return tracking::write_snapshot(impl_->options, impl_->state);
}

ByteTrack ByteTrack::restore(Span<const std::uint8_t> bytes) {
  auto [options, state] = tracking::read_snapshot(bytes);
  try {
    check_options(options);
  } catch (const Error& error) {
    raise(ErrorCode::kInvalidData, "not a snapshot of a tracker: ", error.what());
  }
  ByteTrack tracker(options);
  if (options.timed_motion) tracker.impl_->motion.lead = 0.0F;
  for (const Track& track : state.tracks) {
    if (track.is_finite(tracker.impl_->motion)) continue;
    raise(ErrorCode::kInvalidData, "not a snapshot of a tracker: a track whose box is not finite");
  }
  tracker.impl_->state = std::move(state);
  return tracker;
}

}  // namespace edgefirst
