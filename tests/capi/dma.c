/* SPDX-License-Identifier: Apache-2.0 */
/* DMA-BUF tensors and imports: on a kernel that offers them, or on the preload double. */
#include <stdlib.h>
#ifdef __linux__
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "check.h"
#include "sample.h"

static hal_tensor* make_buffer(size_t bytes, uint8_t value) {
  hal_tensor* tensor = hal_tensor_new(HAL_DTYPE_U8, &bytes, 1, HAL_TENSOR_MEMORY_DMA, NULL);
  hal_tensor_map* map = hal_tensor_map_create(tensor);
  if (map == NULL) return tensor;
  memset(hal_tensor_map_data(map), value, bytes);
  hal_tensor_map_unmap(map);
  return tensor;
}

static void descriptors_name_the_buffer(void) {
  const size_t shape[1] = {4096};
  hal_tensor* tensor = make_buffer(4096, 3);
  NEED(tensor != NULL);
  CHECK(hal_tensor_memory_type(tensor) == HAL_TENSOR_MEMORY_DMA);
  CHECK(hal_tensor_capacity(tensor) >= 4096);
  const int clones[2] = {hal_tensor_clone_fd(tensor), hal_tensor_dmabuf_clone(tensor)};
  for (size_t i = 0; i < 2; ++i) {
    NEED(clones[i] >= 0);
    hal_tensor* other = hal_tensor_from_fd(HAL_DTYPE_U8, clones[i], shape, 1, NULL);
    close(clones[i]);
    NEED(other != NULL);
    CHECK(hal_tensor_memory_type(other) == HAL_TENSOR_MEMORY_DMA);
    CHECK(byte_at(other, 4095) == 3 && hal_tensor_aliases(tensor, other));
    CHECK(hal_tensor_buffer_id(tensor) != hal_tensor_buffer_id(other));
    hal_tensor_free(other);
  }
  const size_t none[1] = {0};
  FAILS(ENOMEM, !hal_tensor_new(HAL_DTYPE_U8, none, 1, HAL_TENSOR_MEMORY_DMA, NULL));
  hal_tensor_free(tensor);
}

static struct hal_plane_descriptor* plane_of(const hal_tensor* buffer, size_t stride,
                                             size_t offset) {
  const int fd = hal_tensor_clone_fd(buffer);
  struct hal_plane_descriptor* plane = hal_plane_descriptor_new(fd);
  close(fd);
  if (stride != 0) CHECK(hal_plane_descriptor_set_stride(plane, stride) == 0);
  CHECK(hal_plane_descriptor_set_offset(plane, offset) == 0);
  return plane;
}

static void foreign_images_are_imported_with_their_padding(void) {
  hal_image_processor* processor = hal_image_processor_new();
  hal_tensor* buffer = make_buffer(4096, 9);
  hal_tensor* image = hal_import_image(processor, plane_of(buffer, 64, 128), NULL, 10, 6,
                                       HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8);
  NEED(image != NULL);
  CHECK(hal_tensor_row_stride(image) == 64 && hal_tensor_plane_offset(image) == 128);
  CHECK(byte_at(image, 5 * 64 + 29) == 9 && hal_tensor_aliases(image, buffer));
  hal_tensor_free(image);
  const size_t capacity = hal_tensor_capacity(buffer);
  FAILS(EIO, !hal_import_image(processor, plane_of(buffer, 64, capacity - 64), NULL, 10, 6,
                               HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8));
  FAILS(EINVAL, !hal_import_image(processor, plane_of(buffer, 29, 0), NULL, 10, 6,
                                  HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8));
  hal_tensor_free(buffer);
  hal_image_processor_free(processor);
}

static void planes_of_two_buffers_make_one_image(void) {
  hal_image_processor* processor = hal_image_processor_new();
  hal_tensor* luma = make_buffer(4096, 16);
  hal_tensor* chroma = make_buffer(4096, 128);
  hal_tensor* image = hal_import_image(processor, plane_of(luma, 64, 0), plane_of(chroma, 128, 64),
                                       6, 4, HAL_PIXEL_FORMAT_NV12, HAL_DTYPE_U8);
  NEED(image != NULL);
  hal_tensor* plane = hal_tensor_chroma(image);
  NEED(plane != NULL);
  CHECK(hal_tensor_row_stride(image) == 64 && hal_tensor_row_stride(plane) == 128);
  CHECK(hal_tensor_plane_offset(plane) == 64 && byte_at(plane, 0) == 128);
  hal_tensor* target =
      hal_tensor_new_image(6, 4, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8, HAL_TENSOR_MEMORY_MEM);
  CHECK(hal_image_processor_convert(processor, image, target, HAL_ROTATION_NONE, HAL_FLIP_NONE,
                                    NULL) == 0);
  CHECK(byte_at(target, 0) == 0 && byte_at(target, 71) == 0);
  hal_tensor_free(target);
  hal_tensor_free(plane);
  hal_tensor_free(image);
  hal_tensor_free(chroma);
  hal_tensor_free(luma);
  hal_image_processor_free(processor);
}

static void other_descriptors_are_no_images(void) {
#ifdef __linux__
  hal_image_processor* processor = hal_image_processor_new();
  const int fd = memfd_create("no_dma_buf", MFD_CLOEXEC);
  NEED(fd >= 0 && ftruncate(fd, 4096) == 0);
  struct hal_plane_descriptor* plane = hal_plane_descriptor_new(fd);
  close(fd);
  FAILS(ENOTSUP,
        !hal_import_image(processor, plane, NULL, 10, 6, HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8));
  hal_image_processor_free(processor);
#endif
}

int main(void) {
  if (!hal_is_dma_available() && getenv("EDGEFIRST_TEST_NEEDS_DMA") == NULL) {
    puts("skipped: no DMA-BUFs on this machine");
    return 77;
  }
  CHECK(hal_is_dma_available() && hal_is_gpu_buffer_available());
  descriptors_name_the_buffer();
  foreign_images_are_imported_with_their_padding();
  planes_of_two_buffers_make_one_image();
  other_descriptors_are_no_images();
  return finish();
}
