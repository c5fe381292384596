// SPDX-License-Identifier: Apache-2.0
// hal_decoder_*: building, decoding and asking a decoder.
#include "edgefirst/decoder.hpp"

#include <memory>

#include "edgefirst/hal.h"

#include "base/message.hpp"
#include "convert.hpp"
#include "guard.hpp"
#include "handles.hpp"
#include "outputs.hpp"

namespace capi = edgefirst::capi;
using capi::ErrnoRule;
using capi::guard;
using capi::require;
using edgefirst::Decoder;
using edgefirst::ErrorCode;

namespace {

constexpr auto kConfigErrors = ErrnoRule::all(EBADMSG, ErrorCode::kNotFound, ErrorCode::kIo,
                                              ErrorCode::kOutOfMemory, ErrorCode::kInternal);
constexpr auto kDecodeErrors =
    ErrnoRule::all(EINVAL, ErrorCode::kOutOfMemory, ErrorCode::kInternal);

Decoder build(const hal_decoder_params& params) {
  const int sources = int{params.json.has_value()} + int{params.yaml.has_value()} +
                      int{params.path.has_value()} + int{params.model_path.has_value()} +
                      int{!params.outputs.empty()};
  if (sources != 1) {
    throw capi::BadCall(
        edgefirst::message("params hold ", sources,
                           " model descriptions, expected one of JSON, YAML, file, model, "
                           "outputs"));
  }
  if (params.json) return Decoder::from_json(*params.json, params.options);
  if (params.yaml) return Decoder::from_yaml(*params.yaml, params.options);
  if (params.path) return Decoder::from_file(*params.path, params.options);
  if (params.model_path) return Decoder::from_model(*params.model_path, params.options);
  return Decoder::from_outputs(params.outputs, params.options, params.version);
}

/// Lists for what a decode found, made before anything is stored through the caller's pointers.
class Results {
 public:
  explicit Results(edgefirst::Detections found)
      : boxes_(new hal_detect_box_list{std::move(found.boxes)}),
        masks_(new hal_segmentation_list{std::move(found.masks)}),
        tracks_(new hal_track_info_list{std::move(found.tracks), {}, {}}) {}

  void store(hal_detect_box_list** boxes, hal_segmentation_list** masks,
             hal_track_info_list** tracks) noexcept {
    *boxes = boxes_.release();
    if (masks != nullptr) *masks = masks_.release();
    if (tracks != nullptr) *tracks = tracks_.release();
  }

 private:
  std::unique_ptr<hal_detect_box_list> boxes_;
  std::unique_ptr<hal_segmentation_list> masks_;
  std::unique_ptr<hal_track_info_list> tracks_;
};

std::unique_ptr<hal_proto_data> to_handle(const std::optional<edgefirst::ProtoData>& protos) {
  if (!protos) return nullptr;
  return std::unique_ptr<hal_proto_data>(
      new hal_proto_data{protos->mask_coefficients, protos->protos, protos->layout});
}

edgefirst::DecodeRequest core_request(const hal_decode_request& request) {
  edgefirst::DecodeRequest result;
  result.element = request.element;
  if (request.source_width == 0) return result;
  result.source = edgefirst::letterbox(request.source_width, request.source_height,
                                       request.input_width, request.input_height);
  if (request.content.width == 0) return result;
  capi::require_inside("content", request.content, request.input_width, request.input_height);
  result.source->content = capi::to_core(request.content);
  return result;
}

/// One decode with everything that was asked for.
std::optional<edgefirst::ProtoData> decode(const Decoder& decoder,
                                           const hal_decode_request& request, bool leaves_protos,
                                           const capi::Outputs& tensors,
                                           edgefirst::Detections& found, bool masks) {
  edgefirst::DecodeRequest asked = core_request(request);
  if (leaves_protos) {
    if (request.tracker == nullptr) return decoder.decode_proto(tensors, found, asked);
    return decoder.decode_proto_tracked(tensors, request.tracker->value, request.timestamp, found,
                                        asked);
  }
  asked.masks = masks;
  if (request.tracker == nullptr) {
    decoder.decode(tensors, found, asked);
  } else {
    decoder.decode_tracked(tensors, request.tracker->value, request.timestamp, found, asked);
  }
  return std::nullopt;
}

}  // namespace

hal_decoder* hal_decoder_new(const hal_decoder_params* params) {
  return guard(kConfigErrors, [&] {
    require({{"params", params}});
    return new hal_decoder{build(*params)};
  });
}

