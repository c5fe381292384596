// SPDX-License-Identifier: Apache-2.0
// DMA-BUF allocation: <linux/dma-heap.h>, <linux/udmabuf.h>.
#if defined(__linux__)

#include "tensor/dma_heap.hpp"

#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/checked.hpp"
#include "base/log.hpp"
#include "base/message.hpp"
#include "tensor/storage_fd.hpp"

namespace edgefirst {
namespace {

// Contiguous memory first: cameras, codecs and NPUs without an IOMMU take nothing else. Its heap is
// named by the board's device tree or, since Linux 6.17, "default_cma_region".
constexpr const char* kHeaps[] = {
    "/dev/dma_heap/linux,cma", "/dev/dma_heap/default_cma_region",
    "/dev/dma_heap/reserved",  "/dev/dma_heap/default-pool",
    "/dev/dma_heap/system",
};
constexpr const char* kUdmabuf = "/dev/udmabuf";

std::size_t page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

/// -1 and errno on failure.
int allocate_from_heap(int heap, std::size_t bytes) {
  dma_heap_allocation_data request{};
  request.len = bytes;
  request.fd_flags = O_RDWR | O_CLOEXEC;
  if (retry_ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &request) != 0) return -1;
  return static_cast<int>(request.fd);
}

/// A memfd of whole pages, sealed against shrinking as udmabuf demands, turned into a DMA-BUF.
int allocate_from_udmabuf(int device, std::size_t bytes) {
  udmabuf_create request{};
  request.flags = UDMABUF_FLAGS_CLOEXEC;
  request.size = round_up(bytes, page_size());
  if (request.size > usable_memory()) {  // a heap's pages do not count for a container, these do
    errno = ENOMEM;
    return -1;
  }
  const UniqueFd memory(::memfd_create("edgefirst", MFD_ALLOW_SEALING | MFD_CLOEXEC));
  if (!memory.is_valid()) return -1;
  if (::ftruncate(memory.get(), static_cast<off_t>(request.size)) != 0) return -1;
  if (::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK) != 0) return -1;
  request.memfd = static_cast<std::uint32_t>(memory.get());
  return retry_ioctl(device, UDMABUF_CREATE, &request);
}

using AllocateFrom = int(int device, std::size_t bytes);

/// What became of asking every source in turn.
struct Outcome {
  UniqueFd buffer;
  int error = ENOENT;    // the most telling errno so far
  bool refused = false;  // a source was there and could not serve
};

void ask(Outcome& outcome, const char* device_path, AllocateFrom* allocate, std::size_t bytes) {
  const UniqueFd device(::open(device_path, O_RDWR | O_CLOEXEC));
  if (!device.is_valid()) {
    if (errno != ENOENT && !outcome.refused) outcome.error = errno;
    return;
  }
  outcome.buffer.reset(allocate(device.get(), bytes));
  if (outcome.buffer.is_valid()) return;
  outcome.error = errno;
  outcome.refused = true;
  log(LogLevel::kDebug, "edgefirst_tensor::dma", device_path, " refused ", bytes, " bytes, errno ",
      outcome.error);
}

}  // namespace

int retry_ioctl(int fd, unsigned long request, void* argument) {
  int result = 0;
  do {
    result = ::ioctl(fd, request, argument);
  } while (result == -1 && (errno == EINTR || errno == EAGAIN));
  return result;
}

UniqueFd allocate_dma_buffer(std::size_t bytes) {
  if (bytes == 0) raise(ErrorCode::kOutOfMemory, "a DMA-BUF of 0 bytes cannot be allocated");
  if (bytes > physical_memory()) {  // the system heap would try, and the OOM killer end us
    raise(ErrorCode::kOutOfMemory, "a DMA-BUF of ", bytes,
          " bytes exceeds the machine's memory of ", physical_memory());
  }
  Outcome outcome;
  for (const char* heap : kHeaps) {
    ask(outcome, heap, allocate_from_heap, bytes);
    if (outcome.buffer.is_valid()) return std::move(outcome.buffer);
  }
  ask(outcome, kUdmabuf, allocate_from_udmabuf, bytes);
  if (outcome.buffer.is_valid()) return std::move(outcome.buffer);
  if (outcome.refused) {
    throw Error(ErrorCode::kOutOfMemory, message("cannot allocate a DMA-BUF of ", bytes, " bytes"),
                outcome.error);
  }
  throw Error(ErrorCode::kNotSupported,
              "DMA memory needs access to a heap under /dev/dma_heap or to /dev/udmabuf; use 'shm' "
              "or 'mem' here",
              outcome.error);
}

std::size_t dma_buffer_size(int fd) {
  // DMA-BUFs have no file position: seeking to the end tells the size and moves nothing.
  const off_t end = ::lseek(fd, 0, SEEK_END);
  if (end > 0) return static_cast<std::size_t>(end);
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace edgefirst

#endif
