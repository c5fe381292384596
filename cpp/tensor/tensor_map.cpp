// SPDX-License-Identifier: Apache-2.0
// TensorMap: one scope of CPU access. Opening one is a handful of stores: sizes and strides are
// derived when asked for.
#include <algorithm>
#include <utility>

#include "edgefirst/tensor.hpp"

#include "base/message.hpp"
#include "base/trace.hpp"
#include "tensor/layout.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {

TensorMap::TensorMap(const Tensor& tensor, CpuAccess access)
    : data_(tensor.storage_->map(access) + tensor.plane_offset_),
      capacity_(tensor.region_end_ - tensor.plane_offset_),
      padded_row_(tensor.row_stride_.value_or(0)),
      row_axis_(tensor.format_ ? row_axis(*tensor.format_) : 0),
      shape_(tensor.shape_),
      dtype_(tensor.dtype_),
      access_(access) {
  storage_ = tensor.storage_;
  if (!storage_->is_sparse()) return;
  try {
    storage_->fill_holes(tensor.plane_offset_, size_bytes());
  } catch (...) {
    storage_->unmap(access);
    throw;
  }
}

TensorMap Tensor::map(CpuAccess access) const {
  TraceSpan span("tensor.map");
  if (span.is_recording()) span.field("memory", tensor_memory_name(memory()));
  return TensorMap(*this, access);
}

TensorMap::TensorMap(TensorMap&& other) noexcept { *this = std::move(other); }

TensorMap& TensorMap::operator=(TensorMap&& other) noexcept {
  if (this == &other) return *this;
  unmap();
  storage_ = std::move(other.storage_);
  data_ = std::exchange(other.data_, nullptr);
  capacity_ = other.capacity_;
  padded_row_ = other.padded_row_;
  row_axis_ = other.row_axis_;
  shape_ = other.shape_;
  dtype_ = other.dtype_;
  access_ = other.access_;
  has_ended_ = other.has_ended_;
  return *this;
}

TensorMap::~TensorMap() { unmap(); }

void TensorMap::require_mapped() const {
  if (storage_ != nullptr) return;
  raise(ErrorCode::kNotMapped, "Buffer not mapped: the map was released by unmap()");
}

void* TensorMap::data() const {
  require_mapped();
  return data_;
}

TensorMemory TensorMap::memory() const {
  require_mapped();
  return storage_->memory();
}

std::size_t TensorMap::row_stride() const {
  if (padded_row_ != 0) return padded_row_;
  std::size_t bytes = dtype_size(dtype_);
  for (std::size_t axis = shape_.rank(); axis-- > row_axis_ + 1;) bytes *= shape_[axis];
  return bytes;
}

std::size_t TensorMap::size_bytes() const {
  if (storage_ == nullptr) return 0;
  std::size_t bytes = row_stride();
  for (std::size_t axis = 0; axis <= row_axis_; ++axis) bytes *= shape_[axis];
  return std::min(bytes, capacity_);
}

std::array<std::ptrdiff_t, Shape::kMaxRank> TensorMap::strides() const {
  std::array<std::ptrdiff_t, Shape::kMaxRank> strides{};
  std::size_t step = dtype_size(dtype_);
  for (std::size_t axis = shape_.rank(); axis-- > 0;) {
    if (axis == row_axis_ && padded_row_ > step) step = padded_row_;
    strides[axis] = static_cast<std::ptrdiff_t>(step);
    step *= shape_[axis];
  }
  return strides;
}

void TensorMap::unmap() noexcept {
  if (storage_ == nullptr) return;
  if (!has_ended_) storage_->unmap(access_);
  storage_.reset();
  data_ = nullptr;
}

void TensorMap::end_access() noexcept {
  if (storage_ == nullptr || has_ended_ || storage_->memory() == TensorMemory::kPbo) return;
  storage_->unmap(access_);
  has_ended_ = true;
}

}  // namespace edgefirst
