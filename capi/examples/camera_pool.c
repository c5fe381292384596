/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A camera hands out frames of a small pool of buffers, each time by another descriptor. Importing
 * one is expensive, so imports are kept by what names the buffer itself: device, inode and offset.
 *
 *   cc camera_pool.c -ledgefirst_hal -o camera_pool && ./camera_pool
 *
 * The camera is played by DMA-BUFs of our own; yours is VIDIOC_EXPBUF, libcamera or a decoder.
 */
#include <edgefirst/hal.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kPool = 4, kFrames = 100, kWidth = 640, kHeight = 480, kInput = 320 };

typedef struct {
  dev_t device;
  ino_t inode;
  size_t offset;
  hal_tensor* image;
} import;

typedef struct {
import entries[16];
  size_t size;
} import_cache;

/* The frame behind a descriptor; NULL where it cannot be imported. The descriptor stays yours. */
static hal_tensor* find_or_import(import_cache* cache, hal_image_processor* processor, int fd,
                                  size_t offset) {
  struct stat status;
  if (fstat(fd, &status) != 0) return NULL;
  for (size_t i = 0; i < cache->size; ++i) {
    const import* entry = &cache->entries[i];
    if (entry->device == status.st_dev && entry->inode == status.st_ino && entry->offset == offset)
      return entry->image;
  }
  struct hal_plane_descriptor* plane = hal_plane_descriptor_new(fd);
  if (plane == NULL) return NULL;
  hal_plane_descriptor_set_offset(plane, offset);
  hal_tensor* image = hal_import_image(processor, plane, NULL, kWidth, kHeight,
                                       HAL_PIXEL_FORMAT_NV12, HAL_DTYPE_U8); /* takes the plane */
  if (image == NULL || cache->size == 16) return image;
  cache->entries[cache->size++] = (import){status.st_dev, status.st_ino, offset, image};
  return image;
}

/* One frame of the pool, by a descriptor that the caller closes. */
static int next_frame(hal_tensor* const* pool, int frame) {
  return hal_tensor_dmabuf_clone(pool[frame % kPool]);
}

int main(void) {
  if (!hal_is_dma_available()) return puts("skipped: no DMA-BUFs on this machine"), 77;
  hal_tensor* pool[kPool];
  for (int i = 0; i < kPool; ++i) {
    pool[i] = hal_tensor_new_image(kWidth, kHeight, HAL_PIXEL_FORMAT_NV12, HAL_DTYPE_U8,
                                   HAL_TENSOR_MEMORY_DMA);
  }
  hal_image_processor* processor = hal_image_processor_new();
  hal_tensor* input = hal_image_processor_create_image(processor, kInput, kInput,
                                                       HAL_PIXEL_FORMAT_RGB, HAL_DTYPE_U8);
  hal_rect content = hal_letterbox(kWidth, kHeight, kInput, kInput);
  hal_crop crop = hal_crop_new();
  hal_crop_set_dst_rect(&crop, &content);
  hal_crop_set_dst_color(&crop, 114, 114, 114, 255);

  import_cache cache = {.size = 0};
  int converted = 0;
  for (int frame = 0; frame < kFrames; ++frame) {
    const int fd = next_frame(pool, frame);
    hal_tensor* image = find_or_import(&cache, processor, fd, 0);
    if (image == NULL || hal_image_processor_convert(processor, image, input, HAL_ROTATION_NONE,
                                                     HAL_FLIP_NONE, &crop) != 0) {
      fprintf(stderr, "frame %d: %s\n", frame, hal_last_error());
    } else {
      ++converted; /* run your model on input here */
    }
    close(fd);
  }
  printf("%d frames, %zu imports\n", converted, cache.size);

  for (size_t i = 0; i < cache.size; ++i) hal_tensor_free(cache.entries[i].image);
  for (int i = 0; i < kPool; ++i) hal_tensor_free(pool[i]);
  hal_tensor_free(input);
  hal_image_processor_free(processor);
  return converted == kFrames && cache.size == kPool ? 0 : 1;
}
