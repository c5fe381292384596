// SPDX-License-Identifier: Apache-2.0
// Results of decoding and tracking as plain data: what image draws and what bindings hand out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "edgefirst/export.hpp"
#include "edgefirst/geometry.hpp"
#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"

namespace edgefirst {

/// One detection. Coordinates are normalised to the model input unless the model emits pixels.
struct DetectBox {
  BoundingBox box;
  float score = 0;
  std::size_t label = 0;
};

/// A view of one mask of a SegmentationList.
struct Segmentation {
  BoundingBox region;  ///< normalised area that the mask covers
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;            ///< 1: instance mask; more: one value per class and pixel
  const std::uint8_t* data = nullptr;  ///< height * width * channels bytes, row-major
};

/// Masks of different sizes in one buffer; clear() keeps the memory for the next frame.
class EDGEFIRST_API SegmentationList {
 public:
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  void clear();
  /// Room for that many masks of that many bytes in all, so that appending them moves nothing.
  void reserve(std::size_t count, std::size_t bytes);
  /// Keeps the first count masks.
  void truncate(std::size_t count);
  /// Adds a mask and returns its uninitialised bytes, valid until the next append.
  std::uint8_t* append(const BoundingBox& region, std::size_t height, std::size_t width,
                       std::size_t channels);
  /// The bytes of a mask, valid until the next append.
  std::uint8_t* data(std::size_t index);
  /// Valid until the list changes.
  Segmentation operator[](std::size_t index) const;

 private:
  struct Entry {
    BoundingBox region;
    std::size_t height, width, channels, offset;
  };
  std::vector<Entry> entries_;
  std::vector<std::uint8_t> bytes_;
};

enum class ProtoLayout : std::uint8_t { kNhwc = 0, kNchw = 1 };

/// Masks left as ingredients: mask i = sigmoid(mask_coefficients[i] . protos).
struct ProtoData {
  Tensor mask_coefficients;  ///< [N, K], row i belongs to box i
  Tensor protos;             ///< [H, W, K] (kNhwc) or [K, H, W] (kNchw)
  ProtoLayout layout = ProtoLayout::kNhwc;
};

using Uuid = std::array<std::uint8_t, 16>;
/// 36 lower-case characters with hyphens.
EDGEFIRST_API std::string uuid_to_string(const Uuid& uuid);

/// One track as reported for a frame. A record of the nil UUID, as constructed, is no track: lists
/// that are parallel to boxes hold it for boxes without one.
struct TrackInfo {
  Uuid uuid{};                     ///< version 4 (RFC 9562), or nil
  BoundingBox tracked_location;    ///< the filter's box
  std::int32_t count = 0;          ///< detections matched so far
  std::uint64_t created = 0;       ///< timestamp of the first detection, ns
  std::uint64_t last_updated = 0;  ///< timestamp of the last detection, ns

  bool is_track() const { return uuid != Uuid{}; }
};

/// Where a track is in its life. Tentative: not yet seen often enough to be reported. Lost: not
/// matched by the last update.
enum class TrackState : std::uint8_t { kTentative = 0, kConfirmed = 1, kLost = 2 };

/// A living track with its last raw detection.
struct ActiveTrackInfo {
  TrackInfo info;
  DetectBox last_box;
  TrackState state = TrackState::kConfirmed;
};

/// What tracked decoding and drawing need of a tracker; ByteTrack is one.
class EDGEFIRST_API Tracker {
 public:
  virtual ~Tracker();
  /// Advances one frame. results is resized to boxes; results[i] belongs to boxes[i].
  virtual void update(Span<const DetectBox> boxes, std::uint64_t timestamp_ns,
                      std::vector<std::optional<TrackInfo>>& results) = 0;
  /// Replaces tracks by every living track, in the tracker's order.
  virtual void active_tracks(std::vector<ActiveTrackInfo>& tracks) const = 0;
};

}  // namespace edgefirst
