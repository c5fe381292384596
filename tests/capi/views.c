/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors beyond 0.24: capacity apart from shape, views, placement, caller memory, access of maps.
 */
#ifdef __linux__
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "check.h"
#include "sample.h"

static hal_tensor* make_bytes(size_t count) {
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_U8, &count, 1, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor_map* map = hal_tensor_map_create(tensor);
  uint8_t* bytes = hal_tensor_map_data(map);
  for (size_t i = 0; i < count; ++i) bytes[i] = (uint8_t)i;
  hal_tensor_map_unmap(map);
  return tensor;
}

static int g_released;
static void count_release(void* context) { g_released += *(int*)context; }

static void caller_memory_is_shared_until_the_last_holder_is_gone(void) {
  uint8_t bytes[24] = {0};
  int step = 1;
  const size_t shape[3] = {2, 4, 3};
  hal_tensor* tensor =
      hal_tensor_wrap(HAL_DTYPE_U8, bytes, sizeof bytes, shape, 3, count_release, &step);
  NEED(tensor != NULL);
  hal_tensor* slot = hal_tensor_batch(tensor, 1);
  hal_tensor_map* map = hal_tensor_map_create(slot);
  hal_tensor_free(tensor);
  hal_tensor_free(slot);
  CHECK(g_released == 0);
  ((uint8_t*)hal_tensor_map_data(map))[0] = 9;
  hal_tensor_map_unmap(map);
  CHECK(g_released == 1 && bytes[12] == 9);
  tensor = hal_tensor_wrap(HAL_DTYPE_U8, bytes, sizeof bytes, shape, 3, NULL, NULL);
  CHECK(tensor != NULL);
  hal_tensor_free(tensor);
}

static void rgb_of(const hal_tensor* image, uint8_t* out) {
  const size_t width = hal_tensor_width(image), height = hal_tensor_height(image);
  hal_image_processor* processor = hal_image_processor_new_with_backend(HAL_COMPUTE_BACKEND_CPU);
  hal_tensor* dst = make_picture(width, height, HAL_PIXEL_FORMAT_RGB);
  CHECK(hal_image_processor_convert(processor, image, dst, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                    NULL) == 0);
  hal_tensor_map* map = hal_tensor_map_create(dst);
  memcpy(out, hal_tensor_map_data_const(map), width * height * 3);
  hal_tensor_map_unmap(map);
  hal_tensor_free(dst);
  hal_image_processor_free(processor);
}

static void memory_that_is_refused_stays_the_callers(void) {
  uint8_t bytes[23];
  int step = 1;
  const size_t shape[3] = {2, 4, 3};
  g_released = 0;
  FAILS(EINVAL, !hal_tensor_wrap(HAL_DTYPE_U8, NULL, 24, shape, 3, count_release, &step));
  FAILS(EINVAL, !hal_tensor_wrap(HAL_DTYPE_U8, bytes, 23, shape, 3, count_release, &step));
  FAILS(EINVAL, !hal_tensor_wrap(HAL_DTYPE_U32, bytes, 23, shape, 2, count_release, &step));
  FAILS(EINVAL, !hal_tensor_wrap(HAL_DTYPE_U8, bytes, 23, shape, 0, count_release, &step));
  FAILS(EINVAL, !hal_tensor_wrap(HAL_DTYPE_U16, bytes + ((uintptr_t)bytes % 2 == 0), 16, shape, 2,
                                 count_release, &step));
  FAILS(EINVAL, !hal_tensor_wrap((hal_dtype)11, bytes, 23, shape, 1, count_release, &step));
  FAILS(EINVAL, !hal_tensor_wrap(HAL_DTYPE_U8, bytes, 23, NULL, 3, count_release, &step));
  CHECK(g_released == 0);
}

