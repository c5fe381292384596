/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where does the time go? A trace of decoding one picture a few times: to a file for
 * ui.perfetto.dev, then to a function that counts steps.
 *
 *   cc trace_frames.c -ledgefirst_hal -o trace_frames
 *   ./trace_frames photo.jpg trace.json
 */
#include <edgefirst/hal.h>
#include <string.h>

enum { kFrames = 20 };

static int decode_frames(const char* path) {
  hal_image_info info;
  if (hal_peek_image_info_file(path, NULL, &info) != 0) return -1;
  hal_tensor* photo = hal_tensor_new_image(info.width, info.height, HAL_PIXEL_FORMAT_RGB,
                                           HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  int failed = photo == NULL;
  for (int frame = 0; frame < kFrames && !failed; ++frame) {
    failed = hal_tensor_decode_image_file(photo, path, -1, NULL, NULL);
  }
  hal_tensor_free(photo);
  return failed ? -1 : 0;
}

/* One JSON object a call; a real program would parse it. */
static void count_decodes(const char* event, void* count) {
  if (strstr(event, "\"ph\":\"E\",\"name\":\"codec.decode_jpeg\"") != NULL) ++*(int*)count;
}

int main(int argc, char** argv) {
  const char* picture = argc > 1 ? argv[1] : "photo.jpg";
  const char* trace = argc > 2 ? argv[2] : "trace.json";
  int decoded = 0;
  int failed = hal_start_tracing_file(trace, 16 << 20) || decode_frames(picture);
  hal_stop_tracing();
  failed =
      failed || hal_start_tracing_callback(count_decodes, &decoded, 0) || decode_frames(picture);
  hal_stop_tracing();
  if (failed) return fprintf(stderr, "%s\n", hal_last_error()), 1;
  printf("%s holds the spans of %d frames\n", trace, decoded);
  return decoded == kFrames ? 0 : 1;
}
