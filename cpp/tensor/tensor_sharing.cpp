// SPDX-License-Identifier: Apache-2.0
// Buffers across libraries and processes: tensors over descriptors and surfaces of others, our own
// handed out, and whether two tensors meet in memory.
#include "edgefirst/tensor.hpp"

#include "base/message.hpp"
#include "base/unique_fd.hpp"
#include "tensor/layout.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {
namespace {

void check_import_shape(const Shape& shape) {
  if (shape.rank() != 0 && shape.element_count() != 0) return;
  raise(ErrorCode::kInvalidShape, "a buffer cannot be imported as shape ", shape.to_string(),
        ", which has no elements");
}

/// Chroma planes left out. a_start and b_start: first bytes of the buffers, in one memory.
bool ranges_overlap(const Tensor& a, std::uint64_t a_start, const Tensor& b,
                    std::uint64_t b_start) {
  const std::uint64_t a_begin = a_start + a.plane_offset();
  const std::uint64_t b_begin = b_start + b.plane_offset();
  return a_begin < b_begin + mapped_size(b) && b_begin < a_begin + mapped_size(a);
}

/// By the buffers they lie in, or, where one wraps what the other has mapped, by address.
bool primary_planes_overlap(const Tensor& a, const Tensor& b) {
  const StorageLocation at = a.storage()->location();
  const StorageLocation bt = b.storage()->location();
  if (at.device == bt.device && at.node == bt.node) {
    return ranges_overlap(a, at.begin, b, bt.begin);
  }
  const std::byte* a_address = a.storage()->address();
  const std::byte* b_address = b.storage()->address();
  if (a_address == nullptr || b_address == nullptr) return false;
  return ranges_overlap(a, reinterpret_cast<std::uintptr_t>(a_address), b,
                        reinterpret_cast<std::uintptr_t>(b_address));
}

}  // namespace

Tensor Tensor::from_fd(int fd, const Shape& shape, DType dtype, std::string name) {
  check_import_shape(shape);
  Tensor tensor(import_storage(fd, std::move(name)), shape, dtype);
  tensor.storage_->fill_holes(0, tensor.size_bytes());
  return tensor;
}

Tensor Tensor::from_iosurface(void* surface, const Shape& shape, DType dtype, std::string name) {
  std::shared_ptr<Storage> storage = import_iosurface(surface, std::move(name));
  check_import_shape(shape);
  return Tensor(std::move(storage), shape, dtype);
}

bool Tensor::aliases(const Tensor& other) const {
  return primary_planes_overlap(*this, other) || (chroma_ != nullptr && chroma_->aliases(other)) ||
         (other.chroma_ != nullptr && aliases(*other.chroma_));
}

int Tensor::clone_fd() const {
  if (storage_->fd() < 0) {
    raise(ErrorCode::kNotSupported, tensor_memory_name(memory()),
          " memory has no file descriptor to share; allocate the tensor as dma or shm");
  }
  return UniqueFd::duplicate(storage_->fd()).release();
}

int Tensor::dmabuf() const {
  if (memory() != TensorMemory::kDma || storage_->fd() < 0) {
    raise(ErrorCode::kNotSupported, "the tensor lies in ", tensor_memory_name(memory()),
          " memory and not in a DMA-BUF");
  }
  return storage_->fd();
}

int Tensor::dmabuf_clone() const { return UniqueFd::duplicate(dmabuf()).release(); }

void* Tensor::iosurface_ref() const {
  void* surface = storage_->iosurface();
  if (surface == nullptr) {
    raise(ErrorCode::kNotSupported, "the tensor lies in ", tensor_memory_name(memory()),
          " memory and not in an IOSurface");
  }
  return surface;
}

std::uint32_t Tensor::iosurface_id() const { return iosurface_id_of(iosurface_ref()); }

}  // namespace edgefirst