/* Rows of 16 bytes, of which 8 are the picture's: NV12 in one buffer, and its planes apart. */
static void rows_of_a_padded_camera_buffer(void) {
  uint8_t frame[12 * 16], tight[12 * 8], wrapped[3 * 8 * 8], planes[3 * 8 * 8];
  for (size_t i = 0; i < sizeof frame; ++i) frame[i] = (uint8_t)(i * 5);
  for (size_t y = 0; y < 12; ++y) memcpy(tight + y * 8, frame + y * 16, 8);
  const size_t shape[2] = {12, 8}, luma_shape[2] = {8, 8}, chroma_shape[2] = {4, 8};
  const ptrdiff_t strides[2] = {16, 1};
  struct hal_strided_memory memory = {HAL_DTYPE_U8, frame, shape, strides, 2};
  int step = 1;
  g_released = 0;
  hal_tensor* image = hal_tensor_wrap_strided(&memory, HAL_PIXEL_FORMAT_NV12, count_release, &step);
  NEED(image != NULL);
  CHECK(hal_tensor_row_stride(image) == 16 && hal_tensor_width(image) == 8);
  CHECK(hal_tensor_height(image) == 8 && hal_tensor_pixel_format(image) == HAL_PIXEL_FORMAT_NV12);
  rgb_of(image, wrapped);
  hal_tensor_free(image);
  CHECK(g_released == 1);

  memory.shape = luma_shape;
  hal_tensor* luma = hal_tensor_wrap_strided(&memory, -1, NULL, NULL);
  memory.shape = chroma_shape;
  memory.data = frame + 8 * 16;
  hal_tensor* chroma = hal_tensor_wrap_strided(&memory, -1, NULL, NULL);
  image = hal_tensor_from_planes(luma, chroma, HAL_PIXEL_FORMAT_NV12);
  NEED(image != NULL);
  rgb_of(image, planes);
  hal_tensor_free(luma);
  hal_tensor_free(chroma);
  hal_tensor_free(image);

  uint8_t expected[3 * 8 * 8];
  image = hal_tensor_wrap(HAL_DTYPE_U8, tight, sizeof tight, shape, 2, NULL, NULL);
  CHECK(hal_tensor_set_format(image, HAL_PIXEL_FORMAT_NV12) == 0);
  rgb_of(image, expected);
  hal_tensor_free(image);
  CHECK(memcmp(wrapped, expected, sizeof expected) == 0);
  CHECK(memcmp(planes, expected, sizeof expected) == 0);
}

static void strides_that_are_no_rows_are_refused(void) {
  uint8_t bytes[256];
  const size_t shape[2] = {12, 8}, odd[2] = {11, 8};
  const ptrdiff_t backwards[2] = {-16, 1}, gaps[2] = {16, 2}, over[2] = {4, 1}, rows[2] = {16, 1};
  int step = 1;
  g_released = 0;
  struct hal_strided_memory memory = {HAL_DTYPE_U8, bytes, shape, backwards, 2};
  FAILS(EINVAL, !hal_tensor_wrap_strided(&memory, -1, count_release, &step));
  memory.strides = gaps;
  FAILS(EINVAL, !hal_tensor_wrap_strided(&memory, -1, count_release, &step));
  memory.strides = over;
  FAILS(EINVAL, !hal_tensor_wrap_strided(&memory, -1, count_release, &step));
  memory.strides = rows;
  FAILS(EINVAL, !hal_tensor_wrap_strided(&memory, 99, count_release, &step));
  memory.shape = odd;
  FAILS(EINVAL, !hal_tensor_wrap_strided(&memory, HAL_PIXEL_FORMAT_NV12, count_release, &step));
  memory.ndim = 0;
  FAILS(EINVAL, !hal_tensor_wrap_strided(&memory, -1, count_release, &step));
  CHECK(g_released == 0);
}

