/* SPDX-License-Identifier: Apache-2.0 */
/* What the scenarios have in common: what they hold, the check of each call, and the answer. */
#ifndef EDGEFIRST_TESTS_MEMORY_SCENARIO_TOOLS_H
#define EDGEFIRST_TESTS_MEMORY_SCENARIO_TOOLS_H

#include <edgefirst/hal.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios.h"

/* Everything that a scenario may hold; freed at its end. */
typedef struct Held {
  hal_tensor* tensors[8];
  hal_image_processor* processor;
  hal_decoder_params* params;
  hal_decoder* decoder;
  hal_detect_box_list* boxes;
  hal_segmentation_list* masks;
  hal_proto_data* protos;
  hal_track_info_list* tracks;
  hal_bytetrack* tracker;
  hal_fence* fences[3];
  void* block;
  char* text;
  int fd;
} Held;

void release(Held* held);

/* Notes errno and the text of the call that failed. */
void fail(Outcome* outcome);

/* The call succeeds, or the scenario ends. */
#define NEED(condition) \
  do {                  \
    errno = 0;          \
    if (!(condition)) { \
      fail(outcome);    \
      goto end;         \
    }                   \
  } while (0)

void mix(Outcome* outcome, const void* bytes, size_t size);
void mix_text(Outcome* outcome, const char* text);
/* False where the tensor cannot be mapped. */
bool mix_tensor(Outcome* outcome, const hal_tensor* tensor);

/* On the heap. NULL where there is no memory. */
hal_tensor* image_of(size_t width, size_t height, hal_pixel_format format, hal_dtype dtype);
/* A picture in a new tensor, and its pixels in the answer. False where that fails. */
bool load(Outcome* outcome, hal_tensor** tensor, Bytes file, hal_pixel_format format);

#endif
