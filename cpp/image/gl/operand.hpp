// SPDX-License-Identifier: Apache-2.0
// An image tensor as the GL thread reaches it: as a DMA-BUF to import, as a pixel buffer of its
// own, or mapped. Made by the calling thread, which maps, so that the GL thread never waits for
// another one. Used by the backend and the passes.
#pragma once

#include <optional>

#include "image/gl/gl_caps.hpp"
#include "image/gl/gl_image.hpp"
#include "image/gl/pbo_storage.hpp"
#include "image/request.hpp"

namespace edgefirst::gl {

class Operand {
 public:
  /// Throws kBusy for a mapped pixel buffer, and what mapping throws.
  Operand(const Tensor& tensor, const ImageLayout& layout, CpuAccess access,
          const PixelBuffers& buffers, Transfer transfer);

  const ImageLayout& layout() const { return layout_; }
  /// Is, and is not mapped yet.
  bool is_importable() const { return importable_; }
  bool is_pixel_buffer() const { return static_cast<bool>(image_use_); }
  /// The DMA-BUF of a plane and where the plane begins in it.
  const Storage& storage(std::size_t plane) const { return *tensor_of(plane).storage(); }
  std::size_t plane_offset(std::size_t plane) const {
    return tensor_of(plane).plane_offset() + layout_.planes[plane].offset;
  }
  /// Maps a DMA-BUF whose import failed.
  void map();
  /// Not for an importable operand before map().
  PlaneBytes plane(std::size_t index) const;

 private:
  const Tensor& tensor_of(std::size_t plane) const {
    return plane == 1 && layout_.chroma_apart ? *tensor_.chroma() : tensor_;
  }

  const Tensor& tensor_;
  const ImageLayout& layout_;
  CpuAccess access_;
  bool importable_ = false;
  PixelBufferUse image_use_, chroma_use_;
  std::optional<TensorMap> image_map_, chroma_map_;
};

}  // namespace edgefirst::gl
