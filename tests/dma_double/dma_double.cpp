// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD library: interposes open, ioctl and fstatfs for the DMA-BUF devices and the buffers it
// made; everything else goes to the C library. Descriptors are told apart by the name of the memfd
// behind them, so that duplicates and other processes agree.
#include "dma_double.hpp"

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/magic.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

using edgefirst::testing::DmaDouble;

constexpr char kHeap[] = "dma_double_heap";
constexpr char kUdmabuf[] = "dma_double_udmabuf";
constexpr char kNode[] = "dma_double_node";
constexpr char kBuffer[] = "dma_double_buffer";

struct PrimeHandle {
  std::uint32_t handle;
  std::uint32_t flags;
  std::int32_t fd;
};
constexpr unsigned long kPrimeFdToHandle = _IOWR('d', 0x2e, PrimeHandle);
constexpr unsigned long kGemClose = _IOW('d', 0x09, std::uint64_t);

DmaDouble g_double;

/// EDGEFIRST_DMA_DOUBLE_COUNTS=1: on a real kernel nothing is played, only counted.
bool only_counts() {
  static const bool counts = std::getenv("EDGEFIRST_DMA_DOUBLE_COUNTS") != nullptr;
  return counts;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is(int fd, std::string_view name) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  char target[64];
  const ssize_t length = ::readlink(path, target, sizeof target);
  constexpr std::string_view kPrefix = "/memfd:";
  if (length < static_cast<ssize_t>(kPrefix.size())) return false;
  // "/memfd:<name> (deleted)"
  std::string_view link(target, static_cast<std::size_t>(length));
  if (link.substr(0, kPrefix.size()) != kPrefix) return false;
  link.remove_prefix(kPrefix.size());
  return link.substr(0, name.size()) == name && link.substr(name.size(), 1) == " ";
}

int refuse(int error) {
  errno = error;
  return -1;
}

int bad_request(int error) {
  ++g_double.bad_requests;
  return refuse(error);
}

/// -2 where path is none of the double's.
int open_device(std::string_view path) {
  if (only_counts()) return -2;
  const char* device = nullptr;
  bool exists = false;
  if (path == "/dev/dma_heap/linux,cma") {
    device = kHeap;
    exists = g_double.has_cma;
  } else if (path == "/dev/dma_heap/system") {
    device = kHeap;
    exists = g_double.has_system;
  } else if (path == "/dev/udmabuf") {
    device = kUdmabuf;
    exists = g_double.has_udmabuf;
  } else if (path == "/dev/dri/renderD129") {  // not the first: any node must do
    device = kNode;
    exists = g_double.has_render_node;
  } else {
    return -2;
  }
  return exists ? ::memfd_create(device, MFD_CLOEXEC) : refuse(ENOENT);
}

