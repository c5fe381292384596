// SPDX-License-Identifier: Apache-2.0
// DMA-BUF storage: <linux/dma-buf.h>.
#include "base/message.hpp"
#include "tensor/storage.hpp"

#if defined(__linux__)

#include <linux/dma-buf.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>

#include "base/log.hpp"
#include "tensor/dma_heap.hpp"
#include "tensor/storage_dma.hpp"

namespace edgefirst {
namespace {

static_assert(static_cast<int>(CpuAccess::kRead) == DMA_BUF_SYNC_READ);
static_assert(static_cast<int>(CpuAccess::kWrite) == DMA_BUF_SYNC_WRITE);
static_assert(static_cast<int>(CpuAccess::kReadWrite) == DMA_BUF_SYNC_RW);

/// edge: DMA_BUF_SYNC_START or DMA_BUF_SYNC_END.
bool sync(int fd, std::uint64_t edge, CpuAccess access) {
  dma_buf_sync request{};
  request.flags = edge | static_cast<std::uint64_t>(access);
  return retry_ioctl(fd, DMA_BUF_IOCTL_SYNC, &request) == 0;
}

}  // namespace

std::byte* DmaStorage::map(CpuAccess access) {
  std::byte* mapped = mapping(access);
  if (!sync(fd(), DMA_BUF_SYNC_START, access)) {
    throw Error(ErrorCode::kIo, message("cannot start CPU access to DMA-BUF '", name(), "'"),
                errno);
  }
  return mapped;
}

void DmaStorage::unmap(CpuAccess access) noexcept {
  if (!sync(fd(), DMA_BUF_SYNC_END, access)) {
    log(LogLevel::kWarn, "edgefirst_tensor::dma", "cannot end CPU access to DMA-BUF '", name(),
        "', errno ", errno);
  }
}

std::shared_ptr<Storage> make_dma_storage(std::size_t bytes, std::string name) {
  if (name.empty()) name = random_buffer_name();
  UniqueFd fd = allocate_dma_buffer(bytes);
  const std::size_t capacity = std::max(bytes, dma_buffer_size(fd.get()));
  DrmAttachment attachment = DrmAttachment::attach(fd.get());
  return std::make_shared<DmaStorage>(std::move(fd), capacity, std::move(name),
                                      std::move(attachment));
}

}  // namespace edgefirst

#elif !defined(__APPLE__)

namespace edgefirst {
std::shared_ptr<Storage> make_dma_storage(std::size_t, std::string) {
  raise(ErrorCode::kNotSupported, "DMA-BUFs exist on Linux only: use 'shm' or 'mem'");
}
}  // namespace edgefirst

#endif
