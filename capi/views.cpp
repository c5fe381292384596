// SPDX-License-Identifier: Apache-2.0
// hal_tensor_*: capacity apart from shape, views, placement in a buffer, memory of the caller.
#include <algorithm>
#include <memory>
#include <optional>

#include "edgefirst/hal.h"
#include "edgefirst/tensor.hpp"

#include "base/message.hpp"
#include "convert.hpp"
#include "guard.hpp"
#include "handles.hpp"

namespace capi = edgefirst::capi;
using capi::ErrnoRule;
using capi::guard;
using capi::require;
using edgefirst::ErrorCode;
using edgefirst::Tensor;

namespace {

constexpr ErrnoRule kInvalidOrUnsupported = ErrnoRule::all(EINVAL, ErrorCode::kNotSupported);
constexpr ErrnoRule kInvalidOrFull = ErrnoRule::all(EINVAL, ErrorCode::kInsufficientCapacity);

/// The caller's promise to hear when its memory is free again; silent until the wrap has succeeded.
class Release {
 public:
  Release(void (*function)(void*), void* context) : function_(function), context_(context) {}
  ~Release() {
    if (is_armed_ && function_ != nullptr) function_(context_);
  }
  Release(const Release&) = delete;
  Release& operator=(const Release&) = delete;
  void arm() { is_armed_ = true; }

 private:
  void (*function_)(void*);
  void* context_;
  bool is_armed_ = false;
};

void require_aligned(const void* data, edgefirst::DType dtype) {
  const std::size_t element = edgefirst::dtype_size(dtype);
  if (reinterpret_cast<std::uintptr_t>(data) % element == 0) return;
  throw capi::BadCall(edgefirst::message("data is not aligned to ", element, " bytes"));
}

}  // namespace

hal_tensor* hal_tensor_wrap(hal_dtype dtype, void* data, size_t size_bytes, const size_t* shape,
                            size_t ndim, void (*release)(void* context), void* context) {
  return guard(ErrnoRule::all(EINVAL), [&] {
    require({{"data", data}});
    require_aligned(data, capi::to_core(dtype));
    const auto owner = std::make_shared<Release>(release, context);
    auto* tensor = new hal_tensor{
        Tensor::wrap(data, size_bytes, capi::to_core(shape, ndim), capi::to_core(dtype), owner)};
    owner->arm();
    return tensor;
  });
}

hal_tensor* hal_tensor_wrap_strided(const hal_strided_memory* memory, int format,
                                    void (*release)(void* context), void* context) {
  return guard(ErrnoRule::all(EINVAL), [&] {
    require({{"memory", memory}});
    require({{"memory->data", memory->data}, {"memory->strides", memory->strides}});
    edgefirst::StridedMemory core{
        memory->data, capi::to_core(memory->dtype), capi::to_core(memory->shape, memory->ndim), {}};
    require_aligned(core.data, core.dtype);
    std::copy_n(memory->strides, memory->ndim, core.strides.begin());
    std::optional<edgefirst::PixelFormat> pixels;
    if (format != -1) pixels = capi::to_core(static_cast<hal_pixel_format>(format));
    const auto owner = std::make_shared<Release>(release, context);
    auto* tensor = new hal_tensor{Tensor::wrap(core, pixels, owner)};
    owner->arm();
    return tensor;
  });
}

size_t hal_tensor_capacity(const hal_tensor* tensor) {
  return tensor == nullptr ? 0 : tensor->value.capacity_bytes();
}

int hal_tensor_resize(hal_tensor* tensor, const size_t* shape, size_t ndim) {
  return guard(kInvalidOrFull, [&] {
    require({{"tensor", tensor}});
    tensor->value.resize(capi::to_core(shape, ndim));
  });
}

int hal_tensor_configure_image(hal_tensor* tensor, size_t width, size_t height,
                               hal_pixel_format format) {
  return guard(kInvalidOrFull, [&] {
    require({{"tensor", tensor}});
    capi::require_size(width, height);
    tensor->value.configure_image(width, height, capi::to_core(format));
  });
}

hal_tensor* hal_tensor_view(const hal_tensor* tensor, hal_rect rect) {
  return guard(kInvalidOrUnsupported, [&] {
    require({{"tensor", tensor}});
    return new hal_tensor{tensor->value.view(capi::to_core(rect))};
  });
}

hal_tensor* hal_tensor_batch(const hal_tensor* tensor, size_t n) {
  return guard(kInvalidOrUnsupported, [&] {
    require({{"tensor", tensor}});
    return new hal_tensor{tensor->value.batch(n)};
  });
}

hal_tensor* hal_tensor_new_image_with_stride(size_t width, size_t height, hal_pixel_format format,
                                             size_t row_stride, hal_dtype dtype,
                                             hal_tensor_memory memory) {
  return guard(ErrnoRule::all(ENOMEM, ErrorCode::kInvalidArgument), [&] {
    capi::require_size(width, height);
    return new hal_tensor{Tensor::image_with_stride(width, height, capi::to_core(format),
                                                    row_stride, capi::to_core(dtype),
                                                    capi::to_core(memory))};
  });
}

int hal_tensor_set_row_stride(hal_tensor* tensor, size_t bytes) {
  return guard(ErrnoRule::all(EINVAL), [&] {
    require({{"tensor", tensor}});
    tensor->value.set_row_stride(bytes);
  });
}

size_t hal_tensor_plane_offset(const hal_tensor* tensor) {
  return tensor == nullptr ? 0 : tensor->value.plane_offset();
}

int hal_tensor_set_plane_offset(hal_tensor* tensor, size_t bytes) {
  return guard(ErrnoRule::all(EINVAL), [&] {
    require({{"tensor", tensor}});
    tensor->value.set_plane_offset(bytes);
  });
}

hal_tensor* hal_tensor_from_planes(const hal_tensor* luma, const hal_tensor* chroma,
                                   hal_pixel_format format) {
  return guard(ErrnoRule::all(EINVAL), [&] {
    require({{"luma", luma}, {"chroma", chroma}});
    return new hal_tensor{Tensor::from_planes(luma->value, chroma->value, capi::to_core(format))};
  });
}

hal_tensor* hal_tensor_chroma(const hal_tensor* tensor) {
  if (tensor == nullptr || tensor->value.chroma() == nullptr) return nullptr;
  return guard([&] { return new hal_tensor{*tensor->value.chroma()}; });
}

bool hal_tensor_aliases(const hal_tensor* a, const hal_tensor* b) {
  return a != nullptr && b != nullptr && a->value.aliases(b->value);
}

uint64_t hal_tensor_buffer_id(const hal_tensor* tensor) {
  return tensor == nullptr ? 0 : tensor->value.identity().id();
}

hal_buffer_identity* hal_tensor_buffer_identity(const hal_tensor* tensor) {
  return guard([&] {
    require({{"tensor", tensor}});
    const edgefirst::BufferIdentity& identity = tensor->value.identity();
    return new hal_buffer_identity{identity.id(), identity.guard()};
  });
}

uint64_t hal_buffer_identity_id(const hal_buffer_identity* identity) {
  return identity == nullptr ? 0 : identity->id;
}

bool hal_buffer_identity_is_alive(const hal_buffer_identity* identity) {
  return identity != nullptr && !identity->guard.expired();
}

void hal_buffer_identity_free(hal_buffer_identity* identity) { capi::release(identity); }
