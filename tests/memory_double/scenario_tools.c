/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario_tools.h"

#include <stdio.h>
#include <unistd.h>

void release(Held* held) {
  const int saved = errno;
  for (int i = 0; i < 3; ++i) hal_fence_free(held->fences[i]);
  hal_image_processor_free(held->processor);
  for (int i = 0; i < 8; ++i) hal_tensor_free(held->tensors[i]);
  hal_decoder_params_free(held->params);
  hal_decoder_free(held->decoder);
  hal_detect_box_list_free(held->boxes);
  hal_segmentation_list_free(held->masks);
  hal_proto_data_free(held->protos);
  hal_track_info_list_free(held->tracks);
  hal_bytetrack_free(held->tracker);
  free(held->block);
  free(held->text);
  if (held->fd > 0) close(held->fd);
  errno = saved;
}

void fail(Outcome* outcome) {
  outcome->error = errno != 0 ? errno : -1;
  snprintf(outcome->text, sizeof outcome->text, "%s", hal_last_error());
}

void mix(Outcome* outcome, const void* bytes, size_t size) {
  const uint8_t* at = bytes;
  for (size_t i = 0; i < size; ++i) outcome->answer = (outcome->answer ^ at[i]) * 1099511628211ULL;
}

void mix_text(Outcome* outcome, const char* text) { mix(outcome, text, strlen(text) + 1); }

bool mix_tensor(Outcome* outcome, const hal_tensor* tensor) {
  hal_tensor_map* map = hal_tensor_map_create(tensor);
  if (map == NULL) return false;
  mix(outcome, hal_tensor_map_data_const(map), hal_tensor_map_size(map));
  hal_tensor_map_unmap(map);
  return true;
}

hal_tensor* image_of(size_t width, size_t height, hal_pixel_format format, hal_dtype dtype) {
  return hal_tensor_new_image(width, height, format, dtype, HAL_TENSOR_MEMORY_MEM);
}

bool load(Outcome* outcome, hal_tensor** tensor, Bytes file, hal_pixel_format format) {
  *tensor = hal_tensor_load_image(file.data, file.size, format, HAL_TENSOR_MEMORY_MEM);
  return *tensor != NULL && mix_tensor(outcome, *tensor);
}
