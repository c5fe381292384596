// SPDX-License-Identifier: Apache-2.0
// An OpenGL pixel buffer as storage, by handle: GL stays behind PixelBufferOperations, which the
// image backend implements on its own thread. Called by image/gl when it makes image tensors.
#pragma once

#include <cstdint>
#include <memory>

#include "tensor/storage.hpp"

namespace edgefirst {

/// The three blocking calls a pixel buffer needs. Thread-safe.
class PixelBufferOperations {
 public:
  virtual ~PixelBufferOperations();
  /// The first of the buffer's bytes, readable and writable until unmap(). Throws kIo.
  virtual std::byte* map(std::uint32_t buffer, std::size_t bytes) = 0;
  /// False where the driver lost the contents.
  virtual bool unmap(std::uint32_t buffer) noexcept = 0;
  /// Queued; may return before it is done.
  virtual void destroy(std::uint32_t buffer) noexcept = 0;
};

/// Takes over the GL buffer. operations is held weakly: tensors do not keep the GL thread alive,
/// open maps do. Once it is gone, map() throws kDisconnected. One map at a time: kBusy.
/// Throws kInvalidShape for 0 bytes.
std::shared_ptr<Storage> make_pixel_buffer_storage(std::uint32_t buffer, std::size_t bytes,
                                                   std::weak_ptr<PixelBufferOperations> operations);

/// Exclusive use of a pixel buffer on the thread of its operations, in the place of a map.
class PixelBufferUse {
 public:
  PixelBufferUse() = default;
  /// Holds nothing where the storage is no pixel buffer of these operations. Throws kBusy while it
  /// is mapped.
  PixelBufferUse(const std::shared_ptr<Storage>& storage, const PixelBufferOperations& operations);
  ~PixelBufferUse();
  PixelBufferUse(PixelBufferUse&& other) noexcept;
  PixelBufferUse& operator=(PixelBufferUse&& other) noexcept;

  explicit operator bool() const { return storage_ != nullptr; }
  std::uint32_t buffer() const { return buffer_; }

 private:
  std::shared_ptr<Storage> storage_;
  std::uint32_t buffer_ = 0;
};

/// Whether a storage is a pixel buffer of these operations.
bool is_pixel_buffer_of(const Storage& storage, const PixelBufferOperations& operations);

}  // namespace edgefirst
