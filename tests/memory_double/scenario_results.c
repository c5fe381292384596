/* SPDX-License-Identifier: Apache-2.0 */
/* Scenarios of models' outputs, tracks, tensors, traces and mistakes. */
#include <unistd.h>

#include "scenario_tools.h"

static bool fill_floats(hal_tensor* tensor) {
  hal_tensor_map* map = hal_tensor_map_create(tensor);
  if (map == NULL) return false;
  float* values = hal_tensor_map_data(map);
  for (size_t i = 0; i < hal_tensor_map_len(map); ++i) {
    values[i] = (float)((uint32_t)i * 2654435761U % 1000) / 1000;
  }
  hal_tensor_map_unmap(map);
  return true;
}

static const char kJson[] =
    "{\"outputs\":[{\"type\":\"detection\",\"shape\":[1,38,64],\"dshape\":[[\"batch\",1],"
    "[\"num_features\",38],[\"num_boxes\",64]],\"normalized\":true},{\"type\":\"protos\","
    "\"shape\":[1,32,16,16],\"dshape\":[[\"batch\",1],[\"num_protos\",32],[\"height\",16],"
    "[\"width\",16]]}],\"decoder_version\":\"yolov8\"}";
static const char kYaml[] =
    "decoder_version: yolov8\noutputs:\n- type: detection\n  shape: [1, 38, 64]\n"
    "  dshape: [[batch, 1], [num_features, 38], [num_boxes, 64]]\n  normalized: true\n"
    "- {type: protos, shape: [1, 32, 16, 16], dshape: [[batch, 1], [num_protos, 32], [height, 16],"
    " [width, 16]]}\n";

static bool make_decoder(Held* held, bool yaml) {
  held->params = hal_decoder_params_new();
  if (held->params == NULL) return false;
  const int status = yaml ? hal_decoder_params_set_config_yaml(held->params, kYaml, 0)
                          : hal_decoder_params_set_config_json(held->params, kJson, 0);
  if (status != 0) return false;
  hal_decoder_params_set_score_threshold(held->params, 0.2F);
  held->decoder = hal_decoder_new(held->params);
  return held->decoder != NULL;
}

/* tensors[0] and [1]: 64 candidates with masks, and prototypes. */
static bool make_outputs(Held* held) {
  static const size_t kDetections[3] = {1, 38, 64};
  static const size_t kProtos[4] = {1, 32, 16, 16};
  held->tensors[0] = hal_tensor_new(HAL_DTYPE_F32, kDetections, 3, HAL_TENSOR_MEMORY_MEM, NULL);
  held->tensors[1] = hal_tensor_new(HAL_DTYPE_F32, kProtos, 4, HAL_TENSOR_MEMORY_MEM, NULL);
  return held->tensors[0] != NULL && held->tensors[1] != NULL && fill_floats(held->tensors[0]) &&
         fill_floats(held->tensors[1]);
}

static void mix_results(Outcome* outcome, const Held* held) {
  for (size_t i = 0; i < hal_detect_box_list_len(held->boxes); ++i) {
    hal_detect_box box;
    memset(&box, 0, sizeof box);
    hal_detect_box_list_get(held->boxes, i, &box);
    mix(outcome, &box, sizeof box);
  }
  for (size_t i = 0; i < hal_segmentation_list_len(held->masks); ++i) {
    size_t height = 0;
    size_t width = 0;
    const uint8_t* mask = hal_segmentation_list_get_mask(held->masks, i, &height, &width);
    if (mask != NULL) mix(outcome, mask, height * width);
  }
}

