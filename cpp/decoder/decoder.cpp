// SPDX-License-Identifier: Apache-2.0
// The public Decoder: builds a plan, lends scratch to each call, runs head, masks and tracker.
#include "edgefirst/decoder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>

#include "base/message.hpp"
#include "base/trace.hpp"
#include "decoder/document.hpp"
#include "decoder/heads.hpp"
#include "decoder/masks.hpp"
#include "decoder/schema.hpp"

namespace edgefirst {
namespace {

using namespace decoding;

/// Everything a call needs beside the result; grows to what the model takes, then stays.
struct Scratch {
  BoundOutputs outputs;
  Candidates candidates;
  Selector selector;
  std::vector<Pick> picks;
  std::vector<FeatureView> coefficients;
  MaskMaker masks;
  std::vector<DetectBox> detections;
  std::vector<std::optional<TrackInfo>> tracked;
  std::vector<ActiveTrackInfo> active;
};

/// As many scratches as calls ever ran at once.
class ScratchPool {
 public:
  class Lease {
   public:
    Lease(ScratchPool& pool, std::unique_ptr<Scratch> scratch)
        : pool_(pool), scratch_(std::move(scratch)) {}
    ~Lease() {
      scratch_->outputs.release();
      pool_.give_back(std::move(scratch_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Scratch& operator*() const { return *scratch_; }

   private:
    ScratchPool& pool_;
    std::unique_ptr<Scratch> scratch_;
  };

  Lease lend() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) {
      idle_.reserve(++count_);  // giving back never allocates
      return {*this, std::make_unique<Scratch>()};
    }
    std::unique_ptr<Scratch> scratch = std::move(idle_.back());
    idle_.pop_back();
    return {*this, std::move(scratch)};
  }

 private:
  void give_back(std::unique_ptr<Scratch> scratch) noexcept {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(scratch));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
  std::size_t count_ = 0;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    if (error == ENOENT) {
      raise(ErrorCode::kNotFound, "configuration file ", path, " does not exist");
    }
    throw Error(ErrorCode::kIo, message("configuration file ", path, ": ", std::strerror(error)),
                error);
  }
  file.peek();  // a folder can be opened, but not read
  std::ostringstream text;
  if (!file.bad()) text << file.rdbuf();
  if (file.bad() || (text.fail() && file.peek() != std::ifstream::traits_type::eof())) {
    raise(ErrorCode::kIo, "configuration file ", path, " cannot be read");
  }
  return text.str();
}

bool ends_with(const std::string& text, const char* ending) {
  const std::size_t size = std::strlen(ending);
  return text.size() >= size && text.compare(text.size() - size, size, ending) == 0;
}

}  // namespace

struct Decoder::Impl {
  Plan plan;
  DecoderOptions options;
  mutable ScratchPool pool;

