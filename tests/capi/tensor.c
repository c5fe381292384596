/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors: creation, properties, metadata, maps, descriptors. */
#ifdef __linux__
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "check.h"
#include "sample.h"

static void new_tensor_has_what_was_asked_for_and_is_zero(void) {
  static const struct {
    enum hal_dtype dtype;
    size_t bytes;
  } kTypes[] = {{HAL_DTYPE_U8, 1},  {HAL_DTYPE_I8, 1},  {HAL_DTYPE_U16, 2}, {HAL_DTYPE_I16, 2},
                {HAL_DTYPE_U32, 4}, {HAL_DTYPE_I32, 4}, {HAL_DTYPE_U64, 8}, {HAL_DTYPE_I64, 8},
                {HAL_DTYPE_F16, 2}, {HAL_DTYPE_F32, 4}, {HAL_DTYPE_F64, 8}};
  const size_t shape[3] = {3, 7, 5};
  for (size_t i = 0; i < sizeof kTypes / sizeof kTypes[0]; ++i) {
    struct hal_tensor* tensor =
        hal_tensor_new(kTypes[i].dtype, shape, 3, HAL_TENSOR_MEMORY_MEM, NULL);
    NEED(tensor != NULL);
    QUIET(hal_tensor_dtype(tensor) == kTypes[i].dtype);
    QUIET(hal_tensor_dtype_size(tensor) == kTypes[i].bytes);
    QUIET(hal_tensor_memory_type(tensor) == HAL_TENSOR_MEMORY_MEM);
    QUIET(hal_tensor_len(tensor) == 105);
    QUIET(hal_tensor_size(tensor) == 105 * kTypes[i].bytes);
    hal_tensor_map* map = hal_tensor_map_create(tensor);
    const uint8_t* bytes = hal_tensor_map_data_const(map);
    size_t sum = 0;
    for (size_t at = 0; at < hal_tensor_map_size(map); ++at) sum += bytes[at];
    CHECK(sum == 0);
    hal_tensor_map_unmap(map);
    hal_tensor_free(tensor);
  }
}

static void shape_is_borrowed_with_its_rank(void) {
  const size_t shape[8] = {1, 2, 3, 1, 2, 1, 1, 4};
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_I16, shape, 8, HAL_TENSOR_MEMORY_MEM, "eight");
  size_t rank = 0;
  const size_t* extents = hal_tensor_shape(tensor, &rank);
  NEED(extents != NULL);
  CHECK(rank == 8 && memcmp(extents, shape, sizeof shape) == 0);
  CHECK(hal_tensor_shape(tensor, NULL) == extents);
  hal_tensor_free(tensor);
}