static void decode_outputs(bool yaml, Outcome* outcome) {
  Held held = {0};
  NEED(make_decoder(&held, yaml));
  NEED(make_outputs(&held));
  const hal_tensor* outputs[2] = {held.tensors[0], held.tensors[1]};
  NEED(hal_decoder_decode(held.decoder, outputs, 2, &held.boxes, &held.masks) == 0);
  mix_results(outcome, &held);
  hal_detect_box_list_free(held.boxes);
  held.boxes = NULL;
  NEED(held.protos = hal_decoder_decode_proto(held.decoder, outputs, 2, &held.boxes));
  mix_results(outcome, &held);
  NEED(held.tensors[2] = hal_proto_data_take_mask_coefficients(held.protos));
  NEED(mix_tensor(outcome, held.tensors[2]));
  NEED(held.text = hal_decoder_explain(held.decoder));
  mix_text(outcome, held.text);
end:
  release(&held);
}

void decode_json_scenario(const Inputs* inputs, Outcome* outcome) {
  (void)inputs;
  decode_outputs(false, outcome);
}
void decode_yaml_scenario(const Inputs* inputs, Outcome* outcome) {
  (void)inputs;
  decode_outputs(true, outcome);
}

void model_file_scenario(const Inputs* inputs, Outcome* outcome) {
  Held held = {0};
  NEED(held.params = hal_decoder_params_new());
  NEED(hal_decoder_params_set_model_file(held.params, inputs->model) == 0);
  NEED(held.decoder = hal_decoder_new(held.params));
  NEED(held.text = hal_decoder_explain(held.decoder));
  mix_text(outcome, held.text);
end:
  release(&held);
}

void draw_scenario(const Inputs* inputs, Outcome* outcome) {
  static const char* const kNames[] = {"a name that needs memory of its own", "another"};
  Held held = {0};
  (void)inputs;
  NEED(make_decoder(&held, false));
  NEED(make_outputs(&held));
  NEED(held.processor = hal_image_processor_new());
  NEED(held.tensors[2] = image_of(128, 128, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8));
  const hal_tensor* outputs[2] = {held.tensors[0], held.tensors[1]};
  NEED(hal_image_processor_draw_masks(held.processor, held.decoder, outputs, 2, held.tensors[2],
                                      NULL, 0.5F, NULL, HAL_COLOR_MODE_CLASS, &held.boxes) == 0);
  NEED(mix_tensor(outcome, held.tensors[2]));
  hal_overlay overlay = hal_overlay_new();
  overlay.detections = held.boxes;
  overlay.class_names = kNames;
  overlay.num_class_names = 2;
  overlay.labels = true;
  NEED(hal_image_processor_draw_overlay(held.processor, held.tensors[2], &overlay) == 0);
  NEED(mix_tensor(outcome, held.tensors[2]));
  hal_detect_box_list_free(held.boxes);
  held.boxes = NULL;
  NEED(held.protos = hal_decoder_decode_proto(held.decoder, outputs, 2, &held.boxes));
  NEED(held.masks =
           hal_image_processor_materialize_masks(held.processor, held.boxes, held.protos, NULL));
  mix_results(outcome, &held);
end:
  release(&held);
}

/* Identifiers of tracks are random: they stay out of the answer. */
static void mix_tracks(Outcome* outcome, const hal_track_info_list* tracks) {
  for (size_t i = 0; i < hal_track_info_list_len(tracks); ++i) {
    hal_track_info info;
    if (hal_track_info_list_get(tracks, i, &info) != 0) continue;
    mix(outcome, info.location, sizeof info.location);
    mix(outcome, &info.count, sizeof info.count);
    mix(outcome, &info.last_updated, sizeof info.last_updated);
  }
}

static bool update_tracker(Held* held, size_t frame) {
  hal_detect_box found[40];
  memset(found, 0, sizeof found);
  for (size_t i = 0; i < 40; ++i) {
    const float at = 0.02F * (float)i + 0.002F * (float)frame;
    found[i] = (hal_detect_box){at, at, at + 0.1F, at + 0.1F, 0.9F, i % 3};
  }
  hal_detect_box_list_free(held->boxes);
  held->boxes = hal_detect_box_list_new(found, 40);
  if (held->boxes == NULL) return false;
  hal_track_info_list_free(held->tracks);
  held->tracks = hal_bytetrack_update(held->tracker, held->boxes, frame * 1000);
  return held->tracks != NULL;
}

