// SPDX-License-Identifier: Apache-2.0
// hal_tensor_*: creation, properties, image metadata, descriptors and maps.
// Pixels and files are codec.cpp's, quantization metadata quantization.cpp's.
#include "edgefirst/tensor.hpp"

#include "edgefirst/hal.h"

#include "base/message.hpp"
#include "convert.hpp"
#include "guard.hpp"
#include "handles.hpp"

namespace capi = edgefirst::capi;
using capi::ErrnoRule;
using capi::guard;
using capi::require;
using edgefirst::ErrorCode;
using edgefirst::Shape;
using edgefirst::Tensor;

namespace {

const std::size_t* shape_of(const Shape& shape, std::size_t* out_rank) {
  if (out_rank != nullptr) *out_rank = shape.rank();
  return shape.data();
}

const std::size_t* no_shape(std::size_t* out_rank) {
  if (out_rank != nullptr) *out_rank = 0;
  return nullptr;
}

bool is_image(const hal_tensor* tensor) { return tensor != nullptr && tensor->value.format(); }

const edgefirst::PixelFormatInfo& format_of(const hal_tensor* tensor) {
  return edgefirst::pixel_format_info(*tensor->value.format());
}

/// Goes before every other check: elsewhere these functions fail alike for all arguments.
void require_iosurfaces() {
#if !defined(__APPLE__)
  edgefirst::raise(ErrorCode::kNotSupported, "IOSurfaces exist on macOS only");
#endif
}

void require_fd(int fd) {
  if (fd < 0) throw capi::BadCall(edgefirst::message("fd is ", fd, ", expected at least 0"));
}

}  // namespace

hal_tensor* hal_tensor_new(hal_dtype dtype, const size_t* shape, size_t ndim,
                           hal_tensor_memory memory, const char* name) {
  return guard(ErrnoRule::all(ENOMEM), [&] {
    const Shape extents = capi::to_core(shape, ndim);
    const edgefirst::DType element = capi::to_core(dtype);
    const auto kind = capi::to_core(memory);
    if (memory == HAL_TENSOR_MEMORY_SHM && name != nullptr && *name == '\0') {
      edgefirst::raise(ErrorCode::kInvalidArgument, "name is empty: pass NULL for a random one");
    }
    return new hal_tensor{Tensor(extents, element, kind, capi::optional_text(name))};
  });
}

hal_tensor* hal_tensor_from_fd(hal_dtype dtype, int fd, const size_t* shape, size_t ndim,
                               const char* name) {
  return guard(ErrnoRule::all(EIO), [&] {
    const Shape extents = capi::to_core(shape, ndim);
    require_fd(fd);
    return new hal_tensor{
        Tensor::from_fd(fd, extents, capi::to_core(dtype), capi::optional_text(name))};
  });
}

hal_tensor* hal_tensor_from_iosurface(hal_dtype dtype, void* surface_ref, const size_t* shape,
                                      size_t ndim, const char* name) {
  return guard(ErrnoRule::all(EIO, ErrorCode::kNotSupported), [&] {
    require_iosurfaces();
    require({{"surface_ref", surface_ref}});
    const Shape extents = capi::to_core(shape, ndim);
    return new hal_tensor{Tensor::from_iosurface(surface_ref, extents, capi::to_core(dtype),
                                                 capi::optional_text(name))};
  });
}

void hal_tensor_free(hal_tensor* tensor) { capi::release(tensor); }

hal_dtype hal_tensor_dtype(const hal_tensor* tensor) {
  return tensor == nullptr ? HAL_DTYPE_U8 : capi::to_c(tensor->value.dtype());
}

size_t hal_tensor_dtype_size(const hal_tensor* tensor) {
  return tensor == nullptr ? 0 : edgefirst::dtype_size(tensor->value.dtype());
}

hal_tensor_memory hal_tensor_memory_type(const hal_tensor* tensor) {
  return tensor == nullptr ? HAL_TENSOR_MEMORY_MEM : capi::to_c(tensor->value.memory());
}

char* hal_tensor_name(const hal_tensor* tensor) {
  if (tensor == nullptr) return nullptr;
  return guard([&] { return capi::to_malloc(tensor->value.name()); });
}

const size_t* hal_tensor_shape(const hal_tensor* tensor, size_t* out_ndim) {
  if (tensor == nullptr) return no_shape(out_ndim);
  return shape_of(tensor->value.shape(), out_ndim);
}

size_t hal_tensor_len(const hal_tensor* tensor) {
  return tensor == nullptr ? 0 : tensor->value.element_count();
}

size_t hal_tensor_size(const hal_tensor* tensor) {
  return tensor == nullptr ? 0 : tensor->value.size_bytes();
}

int hal_tensor_clone_fd(const hal_tensor* tensor) {
  return guard([&] {
    require({{"tensor", tensor}});
    return tensor->value.clone_fd();
  });
}

int hal_tensor_dmabuf_clone(const hal_tensor* tensor) {
  return guard([&] {
    require({{"tensor", tensor}});
    return tensor->value.dmabuf_clone();
  });
}

