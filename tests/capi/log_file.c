/* SPDX-License-Identifier: Apache-2.0 */
/* Logging to a stream: one flushed line a record. */
#include "check.h"
#include "sample.h"

int main(void) {
  FILE* stream = tmpfile();
  if (!CHECK(stream != NULL)) return finish();
  FAILS(EINVAL, hal_log_init_file(stream, (enum hal_log_level)9) == -1);
  QUIET(hal_log_init_file(stream, HAL_LOG_LEVEL_ERROR) == 0);
  hal_tensor_reshape(NULL, NULL, 0);
  FAILS(EALREADY, hal_log_init_file(stream, HAL_LOG_LEVEL_ERROR) == -1);
  FAILS(EINVAL, hal_log_set_filter("edgefirst_hal=loud") == -1);
  QUIET(hal_log_set_filter("edgefirst_hal::capi=off,trace") == 0);
  hal_tensor_reshape(NULL, NULL, 0); /* not logged */
  hal_image_processor* processor = hal_image_processor_new_with_backend(HAL_COMPUTE_BACKEND_CPU);
  hal_tensor* from = make_picture(8, 6, HAL_PIXEL_FORMAT_RGB);
  hal_tensor* to = make_picture(4, 4, HAL_PIXEL_FORMAT_RGB);
  CHECK(hal_image_processor_convert(processor, from, to, HAL_ROTATION_NONE, HAL_FLIP_NONE, NULL) ==
        0);
  hal_tensor_free(from);
  hal_tensor_free(to);
  hal_image_processor_free(processor);
  QUIET(hal_log_set_filter("off") == 0);
  char line[256] = "";
  rewind(stream);
  CHECK(fgets(line, sizeof line, stream) != NULL);
  CHECK(strcmp(line, "[ERROR] edgefirst_hal::capi: hal_tensor_reshape: tensor is NULL\n") == 0);
  int found = 0;
  while (fgets(line, sizeof line, stream) != NULL) {
    found |= strcmp(line, "[DEBUG] edgefirst_image: cpu converts Rgb 8 x 6 to Rgb 4 x 4\n") == 0;
    CHECK(strstr(line, "tensor is NULL") == NULL);
  }
  CHECK(found);
  return finish(); /* the stream stays open: the library writes to it until the process ends */
}