static void name_is_a_copy_that_the_caller_frees(void) {
  const size_t shape[1] = {2};
  hal_tensor* named = hal_tensor_new(HAL_DTYPE_U8, shape, 1, HAL_TENSOR_MEMORY_MEM, "input");
  hal_tensor* unnamed = hal_tensor_new(HAL_DTYPE_U8, shape, 1, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor* invalid = hal_tensor_new(HAL_DTYPE_U8, shape, 1, HAL_TENSOR_MEMORY_MEM, "\xFF");
  char* names[3] = {hal_tensor_name(named), hal_tensor_name(unnamed), hal_tensor_name(invalid)};
  CHECK(names[0] != NULL && strcmp(names[0], "input") == 0);
  CHECK(names[1] != NULL && strcmp(names[1], "mem_tensor") == 0);
  CHECK(names[2] != NULL && strcmp(names[2], "mem_tensor") == 0);
  for (size_t i = 0; i < 3; ++i) free(names[i]);
  hal_tensor_free(named);
  hal_tensor_free(unnamed);
  hal_tensor_free(invalid);
}

static void bad_requests_for_a_tensor_are_told_apart(void) {
  const size_t shape[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  const size_t huge[2] = {SIZE_MAX / 2, 4};
  FAILS(EINVAL, !hal_tensor_new(HAL_DTYPE_U8, NULL, 1, HAL_TENSOR_MEMORY_MEM, NULL));
  FAILS(EINVAL, !hal_tensor_new(HAL_DTYPE_U8, shape, 0, HAL_TENSOR_MEMORY_MEM, NULL));
  FAILS(EINVAL, !hal_tensor_new(HAL_DTYPE_U8, shape, 9, HAL_TENSOR_MEMORY_MEM, NULL));
  FAILS(EINVAL, !hal_tensor_new((hal_dtype)11, shape, 1, HAL_TENSOR_MEMORY_MEM, NULL));
  FAILS(EINVAL, !hal_tensor_new((hal_dtype)-1, shape, 1, HAL_TENSOR_MEMORY_MEM, NULL));
  FAILS(EINVAL, !hal_tensor_new(HAL_DTYPE_U8, shape, 1, (hal_tensor_memory)4, NULL));
  FAILS(ENOMEM, !hal_tensor_new(HAL_DTYPE_U8, huge, 2, HAL_TENSOR_MEMORY_MEM, NULL));
  FAILS(ENOMEM, !hal_tensor_new(HAL_DTYPE_F64, huge, 1, HAL_TENSOR_MEMORY_MEM, NULL));
  FAILS(ENOMEM, !hal_tensor_new(HAL_DTYPE_U8, shape, 1, HAL_TENSOR_MEMORY_PBO, NULL));
  if (!hal_is_dma_available()) {
    FAILS(ENOMEM, !hal_tensor_new(HAL_DTYPE_U8, shape, 1, HAL_TENSOR_MEMORY_DMA, NULL));
  }
  if (!hal_is_shm_available()) {
    FAILS(ENOMEM, !hal_tensor_new(HAL_DTYPE_U8, shape, 1, HAL_TENSOR_MEMORY_SHM, NULL));
  }
}

static void empty_tensor_maps_to_nothing(enum hal_tensor_memory memory) {
  const size_t shape[2] = {0, 4};
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_F32, shape, 2, memory, NULL);
  NEED(tensor != NULL);
  CHECK(hal_tensor_len(tensor) == 0 && hal_tensor_size(tensor) == 0);
  hal_tensor_map* map = hal_tensor_map_create(tensor);
  CHECK(map != NULL && hal_tensor_map_len(map) == 0 && hal_tensor_map_size(map) == 0);
  hal_tensor_map_unmap(map);
  hal_tensor_free(tensor);
}

static void heap_memory_has_no_descriptor_and_no_surface(void) {
  const size_t shape[1] = {4};
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_U8, shape, 1, HAL_TENSOR_MEMORY_MEM, NULL);
  FAILS(ENOTSUP, hal_tensor_clone_fd(tensor) == -1);
  FAILS(ENOTSUP, hal_tensor_dmabuf_clone(tensor) == -1);
#ifndef __APPLE__
  FAILS(ENOTSUP, hal_tensor_iosurface_id(tensor) == 0);
  FAILS(ENOTSUP, hal_tensor_iosurface_ref(tensor) == NULL);
  FAILS(ENOTSUP, !hal_tensor_from_iosurface(HAL_DTYPE_U8, &g_checks, shape, 1, NULL));
#endif
  hal_tensor_free(tensor);
}

#ifdef __linux__
static void a_descriptor_is_shared_not_taken(void) {
  const size_t shape[2] = {4, 16}, none[2] = {0, 16};
  int fd = memfd_create("capi", MFD_CLOEXEC);
  NEED(fd >= 0 && ftruncate(fd, 64) == 0);
  hal_tensor* tensor = hal_tensor_from_fd(HAL_DTYPE_U8, fd, shape, 2, NULL);
  NEED(tensor != NULL);
  CHECK(hal_tensor_memory_type(tensor) == HAL_TENSOR_MEMORY_SHM);
  hal_tensor_map* map = hal_tensor_map_create(tensor);
  NEED(map != NULL);
  ((uint8_t*)hal_tensor_map_data(map))[63] = 200;
  hal_tensor_map_unmap(map);
  uint8_t byte = 0;
  CHECK(pread(fd, &byte, 1, 63) == 1 && byte == 200);
  const int clone = hal_tensor_clone_fd(tensor);
  CHECK(clone >= 0 && (fcntl(clone, F_GETFD) & FD_CLOEXEC) != 0);
  FAILS(ENOTSUP, hal_tensor_dmabuf_clone(tensor) == -1);
  FAILS(EIO, !hal_tensor_from_fd(HAL_DTYPE_U8, fd, none, 2, NULL));
  hal_tensor_free(tensor);
  CHECK(close(clone) == 0 && close(fd) == 0);
  FAILS(EIO, !hal_tensor_from_fd(HAL_DTYPE_U8, fd, shape, 2, NULL));
  int pipes[2];
  NEED(pipe(pipes) == 0);
  FAILS(EIO, !hal_tensor_from_fd(HAL_DTYPE_U8, pipes[0], shape, 2, NULL));
  close(pipes[0]);
  close(pipes[1]);
}