void track_scenario(const Inputs* inputs, Outcome* outcome) {
  Held held = {0};
  size_t size = 0;
  (void)inputs;
  NEED(held.tracker = hal_bytetrack_new_default());
  for (size_t frame = 0; frame < 5; ++frame) {
    NEED(update_tracker(&held, frame));
    mix_tracks(outcome, held.tracks);
  }
  NEED(hal_bytetrack_snapshot(held.tracker, NULL, 0, &size) == -1 && errno == ENOSPC);
  NEED(held.block = malloc(size));
  NEED(hal_bytetrack_snapshot(held.tracker, held.block, size, &size) == 0);
  hal_bytetrack_free(held.tracker);
  NEED(held.tracker = hal_bytetrack_restore(held.block, size));
  hal_track_info_list_free(held.tracks);
  NEED(held.tracks = hal_bytetrack_get_active_tracks(held.tracker));
  mix_tracks(outcome, held.tracks);
end:
  release(&held);
}

/* A frame whose update found no memory is given to the same tracker again. */
void track_again_scenario(const Inputs* inputs, Outcome* outcome) {
  Held held = {0};
  (void)inputs;
  NEED(held.tracker = hal_bytetrack_new_default());
  for (size_t frame = 0; frame < 5; ++frame) {
    errno = 0;
    if (!update_tracker(&held, frame)) {
      if (errno != ENOMEM) fail(outcome);
      NEED(update_tracker(&held, frame));
    }
    mix_tracks(outcome, held.tracks);
  }
end:
  release(&held);
}

void tensors_scenario(const Inputs* inputs, Outcome* outcome) {
  static const size_t kShape[3] = {2, 16, 12};
  static const size_t kBytes[1] = {384};
  static uint8_t memory[384];
  static const float kScales[2] = {0.5F, 0.25F};
  Held held = {0};
  (void)inputs;
  NEED(held.tensors[0] = hal_tensor_new(HAL_DTYPE_U8, kShape, 3, HAL_TENSOR_MEMORY_SHM,
                                        "/edgefirst_short_memory"));
  NEED(mix_tensor(outcome, held.tensors[0]));
  held.fd = hal_tensor_clone_fd(held.tensors[0]);
  NEED(held.fd >= 0);
  NEED(held.tensors[1] = hal_tensor_from_fd(HAL_DTYPE_U8, held.fd, kBytes, 1, "peer"));
  NEED(mix_tensor(outcome, held.tensors[1]));
  NEED(held.tensors[2] =
           hal_tensor_wrap(HAL_DTYPE_U8, memory, sizeof memory, kShape, 3, NULL, NULL));
  NEED(held.tensors[3] = hal_tensor_batch(held.tensors[2], 1));
  NEED(held.tensors[4] = image_of(32, 16, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8));
  NEED(held.tensors[5] = hal_tensor_view(held.tensors[4], hal_rect_new(4, 4, 8, 8)));
  NEED(hal_tensor_set_quantization_per_channel(held.tensors[2], kScales, NULL, 2, 0) == 0);
  NEED(hal_tensor_configure_image(held.tensors[4], 16, 16, HAL_PIXEL_FORMAT_GREY) == 0);
  NEED(held.text = hal_tensor_name(held.tensors[0]));
  mix_text(outcome, held.text);
  NEED(held.tensors[6] = hal_tensor_new(HAL_DTYPE_F16, kShape, 3, HAL_TENSOR_MEMORY_MEM, NULL));
  NEED(hal_tensor_reshape(held.tensors[6], kBytes, 1) == 0);
end:
  release(&held);
}

static void count_event(const char* event, void* userdata) {
  (void)event;
  ++*(long*)userdata;
}

