// SPDX-License-Identifier: Apache-2.0
// Storage owns the bytes behind tensors and knows how the CPU may reach them.
// One file per kind (storage_heap, storage_shm, storage_dma, storage_iosurface, storage_pbo).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edgefirst/tensor.hpp"

namespace edgefirst {

/// Where a storage's first byte is: a memory, and the position in it. Two storages with ranges of
/// one memory that overlap are two names of the same bytes.
struct StorageLocation {
  std::uint64_t device = 0;  ///< st_dev and st_ino of the buffer; both 0: the address space
  std::uint64_t node = 0;
  std::uint64_t begin = 0;
};

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
  /// same access. Thread-safe. Must not allocate in steady state.
  virtual std::byte* map(CpuAccess access) = 0;
  virtual void unmap(CpuAccess access) noexcept = 0;
  virtual StorageLocation location() const = 0;
  /// Where the first byte lies in this process; nullptr while no mapping lasts.
  virtual const std::byte* address() const { return nullptr; }
  /// Whether bytes may still have no memory behind them: of an object that a peer made. Before its
  /// bytes are touched, fill_holes() gives them memory.
  bool is_sparse() const { return is_sparse_; }
  /// Throws kOutOfMemory where there is none for [offset, offset + bytes). Thread-safe.
  virtual void fill_holes(std::size_t offset, std::size_t bytes);
  /// The descriptor that shares the buffer, borrowed; -1 where there is none.
  virtual int fd() const { return -1; }
  /// The IOSurfaceRef of an IOSurface, borrowed; nullptr elsewhere.
  virtual void* iosurface() const { return nullptr; }

 protected:
  void set_sparse() { is_sparse_ = true; }

 private:
  TensorMemory memory_;
  bool is_sparse_ = false;
  std::size_t capacity_;
  std::string name_;
  BufferIdentity identity_;
};

/// Zero-filled heap memory, aligned for any SIMD load.
std::shared_ptr<Storage> make_heap_storage(std::size_t bytes, std::string name);
/// Caller memory that lives as long as owner.
std::shared_ptr<Storage> make_wrapped_storage(void* data, std::size_t bytes,
                                              std::shared_ptr<void> owner);
/// A POSIX shared-memory object, zero-filled, unlinked at once. Throws kIo, kNotSupported.
std::shared_ptr<Storage> make_shm_storage(std::size_t bytes, std::string name);
/// A DMA-BUF (macOS: an IOSurface), zero-filled. Throws kOutOfMemory, kNotSupported.
std::shared_ptr<Storage> make_dma_storage(std::size_t bytes, std::string name);
/// Rows of elements in a buffer of a GPU.
struct SurfacePlane {
  std::size_t offset = 0;  ///< bytes
  std::size_t pitch = 0;   ///< bytes from row to row
  std::size_t width = 0;   ///< elements
  std::size_t height = 0;
  std::size_t element_bytes = 1;
};
/// make_dma_storage() for one plane at offset 0. Linux: a buffer is bytes. An IOSurface has the
/// plane's elements and rows, without which it cannot become a texture.
std::shared_ptr<Storage> make_surface_storage(const SurfacePlane& plane);
/// The planes of an IOSurface as its maker laid them out; none off macOS. Throws kIo.
std::vector<SurfacePlane> iosurface_planes(void* surface);
/// Over the DMA-BUF or shared-memory object that fd refers to; fd is duplicated, the capacity is
/// the object's size. Throws kIo, kNotSupported (another kind of descriptor).
std::shared_ptr<Storage> import_storage(int fd, std::string name);
/// Over an IOSurfaceRef, retained. Throws kIo, kNotSupported (not macOS).
std::shared_ptr<Storage> import_iosurface(void* surface, std::string name);
/// 0 off macOS.
std::uint32_t iosurface_id_of(void* surface);

/// The kind asked for, or without one the first that works.
std::shared_ptr<Storage> make_storage(std::size_t bytes, std::optional<TensorMemory> memory,
                                      std::string name);
/// "/" and 16 random hexadecimal digits: the name of shared buffers made without one.
std::string random_buffer_name();

}  // namespace edgefirst
