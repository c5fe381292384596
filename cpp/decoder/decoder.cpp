// SPDX-License-Identifier: Apache-2.0
// The public Decoder: builds a plan, lends scratch to each call, runs head, masks and tracker.
#include "edgefirst/decoder.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "base/ignored.hpp"
#include "base/log.hpp"
#include "base/message.hpp"
#include "base/trace.hpp"
#include "decoder/document.hpp"
#include "decoder/file.hpp"
#include "decoder/heads.hpp"
#include "decoder/masks.hpp"
#include "decoder/model_head.hpp"
#include "decoder/model_run.hpp"
#include "decoder/schema.hpp"

namespace edgefirst {
namespace {

using namespace decoding;

std::size_t channels_of(const Plan& plan, std::size_t port) {
  return port == kNoPort ? 0 : plan.ports[port].extent(plan.ports[port].feature);
}

void describe_levels(const Plan& plan, TraceSpan& span) {
  if (!span.is_recording()) return;
  span.field("n_levels", plan.levels.size());
  span.field("encoding", plan.reg_max == 0 ? "ltrb" : "dfl");
  span.field("nc", channels_of(plan, plan.levels[0].scores));
  span.field("nm", channels_of(plan, plan.levels[0].coefficients));
}

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

/// As many scratches as calls ever ran at once, up to kMost. Each place changes by one atomic
/// exchange: there is no lock that a child of fork() could find taken for ever.
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

  ScratchPool() = default;
  ~ScratchPool() {
    for (const auto& place : idle_) delete place.load();
  }
  ScratchPool(const ScratchPool&) = delete;
  ScratchPool& operator=(const ScratchPool&) = delete;

  Lease lend() {
    for (auto& place : idle_) {
      if (place.load(std::memory_order_relaxed) == nullptr) continue;
      std::unique_ptr<Scratch> scratch(place.exchange(nullptr, std::memory_order_acq_rel));
      if (scratch != nullptr) return {*this, std::move(scratch)};
    }
    return {*this, std::make_unique<Scratch>()};
  }

 private:
  static constexpr std::size_t kMost = 64;

  void give_back(std::unique_ptr<Scratch> scratch) noexcept {
    for (auto& place : idle_) {
      Scratch* nothing = nullptr;
      if (!place.compare_exchange_strong(nothing, scratch.get(), std::memory_order_acq_rel)) {
        continue;
      }
      static_cast<void>(scratch.release());
      return;
    }
  }

  std::array<std::atomic<Scratch*>, kMost> idle_{};
};

}  // namespace

/// Spans around the steps of a per-scale model with masks; the calls of other models have none.
struct Bridge {
  const char* whole = nullptr;
  const char* boxes = nullptr;
  const char* masks = nullptr;
};

constexpr Bridge kToMasks{"decoder.decode.per_scale_to_masks",
                          "decoder.decode.per_scale_to_masks.get_boxes",
                          "decoder.decode.per_scale_to_masks.process_masks"};
constexpr Bridge kToProtoData{"decoder.decode_proto.per_scale_to_proto_data",
                              "decoder.decode_proto.per_scale_to_proto_data.get_boxes",
                              "decoder.decode_proto.per_scale_to_proto_data.extract"};

struct Decoder::Impl {
  Plan plan;
  Description description;
  DecoderOptions options;
  Account account;
  mutable ScratchPool pool;

  static std::unique_ptr<Impl> build(const Description& description, const DecoderOptions& options);
  static std::unique_ptr<Impl> build(const ModelFile& file, ModelFacts facts, Account account,
                                     const DecoderOptions& options);
  const char* path() const {
    if (plan.type == ModelType::kPerScale) return "per_scale";
    return plan.merges.empty() ? "legacy" : "decode_program";
  }
  void warn_of_ignored(const DecoderOptions& given) const;
  void warn_without_nms(const char* setting) const;
  Policy policy() const;
  bool is_per_scale() const { return plan.type == ModelType::kPerScale; }
  Bridge bridge(const DecodeRequest& request, const Bridge& names) const {
    return is_per_scale() && plan.has_masks() && request.masks ? names : Bridge();
  }
  HeadInput head_input(const Policy& policy, Scratch& scratch) const {
    return {plan,
            scratch.outputs,
            policy,
            options.score_threshold,
            scratch.candidates,
            scratch.selector};
  }
  void bind(Span<const Tensor* const> outputs, std::size_t element, Scratch& scratch) const;
  void select(Scratch& scratch) const;
  void normalize(std::vector<Pick>& picks) const;
  MaskInput mask_input(Scratch& scratch) const;
  void append_map(const Scratch& scratch, const DecodeRequest& request, Detections& result) const;
  void append_masks(Scratch& scratch, const DecodeRequest& request, Detections& result,
                    const char* span_name = nullptr) const;
  std::optional<ProtoData> proto_data(Scratch& scratch, const DecodeRequest& request) const;
  void locate(const DecodeRequest& request, Detections& result) const;
  void track(Tracker& tracker, std::uint64_t timestamp_ns, Detections& result,
             Scratch& scratch) const;
  void replace_by_tracks(Tracker& tracker, Detections& result, Scratch& scratch) const;
  void keep_tracked(Tracker& tracker, std::uint64_t timestamp_ns, Detections& result,
                    Scratch& scratch) const;
};

