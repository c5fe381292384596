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
  char line[256] = "";
  rewind(stream);
  CHECK(fgets(line, sizeof line, stream) != NULL);
  CHECK(strcmp(line, "[ERROR] capi: hal_tensor_reshape: tensor is NULL\n") == 0);
  return finish(); /* the stream stays open: the library writes to it until the process ends */
}
