// SPDX-License-Identifier: Apache-2.0
// Buffers that someone else made: what a descriptor is, asked of the kernel, and storage over it.
#include "base/message.hpp"
#include "tensor/storage.hpp"

#if defined(_WIN32)

namespace edgefirst {
std::shared_ptr<Storage> import_storage(int, std::string) {
  raise(ErrorCode::kNotSupported, "file descriptors of buffers do not exist on Windows");
}
}  // namespace edgefirst

#else

#include "tensor/storage_shm.hpp"

#if defined(__linux__)
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>

#include "tensor/dma_heap.hpp"
#include "tensor/storage_dma.hpp"
#endif

namespace edgefirst {
namespace {

/// Puts memory behind the holes of a sparse object, which would otherwise end an access in SIGBUS
/// once the file system is full. Read-only and sealed objects stay as they are.
#if defined(__linux__)
void fill_holes(int fd, std::size_t size) {
  if (size > usable_memory()) return;  // more than can ever be touched: not this import's to claim
  int result = 0;
  do {
    result = ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  if (result != 0 && (errno == ENOSPC || errno == ENOMEM)) {
    throw Error(ErrorCode::kOutOfMemory,
                message("there is no memory for the ", size, " bytes behind file descriptor ", fd),
                errno);
  }
}
#else
void fill_holes(int, std::size_t) {}
#endif

std::shared_ptr<Storage> import_shm(UniqueFd fd, std::string name) {
  const std::size_t size = shm_size(fd.get());
  if (size != 0) fill_holes(fd.get(), size);
  return std::make_shared<ShmStorage>(std::move(fd), size, std::move(name));
}

#if defined(__linux__)
bool is_memory_file(int fd, std::uint32_t file_system) {
  if (file_system != TMPFS_MAGIC && file_system != RAMFS_MAGIC && file_system != HUGETLBFS_MAGIC) {
    return false;
  }
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}
#endif

}  // namespace

std::shared_ptr<Storage> import_storage(int fd, std::string name) {
  UniqueFd own = UniqueFd::duplicate(fd);
#if defined(__linux__)
  struct statfs status {};
  if (::fstatfs(own.get(), &status) != 0) {
    throw Error(ErrorCode::kIo, message("cannot examine file descriptor ", fd), errno);
  }
  const auto file_system = static_cast<std::uint32_t>(status.f_type);
  if (file_system == DMA_BUF_MAGIC) {
    const std::size_t size = dma_buffer_size(own.get());
    return std::make_shared<DmaStorage>(std::move(own), size, std::move(name), DrmAttachment());
  }
  if (!is_memory_file(own.get(), file_system)) {
    raise(ErrorCode::kNotSupported, "file descriptor ", fd,
          " is neither a DMA-BUF nor shared memory (memfd, shm_open, a file on tmpfs)");
  }
#endif
  return import_shm(std::move(own), std::move(name));
}

}  // namespace edgefirst

#endif