int make_buffer(std::size_t bytes) {
  const int fd = ::memfd_create(kBuffer, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return fd;
  const std::size_t pages = (bytes + 4095) / 4096 * 4096;
  if (::ftruncate(fd, static_cast<off_t>(pages)) != 0 ||
      ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

int heap_ioctl(unsigned long request, void* argument) {
  if (request != DMA_HEAP_IOCTL_ALLOC) return bad_request(ENOTTY);
  auto* data = static_cast<dma_heap_allocation_data*>(argument);
  const bool valid = data->len != 0 && data->fd == 0 && data->heap_flags == 0 &&
                     (data->fd_flags & ~DMA_HEAP_VALID_FD_FLAGS) == 0;
  if (!valid) return bad_request(EINVAL);
  const int fd = make_buffer(data->len);
  if (fd < 0) return -1;
  data->fd = static_cast<std::uint32_t>(fd);
  return 0;
}

int udmabuf_ioctl(unsigned long request, void* argument) {
  if (request != UDMABUF_CREATE) return bad_request(ENOTTY);
  const auto* create = static_cast<const udmabuf_create*>(argument);
  if (create->size == 0 || create->size % 4096 != 0 || create->offset % 4096 != 0) {
    return bad_request(EINVAL);
  }
  const int seals = ::fcntl(static_cast<int>(create->memfd), F_GET_SEALS);
  if (seals < 0) return bad_request(EBADFD);
  if ((seals & F_SEAL_SHRINK) == 0 || (seals & F_SEAL_WRITE) != 0) return bad_request(EINVAL);
  return make_buffer(create->size);
}

int buffer_ioctl(unsigned long request, void* argument) {
  if (request != DMA_BUF_IOCTL_SYNC) return bad_request(ENOTTY);
  const std::uint64_t flags = static_cast<const dma_buf_sync*>(argument)->flags;
  if ((flags & ~std::uint64_t{DMA_BUF_SYNC_VALID_FLAGS_MASK}) != 0 ||
      (flags & DMA_BUF_SYNC_RW) == 0) {
    return bad_request(EINVAL);
  }
  g_double.last_sync_flags = flags;
  if ((flags & DMA_BUF_SYNC_END) == 0) ++g_double.starts;
  return 0;
}

int node_ioctl(unsigned long request, void* argument) {
  if (request == kPrimeFdToHandle) {
    auto* prime = static_cast<PrimeHandle*>(argument);
    if (!is(prime->fd, kBuffer)) return bad_request(EINVAL);
    struct stat status {};
    ::fstat(prime->fd, &status);
    prime->handle = static_cast<std::uint32_t>(status.st_ino);  // as the kernel: one per buffer
    ++g_double.prime_handles;
    return 0;
  }
  if (request != kGemClose) return bad_request(ENOTTY);
  --g_double.prime_handles;
  return 0;
}

using IoctlOf = int(unsigned long, void*);

IoctlOf* ioctl_of(int fd) {
  if (is(fd, kBuffer)) return buffer_ioctl;
  if (is(fd, kHeap)) return heap_ioctl;
  if (is(fd, kUdmabuf)) return udmabuf_ioctl;
  if (is(fd, kNode)) return node_ioctl;
  return nullptr;
}

bool is_sync(unsigned long request, const void* argument, std::uint64_t edge) {
  return request == DMA_BUF_IOCTL_SYNC &&
         (static_cast<const dma_buf_sync*>(argument)->flags & DMA_BUF_SYNC_END) == edge;
}

void count_accesses(unsigned long request, const void* argument) {
  g_double.starts += is_sync(request, argument, DMA_BUF_SYNC_START);
  g_double.ends += is_sync(request, argument, DMA_BUF_SYNC_END);
}

template <typename Statfs>
int fstatfs_as(const char* function, int fd, Statfs* status) {
  const int result = next<int(int, Statfs*)>(function)(fd, status);
  if (result == 0 && is(fd, kBuffer)) status->f_type = DMA_BUF_MAGIC;
  return result;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) DmaDouble* edgefirst_dma_double() { return &g_double; }

// The same for programs that know no C++.
__attribute__((visibility("default"))) void edgefirst_dma_double_sync_counts(int* starts,
                                                                             int* ends) {
  *starts = g_double.starts;
  *ends = g_double.ends;
}

__attribute__((visibility("default"))) std::uint64_t edgefirst_dma_double_last_sync() {
  return g_double.last_sync_flags;
}

__attribute__((visibility("default"))) int open(const char* path, int flags, ...) {
  const int device = open_device(path);
  if (device != -2) return device;
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return next<int(const char*, int, ...)>("open")(path, flags, mode);
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  IoctlOf* handle = ioctl_of(fd);
  if (handle == nullptr) {
    if (only_counts()) count_accesses(request, argument);
    return next<int(int, unsigned long, ...)>("ioctl")(fd, request, argument);
  }
  g_double.ends += is_sync(request, argument, DMA_BUF_SYNC_END);
  if (g_double.ioctls++ == g_double.fail_at) return refuse(g_double.fail_errno);
  return handle(request, argument);
}

__attribute__((visibility("default"))) int fstatfs(int fd, struct statfs* status) noexcept {
  return fstatfs_as("fstatfs", fd, status);
}

__attribute__((visibility("default"))) int fstatfs64(int fd, struct statfs64* status) noexcept {
  return fstatfs_as("fstatfs64", fd, status);
}

}  // extern "C"
