// SPDX-License-Identifier: Apache-2.0
// POSIX shared memory as storage.
#pragma once

#include "tensor/storage_fd.hpp"

namespace edgefirst {

class ShmStorage final : public FdStorage {
 public:
  ShmStorage(UniqueFd fd, std::size_t capacity, std::string name);

  /// An object of 0 bytes maps to an address without bytes. Throws kIo where another process has
  /// cut short an object that is not sealed against it.
  std::byte* map(CpuAccess access) override;
  void unmap(CpuAccess) noexcept override {}

 private:
  bool may_shrink_;
};

/// The size in bytes of the shared-memory object behind fd. Throws kIo.
std::size_t shm_size(int fd);

}  // namespace edgefirst
