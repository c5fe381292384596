// SPDX-License-Identifier: Apache-2.0
// POSIX shared memory as storage.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "tensor/storage_fd.hpp"

namespace edgefirst {

/// Whose object it is: memory stands behind all of our own.
enum class ShmOrigin : std::uint8_t { kOwn, kPeer };

class ShmStorage final : public FdStorage {
 public:
  ShmStorage(UniqueFd fd, std::size_t capacity, std::string name, ShmOrigin origin);

  /// An object of 0 bytes maps to an address without bytes. Throws kIo where another process has
  /// cut short an object that is not sealed against it.
  std::byte* map(CpuAccess access) override;
  void unmap(CpuAccess) noexcept override {}
  /// Read-only and sealed objects stay as they are.
  void fill_holes(std::size_t offset, std::size_t bytes) override;

 private:
  bool may_shrink_;
  std::atomic<std::size_t> filled_{0};  // bytes from the start that have memory
};

/// Keeps the object behind fd from being cut short, now and by anybody. False where it is no memfd,
/// cannot be sealed, or fd is read-only.
bool seal_against_shrinking(int fd);
/// The size in bytes of the shared-memory object behind fd. Throws kIo.
std::size_t shm_size(int fd);

}  // namespace edgefirst
