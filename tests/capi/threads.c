/* SPDX-License-Identifier: Apache-2.0 */
/* What may be shared is shared by several threads at once: a decoder, its outputs, a processor, the
 * codec's scratch memory per thread, tracing. Most telling under ThreadSanitizer. */
#include <pthread.h>

#include "check.h"
#include "sample.h"

enum { THREADS = 4, ROUNDS = 20 };

static hal_decoder* g_decoder;
static hal_image_processor* g_processor;
static hal_tensor *g_detections, *g_protos, *g_picture;

static bool one_round(hal_tensor* canvas, hal_bytetrack* tracker, uint64_t time) {
  const hal_tensor* outputs[2] = {g_detections, g_protos};
  hal_detect_box_list* boxes = NULL;
  hal_segmentation_list* masks = NULL;
  bool fine = hal_decoder_decode(g_decoder, outputs, 2, &boxes, &masks) == 0;
  fine = fine && hal_detect_box_list_len(boxes) == 2;
  hal_track_info_list* tracks = hal_bytetrack_update(tracker, boxes, time);
  fine = fine && hal_track_info_list_len(tracks) == 2;
  fine = fine && hal_image_processor_convert(g_processor, g_picture, canvas, HAL_ROTATION_NONE,
                                             HAL_FLIP_NONE, NULL) == 0;
  fine = fine && hal_tensor_reshape(NULL, NULL, 0) == -1;
  hal_track_info_list_free(tracks);
  hal_detect_box_list_free(boxes);
  hal_segmentation_list_free(masks);
  return fine;
}

static void* work(void* result) {
  hal_tensor* canvas = make_picture(48, 48, HAL_PIXEL_FORMAT_RGB);
  hal_bytetrack* tracker = hal_bytetrack_new_default();
  bool fine = true;
  for (uint64_t round = 1; round <= ROUNDS; ++round) {
    fine = one_round(canvas, tracker, round * 1000000) && fine;
  }
  hal_bytetrack_free(tracker);
  hal_tensor_free(canvas);
  *(bool*)result = fine;
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  bool fine[THREADS];
  g_decoder = make_masks_decoder();
  g_processor = hal_image_processor_new();
  g_detections = make_detections(MASKS_ROWS);
  g_protos = make_protos();
  g_picture = make_picture(64, 48, HAL_PIXEL_FORMAT_RGBA);
  if (!CHECK(g_decoder && g_processor)) return finish();
  CHECK(hal_start_tracing("threads.json") == 0);
  for (size_t i = 0; i < THREADS; ++i) pthread_create(&threads[i], NULL, work, &fine[i]);
  for (size_t i = 0; i < THREADS; ++i) {
    pthread_join(threads[i], NULL);
    CHECK(fine[i]);
  }
  hal_stop_tracing();
  remove("threads.json");
  hal_tensor_free(g_picture);
  hal_tensor_free(g_protos);
  hal_tensor_free(g_detections);
  hal_image_processor_free(g_processor);
  hal_decoder_free(g_decoder);
  return finish();
}
