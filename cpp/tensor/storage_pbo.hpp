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

}  // namespace edgefirst