static void shared_memory_has_a_name_and_a_descriptor(void) {
  const size_t shape[1] = {4096};
  char name[64];
  snprintf(name, sizeof name, "/edgefirst_capi_%d", (int)getpid());
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_I16, shape, 1, HAL_TENSOR_MEMORY_SHM, name);
  NEED(tensor != NULL);
  char* reported = hal_tensor_name(tensor);
  CHECK(reported != NULL && strcmp(reported, name) == 0);
  free(reported);
  const int fd = hal_tensor_clone_fd(tensor);
  hal_tensor* other = hal_tensor_from_fd(HAL_DTYPE_I16, fd, shape, 1, "other");
  NEED(other != NULL);
  hal_tensor_map* map = hal_tensor_map_create(tensor);
  ((int16_t*)hal_tensor_map_data(map))[4095] = -2;
  hal_tensor_map_unmap(map);
  CHECK(byte_at(other, 8190) == 0xFE);
  hal_tensor_free(other);
  hal_tensor_free(tensor);
  close(fd);
}
#endif

static void reshape_keeps_elements_and_clears_image_metadata(void) {
  hal_tensor* tensor = make_picture(6, 4, HAL_PIXEL_FORMAT_RGB);
  const uint8_t before = byte_at(tensor, 16);
  const size_t flat[2] = {8, 9}, wrong[1] = {71}, none[1] = {72};
  hal_tensor_set_quantization(tensor, 0.5F, 3);
  FAILS(EINVAL, hal_tensor_reshape(tensor, wrong, 1) == -1);
  FAILS(EINVAL, hal_tensor_reshape(tensor, none, 0) == -1);
  FAILS(EINVAL, hal_tensor_reshape(tensor, none, 9) == -1);
  FAILS(EINVAL, hal_tensor_reshape(tensor, NULL, 1) == -1);
  CHECK(hal_tensor_width(tensor) == 6 && hal_tensor_height(tensor) == 4);
  QUIET(hal_tensor_reshape(tensor, flat, 2) == 0);
  CHECK(hal_tensor_width(tensor) == 0 && hal_tensor_row_stride(tensor) == 0);
  size_t rank = 0;
  const size_t* shape = hal_tensor_shape(tensor, &rank);
  CHECK(rank == 2 && shape[0] == 8 && shape[1] == 9);
  CHECK(byte_at(tensor, 16) == before);
  HalTensorQuant* quantization = hal_tensor_quantization(tensor);
  CHECK(quantization != NULL);
  hal_quantization_free(quantization);
  hal_tensor_free(tensor);
}

static void quantization_is_checked_against_the_element_type(void) {
  static const struct {
    hal_dtype dtype;
    int low, high;
    bool bounded;
  } kTypes[] = {{HAL_DTYPE_U8, 0, 255, true},
                {HAL_DTYPE_I8, -128, 127, true},
                {HAL_DTYPE_U16, 0, 65535, true},
                {HAL_DTYPE_I16, -32768, 32767, true},
                {HAL_DTYPE_I32, INT32_MIN, INT32_MAX, false}};
  const size_t shape[1] = {4};
  for (size_t i = 0; i < sizeof kTypes / sizeof kTypes[0]; ++i) {
    hal_tensor* tensor = hal_tensor_new(kTypes[i].dtype, shape, 1, HAL_TENSOR_MEMORY_MEM, NULL);
    QUIET(hal_tensor_set_quantization(tensor, 1.0F, kTypes[i].low) == 0);
    QUIET(hal_tensor_set_quantization(tensor, 1.0F, kTypes[i].high) == 0);
    if (kTypes[i].bounded) {
      FAILS(EINVAL, hal_tensor_set_quantization(tensor, 1.0F, kTypes[i].low - 1) == -1);
      FAILS(EINVAL, hal_tensor_set_quantization(tensor, 1.0F, kTypes[i].high + 1) == -1);
    }
    FAILS(EINVAL, hal_tensor_set_quantization(tensor, 0.0F, 0) == -1);
    FAILS(EINVAL, hal_tensor_set_quantization(tensor, -1.0F, 0) == -1);
    FAILS(EINVAL, hal_tensor_set_quantization(tensor, NAN, 0) == -1);
    FAILS(EINVAL, hal_tensor_set_quantization(tensor, INFINITY, 0) == -1);
    hal_tensor_free(tensor);
  }
  hal_tensor* floats = hal_tensor_new(HAL_DTYPE_F32, shape, 1, HAL_TENSOR_MEMORY_MEM, NULL);
  FAILS(EINVAL, hal_tensor_set_quantization(floats, 1.0F, 0) == -1);
  QUIET(hal_tensor_quantization(floats) == NULL);
  hal_tensor_free(floats);
}

