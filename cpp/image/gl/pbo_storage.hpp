// SPDX-License-Identifier: Apache-2.0
// Pixel buffers of a GL thread as tensor storage: made, mapped and deleted there, whichever thread
// asks. Used by the GL backend.
#pragma once

#include <cstddef>
#include <memory>

#include "image/gl/gl_thread.hpp"
#include "tensor/storage_pbo.hpp"

namespace edgefirst::gl {

/// A GL thread that pixel buffers can be mapped through. Tensors hold it weakly, open maps and the
/// backend strongly.
class PixelBuffers final : public PixelBufferOperations,
                           public std::enable_shared_from_this<PixelBuffers> {
 public:
  /// Bytes past the capacity of a buffer, for the last word of a row that does not fill it.
  static constexpr std::size_t kSlackBytes = 4;

  explicit PixelBuffers(std::unique_ptr<GlThread> thread) : thread_(std::move(thread)) {}

  GlThread& thread() { return *thread_; }

  /// Zero-filled. Throws BackendRefusal where the driver has no memory for it.
  std::shared_ptr<Storage> create(std::size_t bytes);

  std::byte* map(std::uint32_t buffer, std::size_t bytes) override;
  bool unmap(std::uint32_t buffer) noexcept override;
  void destroy(std::uint32_t buffer) noexcept override;

 private:
  std::unique_ptr<GlThread> thread_;
};

}  // namespace edgefirst::gl
