// SPDX-License-Identifier: Apache-2.0
// The format: "EFTR", a version, then every member in order, little-endian, floats as their bits.
#include "tracker/snapshot.hpp"

#include <cmath>
#include <cstring>

#include "base/message.hpp"

namespace edgefirst::tracking {
namespace {

constexpr std::uint32_t kMagic = 0x52544645;  // "EFTR"
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kTrackBytes = 16 + 4 * 6 * 4 + 5 * 4 + 8 + 4 + 8 + 8 + 1 + 1;

class Writer {
 public:
  void put(std::uint8_t value) { bytes_.push_back(value); }
  void put(bool value) { put(static_cast<std::uint8_t>(value)); }
  void put(std::uint32_t value) { put_little_endian(value, 4); }
  void put(std::int32_t value) { put_little_endian(static_cast<std::uint32_t>(value), 4); }
  void put(std::uint64_t value) { put_little_endian(value, 8); }
  void put(float value) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    put(bits);
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  void put_little_endian(std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) put(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  std::vector<std::uint8_t> bytes_;
};

[[noreturn]] void refuse(const char* reason) {
  raise(ErrorCode::kInvalidData, "not a snapshot of a tracker: ", reason);
}

class Reader {
 public:
  explicit Reader(Span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::size_t left() const { return bytes_.size() - at_; }
  void get(std::uint8_t& value) {
    if (left() == 0) refuse("it ends early");
    value = bytes_[at_++];
  }
  void get(bool& value) {
    std::uint8_t byte = 0;
    get(byte);
    if (byte > 1) refuse("a flag that is neither 0 nor 1");
    value = byte == 1;
  }
  void get(std::uint64_t& value) { value = get_little_endian(8); }
  void get(std::uint32_t& value) { value = static_cast<std::uint32_t>(get_little_endian(4)); }
  void get(std::int32_t& value) {
    std::uint32_t bits = 0;
    get(bits);
    std::memcpy(&value, &bits, sizeof value);
  }
  void get(float& value) {
    std::uint32_t bits = 0;
    get(bits);
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) refuse("a number that is not finite");
  }

 private:
  std::uint64_t get_little_endian(int size) {
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i) {
      std::uint8_t byte = 0;
      get(byte);
      value |= std::uint64_t{byte} << (8 * i);
    }
    return value;
  }
  Span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

/// The members in order, for both directions.
template <typename Options, typename Visit>
void visit_options(Options& options, Visit&& visit) {
  visit(options.high_conf);
  visit(options.iou);
  visit(options.update);
  visit(options.lifespan_ns);
  visit(options.optimal_assignment);
  visit(options.timed_motion);
  visit(options.frame_ns);
  visit(options.per_class);
  visit(options.low_conf);
  visit(options.confirm_after);
  visit(options.match_tiny);
}

void put_track(const Track& track, Writer& out) {
  for (const std::uint8_t byte : track.uuid) out.put(byte);
  for (const KalmanFilter::Axis& axis : track.filter.axes()) {
    for (const float value : {axis.position, axis.velocity, axis.pp, axis.pv, axis.vp, axis.vv}) {
      out.put(value);
    }
  }
  const BoundingBox& box = track.last_box.box;
  for (const float value : {box.xmin, box.ymin, box.xmax, box.ymax, track.last_box.score}) {
    out.put(value);
  }
  out.put(std::uint64_t{track.last_box.label});
  out.put(track.count);
  out.put(track.created);
  out.put(track.last_updated);
  out.put(track.is_confirmed);
  out.put(track.is_seen);
}

Track get_track(Reader& in) {
  Uuid uuid{};
  for (std::uint8_t& byte : uuid) in.get(byte);
  std::array<KalmanFilter::Axis, 4> axes{};
  for (KalmanFilter::Axis& axis : axes) {
    for (float* value : {&axis.position, &axis.velocity, &axis.pp, &axis.pv, &axis.vp, &axis.vv}) {
      in.get(*value);
    }
  }
  Track track{uuid, KalmanFilter(axes), {}, 0, 0, 0, true, true};
  BoundingBox& box = track.last_box.box;
  for (float* value : {&box.xmin, &box.ymin, &box.xmax, &box.ymax, &track.last_box.score}) {
    in.get(*value);
  }
  std::uint64_t label = 0;
  in.get(label);
  track.last_box.label = static_cast<std::size_t>(label);
  in.get(track.count);
  in.get(track.created);
  in.get(track.last_updated);
  in.get(track.is_confirmed);
  in.get(track.is_seen);
  return track;
}

}  // namespace

std::vector<std::uint8_t> write_snapshot(const ByteTrackOptions& options,
                                         const TrackerState& state) {
  Writer out;
  out.put(kMagic);
  out.put(kVersion);
  visit_options(options, [&](auto member) { out.put(member); });
  out.put(state.timestamp_ns);
  out.put(state.has_started);
  out.put(std::uint64_t{state.tracks.size()});
  for (const Track& track : state.tracks) put_track(track, out);
  return out.take();
}

std::pair<ByteTrackOptions, TrackerState> read_snapshot(Span<const std::uint8_t> bytes) {
  Reader in(bytes);
  std::uint32_t magic = 0;
  std::uint32_t version = 0;
  in.get(magic);
  in.get(version);
  if (magic != kMagic) refuse("it does not begin like one");
  if (version != kVersion) refuse("its version is not supported");
  std::pair<ByteTrackOptions, TrackerState> result;
  visit_options(result.first, [&](auto& member) { in.get(member); });
  in.get(result.second.timestamp_ns);
  in.get(result.second.has_started);
  std::uint64_t count = 0;
  in.get(count);
  if (count != in.left() / kTrackBytes || in.left() % kTrackBytes != 0) {
    refuse("its size does not fit its number of tracks");
  }
  result.second.tracks.reserve(static_cast<std::size_t>(count));
  while (in.left() != 0) result.second.tracks.push_back(get_track(in));
  return result;
}

}  // namespace edgefirst::tracking
