/* SPDX-License-Identifier: Apache-2.0 */
/* A delegate's library of one input tensor, as its author would write it against hal_dmabuf.h: RGB
 * pixels of 32 x 24 in the second page of a buffer. Its caches are a counter. */
#include <edgefirst/hal_dmabuf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { kOffset = 4096, kHeight = 24, kWidth = 32, kChannels = 3 };

static struct {
  int fd;
  int syncs;
} g_delegate = {-1, 0};

static int allocate(void) {
  struct dma_heap_allocation_data buffer = {.len = 2 * kOffset, .fd_flags = O_RDWR | O_CLOEXEC};
  const int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
  if (heap < 0) return -1;
  const int status = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &buffer);
  close(heap);
  return status == 0 ? (int)buffer.fd : -1;
}

hal_delegate_t hal_dmabuf_get_instance(void) {
  if (g_delegate.fd < 0) g_delegate.fd = allocate();
  return &g_delegate;
}

int hal_dmabuf_is_supported(hal_delegate_t delegate) {
  return delegate != NULL && g_delegate.fd >= 0;
}

static int fail(int error) {
  errno = error;
  return -1;
}

int hal_dmabuf_get_tensor_info(hal_delegate_t delegate, int tensor_index,
                               hal_dmabuf_tensor_info* info, size_t info_size) {
  const hal_dmabuf_tensor_info known = {.size = 2 * kOffset,
                                        .offset = kOffset,
                                        .shape = {1, kHeight, kWidth, kChannels},
                                        .ndim = 4,
                                        .fd = g_delegate.fd,
                                        .dtype = HAL_DTYPE_U8};
  if (delegate == NULL || info == NULL || tensor_index < 0) return fail(EINVAL);
  if (info_size < sizeof known) return fail(EINVAL);
  if (tensor_index > 0) return fail(ERANGE);
  memset(info, 0, info_size);
  memcpy(info, &known, sizeof known);
  return 0;
}

static int count_sync(hal_delegate_t delegate, int tensor_index) {
  if (delegate == NULL || tensor_index < 0) return fail(EINVAL);
  if (tensor_index > 0) return fail(ERANGE);
  return ++g_delegate.syncs, 0;
}
int hal_dmabuf_sync_for_device(hal_delegate_t delegate, int tensor_index) {
  return count_sync(delegate, tensor_index);
}
int hal_dmabuf_sync_for_cpu(hal_delegate_t delegate, int tensor_index) {
  return count_sync(delegate, tensor_index);
}

int hal_camera_adaptor_is_supported(hal_delegate_t delegate, const char* format) {
  return delegate != NULL && format != NULL && strcmp(format, "rgba") == 0;
}

int hal_camera_adaptor_get_format_info(hal_delegate_t delegate, const char* format,
                                       hal_camera_adaptor_format_info* info, size_t info_size) {
  const hal_camera_adaptor_format_info known = {4, 3, "AB24"};
  if (format == NULL || info == NULL || info_size < sizeof known) return fail(EINVAL);
  if (!hal_camera_adaptor_is_supported(delegate, format)) return fail(ENOTSUP);
  memset(info, 0, info_size);
  memcpy(info, &known, sizeof known);
  return 0;
}
