// SPDX-License-Identifier: Apache-2.0
// A DMA-BUF as storage: every map is bracketed by DMA_BUF_IOCTL_SYNC with what the map is for.
#pragma once

#include "tensor/drm_attachment.hpp"
#include "tensor/storage_fd.hpp"

namespace edgefirst {

class DmaStorage final : public FdStorage {
 public:
  DmaStorage(UniqueFd fd, std::size_t capacity, std::string name, DrmAttachment attachment)
      : FdStorage(TensorMemory::kDma, std::move(fd), capacity, std::move(name)),
        attachment_(std::move(attachment)) {}

  /// Costs one ioctl after the first. Throws kIo.
  std::byte* map(CpuAccess access) override;
  /// A failing end of access is logged: the data has been written, only caches may lag.
  void unmap(CpuAccess access) noexcept override;

 private:
  DrmAttachment attachment_;
};

}  // namespace edgefirst