/* Spans that find no memory are left out, so that their number is no part of the answer. */
void trace_scenario(const Inputs* inputs, Outcome* outcome) {
  Held held = {0};
  long events = 0;
  NEED(hal_start_tracing("short_memory.json") == 0);
  NEED(load(outcome, &held.tensors[0], inputs->baseline, HAL_PIXEL_FORMAT_RGB));
  hal_stop_tracing();
  NEED(hal_start_tracing_callback(count_event, &events, 0) == 0);
  NEED(held.processor = hal_image_processor_new());
  NEED(held.tensors[1] = image_of(33, 17, HAL_PIXEL_FORMAT_RGBA, HAL_DTYPE_U8));
  NEED(hal_image_processor_convert(held.processor, held.tensors[0], held.tensors[1],
                                   HAL_ROTATION_NONE, HAL_FLIP_NONE, NULL) == 0);
  NEED(mix_tensor(outcome, held.tensors[1]));
end:
  if (hal_is_tracing_active() == 1) hal_stop_tracing();
  release(&held);
}

/* What hal_decoder_new() makes of a description. */
static hal_decoder* describe(int (*set)(hal_decoder_params*, const char*), const char* text) {
  hal_decoder_params* params = hal_decoder_params_new();
  hal_decoder* decoder = NULL;
  if (params != NULL && set(params, text) == 0) decoder = hal_decoder_new(params);
  const int saved = errno;
  hal_decoder_params_free(params);
  errno = saved;
  return decoder;
}
static int set_json(hal_decoder_params* params, const char* text) {
  return hal_decoder_params_set_config_json(params, text, 0);
}
static int set_yaml(hal_decoder_params* params, const char* text) {
  return hal_decoder_params_set_config_yaml(params, text, 0);
}

/* The call fails with that errno and a text, or finds no memory. */
#define REFUSED(errno_value, call)       \
  do {                                   \
    errno = 0;                           \
    if (call) NEED(errno != 0);          \
    if (errno != (errno_value)) {        \
      fail(outcome);                     \
      goto end;                          \
    }                                    \
    mix_text(outcome, hal_last_error()); \
  } while (0)

/* What callers are told of their mistakes is whole, or that memory is short. */
void refusals_scenario(const Inputs* inputs, Outcome* outcome) {
  static const size_t kFlat[1] = {7};
  Held held = {0};
  hal_image_info info;
  NEED(held.tensors[0] = image_of(8, 8, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8));
  NEED(held.tensors[1] = hal_tensor_new(HAL_DTYPE_F64, kFlat, 1, HAL_TENSOR_MEMORY_MEM, "flat"));
  REFUSED(EBADMSG, hal_peek_image_info((const uint8_t*)"no picture", 10, NULL, &info) == 0);
  REFUSED(EBADMSG, hal_peek_image_info(inputs->baseline.data, 300, NULL, &info) == 0);
  REFUSED(ENOSPC, hal_tensor_decode_image(held.tensors[0], inputs->baseline.data,
                                          inputs->baseline.size, -1, NULL, NULL) == 0);
  REFUSED(EBADMSG, hal_tensor_decode_image(held.tensors[1], inputs->plain.data, inputs->plain.size,
                                           -1, NULL, NULL) == 0);
  REFUSED(EINVAL, hal_tensor_reshape(held.tensors[1], kFlat, 0) == 0);
  REFUSED(EINVAL, hal_tensor_view(held.tensors[1], hal_rect_new(0, 0, 1, 1)) != NULL);
  REFUSED(EBADMSG, (held.decoder = describe(set_json, "{\"outputs\": [{\"type\": 3}]}")) != NULL);
  REFUSED(EBADMSG, (held.decoder = describe(set_yaml, "outputs: {")) != NULL);
  REFUSED(ENOENT, (held.decoder = describe(hal_decoder_params_set_model_file, "no.onnx")) != NULL);
end:
  release(&held);
}