std::unique_ptr<Decoder::Impl> Decoder::Impl::build(const Description& description,
                                                    const DecoderOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->plan = make_plan(description, options);
  impl->description = description;
  impl->options = options;
  impl->options.nms = impl->plan.nms;
  log(LogLevel::kDebug, "edgefirst_decoder", "a model of type ", model_type_name(impl->plan.type),
      " with ", impl->plan.ports.size(), " outputs");
  impl->warn_of_ignored(options);
  return impl;
}

/// What a model file, or a run of it, says.
std::unique_ptr<Decoder::Impl> Decoder::Impl::build(const ModelFile& file, ModelFacts facts,
                                                    Account account,
                                                    const DecoderOptions& options) {
  facts.given_dims = options.input_dims;
  const Description description = describe_model(file, facts, account);
  std::unique_ptr<Impl> impl = build(description, options);
  const Plan& plan = impl->plan;
  for (std::string& line : account) {  // the unit that boxes leave with
    if (!plan.divides_by_input() || line.rfind("boxes: ", 0) != 0) continue;
    line = message("boxes: fractions of the input, which the decoder divides them by");
  }
  impl->account = std::move(account);
  return impl;
}

/// What the model's kind leaves without effect.
void Decoder::Impl::warn_of_ignored(const DecoderOptions& given) const {
  if (!plan.is_final()) return;
  if (given.nms && *given.nms != Nms::kAuto) {
    warn_ignored("nms has no effect: the model is end-to-end and suppresses by itself");
  }
  if (plan.detection == kNoPort || plan.has_masks()) return;
  const std::size_t columns = plan.ports[plan.detection].extent(1);
  if (columns > 6) {
    warn_ignored(message("columns 6 to ", columns - 1, " of ", plan.ports[plan.detection].label,
                         " are not read: end-to-end rows are x1, y1, x2, y2, score, class"));
  }
}

void Decoder::Impl::warn_without_nms(const char* setting) const {
  if (!plan.is_final()) return;
  warn_ignored(
      message(setting, " has no effect: the model is end-to-end and suppresses by itself"));
}

Policy Decoder::Impl::policy() const {
  Policy policy;
  policy.nms = plan.nms;
  policy.iou_threshold = options.iou_threshold;
  policy.max_det = options.max_det;
  const bool detection_only =
      plan.type == ModelType::kYoloDet || plan.type == ModelType::kYoloSplitDet;
  policy.top_k = options.pre_nms_top_k;
  policy.sorts_without_nms = !detection_only;
  return policy;
}

/// Finds the tensor of every role; per scale, the candidates of every level too.
void Decoder::Impl::bind(Span<const Tensor* const> outputs, std::size_t element,
                         Scratch& scratch) const {
  if (!is_per_scale()) {
    scratch.outputs.bind(plan, outputs, element);
    return;
  }
  TraceSpan span("decoder.per_scale_run");
  describe_levels(plan, span);
  {
    const TraceSpan binding("decoder.per_scale_run.resolve_bindings");
    scratch.outputs.bind(plan, outputs, element);
  }
  scan_per_scale(head_input(policy(), scratch));
}

/// Fills scratch.picks from what bind() found.
void Decoder::Impl::select(Scratch& scratch) const {
  const Policy policy = this->policy();
  const HeadInput input = head_input(policy, scratch);
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
  return {scratch.coefficients, scratch.outputs.image(plan.protos), is_per_scale()};
}

void Decoder::Impl::append_map(const Scratch& scratch, const DecodeRequest& request,
                               Detections& result) const {
  if (plan.segmentation == kNoPort || !request.masks) return;
  append_semantic_map(scratch.outputs.image(plan.segmentation), result.masks);
}

void Decoder::Impl::append_masks(Scratch& scratch, const DecodeRequest& request, Detections& result,
                                 const char* span_name) const {
  if (plan.has_masks() && request.masks && !scratch.picks.empty()) {
    const TraceSpan span(span_name);
    scratch.masks.append(mask_input(scratch), scratch.picks, result.masks);
  }
  append_map(scratch, request, result);
}

