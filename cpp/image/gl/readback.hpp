// SPDX-License-Identifier: Apache-2.0
// Words on their way from the GPU to memory without a wait: read into a pixel buffer now, copied
// into place once the GPU is done. Used by Output for conversions in flight.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "image/gl/gl_image.hpp"

namespace edgefirst::gl {

/// Pixel buffers by size, handed out until they are given back.
class BufferPool {
 public:
  explicit BufferPool(const GlApi& gl) : gl_(gl) {}
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// Throws BackendRefusal where the driver has no memory for it.
  Name take(std::size_t bytes);
  void give_back(Name buffer);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Name buffer = 0;
    std::size_t bytes = 0;
    bool is_taken = false;
  };
  static constexpr std::size_t kMostIdle = 8;
  const GlApi& gl_;
  std::vector<Entry> entries_;  // oldest first
};

class Readback {
 public:
  /// Where rows of words go: so many bytes of each into rows of planes that follow one another.
  struct Target {
    std::array<PlaneBytes, 4> planes{};  ///< in memory, each at its first byte
    std::size_t plane_count = 0;
    std::size_t rows = 0;  ///< of a plane
    std::size_t row_bytes = 0;
  };

  bool is_pending() const { return buffer_ != 0; }
  /// Reads rows x plane_count rows of words of the framebuffer that is bound.
  void begin(const GlApi& gl, BufferPool& buffers, std::size_t words, const Target& target);
  /// Copies them into place; waits where the GPU is not done. Throws BackendRefusal.
  void end(const GlApi& gl, BufferPool& buffers);
  /// Forgets them.
  void cancel(BufferPool& buffers);

 private:
  Name buffer_ = 0;
  std::size_t pitch_ = 0;
  Target target_;
};

}  // namespace edgefirst::gl
