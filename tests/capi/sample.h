/* SPDX-License-Identifier: Apache-2.0 */
/* Things that several of the C programs need: filled tensors, files in memory, a small model. */
#ifndef EDGEFIRST_TESTS_CAPI_SAMPLE_H
#define EDGEFIRST_TESTS_CAPI_SAMPLE_H

#include "check.h"

/* A picture with a horizontal ramp in red, a vertical one in green, and blue at 64. */
static inline hal_tensor* make_picture(size_t width, size_t height, hal_pixel_format format) {
  hal_tensor* tensor =
      hal_tensor_new_image(width, height, format, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  hal_tensor_map* map = hal_tensor_map_create(tensor);
  uint8_t* rows = hal_tensor_map_data(map);
  const size_t stride = hal_tensor_row_stride(tensor);
  const size_t channels = hal_tensor_channels(tensor);
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      uint8_t* pixel = rows + y * stride + x * channels;
      pixel[0] = (uint8_t)(x * 255 / width);
      pixel[1] = (uint8_t)(y * 255 / height);
      pixel[2] = 64;
      if (channels == 4) pixel[3] = 255;
    }
  }
  hal_tensor_map_unmap(map);
  return tensor;
}

/* The whole file; the caller frees it. NULL where it cannot be read. */
static inline uint8_t* read_file(const char* path, size_t* length) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) return NULL;
  fseek(file, 0, SEEK_END);
  *length = (size_t)ftell(file);
  rewind(file);
  uint8_t* data = malloc(*length);
  if (fread(data, 1, *length, file) != *length) *length = 0;
  fclose(file);
  return data;
}

static inline bool write_file(const char* path, const void* data, size_t length) {
  FILE* file = fopen(path, "wb");
  if (file == NULL) return false;
  const bool written = fwrite(data, 1, length, file) == length;
  return fclose(file) == 0 && written;
}

static inline hal_tensor* make_floats(const size_t* shape, size_t ndim, const float* values) {
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_F32, shape, ndim, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor_map* map = hal_tensor_map_create(tensor);
  memcpy(hal_tensor_map_data(map), values, hal_tensor_map_size(map));
  hal_tensor_map_unmap(map);
  return tensor;
}

static inline uint8_t byte_at(const hal_tensor* tensor, size_t offset) {
  hal_tensor_map* map = hal_tensor_map_create(tensor);
  const uint8_t value = ((const uint8_t*)hal_tensor_map_data_const(map))[offset];
  hal_tensor_map_unmap(map);
  return value;
}

/* A detector of CLASSES classes with ANCHORS candidates and, for the masks model, PROTOS
 * prototypes of GRID x GRID cells. */
enum { CLASSES = 2, ANCHORS = 6, PROTOS = 32, GRID = 16 };
enum { DETECTION_ROWS = 4 + CLASSES, MASKS_ROWS = 4 + CLASSES + PROTOS };

static const char* const kDetectionJson =
    "{\"outputs\": [{\"type\": \"detection\", \"decoder\": \"ultralytics\","
    " \"shape\": [1, 6, 6], \"normalized\": true}], \"nms\": \"class_agnostic\"}";

static const char* const kMasksYaml =
    "outputs:\n"
    "  - {type: detection, decoder: ultralytics, shape: [1, 38, 6], normalized: true}\n"
    "  - type: protos\n"
    "    decoder: ultralytics\n"
    "    shape: [1, 16, 16, 32]\n";

/* Writes candidate at of a [1, rows, ANCHORS] output: a box by centre and size, and its score. */
static inline void set_candidate(float* output, size_t at, const float box[4], size_t label,
                                 float score) {
  for (size_t i = 0; i < 4; ++i) output[i * ANCHORS + at] = box[i];
  output[(4 + label) * ANCHORS + at] = score;
}

/* Two objects, one overlapping duplicate, the rest below any threshold. */
static inline hal_tensor* make_detections(size_t rows) {
  static const float kLeft[4] = {0.25F, 0.5F, 0.2F, 0.4F};
  static const float kLeftAgain[4] = {0.26F, 0.5F, 0.2F, 0.4F};
  static const float kRight[4] = {0.75F, 0.5F, 0.3F, 0.2F};
  float values[MASKS_ROWS * ANCHORS] = {0};
  set_candidate(values, 0, kLeft, 0, 0.9F);
  set_candidate(values, 2, kLeftAgain, 0, 0.8F);
  set_candidate(values, 5, kRight, 1, 0.75F);
  if (rows == MASKS_ROWS) { /* coefficient 0 is on: the first prototype is the mask */
    values[(4 + CLASSES) * ANCHORS + 0] = 8.0F;
    values[(4 + CLASSES) * ANCHORS + 2] = 8.0F;
    values[(4 + CLASSES) * ANCHORS + 5] = 8.0F;
  }
  const size_t shape[3] = {1, rows, ANCHORS};
  return make_floats(shape, 3, values);
}

/* Prototype 0 is 1 in the upper half of the picture and -1 in the lower; the others are 0. */
static inline hal_tensor* make_protos(void) {
  static float values[GRID * GRID * PROTOS];
  for (size_t cell = 0; cell < GRID * GRID; ++cell) {
    values[cell * PROTOS] = cell / GRID < GRID / 2 ? 1.0F : -1.0F;
  }
  const size_t shape[4] = {1, GRID, GRID, PROTOS};
  return make_floats(shape, 4, values);
}

static inline hal_decoder* make_detection_decoder(void) {
  hal_decoder_params* params = hal_decoder_params_new();
  hal_decoder_params_set_config_json(params, kDetectionJson, 0);
  hal_decoder* decoder = hal_decoder_new(params);
  hal_decoder_params_free(params);
  return decoder;
}

static inline hal_decoder* make_masks_decoder(void) {
  hal_decoder_params* params = hal_decoder_params_new();
  hal_decoder_params_set_config_yaml(params, kMasksYaml, 0);
  hal_decoder* decoder = hal_decoder_new(params);
  hal_decoder_params_free(params);
  return decoder;
}

#endif
