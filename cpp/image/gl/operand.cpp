// SPDX-License-Identifier: Apache-2.0
// Which way each plane of an image goes.
#include "image/gl/operand.hpp"

namespace edgefirst::gl {

Operand::Operand(const Tensor& tensor, const ImageLayout& layout, CpuAccess access,
                 const PixelBuffers& buffers, Transfer transfer)
    : tensor_(tensor), layout_(layout), access_(access) {
  const bool is_dma = tensor.memory() == TensorMemory::kDma &&
                      (!layout.chroma_apart || tensor.chroma()->memory() == TensorMemory::kDma);
  importable_ = is_dma && transfer == Transfer::kDmaBuf;
  if (importable_) return;
  image_use_ = PixelBufferUse(tensor.storage(), buffers);
  if (layout.chroma_apart) chroma_use_ = PixelBufferUse(tensor.chroma()->storage(), buffers);
  map();
}

void Operand::map() {
  importable_ = false;
  if (!image_use_) image_map_ = tensor_.map(access_);
  if (layout_.chroma_apart && !chroma_use_) chroma_map_ = tensor_.chroma()->map(access_);
}

PlaneBytes Operand::plane(std::size_t index) const {
  const bool apart = index == 1 && layout_.chroma_apart;
  const PixelBufferUse& use = apart ? chroma_use_ : image_use_;
  const PlaneLayout& plane = layout_.planes[index];
  PlaneBytes bytes;
  bytes.stride = plane.stride;
  if (use) {
    bytes.buffer = use.buffer();
    bytes.offset = plane_offset(index);
  } else {
    bytes.data = (apart ? *chroma_map_ : *image_map_).as<std::byte>();
    bytes.offset = plane.offset;
  }
  return bytes;
}

}  // namespace edgefirst::gl
