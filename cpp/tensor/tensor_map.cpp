// SPDX-License-Identifier: Apache-2.0
// TensorMap: one scope of CPU access.
#include <utility>

#include "edgefirst/tensor.hpp"

#include "base/message.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {

TensorMap::TensorMap(TensorMap&& other) noexcept { *this = std::move(other); }

TensorMap& TensorMap::operator=(TensorMap&& other) noexcept {
  if (this == &other) return *this;
  unmap();
  storage_ = std::move(other.storage_);
  data_ = std::exchange(other.data_, nullptr);
  size_bytes_ = std::exchange(other.size_bytes_, 0);
  row_stride_ = other.row_stride_;
  row_axis_ = other.row_axis_;
  shape_ = other.shape_;
  dtype_ = other.dtype_;
  access_ = other.access_;
  return *this;
}

TensorMap::~TensorMap() { unmap(); }

void* TensorMap::data() const {
  if (storage_ == nullptr) {
    raise(ErrorCode::kNotMapped, "Buffer not mapped: the map was released by unmap()");
  }
  return data_;
}

std::array<std::ptrdiff_t, Shape::kMaxRank> TensorMap::strides() const {
  std::array<std::ptrdiff_t, Shape::kMaxRank> strides{};
  std::size_t step = dtype_size(dtype_);
  for (std::size_t axis = shape_.rank(); axis-- > 0;) {
    if (axis == row_axis_ && row_stride_ > step) step = row_stride_;
    strides[axis] = static_cast<std::ptrdiff_t>(step);
    step *= shape_[axis];
  }
  return strides;
}

void TensorMap::unmap() noexcept {
  if (storage_ == nullptr) return;
  storage_->unmap(access_);
  storage_.reset();
  data_ = nullptr;
  size_bytes_ = 0;
}

}  // namespace edgefirst