uint32_t hal_tensor_iosurface_id(const hal_tensor* tensor) {
  std::uint32_t id = 0;
  guard([&] {
    require_iosurfaces();
    require({{"tensor", tensor}});
    id = tensor->value.iosurface_id();
  });
  return id;
}

void* hal_tensor_iosurface_ref(const hal_tensor* tensor) {
  return guard([&] {
    require_iosurfaces();
    require({{"tensor", tensor}});
    return tensor->value.iosurface_ref();
  });
}

int hal_tensor_reshape(hal_tensor* tensor, const size_t* shape, size_t ndim) {
  return guard(ErrnoRule::all(EINVAL), [&] {
    require({{"tensor", tensor}});
    tensor->value.reshape(capi::to_core(shape, ndim));
  });
}

hal_tensor* hal_tensor_new_image(size_t width, size_t height, hal_pixel_format format,
                                 hal_dtype dtype, hal_tensor_memory memory) {
  return guard(ErrnoRule::all(ENOMEM), [&] {
    capi::require_size(width, height);
    return new hal_tensor{Tensor::image(width, height, capi::to_core(format), capi::to_core(dtype),
                                        capi::to_core(memory))};
  });
}

int hal_tensor_set_format(hal_tensor* tensor, hal_pixel_format format) {
  return guard(ErrnoRule::all(EINVAL), [&] {
    require({{"tensor", tensor}});
    tensor->value.set_format(capi::to_core(format));
  });
}

size_t hal_tensor_width(const hal_tensor* tensor) {
  return tensor == nullptr ? 0 : tensor->value.width();
}

size_t hal_tensor_height(const hal_tensor* tensor) {
  return tensor == nullptr ? 0 : tensor->value.height();
}

hal_pixel_format hal_tensor_pixel_format(const hal_tensor* tensor) {
  return is_image(tensor) ? capi::to_c(*tensor->value.format()) : HAL_PIXEL_FORMAT_RGB;
}

bool hal_tensor_is_planar(const hal_tensor* tensor) {
  return is_image(tensor) && format_of(tensor).layout != edgefirst::PixelLayout::kPacked;
}

size_t hal_tensor_channels(const hal_tensor* tensor) {
  return is_image(tensor) ? format_of(tensor).channels : 0;
}

int hal_tensor_set_colorimetry(hal_tensor* tensor, hal_color_encoding encoding,
                               hal_color_range range) {
  return guard([&] {
    require({{"tensor", tensor}});
    tensor->value.set_colorimetry(
        edgefirst::Colorimetry{capi::to_core(encoding), capi::to_core(range)});
  });
}

int hal_tensor_clear_colorimetry(hal_tensor* tensor) {
  return guard([&] {
    require({{"tensor", tensor}});
    tensor->value.set_colorimetry(std::nullopt);
  });
}

bool hal_tensor_colorimetry(const hal_tensor* tensor, hal_color_encoding* encoding,
                            hal_color_range* range) {
  const auto carried =
      tensor == nullptr ? std::optional<edgefirst::Colorimetry>() : tensor->value.colorimetry();
  const edgefirst::Colorimetry color = carried.value_or(edgefirst::Colorimetry{});
  if (encoding != nullptr) *encoding = static_cast<hal_color_encoding>(color.encoding);
  if (range != nullptr) *range = static_cast<hal_color_range>(color.range);
  return carried.has_value();
}

size_t hal_tensor_row_stride(const hal_tensor* tensor) {
  return tensor == nullptr ? 0 : tensor->value.row_stride();
}

hal_tensor_map* hal_tensor_map_create(const hal_tensor* tensor) {
  return guard(ErrnoRule::all(EIO), [&] {
    require({{"tensor", tensor}});
    return new hal_tensor_map{tensor->value.map()};
  });
}

hal_tensor_map* hal_tensor_map_create_with(const hal_tensor* tensor, HalCpuAccess access) {
  return guard(ErrnoRule::all(EIO), [&] {
    require({{"tensor", tensor}});
    return new hal_tensor_map{tensor->value.map(capi::to_core(access))};
  });
}

void* hal_tensor_map_data(hal_tensor_map* map) {
  return map == nullptr ? nullptr : map->value.data();
}

const void* hal_tensor_map_data_const(const hal_tensor_map* map) {
  return map == nullptr ? nullptr : map->value.data();
}

const size_t* hal_tensor_map_shape(const hal_tensor_map* map, size_t* out_ndim) {
  if (map == nullptr) return no_shape(out_ndim);
  return shape_of(map->value.shape(), out_ndim);
}

size_t hal_tensor_map_len(const hal_tensor_map* map) {
  return map == nullptr ? 0 : map->value.shape().element_count();
}

size_t hal_tensor_map_size(const hal_tensor_map* map) {
  return hal_tensor_map_len(map) * (map == nullptr ? 0 : edgefirst::dtype_size(map->value.dtype()));
}

void hal_tensor_map_unmap(hal_tensor_map* map) { capi::release(map); }