static void quantization_is_read_back(void) {
  const size_t shape[2] = {2, 3};
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_I8, shape, 2, HAL_TENSOR_MEMORY_MEM, NULL);
  QUIET(hal_tensor_quantization(tensor) == NULL);
  CHECK(hal_tensor_set_quantization(tensor, 0.25F, -7) == 0);
  struct HalTensorQuant* q = hal_tensor_quantization(tensor);
  NEED(q != NULL);
  size_t axis = 99;
  QUIET(hal_quantization_kind(q) == HAL_TENSOR_QUANT_KIND_PER_TENSOR);
  QUIET(hal_quantization_scale_len(q) == 1);
  QUIET(hal_quantization_scale_at(q, 0) == 0.25F && hal_quantization_scale_at(q, 1) == 0.0F);
  QUIET(hal_quantization_zero_point_at(q, 0) == -7 && hal_quantization_zero_point_at(q, 9) == -7);
  QUIET(!hal_quantization_is_symmetric(q));
  QUIET(!hal_quantization_axis(q, &axis) && axis == 99);
  hal_quantization_free(q);
  CHECK(hal_tensor_set_quantization(tensor, 0.5F, 0) == 0);
  q = hal_tensor_quantization(tensor);
  QUIET(hal_quantization_kind(q) == HAL_TENSOR_QUANT_KIND_PER_TENSOR_SYMMETRIC);
  QUIET(hal_quantization_is_symmetric(q));
  hal_quantization_free(q);
  hal_tensor_free(tensor);
}

static void maps_see_each_other_and_outlive_the_handle(void) {
  const size_t shape[2] = {3, 4};
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_I32, shape, 2, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor_map* first = hal_tensor_map_create(tensor);
  hal_tensor_map* second = hal_tensor_map_create(tensor);
  NEED(first != NULL && second != NULL);
  size_t rank = 0;
  const size_t* extents = hal_tensor_map_shape(first, &rank);
  CHECK(rank == 2 && extents[0] == 3 && extents[1] == 4);
  CHECK(hal_tensor_map_len(first) == 12 && hal_tensor_map_size(first) == 48);
  ((int32_t*)hal_tensor_map_data(first))[11] = -123456;
  CHECK(((const int32_t*)hal_tensor_map_data_const(second))[11] == -123456);
  hal_tensor_map_unmap(first);
  hal_tensor_free(tensor);
  CHECK(((const int32_t*)hal_tensor_map_data_const(second))[11] == -123456);
  hal_tensor_map_unmap(second);
}

