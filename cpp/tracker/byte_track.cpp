// SPDX-License-Identifier: Apache-2.0
// ByteTrack: the life cycle of tracks around filter and association.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "edgefirst/tracker.hpp"

#include "base/trace.hpp"
#include "tracker/association.hpp"
#include "tracker/kalman.hpp"

namespace edgefirst {
namespace {

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

struct Track {
  Uuid uuid;
  tracking::KalmanFilter filter;
  DetectBox last_box;
  std::int32_t count;
  std::uint64_t created;
  std::uint64_t last_updated;

  TrackInfo info() const {
    return {uuid, tracking::box_of(filter.observation()), count, created, last_updated};
  }
};

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
  UuidSource uuids;
  std::vector<Track> tracks;
  tracking::Association association;
  std::vector<std::uint8_t> usable;
  std::vector<BoundingBox> predicted;

  void predict();
  void correct(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
               std::vector<std::optional<TrackInfo>>& results);
  void expire(std::uint64_t timestamp_ns);
  void begin_tracks(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
                    std::vector<std::optional<TrackInfo>>& results);
};

void ByteTrack::Impl::predict() {
  TraceSpan span("tracker.update.predict");
  predicted.clear();
  for (Track& track : tracks) {
    track.filter.predict();
    predicted.push_back(tracking::box_of(track.filter.position()));
  }
}

void ByteTrack::Impl::correct(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
                              std::vector<std::optional<TrackInfo>>& results) {
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (association.track_of(i) == tracking::Association::kNone) continue;
    Track& track = tracks[static_cast<std::size_t>(association.track_of(i))];
    track.last_updated = timestamp_ns;
    results[i] = track.info();  // as predicted, counted before this detection
    if (track.count != std::numeric_limits<std::int32_t>::max()) ++track.count;
    track.filter.correct(tracking::measurement_of(boxes[i].box), options.update);
    track.last_box = boxes[i];
  }
}

void ByteTrack::Impl::expire(std::uint64_t timestamp_ns) {
  for (std::size_t i = tracks.size(); i-- > 0;) {
    const std::uint64_t seen = tracks[i].last_updated;
    if (timestamp_ns <= seen || timestamp_ns - seen <= options.lifespan_ns) continue;
    if (i + 1 != tracks.size()) tracks[i] = tracks.back();
    tracks.pop_back();
  }
}

void ByteTrack::Impl::begin_tracks(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
                                   std::vector<std::optional<TrackInfo>>& results) {
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (results[i] || usable[i] == 0 || !(boxes[i].score >= options.high_conf)) continue;
    const tracking::KalmanFilter filter(tracking::measurement_of(boxes[i].box));
    tracks.push_back({uuids.next(), filter, boxes[i], 1, timestamp_ns, timestamp_ns});
    results[i] = tracks.back().info();
  }
}

ByteTrack::ByteTrack(const ByteTrackOptions& options) : impl_(std::make_unique<Impl>()) {
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
  span.field("n_detections", boxes.size()).field("n_tracklets", impl.tracks.size());
  span.field("timestamp", timestamp_ns);
  results.assign(boxes.size(), std::nullopt);
  impl.usable.resize(boxes.size());
  std::transform(boxes.begin(), boxes.end(), impl.usable.begin(), is_usable);
  if (!impl.tracks.empty()) {
    impl.predict();
    impl.association.begin(boxes, impl.usable, impl.predicted, impl.options.iou);
    const bool whole_frame = !impl.options.optimal_assignment &&
                             std::max(boxes.size(), impl.tracks.size()) <= kLargestWholeFrame;
    {
      TraceSpan stage("tracker.update.match_high_conf");
      impl.association.match(impl.options.high_conf, whole_frame);
    }
    {
      TraceSpan stage("tracker.update.match_low_conf");
      impl.association.match(0.0F, whole_frame);
    }
    impl.correct(boxes, timestamp_ns, results);
  }
  impl.expire(timestamp_ns);
  impl.begin_tracks(boxes, timestamp_ns, results);
}

void ByteTrack::active_tracks(std::vector<ActiveTrackInfo>& tracks) const {
  tracks.clear();
  for (const Track& track : impl_->tracks) tracks.push_back({track.info(), track.last_box});
}

}  // namespace edgefirst