static void a_buffer_takes_every_size_that_it_holds(void) {
  hal_tensor* tensor = make_bytes(96);
  const size_t large[1] = {96};
  const size_t small[2] = {5, 7};
  const size_t beyond[2] = {97, 1};
  const size_t overflow[2] = {SIZE_MAX / 2, 4};
  QUIET(hal_tensor_capacity(tensor) == 96);
  CHECK(hal_tensor_resize(tensor, small, 2) == 0 && hal_tensor_len(tensor) == 35);
  FAILS(ENOSPC, hal_tensor_resize(tensor, beyond, 2) == -1);
  FAILS(EINVAL, hal_tensor_resize(tensor, overflow, 2) == -1);
  FAILS(EINVAL, hal_tensor_resize(tensor, small, 0) == -1);
  FAILS(EINVAL, hal_tensor_resize(tensor, NULL, 1) == -1);
  CHECK(hal_tensor_configure_image(tensor, 8, 8, HAL_PIXEL_FORMAT_NV12) == 0);
  CHECK(hal_tensor_width(tensor) == 8 && hal_tensor_height(tensor) == 8);
  FAILS(ENOSPC, hal_tensor_configure_image(tensor, 8, 10, HAL_PIXEL_FORMAT_NV12) == -1);
  FAILS(EINVAL, hal_tensor_configure_image(tensor, 8, 7, HAL_PIXEL_FORMAT_NV12) == -1);
  FAILS(EINVAL, hal_tensor_configure_image(tensor, 0, 8, HAL_PIXEL_FORMAT_NV12) == -1);
  FAILS(EINVAL, hal_tensor_configure_image(tensor, 8, 8, (hal_pixel_format)10) == -1);
  CHECK(hal_tensor_resize(tensor, large, 1) == 0 && byte_at(tensor, 95) == 95);
  hal_tensor_free(tensor);
}

