// SPDX-License-Identifier: Apache-2.0
// POSIX shared memory as storage.
#pragma once

#include "tensor/storage_fd.hpp"

namespace edgefirst {

class ShmStorage final : public FdStorage {
 public:
  ShmStorage(UniqueFd fd, std::size_t capacity, std::string name)
      : FdStorage(TensorMemory::kShm, std::move(fd), capacity, std::move(name)) {}

  /// Throws kIo where it is empty or another process has cut the object short since.
  std::byte* map(Access access) override;
  void unmap(Access) noexcept override {}
};

/// The size in bytes of the shared-memory object behind fd. Throws kIo.
std::size_t shm_size(int fd);

}  // namespace edgefirst
