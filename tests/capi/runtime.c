/* SPDX-License-Identifier: Apache-2.0 */
/* Version, last error, tracing, and logging to a callback. Logging starts once per process, so the
 * file form has a program of its own: log_file.c. */
#include <pthread.h>

#include "check.h"
#include "sample.h"

static int g_records;
static bool g_calls_back;
static char g_last_record[512];

static void count_record(enum hal_log_level level, const char* target, const char* message,
                         void* userdata) {
  if (level <= HAL_LOG_LEVEL_INFO && userdata == &g_records) ++g_records;
  if (g_calls_back) FAILS(EINVAL, hal_tensor_reshape(NULL, NULL, 0) == -1);
  snprintf(g_last_record, sizeof g_last_record, "%s|%s", target, message);
}

static void version_agrees_with_the_header(void) {
  char expected[32];
  snprintf(expected, sizeof expected, "%d.%d.%d", HAL_VERSION_MAJOR, HAL_VERSION_MINOR,
           HAL_VERSION_PATCH);
  QUIET(strcmp(hal_version(), expected) == 0);
  QUIET(strcmp(hal_version(), "1.0.0") == 0);
  QUIET(strcmp(hal_compatible_version(), "0.24.2") == 0);
  char* info = hal_build_info();
  CHECK(info != NULL && strstr(info, expected) != NULL);
  free(info);
}

static void probes_agree_with_each_other(void) {
  QUIET(hal_is_gpu_buffer_available() == (hal_is_dma_available() || hal_is_iosurface_available()));
  const bool shm = hal_is_shm_available();
  QUIET(hal_is_shm_available() == shm);
}

static void* fail_elsewhere(void* text) {
  CHECK(hal_last_error()[0] == '\0');
  hal_tensor_reshape(NULL, NULL, 0);
  snprintf(text, 256, "%s", hal_last_error());
  return NULL;
}

static void last_error_belongs_to_its_thread(void) {
  const size_t shape[1] = {4};
  char elsewhere[256] = "", here[256];
  FAILS(EINVAL, !hal_tensor_new(HAL_DTYPE_U8, shape, 9, HAL_TENSOR_MEMORY_MEM, NULL));
  snprintf(here, sizeof here, "%s", hal_last_error());
  CHECK(strcmp(here, "hal_tensor_new: ndim is 9, expected 1...8") == 0);
  pthread_t thread;
  const int failure = pthread_create(&thread, NULL, fail_elsewhere, elsewhere);
  if (failure == 0) pthread_join(thread, NULL);
  NEED(failure == 0);
  CHECK(strcmp(elsewhere, "hal_tensor_reshape: tensor is NULL") == 0);
  CHECK(strcmp(hal_last_error(), here) == 0);
}

/* The reason stands at the end, and stays where the whole text does not fit. */
static void a_long_error_keeps_both_ends(void) {
  char path[3001];
  for (size_t i = 0; i + 1 < sizeof path; i += 2) memcpy(path + i, "\xC3\xA9", 2);
  path[sizeof path - 1] = '\0';
  FAILS(EIO, hal_tensor_load_image_file(path, HAL_PIXEL_FORMAT_RGB, HAL_TENSOR_MEMORY_MEM) == NULL);
  const char* text = hal_last_error();
  const size_t length = strlen(text);
  CHECK(length > 290 && length <= 300);
  CHECK(strstr(text, "hal_tensor_load_image_file: I/O error: cannot open '\xC3\xA9") == text);
  CHECK(strstr(text, "\xC3\xA9 ... \xC3\xA9") != NULL);
  CHECK(strcmp(text + length - 20, "': File name too long") > 0 ||
        strstr(text, "too long") != NULL);
}

static void errors_name_the_function_called(void) {
  const uint8_t nothing[4] = {0};
  const enum hal_pixel_format format = HAL_PIXEL_FORMAT_RGB;
  FAILS(EBADMSG, hal_tensor_load_png(nothing, 4, format, HAL_TENSOR_MEMORY_MEM) == NULL);
  CHECK(strstr(hal_last_error(), "hal_tensor_load_png: ") == hal_last_error());
  FAILS(EBADMSG, hal_tensor_load_jpeg(nothing, 4, format, HAL_TENSOR_MEMORY_MEM) == NULL);
  CHECK(strstr(hal_last_error(), "hal_tensor_load_jpeg: ") == hal_last_error());
  setenv("EDGEFIRST_FORCE_BACKEND", "vulkan", 1);
  FAILS(ENOTSUP, hal_image_processor_new() == NULL);
  CHECK(strstr(hal_last_error(), "hal_image_processor_new: ") == hal_last_error());
  unsetenv("EDGEFIRST_FORCE_BACKEND");
}

static void a_trace_is_json_and_sessions_follow_one_another(void) {
  for (int session = 0; session < 2; ++session) {
    QUIET(hal_is_tracing_active() == 0);
    QUIET(hal_start_tracing("trace.json") == 0);
    QUIET(hal_is_tracing_active() == 1);
    FAILS(EALREADY, hal_start_tracing("other.json") == -1);
    hal_tensor_free(make_picture(4, 4, HAL_PIXEL_FORMAT_RGB));
    hal_stop_tracing();
    hal_stop_tracing();
    size_t length = 0;
    char* text = (char*)read_file("trace.json", &length);
    NEED(text != NULL && length > 8);
    CHECK(text[0] == '[' && memchr(text, ']', length) != NULL);
    CHECK(memmem(text, length, "tensor.alloc", 12) != NULL);
    free(text);
  }
  remove("trace.json");
  FAILS(EINVAL, hal_start_tracing(NULL) == -1);
  FAILS(EINVAL, hal_start_tracing("\xFF") == -1);
  FAILS(ENOENT, hal_start_tracing("no/such/folder/trace.json") == -1);
  CHECK(hal_is_tracing_active() == 0);
}

static void logging_starts_once(void) {
  FAILS(EINVAL, hal_log_init_callback(NULL, NULL, HAL_LOG_LEVEL_INFO) == -1);
  FAILS(EINVAL, hal_log_init_callback(count_record, NULL, (enum hal_log_level)0) == -1);
  FAILS(EINVAL, hal_log_init_callback(count_record, NULL, (enum hal_log_level)6) == -1);
  FAILS(EINVAL, hal_log_init_file(NULL, HAL_LOG_LEVEL_INFO) == -1);
  QUIET(hal_log_init_callback(count_record, &g_records, HAL_LOG_LEVEL_INFO) == 0);
  FAILS(EALREADY, hal_log_init_callback(count_record, NULL, HAL_LOG_LEVEL_INFO) == -1);
  FAILS(EALREADY, hal_log_init_file(stderr, HAL_LOG_LEVEL_INFO) == -1);
  const int before = g_records;
  CHECK(before > 0);
  hal_tensor_reshape(NULL, NULL, 0);
  CHECK(g_records == before + 1);
  CHECK(strcmp(g_last_record, "edgefirst_hal::capi|hal_tensor_reshape: tensor is NULL") == 0);
  g_calls_back = true; /* what fails inside the callback is not logged to it again */
  FAILS(EINVAL, hal_tensor_set_format(NULL, HAL_PIXEL_FORMAT_RGB) == -1);
  CHECK(g_records == before + 2);
  g_calls_back = false;
}

int main(void) {
  CHECK(hal_last_error()[0] == '\0');
  version_agrees_with_the_header();
  probes_agree_with_each_other();
  last_error_belongs_to_its_thread();
  a_long_error_keeps_both_ends();
  errors_name_the_function_called();
  a_trace_is_json_and_sessions_follow_one_another();
  logging_starts_once();
  return finish();
}
