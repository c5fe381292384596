// SPDX-License-Identifier: Apache-2.0
// Storage owns the bytes behind tensors and knows how the CPU may reach them.
// One file per kind (storage_heap, storage_shm, storage_dma; pixel buffers live in image/gl).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "edgefirst/tensor.hpp"

namespace edgefirst {

class Storage {
 public:
  Storage(TensorMemory memory, std::size_t capacity, std::string name)
      : memory_(memory), capacity_(capacity), name_(std::move(name)) {}
  virtual ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  TensorMemory memory() const { return memory_; }
  std::size_t capacity() const { return capacity_; }
  const std::string& name() const { return name_; }
  const BufferIdentity& identity() const { return identity_; }

  /// Starts CPU access and returns the first byte. Each success is paired with one unmap() of the
  /// same access. Must not allocate in steady state.
  virtual std::byte* map(Access access) = 0;
  virtual void unmap(Access access) noexcept = 0;
  /// The descriptor that shares the buffer, borrowed; -1 where there is none.
  virtual int fd() const { return -1; }
  /// Whether both reach the same bytes.
  virtual bool shares_bytes(const Storage& other) const { return this == &other; }

 private:
  TensorMemory memory_;
  std::size_t capacity_;
  std::string name_;
  BufferIdentity identity_;
};

/// Zero-filled heap memory, aligned for any SIMD load.
std::shared_ptr<Storage> make_heap_storage(std::size_t bytes, std::string name);
/// Caller memory that lives as long as owner.
std::shared_ptr<Storage> make_wrapped_storage(void* data, std::size_t bytes,
                                              std::shared_ptr<void> owner);

/// The kind asked for, or without one the first that works.
std::shared_ptr<Storage> make_storage(std::size_t bytes, std::optional<TensorMemory> memory,
                                      std::string name);

}  // namespace edgefirst