void hal_decoder_free(hal_decoder* decoder) { capi::release(decoder); }

int hal_decoder_decode(const hal_decoder* decoder, const hal_tensor* const* outputs,
                       size_t num_outputs, hal_detect_box_list** out_boxes,
                       hal_segmentation_list** out_segmentations) {
  return guard(kDecodeErrors, [&] {
    require({{"decoder", decoder}, {"out_boxes", out_boxes}});
    const capi::Outputs tensors(outputs, num_outputs);
    edgefirst::Detections found;
    edgefirst::DecodeRequest request;
    request.masks = out_segmentations != nullptr;
    decoder->value.decode(tensors, found, request);
    Results(std::move(found)).store(out_boxes, out_segmentations, nullptr);
  });
}

hal_proto_data* hal_decoder_decode_proto(const hal_decoder* decoder,
                                         const hal_tensor* const* outputs, size_t num_outputs,
                                         hal_detect_box_list** out_boxes) {
  return guard(kDecodeErrors, [&] {
    require({{"decoder", decoder}, {"out_boxes", out_boxes}});
    const capi::Outputs tensors(outputs, num_outputs);
    edgefirst::Detections found;
    auto data = to_handle(decoder->value.decode_proto(tensors, found));
    Results(std::move(found)).store(out_boxes, nullptr, nullptr);
    return data.release();
  });
}

int hal_decoder_decode_tracked(const hal_decoder* decoder, hal_bytetrack* tracker,
                               uint64_t timestamp, const hal_tensor* const* outputs,
                               size_t num_outputs, hal_detect_box_list** out_boxes,
                               hal_segmentation_list** out_segmentations,
                               hal_track_info_list** out_tracks) {
  return guard(kDecodeErrors, [&] {
    require({{"decoder", decoder}, {"tracker", tracker}, {"out_boxes", out_boxes}});
    const capi::Outputs tensors(outputs, num_outputs);
    edgefirst::Detections found;
    edgefirst::DecodeRequest request;
    request.masks = out_segmentations != nullptr;
    decoder->value.decode_tracked(tensors, tracker->value, timestamp, found, request);
    Results(std::move(found)).store(out_boxes, out_segmentations, out_tracks);
  });
}

int hal_decoder_decode_request(const hal_decoder* decoder, const hal_decode_request* request,
                               const hal_tensor* const* outputs, size_t num_outputs,
                               hal_detect_box_list** out_boxes,
                               hal_segmentation_list** out_segmentations,
                               hal_proto_data** out_proto, hal_track_info_list** out_tracks) {
  return guard(kDecodeErrors, [&] {
    require({{"decoder", decoder}, {"out_boxes", out_boxes}});
    const capi::Outputs tensors(outputs, num_outputs);
    const hal_decode_request asked = request == nullptr ? hal_decode_request{} : *request;
    edgefirst::Detections found;
    auto data = to_handle(decode(decoder->value, asked, out_proto != nullptr, tensors, found,
                                 out_segmentations != nullptr));
    Results(std::move(found)).store(out_boxes, out_segmentations, out_tracks);
    if (out_proto != nullptr) *out_proto = data.release();
  });
}

size_t hal_decoder_batch_size(const hal_decoder* decoder) {
  return decoder == nullptr ? 0 : decoder->value.batch_size();
}

char* hal_decoder_explain(const hal_decoder* decoder) {
  return guard([&] {
    require({{"decoder", decoder}});
    return capi::to_malloc(decoder->value.explanation());
  });
}

char* hal_decoder_model_type(const hal_decoder* decoder) {
  return guard([&] {
    require({{"decoder", decoder}});
    return capi::to_malloc(edgefirst::model_type_name(decoder->value.model_type()));
  });
}

bool hal_decoder_is_end_to_end(const hal_decoder* decoder) {
  return decoder != nullptr && decoder->value.is_end_to_end();
}

int hal_decoder_normalized_boxes(const hal_decoder* decoder) {
  if (decoder == nullptr) return -1;
  const auto normalized = decoder->value.normalized_boxes();
  return normalized ? int{*normalized} : -1;
}

int hal_decoder_input_dims(const hal_decoder* decoder, size_t* width, size_t* height) {
  return guard([&] {
    require({{"decoder", decoder}, {"width", width}, {"height", height}});
    const auto dims = decoder->value.input_dims();
    if (!dims) return 0;
    *width = dims->first;
    *height = dims->second;
    return 1;
  });
}
