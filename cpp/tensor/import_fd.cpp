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
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>

#include "tensor/dma_heap.hpp"
#include "tensor/storage_dma.hpp"
#endif

namespace edgefirst {
namespace {

std::shared_ptr<Storage> import_shm(UniqueFd fd, std::string name) {
  static_cast<void>(seal_against_shrinking(fd.get()));  // first: the size then stays
  const std::size_t size = shm_size(fd.get());
  return std::make_shared<ShmStorage>(std::move(fd), size, std::move(name), ShmOrigin::kPeer);
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