std::optional<ProtoData> Decoder::Impl::proto_data(Scratch& scratch,
                                                   const DecodeRequest& request) const {
  if (!plan.has_masks() || !request.masks) return std::nullopt;
  return make_proto_data(mask_input(scratch), scratch.picks, plan.keeps_proto_integers());
}

/// Boxes become pixels of the source picture, where the request names one.
void Decoder::Impl::locate(const DecodeRequest& request, Detections& result) const {
  if (!request.source) return;
  const std::optional<bool> normalized = plan.divides_by_input() ? true : plan.normalized;
  if (!normalized) {
    raise(ErrorCode::kInvalidConfig,
          "boxes in source pixels: the configuration does not say whether boxes are normalised; "
          "declare normalized: true or false");
  }
  const float width = *normalized ? 1.0F : 1.0F / static_cast<float>(request.source->target_width);
  const float height =
      *normalized ? 1.0F : 1.0F / static_cast<float>(request.source->target_height);
  for (DetectBox& detection : result.boxes) {
    const BoundingBox& box = detection.box;
    detection.box = request.source->to_source(
        {box.xmin * width, box.ymin * height, box.xmax * width, box.ymax * height});
  }
}

/// Advances the tracker with scratch.picks; fills boxes and tracks, keeps the picks that have
/// masks.
void Decoder::Impl::track(Tracker& tracker, std::uint64_t timestamp_ns, Detections& result,
                          Scratch& scratch) const {
  scratch.detections.clear();
  for (const Pick& pick : scratch.picks) scratch.detections.push_back(pick.detection);
  tracker.update(scratch.detections, timestamp_ns, scratch.tracked);
  if (plan.has_masks()) {
    keep_tracked(tracker, timestamp_ns, result, scratch);
  } else {
    replace_by_tracks(tracker, result, scratch);
  }
}

/// Models without masks: the boxes become every living track.
void Decoder::Impl::replace_by_tracks(Tracker& tracker, Detections& result,
                                      Scratch& scratch) const {
  tracker.active_tracks(scratch.active);
  for (const ActiveTrackInfo& track : scratch.active) {
    if (track.state == TrackState::kTentative) continue;
    result.boxes.push_back(
        {track.info.tracked_location, track.last_box.score, track.last_box.label});
    result.tracks.push_back(track.info);
  }
}

/// Models with masks: detections that have a track, with masks, then the tracks not seen now.
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
    if (track.state == TrackState::kTentative || is_live(track.info)) continue;
    result.boxes.push_back(
        {track.info.tracked_location, track.last_box.score, track.last_box.label});
    result.tracks.push_back(track.info);
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
  return naming(path,
                [&] { return is_json ? from_json(text, options) : from_yaml(text, options); });
}

Decoder Decoder::from_model(const std::string& path, const DecoderOptions& options) {
  ByteSource source = ByteSource::open(path);
  ModelFile file = naming(path, [&] { return read_model_file(source); });
  file.name = path.substr(path.find_last_of('/') + 1);
  Account account{message("model: ", path, file.kind == ModelKind::kOnnx ? ", ONNX" : ", TFLite")};
  return Decoder(Impl::build(file, read_facts(file, path), std::move(account), options));
}

Decoder Decoder::from_run(const ModelRun& run, const DecoderOptions& options) {
  ModelFile file = file_of(run);
  ModelFacts facts = read_facts(file, "");
  facts.named = run.class_names;
  if (!run.configuration.empty()) {
    const bool is_json = looks_like_json(run.configuration);
    facts.document = is_json ? parse_json(run.configuration) : parse_yaml(run.configuration);
    facts.document_source = run.source;
  }
  return Decoder(Impl::build(file, std::move(facts), {}, options));
}

Decoder Decoder::from_outputs(Span<const OutputSpec> outputs, const DecoderOptions& options,
                              std::optional<DecoderVersion> version) {
  return Decoder(Impl::build(describe(outputs, version), options));
}

void Decoder::decode(Span<const Tensor* const> outputs, Detections& result,
                     const DecodeRequest& request) const {
  TraceSpan span("decoder.decode");
  span.field("path", impl_->path()).field("n_outputs", outputs.size());
  result.clear();
  const ScratchPool::Lease lease = impl_->pool.lend();
  Scratch& scratch = *lease;
  impl_->bind(outputs, request.element, scratch);
  const Bridge names = impl_->bridge(request, kToMasks);
  const TraceSpan bridge(names.whole);
  {
    const TraceSpan boxes(names.boxes);
    impl_->select(scratch);
  }
  for (const Pick& pick : scratch.picks) result.boxes.push_back(pick.detection);
  impl_->append_masks(scratch, request, result, names.masks);
  impl_->locate(request, result);
}

