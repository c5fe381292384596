// SPDX-License-Identifier: Apache-2.0
// What buffers behind a file descriptor share: the descriptor, one lasting CPU mapping of the whole
// buffer, and an identity that every descriptor of the buffer agrees on. Knows neither how the
// buffer was made nor cache maintenance. The base of storage_shm and storage_dma.
#pragma once

#include <atomic>
#include <string>

#include "base/unique_fd.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {

class FdStorage : public Storage {
 public:
  /// capacity must not exceed the size of the object behind fd.
  FdStorage(TensorMemory memory, UniqueFd fd, std::size_t capacity, std::string name);
  ~FdStorage() override;

  int fd() const override { return fd_.get(); }
  StorageLocation location() const override { return location_; }
  const std::byte* address() const override { return mapping_.load(std::memory_order_acquire); }

 protected:
  /// The lasting mapping, made on first use. Lock-free, hence safe in a forked child.
  /// Throws kIo: cannot be mapped, or is read-only and access writes.
  std::byte* mapping(CpuAccess access);

 private:
  std::byte* map_now();

  UniqueFd fd_;
  StorageLocation location_;
  std::atomic<std::byte*> mapping_{nullptr};
  std::atomic<bool> read_only_{false};
};

/// Bytes of RAM: no buffer can be larger.
std::size_t physical_memory();
/// Of them what a container may use: asking for more ends in the OOM killer.
std::size_t usable_memory();

}  // namespace edgefirst
