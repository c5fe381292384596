/* SPDX-License-Identifier: Apache-2.0 */
/* An application that renders into a delegate's buffer: the delegate's library is loaded at run
 * time and asked by the names of hal_dmabuf.h. */
#include <dlfcn.h>
#include <edgefirst/hal_dmabuf.h>
#include <sys/mman.h>

#include "check.h"

static struct {
  hal_delegate_t (*get_instance)(void);
  int (*is_supported)(hal_delegate_t);
  int (*get_tensor_info)(hal_delegate_t, int, hal_dmabuf_tensor_info*, size_t);
  int (*sync_for_device)(hal_delegate_t, int);
  int (*sync_for_cpu)(hal_delegate_t, int);
  int (*adaptor_is_supported)(hal_delegate_t, const char*);
  int (*adaptor_info)(hal_delegate_t, const char*, hal_camera_adaptor_format_info*, size_t);
} g_api;

/* The POSIX way from an object pointer to a function. */
static bool look_up(void* library, const char* name, void* function) {
  void* const symbol = dlsym(library, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

static bool load(const char* path) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) fprintf(stderr, "%s\n", dlerror());
  return library != NULL && look_up(library, "hal_dmabuf_get_instance", &g_api.get_instance) &&
         look_up(library, "hal_dmabuf_is_supported", &g_api.is_supported) &&
         look_up(library, "hal_dmabuf_get_tensor_info", &g_api.get_tensor_info) &&
         look_up(library, "hal_dmabuf_sync_for_device", &g_api.sync_for_device) &&
         look_up(library, "hal_dmabuf_sync_for_cpu", &g_api.sync_for_cpu) &&
         look_up(library, "hal_camera_adaptor_is_supported", &g_api.adaptor_is_supported) &&
         look_up(library, "hal_camera_adaptor_get_format_info", &g_api.adaptor_info);
}

/* A tensor over the delegate's buffer, of its shape. */
static hal_tensor* import(hal_image_processor* processor, const hal_dmabuf_tensor_info* info) {
  struct hal_plane_descriptor* plane = hal_plane_descriptor_new(info->fd);
  CHECK(hal_plane_descriptor_set_offset(plane, info->offset) == 0);
  return hal_import_image(processor, plane, NULL, info->shape[2], info->shape[1],
                          HAL_PIXEL_FORMAT_RGB, info->dtype);
}

static void frames_are_rendered_into_the_input(void) {
  const hal_delegate_t delegate = g_api.get_instance();
  NEED(delegate != NULL && g_api.is_supported(delegate) == 1);
  hal_dmabuf_tensor_info info;
  NEED(g_api.get_tensor_info(delegate, 0, &info, sizeof info) == 0);
  hal_image_processor* processor = hal_image_processor_new();
  hal_tensor* input = import(processor, &info);
  NEED(input != NULL);
  hal_tensor* frame =
      hal_tensor_new_image(64, 48, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  hal_tensor_map* map = hal_tensor_map_create(frame);
  memset(hal_tensor_map_data(map), 77, 64 * 48 * 3);
  hal_tensor_map_unmap(map);
  for (int i = 0; i < 3; ++i) {
    CHECK(hal_image_processor_convert(processor, frame, input, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                      NULL) == 0);
    CHECK(g_api.sync_for_device(delegate, 0) == 0);
    CHECK(g_api.sync_for_cpu(delegate, 0) == 0);
  }
  const uint8_t* bytes = mmap(NULL, info.size, PROT_READ, MAP_SHARED, info.fd, 0);
  NEED(bytes != MAP_FAILED);
  CHECK(bytes[info.offset - 1] == 0 && bytes[info.offset] == 77);
  const size_t end = info.offset + info.shape[1] * info.shape[2] * info.shape[3];
  CHECK(bytes[end - 1] == 77 && bytes[end] == 0);
  munmap((void*)bytes, info.size);
  hal_tensor_free(frame);
  hal_tensor_free(input);
  hal_image_processor_free(processor);
}

static void the_delegate_answers_as_declared(void) {
  const hal_delegate_t delegate = g_api.get_instance();
  struct {
    hal_dmabuf_tensor_info info;
    size_t later;
  } grown;
  memset(&grown, 0xAA, sizeof grown);
  CHECK(g_api.get_tensor_info(delegate, 0, &grown.info, sizeof grown) == 0 && grown.later == 0);
  CHECK(g_api.get_tensor_info(delegate, 0, &grown.info, 8) == -1 && errno == EINVAL);
  CHECK(g_api.get_tensor_info(delegate, 5, &grown.info, sizeof grown) == -1 && errno == ERANGE);
  hal_camera_adaptor_format_info format;
  CHECK(g_api.adaptor_is_supported(delegate, "rgba") == 1);
  CHECK(g_api.adaptor_info(delegate, "rgba", &format, sizeof format) == 0);
  CHECK(format.input_channels == 4 && strcmp(format.fourcc, "AB24") == 0);
  CHECK(g_api.adaptor_info(delegate, "yuyv", &format, sizeof format) == -1 && errno == ENOTSUP);
}

int main(int argc, char** argv) {
  if (!hal_is_dma_available() && getenv("EDGEFIRST_TEST_NEEDS_DMA") == NULL) {
    puts("skipped: no DMA-BUFs on this machine");
    return 77;
  }
  if (argc > 2 && CHECK(load(argv[2]))) {
    frames_are_rendered_into_the_input();
    the_delegate_answers_as_declared();
  } else {
    CHECK(!"the delegate's library is the second argument");
  }
  return finish();
}
