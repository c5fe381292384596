// SPDX-License-Identifier: Apache-2.0
// Decoder, Output and ProtoData.
#include "decoder.hpp"

#include <algorithm>
#include <memory>

#include "arguments.hpp"
#include "base/message.hpp"
#include "base/trace.hpp"
#include "bindings.hpp"
#include "enums.hpp"
#include "gil.hpp"
#include "lease.hpp"
#include "ndarray.hpp"
#include "output.hpp"
#include "tracker.hpp"

namespace edgefirst::python {
namespace {

using DecoderClass = py::class_<DecoderObject>;
using MaxBoxes = Int<std::size_t>;

/// A (width, height) tuple or None.
using InputDims = std::optional<py::tuple>;

DecoderOptions options_from(float score_threshold, float iou_threshold, std::optional<Nms> nms,
                            const InputDims& input_dims) {
  DecoderOptions options;
  options.score_threshold = score_threshold;
  options.iou_threshold = iou_threshold;
  options.nms = nms;
  if (input_dims) {
    if (input_dims->size() != 2) {
      throw value_error(
          message("input_dims needs (width, height), got ", input_dims->size(), " items"));
    }
    options.input_dims = {integer_from<std::size_t>((*input_dims)[0]),
                          integer_from<std::size_t>((*input_dims)[1])};
  }
  return options;
}

template <typename Make>
std::unique_ptr<DecoderObject> make_decoder(Make make) {
  const ReleaseGil release;
  return std::make_unique<DecoderObject>(make());
}

py::tuple with_masks(const Detections& detections) {
  const py::tuple boxes = arrays_from(detections.boxes);
  return py::make_tuple(boxes[0], boxes[1], boxes[2], arrays_from(detections.masks));
}

DecodeRequest request_for(std::size_t element, bool masks,
                          const std::optional<Letterbox>& letterbox) {
  return {element, masks, letterbox};
}

py::tuple decode(const DecoderObject& self, const py::object& model_output, MaxBoxes max_boxes,
                 Int<std::size_t> element, bool masks, const std::optional<Letterbox>& letterbox) {
  const ModelOutputs outputs(model_output);
  const Lease<Detections> lease;
  Detections& detections = *lease;
  {
    const ReleaseGil release;
    TraceSpan span("python.decode");
    span.field("n_tensors", outputs.span().size()).field("max_boxes", max_boxes.value);
    self.read([&](const Decoder& decoder) {
      decoder.decode(outputs.span(), detections, request_for(element, masks, letterbox));
    });
    truncate(detections, max_boxes);
  }
  return with_masks(detections);
}

py::list decode_batch(const DecoderObject& self, const py::object& model_output, MaxBoxes max_boxes,
                      bool masks, const std::optional<Letterbox>& letterbox) {
  const ModelOutputs outputs(model_output);
  std::vector<Detections> results;
  {
    const ReleaseGil release;
    TraceSpan span("python.decode_batch");
    span.field("n_tensors", outputs.span().size()).field("max_boxes", max_boxes.value);
    self.read([&](const Decoder& decoder) {
      decoder.decode_batch(outputs.span(), results, request_for(0, masks, letterbox));
    });
    for (Detections& detections : results) truncate(detections, max_boxes);
  }
  py::list list;
  for (const Detections& detections : results) list.append(with_masks(detections));
  return list;
}

py::object ingredients(std::optional<ProtoData> protos) {
  return protos ? py::cast(ProtoObject(std::move(*protos))) : py::none();
}

py::tuple decode_proto(const DecoderObject& self, const py::object& model_output,
                       MaxBoxes max_boxes, Int<std::size_t> element,
                       const std::optional<Letterbox>& letterbox) {
  const ModelOutputs outputs(model_output);
  const Lease<Detections> lease;
  Detections& detections = *lease;
  std::optional<ProtoData> protos;
  {
    const ReleaseGil release;
    TraceSpan span("python.decode_proto");
    span.field("n_tensors", outputs.span().size()).field("max_boxes", max_boxes.value);
    self.read([&](const Decoder& decoder) {
      protos =
          decoder.decode_proto(outputs.span(), detections, request_for(element, true, letterbox));
    });
    if (!protos) truncate(detections, max_boxes);  // else boxes belong to rows of coefficients
  }
  const py::tuple boxes = arrays_from(detections.boxes);
  return py::make_tuple(boxes[0], boxes[1], boxes[2], ingredients(std::move(protos)));
}

py::tuple decode_tracked(const DecoderObject& self, TrackerObject& tracker,
                         Int<std::uint64_t> timestamp, const py::object& model_output,
                         MaxBoxes max_boxes, Int<std::size_t> element, bool masks,
                         const std::optional<Letterbox>& letterbox) {
  const ModelOutputs outputs(model_output);
  const Lease<Detections> lease;
  Detections& detections = *lease;
  {
    const ReleaseGil release;
    TraceSpan span("python.decode_tracked");
    span.field("n_tensors", outputs.span().size())
        .field("max_boxes", max_boxes.value)
        .field("timestamp", timestamp.value);
    self.read([&](const Decoder& decoder) {
      tracker.exclusively([&](ByteTrack& byte_track) {
        decoder.decode_tracked(outputs.span(), byte_track, timestamp, detections,
                               request_for(element, masks, letterbox));
      });
    });
    truncate(detections, max_boxes);
  }
  const py::tuple decoded = with_masks(detections);
  return py::make_tuple(decoded[0], decoded[1], decoded[2], decoded[3],
                        py::cast(detections.tracks));
}

py::tuple decode_proto_tracked(const DecoderObject& self, TrackerObject& tracker,
                               Int<std::uint64_t> timestamp, const py::object& model_output,
                               MaxBoxes max_boxes, Int<std::size_t> element,
                               const std::optional<Letterbox>& letterbox) {
  const ModelOutputs outputs(model_output);
  const Lease<Detections> lease;
  Detections& detections = *lease;
  std::optional<ProtoData> protos;
  {
    const ReleaseGil release;
    TraceSpan span("python.decode_proto_tracked");
    span.field("n_tensors", outputs.span().size())
        .field("max_boxes", max_boxes.value)
        .field("timestamp", timestamp.value);
    self.read([&](const Decoder& decoder) {
      tracker.exclusively([&](ByteTrack& byte_track) {
        protos = decoder.decode_proto_tracked(outputs.span(), byte_track, timestamp, detections,
                                              request_for(element, true, letterbox));
      });
    });
    if (!protos) truncate(detections, max_boxes);
  }
  const py::tuple boxes = arrays_from(detections.boxes);
  return py::make_tuple(boxes[0], boxes[1], boxes[2], ingredients(std::move(protos)),
                        py::cast(detections.tracks));
}

/// Text with an odd schema_version counts as version 1; a dict of the caller's is refused.
void check_schema_version(const py::dict& config) {
  constexpr const char* kKey = "schema_version";
  if (!config.contains(kKey)) return;
  const py::object version = config[kKey];
  const bool is_integer = PyLong_Check(version.ptr()) != 0 && PyBool_Check(version.ptr()) == 0;
  if (is_integer && version.attr("__ge__")(0).cast<bool>() &&
      version.attr("bit_length")().cast<int>() <= 64) {
    return;
  }
  raise(ErrorCode::kInvalidConfig, "schema_version: expected a whole number from 0 on, got ",
        py::repr(version).cast<std::string>());
}

/// json.dumps refuses what is no plain tree (numpy scalars) with TypeError. JSON has no NaN and no
/// infinities: where the configuration is not read they may be, else they miss as null does.
std::string json_text(const py::dict& config) {
  check_schema_version(config);
  const py::module_ json = py::module_::import("json");
  const py::object dumps = json.attr("dumps");
  try {
    const py::str text = dumps(config);
    const py::cpp_function null([](const py::object&) { return py::none(); });
    const py::object plain = json.attr("loads")(text, py::arg("parse_constant") = null);
    return dumps(plain).cast<std::string>();
  } catch (const py::error_already_set& error) {
    if (!error.matches(PyExc_ValueError)) throw;  // a dict that holds itself
    raise(ErrorCode::kInvalidConfig, "config: ", py::str(error.value()).cast<std::string>());
  }
}

using FromText = Decoder (*)(std::string_view, const DecoderOptions&);

auto text_factory(FromText parse) {
  return [parse](const Text& text, float score_threshold, float iou_threshold,
                 std::optional<Nms> nms, const InputDims& input_dims) {
    const DecoderOptions options = options_from(score_threshold, iou_threshold, nms, input_dims);
    return make_decoder([&] { return parse(text.value, options); });
  };
}

void bind_construction(DecoderClass& type) {
  constexpr float kScore = 0.1F;  // what these constructors default to; new_from_outputs differs
  constexpr float kIou = 0.7F;
  type.def(py::init([](const py::dict& config, float score_threshold, float iou_threshold,
                       std::optional<Nms> nms, const InputDims& input_dims) {
             return text_factory(&Decoder::from_json)(Text{json_text(config)}, score_threshold,
                                                      iou_threshold, nms, input_dims);
           }),
           py::arg("config"), py::arg("score_threshold") = kScore, py::arg("iou_threshold") = kIou,
           py::arg("nms") = Nms::kAuto, py::arg("input_dims") = py::none());
  type.def_static("new_from_json_str", text_factory(&Decoder::from_json), py::arg("json_str"),
                  py::arg("score_threshold") = kScore, py::arg("iou_threshold") = kIou,
                  py::arg("nms") = Nms::kAuto, py::arg("input_dims") = py::none(),
                  "A decoder for a model described in JSON.");
  type.def_static("new_from_yaml_str", text_factory(&Decoder::from_yaml), py::arg("yaml_str"),
                  py::arg("score_threshold") = kScore, py::arg("iou_threshold") = kIou,
                  py::arg("nms") = Nms::kAuto, py::arg("input_dims") = py::none(),
                  "A decoder for a model described in YAML.");
  type.def_static(
      "from_model",
      [](const Path& path, float score_threshold, float iou_threshold, std::optional<Nms> nms,
         const InputDims& input_dims) {
        const DecoderOptions options =
            options_from(score_threshold, iou_threshold, nms, input_dims);
        const std::string name = path.string();
        return make_decoder([&] { return Decoder::from_model(name, options); });
      },
      py::arg("path"), py::arg("score_threshold") = 0.25F, py::arg("iou_threshold") = 0.45F,
      py::arg("nms") = Nms::kAuto, py::arg("input_dims") = py::none(),
      "A decoder for what an ONNX or TFLite file says about itself.");
  type.def_static(
      "new_from_outputs",
      [](const std::vector<OutputObject>& outputs, float score_threshold, float iou_threshold,
         std::optional<Nms> nms, std::optional<DecoderVersion> version,
         const InputDims& input_dims) {
        const DecoderOptions options =
            options_from(score_threshold, iou_threshold, nms, input_dims);
        std::vector<OutputSpec> specs;
        for (const OutputObject& output : outputs) specs.push_back(output.spec);
        return make_decoder([&] { return Decoder::from_outputs(specs, options, version); });
      },
      py::arg("outputs"), py::arg("score_threshold") = 0.25F, py::arg("iou_threshold") = 0.45F,
      py::arg("nms") = Nms::kAuto, py::arg("decoder_version") = py::none(),
      py::arg("input_dims") = py::none(), "A decoder for outputs described one by one.");
}

/// A readable and writable setting of the decoder.
template <typename Value, typename Argument>
void bind_setting(DecoderClass& type, const char* name, Value DecoderOptions::*field,
                  void (Decoder::*set)(Value), const char* doc) {
  type.def_property(
      name,
      [field](const DecoderObject& self) {
        Value value{};
        const ReleaseGil release;
        self.read([&](const Decoder& decoder) { value = decoder.options().*field; });
        return value;
      },
      [set](DecoderObject& self, Argument value) {
        const ReleaseGil release;
        self.write([&](Decoder& decoder) { (decoder.*set)(value); });
      },
      doc);
}

/// A fact that construction settled.
template <typename Get>
void bind_fact(DecoderClass& type, const char* name, Get get, const char* doc) {
  type.def_property_readonly(
      name,
      [get](const DecoderObject& self) {
        std::invoke_result_t<Get, const Decoder&> value{};
        const ReleaseGil release;
        self.read([&](const Decoder& decoder) { value = std::invoke(get, decoder); });
        return value;
      },
      doc);
}

void bind_settings(DecoderClass& type) {
  bind_setting<float, float>(type, "score_threshold", &DecoderOptions::score_threshold,
                             &Decoder::set_score_threshold, "Least score of a detection.");
  bind_setting<float, float>(type, "iou_threshold", &DecoderOptions::iou_threshold,
                             &Decoder::set_iou_threshold, "Overlap above which NMS suppresses.");
  bind_setting<std::size_t, Int<std::size_t>>(type, "pre_nms_top_k", &DecoderOptions::pre_nms_top_k,
                                              &Decoder::set_pre_nms_top_k,
                                              "Best candidates that enter NMS; 0: all.");
  bind_setting<std::size_t, Int<std::size_t>>(type, "max_det", &DecoderOptions::max_det,
                                              &Decoder::set_max_det, "Most detections of a frame.");
  bind_fact(type, "nms", &Decoder::nms, "The mode in use, never Auto; None without NMS.");
  bind_fact(type, "normalized_boxes", &Decoder::normalized_boxes,
            "Whether boxes are normalised; None where the model does not say.");
  bind_fact(type, "input_dims", &Decoder::input_dims, "(width, height) of the model input.");
  type.def(
      "is_end_to_end",
      [](const DecoderObject& self) {
        bool value = false;
        const ReleaseGil release;
        self.read([&](const Decoder& decoder) { value = decoder.is_end_to_end(); });
        return value;
      },
      "Whether the model suppresses by itself, so that NMS and its threshold have no effect.");
  bind_fact(type, "batch_size", &Decoder::batch_size,
            "Elements of the batch that the outputs hold.");
  bind_fact(type, "explanation", &Decoder::explanation,
            "How the decoder is configured and why, a line a fact.");
  bind_fact(type, "class_count", &Decoder::class_count,
            "Scores that each anchor has; None where rows name their class.");
  bind_fact(type, "configuration", &Decoder::configuration,
            "The description in use as edgefirst.json.");
  bind_fact(
      type, "model_type",
      [](const Decoder& decoder) { return std::string(model_type_name(decoder.model_type())); },
      "The kind of model the configuration describes.");
}

void bind_dequantize(py::module_& module) {
  module.def(
      "dequantize",
      [](Tensor input, float scale, Int<std::int32_t> zero_point, Tensor output) {
        const ReleaseGil release;
        dequantize(input, scale, zero_point, output);
      },
      py::arg("input"), py::arg("scale"), py::arg("zero_point"), py::arg("output"),
      "output = input * scale - zero_point * scale.");
}

void bind_proto_data(py::module_& module) {
  const auto take = [](std::optional<Tensor>& part) { return std::exchange(part, std::nullopt); };
  py::class_<ProtoObject>(module, "ProtoData", "Masks left as prototypes and coefficients.")
      .def_property_readonly(
          "layout",
          [](const ProtoObject& self) {
            return self.layout == ProtoLayout::kNhwc ? "nhwc" : "nchw";
          },
          "'nhwc' or 'nchw'.")
      .def(
          "take_protos", [take](ProtoObject& self) { return take(self.protos); },
          "The prototypes, once; then None.")
      .def(
          "take_mask_coefficients",
          [take](ProtoObject& self) { return take(self.mask_coefficients); },
          "The coefficients [N, K], once; then None.");
}

}  // namespace

ModelOutputs::ModelOutputs(const py::object& sequence) {
  if (!is_list_like(sequence) || py::isinstance<py::array>(sequence)) {
    throw type_error("model_output must be a list or tuple of Tensor or numpy.ndarray");
  }
  const auto items = sequence.cast<py::sequence>();
  tensors_.reserve(items.size());
  for (const py::object item : items) {
    if (py::isinstance<Tensor>(item)) {
      tensors_.push_back(item.cast<const Tensor&>());
    } else if (py::isinstance<py::array>(item)) {
      tensors_.push_back(tensor_over(item.cast<py::array>()));
      arrays_.push_back(item);
    } else {
      throw type_error("model_output holds a ", type_name(item),
                       ", expected only Tensor or numpy.ndarray");
    }
  }
  for (const Tensor& tensor : tensors_) pointers_.push_back(&tensor);
}

bool ModelOutputs::alias(const Tensor& tensor) const {
  return std::any_of(tensors_.begin(), tensors_.end(),
                     [&](const Tensor& output) { return output.aliases(tensor); });
}

ProtoObject::ProtoObject(ProtoData data)
    : layout(data.layout),
      mask_coefficients(std::move(data.mask_coefficients)),
      protos(std::move(data.protos)) {}

ProtoData ProtoObject::data() const {
  if (!mask_coefficients || !protos) {
    raise(ErrorCode::kInvalidArgument,
          "this ProtoData was emptied by a take_ call: decode the frame again");
  }
  return {*mask_coefficients, *protos, layout};
}

void truncate(Detections& detections, std::size_t max_boxes) {
  if (detections.boxes.size() > max_boxes) detections.boxes.resize(max_boxes);
  if (detections.masks.size() > max_boxes) detections.masks.truncate(max_boxes);
  if (detections.tracks.size() > max_boxes) detections.tracks.resize(max_boxes);
}

void bind_decoder(py::module_& module) {
  bind_output(module);
  bind_proto_data(module);
  DecoderClass type(module, "Decoder", "Turns model outputs into boxes, scores, classes, masks.");
  bind_construction(type);
  bind_settings(type);
  bind_dequantize(module);
  const auto element = py::arg("element") = 0;
  const auto masks = py::arg("masks") = true;
  const auto letterbox = py::arg("letterbox") = py::none();
  const auto max_boxes = py::arg("max_boxes") = kDefaultMaxBoxes;
  type.def("decode", &decode, py::arg("model_output"), max_boxes, py::kw_only(), element, masks,
           letterbox, "(boxes, scores, classes, masks) of one frame.")
      .def("decode_batch", &decode_batch, py::arg("model_output"), max_boxes, py::kw_only(), masks,
           letterbox, "What decode returns, for every element of the batch.")
      .def("decode_proto", &decode_proto, py::arg("model_output"), max_boxes, py::kw_only(),
           element, letterbox, "(boxes, scores, classes, ProtoData or None) of one frame.")
      .def("decode_tracked", &decode_tracked, py::arg("tracker"), py::arg("timestamp"),
           py::arg("model_output"), max_boxes, py::kw_only(), element, masks, letterbox,
           "(boxes, scores, classes, masks, tracks) of one frame.")
      .def("decode_proto_tracked", &decode_proto_tracked, py::arg("tracker"), py::arg("timestamp"),
           py::arg("model_output"), max_boxes, py::kw_only(), element, letterbox,
           "(boxes, scores, classes, ProtoData or None, tracks) of one frame.");
}

}  // namespace edgefirst::python