static void views_share_rows_of_their_image(void) {
  hal_tensor* image = make_picture(16, 8, HAL_PIXEL_FORMAT_RGB);
  hal_tensor* view = hal_tensor_view(image, hal_rect_new(4, 2, 8, 4));
  NEED(view != NULL);
  CHECK(hal_tensor_width(view) == 8 && hal_tensor_height(view) == 4);
  CHECK(hal_tensor_row_stride(view) == 48);
  CHECK(hal_tensor_plane_offset(view) == 2 * 48 + 4 * 3);
  CHECK(byte_at(view, 0) == byte_at(image, 2 * 48 + 4 * 3));
  QUIET(hal_tensor_aliases(view, image) && hal_tensor_aliases(image, view));
  QUIET(hal_tensor_buffer_id(view) == hal_tensor_buffer_id(image));
  FAILS(EINVAL, !hal_tensor_view(image, hal_rect_new(9, 2, 8, 4)));
  FAILS(EINVAL, !hal_tensor_view(image, hal_rect_new(0, 0, 0, 4)));
  FAILS(EINVAL, !hal_tensor_view(image, hal_rect_new(SIZE_MAX, 0, 2, 2)));
  hal_tensor_free(image);
  CHECK(byte_at(view, 2) == 64);
  hal_tensor_free(view);
  hal_tensor* planar =
      hal_tensor_new_image(4, 4, HAL_PIXEL_FORMAT_PLANAR_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  FAILS(ENOTSUP, !hal_tensor_view(planar, hal_rect_new(0, 0, 2, 2)));
  hal_tensor_free(planar);
  hal_tensor* bytes = make_bytes(6);
  FAILS(EINVAL, !hal_tensor_view(bytes, hal_rect_new(0, 0, 1, 1)));
  FAILS(EINVAL, !hal_tensor_batch(bytes, 0));
  const size_t batch[2] = {3, 2};
  CHECK(hal_tensor_reshape(bytes, batch, 2) == 0);
  FAILS(EINVAL, !hal_tensor_batch(bytes, 3));
  hal_tensor_free(bytes);
}

static void rows_and_planes_lie_where_they_are_put(void) {
  hal_tensor* image = hal_tensor_new_image_with_stride(5, 4, HAL_PIXEL_FORMAT_RGB, 32, HAL_DTYPE_U8,
                                                       HAL_TENSOR_MEMORY_MEM);
  NEED(image != NULL);
  CHECK(hal_tensor_row_stride(image) == 32 && hal_tensor_capacity(image) == 128);
  CHECK(hal_tensor_set_row_stride(image, 16) == 0 && hal_tensor_row_stride(image) == 16);
  FAILS(EINVAL, hal_tensor_set_row_stride(image, 14) == -1);
  FAILS(EINVAL, hal_tensor_set_row_stride(image, 64) == -1);
  CHECK(hal_tensor_set_plane_offset(image, 60) == 0 && hal_tensor_capacity(image) == 68);
  FAILS(EINVAL, hal_tensor_set_plane_offset(image, 66) == -1);
  FAILS(EINVAL, hal_tensor_set_plane_offset(image, SIZE_MAX) == -1);
  hal_tensor_free(image);
  FAILS(EINVAL, !hal_tensor_new_image_with_stride(5, 4, HAL_PIXEL_FORMAT_RGB, 14, HAL_DTYPE_U8,
                                                  HAL_TENSOR_MEMORY_MEM));
  FAILS(EINVAL, !hal_tensor_new_image_with_stride(0, 4, HAL_PIXEL_FORMAT_RGB, 14, HAL_DTYPE_U8,
                                                  HAL_TENSOR_MEMORY_MEM));
  FAILS(ENOMEM, !hal_tensor_new_image_with_stride(5, 4, HAL_PIXEL_FORMAT_RGB, SIZE_MAX / 2,
                                                  HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM));
  hal_tensor* bytes = make_bytes(8);
  FAILS(EINVAL, hal_tensor_set_row_stride(bytes, 8) == -1);
  hal_tensor_free(bytes);
}

static void two_planes_make_one_image(void) {
  const size_t luma_shape[2] = {4, 6};
  const size_t chroma_shape[2] = {2, 6};
  hal_tensor* luma = hal_tensor_new(HAL_DTYPE_U8, luma_shape, 2, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor* chroma = hal_tensor_new(HAL_DTYPE_U8, chroma_shape, 2, HAL_TENSOR_MEMORY_MEM, NULL);
  hal_tensor* image = hal_tensor_from_planes(luma, chroma, HAL_PIXEL_FORMAT_NV12);
  NEED(image != NULL);
  CHECK(hal_tensor_width(image) == 6 && hal_tensor_height(image) == 4);
  QUIET(hal_tensor_aliases(image, luma) && hal_tensor_aliases(image, chroma));
  QUIET(!hal_tensor_aliases(luma, chroma) && !hal_tensor_aliases(luma, NULL));
  hal_tensor* plane = hal_tensor_chroma(image);
  NEED(plane != NULL);
  CHECK(hal_tensor_buffer_id(plane) == hal_tensor_buffer_id(chroma));
  QUIET(hal_tensor_chroma(luma) == NULL);
  FAILS(EINVAL, !hal_tensor_from_planes(luma, chroma, HAL_PIXEL_FORMAT_NV16));
  FAILS(EINVAL, !hal_tensor_from_planes(luma, chroma, HAL_PIXEL_FORMAT_RGB));
  FAILS(EINVAL, !hal_tensor_from_planes(luma, NULL, HAL_PIXEL_FORMAT_NV12));
  hal_tensor_free(plane);
  hal_tensor_free(image);
  hal_tensor_free(chroma);
  hal_tensor_free(luma);
}

static void maps_are_for_what_they_are_asked_for(void) {
  hal_tensor* tensor = make_bytes(4);
  const HalCpuAccess all[3] = {HAL_CPU_ACCESS_READ, HAL_CPU_ACCESS_WRITE,
                               HAL_CPU_ACCESS_READ_WRITE};
  for (size_t i = 0; i < 3; ++i) {
    hal_tensor_map* map = hal_tensor_map_create_with(tensor, all[i]);
    NEED(map != NULL);
    CHECK(((const uint8_t*)hal_tensor_map_data_const(map))[3] == 3);
    hal_tensor_map_unmap(map);
  }
  FAILS(EINVAL, !hal_tensor_map_create_with(tensor, HAL_CPU_ACCESS_NONE));
  FAILS(EINVAL, !hal_tensor_map_create_with(tensor, (HalCpuAccess)4));
  FAILS(EINVAL, !hal_tensor_map_create_with(NULL, HAL_CPU_ACCESS_READ));
  hal_tensor_free(tensor);
}

static void read_only_buffers_open_for_reading(void) {
#ifdef __linux__
  const size_t shape[1] = {16};
  const int writable = memfd_create("read_only", MFD_CLOEXEC);
  NEED(writable >= 0 && ftruncate(writable, 16) == 0);
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", writable);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  hal_tensor* tensor = hal_tensor_from_fd(HAL_DTYPE_U8, fd, shape, 1, NULL);
  NEED(tensor != NULL);
  FAILS(EIO, !hal_tensor_map_create(tensor));
  FAILS(EIO, !hal_tensor_map_create_with(tensor, HAL_CPU_ACCESS_WRITE));
  hal_tensor_map* map = hal_tensor_map_create_with(tensor, HAL_CPU_ACCESS_READ);
  NEED(map != NULL);
  hal_tensor_map_unmap(map);
  CHECK(ftruncate(writable, 8) == 0);
  FAILS(EIO, !hal_tensor_map_create_with(tensor, HAL_CPU_ACCESS_READ));
  hal_tensor_free(tensor);
  const size_t larger[1] = {17};
  FAILS(EIO, !hal_tensor_from_fd(HAL_DTYPE_U8, writable, larger, 1, NULL));
  close(fd);
  close(writable);
#endif
}

static void channels_have_scales_of_their_own(void) {
  const size_t shape[2] = {3, 2};
  const float scales[3] = {0.5F, 0.25F, 2.0F};
  const float zero[3] = {0.5F, 0.0F, 2.0F};
  const float nan_scale[3] = {0.5F, NAN, 2.0F};
  const int32_t zero_points[3] = {0, -128, 127};
  const int32_t beyond[3] = {0, -129, 127};
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_I8, shape, 2, HAL_TENSOR_MEMORY_MEM, NULL);
  CHECK(hal_tensor_set_quantization_per_channel(tensor, scales, zero_points, 3, 0) == 0);
  HalTensorQuant* quantization = hal_tensor_quantization(tensor);
  size_t axis = 9;
  CHECK(hal_quantization_kind(quantization) == HAL_TENSOR_QUANT_KIND_PER_CHANNEL);
  CHECK(hal_quantization_axis(quantization, &axis) && axis == 0);
  CHECK(hal_quantization_scale_at(quantization, 2) == 2.0F);
  CHECK(hal_quantization_zero_point_at(quantization, 1) == -128);
  hal_quantization_free(quantization);
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(tensor, scales, zero_points, 3, 1) == -1);
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(tensor, scales, zero_points, 3, 2) == -1);
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(tensor, scales, zero_points, 2, 0) == -1);
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(tensor, scales, zero_points, 0, 0) == -1);
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(tensor, zero, NULL, 3, 0) == -1);
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(tensor, nan_scale, NULL, 3, 0) == -1);
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(tensor, scales, beyond, 3, 0) == -1);
  FAILS(EINVAL, hal_tensor_set_quantization_per_channel(tensor, NULL, NULL, 3, 0) == -1);
  CHECK(hal_tensor_set_quantization_per_channel(tensor, scales, NULL, 3, 0) == 0);
  quantization = hal_tensor_quantization(tensor);
  CHECK(hal_quantization_is_symmetric(quantization));
  hal_quantization_free(quantization);
  CHECK(hal_tensor_clear_quantization(tensor) == 0 && hal_tensor_quantization(tensor) == NULL);
  hal_tensor_free(tensor);
}

int main(void) {
  caller_memory_is_shared_until_the_last_holder_is_gone();
  memory_that_is_refused_stays_the_callers();
  rows_of_a_padded_camera_buffer();
  strides_that_are_no_rows_are_refused();
  a_buffer_takes_every_size_that_it_holds();
  views_share_rows_of_their_image();
  rows_and_planes_lie_where_they_are_put();
  two_planes_make_one_image();
  maps_are_for_what_they_are_asked_for();
  read_only_buffers_open_for_reading();
  channels_have_scales_of_their_own();
  return finish();
}