static void image_shapes_follow_their_format(void) {
  static const struct {
    hal_pixel_format format;
    size_t rank, shape[3], channels, stride;
    bool planar;
  } kFormats[] = {{HAL_PIXEL_FORMAT_YUYV, 3, {6, 8, 2}, 2, 16, false},
                  {HAL_PIXEL_FORMAT_NV12, 2, {9, 8, 0}, 1, 8, true},
                  {HAL_PIXEL_FORMAT_NV16, 2, {12, 8, 0}, 1, 8, true},
                  {HAL_PIXEL_FORMAT_RGBA, 3, {6, 8, 4}, 4, 32, false},
                  {HAL_PIXEL_FORMAT_RGB, 3, {6, 8, 3}, 3, 24, false},
                  {HAL_PIXEL_FORMAT_GREY, 3, {6, 8, 1}, 1, 8, false},
                  {HAL_PIXEL_FORMAT_PLANAR_RGB, 3, {3, 6, 8}, 3, 8, true},
                  {HAL_PIXEL_FORMAT_PLANAR_RGBA, 3, {4, 6, 8}, 4, 8, true},
                  {HAL_PIXEL_FORMAT_BGRA, 3, {6, 8, 4}, 4, 32, false},
                  {HAL_PIXEL_FORMAT_VYUY, 3, {6, 8, 2}, 2, 16, false}};
  for (size_t i = 0; i < sizeof kFormats / sizeof kFormats[0]; ++i) {
    hal_tensor* image =
        hal_tensor_new_image(8, 6, kFormats[i].format, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
    NEED(image != NULL);
    size_t rank = 0;
    const size_t* shape = hal_tensor_shape(image, &rank);
    CHECK(rank == kFormats[i].rank && memcmp(shape, kFormats[i].shape, rank * sizeof *shape) == 0);
    QUIET(hal_tensor_width(image) == 8 && hal_tensor_height(image) == 6);
    QUIET(hal_tensor_pixel_format(image) == kFormats[i].format);
    QUIET(hal_tensor_channels(image) == kFormats[i].channels);
    QUIET(hal_tensor_is_planar(image) == kFormats[i].planar);
    QUIET(hal_tensor_row_stride(image) == kFormats[i].stride);
    hal_tensor_free(image);
  }
}

static void bad_images_are_refused(void) {
  const hal_pixel_format rgb = HAL_PIXEL_FORMAT_RGB;
  FAILS(EINVAL, !hal_tensor_new_image(0, 4, rgb, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM));
  FAILS(EINVAL, !hal_tensor_new_image(4, 0, rgb, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM));
  FAILS(EINVAL,
        !hal_tensor_new_image(4, 4, (hal_pixel_format)10, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM));
  FAILS(ENOMEM, !hal_tensor_new_image(SIZE_MAX / 2, 9, rgb, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM));
  errno = 0;
  CHECK(!hal_tensor_new_image(4, 5, HAL_PIXEL_FORMAT_NV12, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM));
  CHECK(errno == ENOMEM || errno == EINVAL);
}

static void format_needs_the_shape_of_an_image(void) {
  const size_t rgb[3] = {4, 6, 3}, nv12[2] = {9, 4};
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_U8, rgb, 3, HAL_TENSOR_MEMORY_MEM, NULL);
  FAILS(EINVAL, hal_tensor_set_format(tensor, HAL_PIXEL_FORMAT_RGBA) == -1);
  FAILS(EINVAL, hal_tensor_set_format(tensor, (hal_pixel_format)77) == -1);
  QUIET(hal_tensor_width(tensor) == 0 && hal_tensor_channels(tensor) == 0);
  QUIET(hal_tensor_set_format(tensor, HAL_PIXEL_FORMAT_RGB) == 0);
  CHECK(hal_tensor_width(tensor) == 6 && hal_tensor_height(tensor) == 4);
  FAILS(EINVAL, hal_tensor_set_format(tensor, HAL_PIXEL_FORMAT_NV12) == -1);
  CHECK(hal_tensor_pixel_format(tensor) == HAL_PIXEL_FORMAT_RGB);
  hal_tensor_free(tensor);
  tensor = hal_tensor_new(HAL_DTYPE_U8, nv12, 2, HAL_TENSOR_MEMORY_MEM, NULL);
  CHECK(hal_tensor_set_format(tensor, HAL_PIXEL_FORMAT_NV12) == 0);
  CHECK(hal_tensor_width(tensor) == 4 && hal_tensor_height(tensor) == 6);
  FAILS(EINVAL, hal_tensor_set_format(tensor, HAL_PIXEL_FORMAT_NV16) == -1);
  hal_tensor_free(tensor);
}

int main(void) {
  new_tensor_has_what_was_asked_for_and_is_zero();
  shape_is_borrowed_with_its_rank();
  name_is_a_copy_that_the_caller_frees();
  bad_requests_for_a_tensor_are_told_apart();
  empty_tensor_maps_to_nothing(HAL_TENSOR_MEMORY_MEM);
  if (hal_is_shm_available()) empty_tensor_maps_to_nothing(HAL_TENSOR_MEMORY_SHM);
  heap_memory_has_no_descriptor_and_no_surface();
#ifdef __linux__
  a_descriptor_is_shared_not_taken();
  if (hal_is_shm_available()) shared_memory_has_a_name_and_a_descriptor();
#endif
  reshape_keeps_elements_and_clears_image_metadata();
  quantization_is_checked_against_the_element_type();
  quantization_is_read_back();
  maps_see_each_other_and_outlive_the_handle();
  image_shapes_follow_their_format();
  bad_images_are_refused();
  format_needs_the_shape_of_an_image();
  return finish();
}