void Decoder::decode_batch(Span<const Tensor* const> outputs, std::vector<Detections>& results,
                           const DecodeRequest& request) const {
  results.resize(batch_size());
  DecodeRequest each = request;
  for (each.element = 0; each.element < results.size(); ++each.element) {
    decode(outputs, results[each.element], each);
  }
}

std::optional<ProtoData> Decoder::decode_proto(Span<const Tensor* const> outputs,
                                               Detections& result,
                                               const DecodeRequest& request) const {
  TraceSpan span("decoder.decode_proto");
  span.field("path", impl_->path()).field("n_outputs", outputs.size());
  result.clear();
  const ScratchPool::Lease lease = impl_->pool.lend();
  Scratch& scratch = *lease;
  impl_->bind(outputs, request.element, scratch);
  const Bridge names = impl_->bridge(request, kToProtoData);
  const TraceSpan bridge(names.whole);
  {
    const TraceSpan boxes(names.boxes);
    impl_->select(scratch);
  }
  for (const Pick& pick : scratch.picks) result.boxes.push_back(pick.detection);
  impl_->locate(request, result);
  impl_->append_map(scratch, request, result);
  const TraceSpan extraction(names.masks);
  return impl_->proto_data(scratch, request);
}

void Decoder::decode_tracked(Span<const Tensor* const> outputs, Tracker& tracker,
                             std::uint64_t timestamp_ns, Detections& result,
                             const DecodeRequest& request) const {
  TraceSpan span("decoder.decode_tracked");
  span.field("path", impl_->path()).field("n_outputs", outputs.size());
  result.clear();
  const ScratchPool::Lease lease = impl_->pool.lend();
  Scratch& scratch = *lease;
  impl_->bind(outputs, request.element, scratch);
  impl_->select(scratch);
  impl_->track(tracker, timestamp_ns, result, scratch);
  impl_->append_masks(scratch, request, result);
  impl_->locate(request, result);
}

std::optional<ProtoData> Decoder::decode_proto_tracked(Span<const Tensor* const> outputs,
                                                       Tracker& tracker, std::uint64_t timestamp_ns,
                                                       Detections& result,
                                                       const DecodeRequest& request) const {
  TraceSpan span("decoder.decode_proto_tracked");
  span.field("path", impl_->path()).field("n_outputs", outputs.size());
  result.clear();
  const ScratchPool::Lease lease = impl_->pool.lend();
  Scratch& scratch = *lease;
  impl_->bind(outputs, request.element, scratch);
  impl_->select(scratch);
  impl_->track(tracker, timestamp_ns, result, scratch);
  impl_->locate(request, result);
  impl_->append_map(scratch, request, result);
  return impl_->proto_data(scratch, request);
}

ModelType Decoder::model_type() const { return impl_->plan.type; }
bool Decoder::is_end_to_end() const { return impl_->plan.is_final(); }
std::optional<Nms> Decoder::nms() const { return impl_->plan.nms; }

std::optional<bool> Decoder::normalized_boxes() const {
  if (impl_->plan.divides_by_input()) return true;
  return impl_->plan.normalized;
}

std::optional<std::pair<std::size_t, std::size_t>> Decoder::input_dims() const {
  return impl_->plan.input_dims;
}

std::optional<std::size_t> Decoder::class_count() const { return impl_->plan.class_count(); }
std::string Decoder::configuration() const {
  return document_of(impl_->description, impl_->plan.input_dims).ascii_text();
}
std::size_t Decoder::batch_size() const { return impl_->plan.batch; }

std::string Decoder::explanation() const {
  const Plan& plan = impl_->plan;
  std::string text;
  for (const std::string& line : impl_->account) text += line + "\n";
  text += message("type: ", model_type_name(plan.type), "\n");
  if (plan.input_dims) {
    text += message("input: ", plan.input_dims->first, " x ", plan.input_dims->second, "\n");
  }
  for (const Port& port : plan.ports) {
    text += message(role_name(port.role), ": ", port.label, ' ', shape_text(port.shape), "\n");
  }
  const char* nms = plan.is_final()                 ? "none, the model suppresses"
                    : !plan.nms                     ? "none"
                    : *plan.nms == Nms::kClassAware ? "within a class"
                                                    : "across classes";
  return text + "suppression: " + nms + "\n";
}

const DecoderOptions& Decoder::options() const { return impl_->options; }
void Decoder::set_score_threshold(float threshold) { impl_->options.score_threshold = threshold; }
void Decoder::set_iou_threshold(float threshold) {
  impl_->warn_without_nms("iou_threshold");
  impl_->options.iou_threshold = threshold;
}
void Decoder::set_pre_nms_top_k(std::size_t count) {
  impl_->warn_without_nms("pre_nms_top_k");
  impl_->options.pre_nms_top_k = count;
}
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