  static std::unique_ptr<Impl> build(const Description& description, const DecoderOptions& options);
  const char* path() const {
    if (plan.type == ModelType::kPerScale) return "per_scale";
    return plan.merges.empty() ? "legacy" : "decode_program";
  }
  Policy policy() const;
  void select(Span<const Tensor* const> outputs, Scratch& scratch) const;
  void normalize(std::vector<Pick>& picks) const;
  MaskInput mask_input(Scratch& scratch) const;
  void append_map(const Scratch& scratch, Detections& result) const;
  void replace_by_tracks(Tracker& tracker, Detections& result, Scratch& scratch) const;
  void keep_tracked(Tracker& tracker, std::uint64_t timestamp_ns, Detections& result,
                    Scratch& scratch) const;
  void select_tracked(Span<const Tensor* const> outputs, Tracker& tracker,
                      std::uint64_t timestamp_ns, Detections& result, Scratch& scratch) const;
};

std::unique_ptr<Decoder::Impl> Decoder::Impl::build(const Description& description,
                                                    const DecoderOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->plan = make_plan(description, options);
  impl->options = options;
  impl->options.nms = impl->plan.nms;
  return impl;
}

Policy Decoder::Impl::policy() const {
  Policy policy;
  policy.nms = plan.nms;
  policy.iou_threshold = options.iou_threshold;
  policy.max_det = options.max_det;
  const bool detection_only =
      plan.type == ModelType::kYoloDet || plan.type == ModelType::kYoloSplitDet;
  const bool limited = plan.type == ModelType::kPerScale || plan.type == ModelType::kYoloSegDet ||
                       plan.type == ModelType::kYoloSegDet2Way ||
                       plan.type == ModelType::kYoloSplitSegDet;
  policy.top_k = limited ? options.pre_nms_top_k : 0;
  policy.sorts_without_nms = !detection_only;
  return policy;
}

/// Binds the outputs and fills scratch.picks.
void Decoder::Impl::select(Span<const Tensor* const> outputs, Scratch& scratch) const {
  scratch.outputs.bind(plan, outputs);
  const Policy policy = this->policy();
  const HeadInput input{
      plan, scratch.outputs, policy, options.score_threshold, scratch.candidates, scratch.selector};
  std::vector<Pick>& picks = scratch.picks;
  picks.clear();
  switch (plan.type) {
    case ModelType::kYoloDet:
    case ModelType::kYoloSegDet:
    case ModelType::kYoloSegDet2Way:
    case ModelType::kYoloSplitDet:
    case ModelType::kYoloSplitSegDet:
      select_yolo(input, picks);
      break;
    case ModelType::kYoloEndToEndDet:
    case ModelType::kYoloEndToEndSegDet:
    case ModelType::kYoloSplitEndToEndDet:
    case ModelType::kYoloSplitEndToEndSegDet:
      select_end_to_end(input, picks);
      break;
    case ModelType::kModelPackDet:
    case ModelType::kModelPackSegDet:
      select_modelpack(input, picks);
      break;
    case ModelType::kModelPackDetSplit:
    case ModelType::kModelPackSegDetSplit:
      select_modelpack_grids(input, picks);
      break;
    case ModelType::kModelPackSeg:
      break;
    case ModelType::kPerScale:
      select_per_scale(input, picks);
      break;
  }
  normalize(picks);
}

void Decoder::Impl::normalize(std::vector<Pick>& picks) const {
  if (!plan.divides_by_input()) return;
  const float x = 1.0F / static_cast<float>(plan.input_dims->first);
  const float y = 1.0F / static_cast<float>(plan.input_dims->second);
  for (Pick& pick : picks) {
    BoundingBox& box = pick.detection.box;
    box = {box.xmin * x, box.ymin * y, box.xmax * x, box.ymax * y};
  }
}

MaskInput Decoder::Impl::mask_input(Scratch& scratch) const {
  coefficient_views(plan, scratch.outputs, scratch.coefficients);
  return {scratch.coefficients, scratch.outputs.image(plan.protos)};
}

void Decoder::Impl::append_map(const Scratch& scratch, Detections& result) const {
  if (plan.segmentation == kNoPort) return;
  append_semantic_map(scratch.outputs.image(plan.segmentation), result.masks);
}

/// Models without masks: the boxes become every living track.
void Decoder::Impl::replace_by_tracks(Tracker& tracker, Detections& result,
                                      Scratch& scratch) const {
  tracker.active_tracks(scratch.active);
  for (const ActiveTrackInfo& track : scratch.active) {
    result.boxes.push_back(
        {track.info.tracked_location, track.last_box.score, track.last_box.label});
    result.tracks.push_back(track.info);
  }
}

/// Models with masks: detections that have a track, which stay in picks, then the tracks not seen
/// now.
void Decoder::Impl::keep_tracked(Tracker& tracker, std::uint64_t timestamp_ns, Detections& result,
                                 Scratch& scratch) const {
  std::vector<Pick>& picks = scratch.picks;
  std::size_t live = 0;
  for (std::size_t i = 0; i < picks.size(); ++i) {
    if (!scratch.tracked[i]) continue;
    picks[live] = picks[i];
    picks[live].detection.box = scratch.tracked[i]->tracked_location;
    result.boxes.push_back(picks[live++].detection);
    result.tracks.push_back(*scratch.tracked[i]);
  }
  picks.resize(live);
  tracker.active_tracks(scratch.active);
  const auto is_live = [&](const TrackInfo& info) {
    const auto end = result.tracks.begin() + static_cast<std::ptrdiff_t>(live);
    return info.last_updated == timestamp_ns &&
           std::any_of(result.tracks.begin(), end,
                       [&](const TrackInfo& other) { return other.uuid == info.uuid; });
  };
  for (const ActiveTrackInfo& track : scratch.active) {
    if (is_live(track.info)) continue;
    result.boxes.push_back(
        {track.info.tracked_location, track.last_box.score, track.last_box.label});
    result.tracks.push_back(track.info);
  }
}

/// Selects, advances the tracker once, and puts the tracked boxes into result.
void Decoder::Impl::select_tracked(Span<const Tensor* const> outputs, Tracker& tracker,
                                   std::uint64_t timestamp_ns, Detections& result,
                                   Scratch& scratch) const {
  select(outputs, scratch);
  scratch.detections.clear();
  for (const Pick& pick : scratch.picks) scratch.detections.push_back(pick.detection);
  tracker.update(scratch.detections, timestamp_ns, scratch.tracked);
  if (plan.has_masks()) {
    keep_tracked(tracker, timestamp_ns, result, scratch);
  } else {
    replace_by_tracks(tracker, result, scratch);
  }
}

Decoder::Decoder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Decoder Decoder::from_json(std::string_view json, const DecoderOptions& options) {
  return Decoder(Impl::build(read_document(parse_json(json)), options));
}

Decoder Decoder::from_yaml(std::string_view yaml, const DecoderOptions& options) {
  return Decoder(Impl::build(read_document(parse_yaml(yaml)), options));
}

Decoder Decoder::from_file(const std::string& path, const DecoderOptions& options) {
  const std::string text = read_file(path);
  const bool is_json = ends_with(path, ".json") || looks_like_json(text);
  return is_json ? from_json(text, options) : from_yaml(text, options);
}

Decoder Decoder::from_outputs(Span<const OutputSpec> outputs, const DecoderOptions& options,
                              std::optional<DecoderVersion> version) {
  return Decoder(Impl::build(describe(outputs, version), options));
}

void Decoder::decode(Span<const Tensor* const> outputs, Detections& result) const {
  TraceSpan span("decoder.decode");
  span.field("path", impl_->path()).field("n_outputs", outputs.size());
  result.clear();
  const ScratchPool::Lease lease = impl_->pool.lend();
  Scratch& scratch = *lease;
  impl_->select(outputs, scratch);
  for (const Pick& pick : scratch.picks) result.boxes.push_back(pick.detection);
  if (impl_->plan.has_masks()) {
    scratch.masks.append(impl_->mask_input(scratch), scratch.picks, result.masks);
  }
  impl_->append_map(scratch, result);
}

std::optional<ProtoData> Decoder::decode_proto(Span<const Tensor* const> outputs,
                                               Detections& result) const {
  TraceSpan span("decoder.decode_proto");
  span.field("path", impl_->path()).field("n_outputs", outputs.size());
  result.clear();
  const ScratchPool::Lease lease = impl_->pool.lend();
  Scratch& scratch = *lease;
  impl_->select(outputs, scratch);
  for (const Pick& pick : scratch.picks) result.boxes.push_back(pick.detection);
  if (!impl_->plan.has_masks()) {
    impl_->append_map(scratch, result);
    return std::nullopt;
  }
  return make_proto_data(impl_->mask_input(scratch), scratch.picks,
                         impl_->plan.keeps_proto_integers());
}

void Decoder::decode_tracked(Span<const Tensor* const> outputs, Tracker& tracker,
                             std::uint64_t timestamp_ns, Detections& result) const {
  TraceSpan span("decoder.decode_tracked");
  span.field("path", impl_->path()).field("n_outputs", outputs.size());
  result.clear();
  const ScratchPool::Lease lease = impl_->pool.lend();
  Scratch& scratch = *lease;
  impl_->select_tracked(outputs, tracker, timestamp_ns, result, scratch);
  if (impl_->plan.has_masks()) {
    scratch.masks.append(impl_->mask_input(scratch), scratch.picks, result.masks);
  }
  impl_->append_map(scratch, result);
}

std::optional<ProtoData> Decoder::decode_proto_tracked(Span<const Tensor* const> outputs,
                                                       Tracker& tracker, std::uint64_t timestamp_ns,
                                                       Detections& result) const {
  TraceSpan span("decoder.decode_proto_tracked");
  span.field("path", impl_->path()).field("n_outputs", outputs.size());
  result.clear();
  const ScratchPool::Lease lease = impl_->pool.lend();
  Scratch& scratch = *lease;
  impl_->select_tracked(outputs, tracker, timestamp_ns, result, scratch);
  if (!impl_->plan.has_masks()) {
    impl_->append_map(scratch, result);
    return std::nullopt;
  }
  return make_proto_data(impl_->mask_input(scratch), scratch.picks,
                         impl_->plan.keeps_proto_integers());
}

ModelType Decoder::model_type() const { return impl_->plan.type; }
std::optional<Nms> Decoder::nms() const { return impl_->plan.nms; }

std::optional<bool> Decoder::normalized_boxes() const {
  if (impl_->plan.divides_by_input()) return true;
  return impl_->plan.normalized;
}

std::optional<std::pair<std::size_t, std::size_t>> Decoder::input_dims() const {
  return impl_->plan.input_dims;
}

const DecoderOptions& Decoder::options() const { return impl_->options; }
void Decoder::set_score_threshold(float threshold) { impl_->options.score_threshold = threshold; }
void Decoder::set_iou_threshold(float threshold) { impl_->options.iou_threshold = threshold; }
void Decoder::set_pre_nms_top_k(std::size_t count) { impl_->options.pre_nms_top_k = count; }
void Decoder::set_max_det(std::size_t count) { impl_->options.max_det = count; }

const char* model_type_name(ModelType type) {
  constexpr const char* kNames[] = {"yolo_det",
                                    "yolo_seg_det",
                                    "yolo_seg_det2_way",
                                    "yolo_split_det",
                                    "yolo_split_seg_det",
                                    "yolo_end_to_end_det",
                                    "yolo_end_to_end_seg_det",
                                    "yolo_split_end_to_end_det",
                                    "yolo_split_end_to_end_seg_det",
                                    "model_pack_det",
                                    "model_pack_det_split",
                                    "model_pack_seg",
                                    "model_pack_seg_det",
                                    "model_pack_seg_det_split",
                                    "per_scale"};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace edgefirst
