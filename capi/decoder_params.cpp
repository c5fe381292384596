// SPDX-License-Identifier: Apache-2.0
// hal_decoder_params_*: collects what hal_decoder_new() builds from. Checks indices and types of
// outputs; whether they describe a model is for the core to say.
#include "edgefirst/decoder.hpp"
#include "edgefirst/hal.h"

#include "base/message.hpp"
#include "convert.hpp"
#include "guard.hpp"
#include "handles.hpp"

namespace capi = edgefirst::capi;
using capi::guard;
using capi::require;
using edgefirst::OutputSpec;
using edgefirst::OutputType;

namespace {

OutputSpec& output_at(hal_decoder_params* params, int index) {
  require({{"params", params}});
  if (index < 0) {
    throw capi::BadCall(edgefirst::message("index is ", index, ", expected that of an output"));
  }
  capi::require_index(static_cast<std::size_t>(index), params->outputs.size());
  return params->outputs[static_cast<std::size_t>(index)];
}

/// Sets one option of params.
template <typename Setter>
int set_option(hal_decoder_params* params, Setter&& setter,
               const char* function = __builtin_FUNCTION()) {
  return guard(
      [&] {
        require({{"params", params}});
        setter(params->options);
      },
      function);
}

}  // namespace

hal_decoder_params* hal_decoder_params_new(void) {
  return guard([] { return new hal_decoder_params; });
}

void hal_decoder_params_free(hal_decoder_params* params) { capi::release(params); }

int hal_decoder_params_set_config_json(hal_decoder_params* params, const char* json, size_t len) {
  return guard([&] {
    require({{"params", params}});
    params->json = capi::required_text("json", json, len);
  });
}

int hal_decoder_params_set_config_yaml(hal_decoder_params* params, const char* yaml, size_t len) {
  return guard([&] {
    require({{"params", params}});
    params->yaml = capi::required_text("yaml", yaml, len);
  });
}

int hal_decoder_params_set_config_file(hal_decoder_params* params, const char* path) {
  return guard([&] {
    require({{"params", params}});
    params->path = capi::required_text("path", path);
  });
}

int hal_decoder_params_set_model_file(hal_decoder_params* params, const char* path) {
  return guard([&] {
    require({{"params", params}});
    params->model_path = capi::required_text("path", path);
  });
}

int hal_decoder_params_add_output(hal_decoder_params* params, HalOutputType type,
                                  HalDecoderType decoder, const size_t* shape,
                                  const HalDimName* dims, size_t ndim) {
  return guard([&] {
    require({{"params", params}, {"shape", shape}});
    if (ndim == 0) throw capi::BadCall("ndim is 0");
    OutputSpec output;
    output.type = capi::to_core(type);
    output.decoder = capi::to_core(decoder);
    output.shape.assign(shape, shape + ndim);
    for (std::size_t i = 0; dims != nullptr && i < ndim; ++i) {
      output.dims.push_back({capi::to_core(dims[i]), shape[i]});
    }
    params->outputs.push_back(std::move(output));
    return static_cast<int>(params->outputs.size()) - 1;
  });
}

int hal_decoder_params_output_set_quantization(hal_decoder_params* params, int index, float scale,
                                               int zero_point) {
  return guard([&] { output_at(params, index).quantization.emplace(scale, zero_point); });
}

int hal_decoder_params_output_set_anchors(hal_decoder_params* params, int index,
                                          const float (*anchors)[2], size_t num_anchors) {
  return guard([&] {
    require({{"params", params}, {"anchors", anchors}});
    OutputSpec& output = output_at(params, index);
    if (output.type != OutputType::kDetection) {
      throw capi::BadCall(edgefirst::message("output ", index, " is no DETECTION: no anchors"));
    }
    std::vector<std::pair<float, float>> pairs;
    pairs.reserve(num_anchors);
    for (std::size_t i = 0; i < num_anchors; ++i) pairs.emplace_back(anchors[i][0], anchors[i][1]);
    output.anchors = std::move(pairs);
  });
}

int hal_decoder_params_output_set_normalized(hal_decoder_params* params, int index,
                                             int normalized) {
  return guard([&] {
    OutputSpec& output = output_at(params, index);
    if (output.type != OutputType::kDetection && output.type != OutputType::kBoxes) {
      throw capi::BadCall(edgefirst::message("output ", index, " holds no coordinates"));
    }
    output.normalized = normalized != 0;
  });
}

int hal_decoder_params_output_set_objectness(hal_decoder_params* params, int index,
                                             int has_objectness) {
  return guard([&] {
    OutputSpec& output = output_at(params, index);
    if (output.type != OutputType::kDetection) {
      throw capi::BadCall(
          edgefirst::message("output ", index, " is no DETECTION: no objectness inside"));
    }
    output.has_objectness = has_objectness != 0;
  });
}

int hal_decoder_params_set_score_threshold(hal_decoder_params* params, float threshold) {
  return set_option(params, [&](auto& options) { options.score_threshold = threshold; });
}

int hal_decoder_params_set_iou_threshold(hal_decoder_params* params, float threshold) {
  return set_option(params, [&](auto& options) { options.iou_threshold = threshold; });
}

int hal_decoder_params_set_nms(hal_decoder_params* params, hal_nms nms) {
  return set_option(params, [&](auto& options) { options.nms = capi::to_core(nms); });
}

int hal_decoder_params_set_decoder_version(hal_decoder_params* params, HalDecoderVersion version) {
  return guard([&] {
    require({{"params", params}});
    params->version = capi::to_core(version);
  });
}

int hal_decoder_params_set_pre_nms_top_k(hal_decoder_params* params, size_t pre_nms_top_k) {
  return set_option(params, [&](auto& options) { options.pre_nms_top_k = pre_nms_top_k; });
}

int hal_decoder_params_set_max_det(hal_decoder_params* params, size_t max_det) {
  return set_option(params, [&](auto& options) { options.max_det = max_det; });
}

int hal_decoder_params_set_input_dims(hal_decoder_params* params, size_t width, size_t height) {
  return set_option(params, [&](auto& options) {
    if (width == 0 || height == 0) {
      throw capi::BadCall(edgefirst::message("an input of ", width, " x ", height, " is empty"));
    }
    options.input_dims.emplace(width, height);
  });
}
