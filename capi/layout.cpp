// SPDX-License-Identifier: Apache-2.0
// The binary interface of hal.h, held by the compiler: struct layouts (LP64), enum sizes, version.
#include <cstddef>
#include <string_view>

#include "edgefirst/hal.h"

#include "base/version.hpp"

#define HAL_TEXT(x) #x
#define HAL_VERSION_TEXT(major, minor, patch) \
  HAL_TEXT(major) "." HAL_TEXT(minor) "." HAL_TEXT(patch)

static_assert(std::string_view(HAL_VERSION_TEXT(HAL_VERSION_MAJOR, HAL_VERSION_MINOR,
                                                HAL_VERSION_PATCH)) == edgefirst::kVersion);

static_assert(sizeof(HalOutputType) == 4 && sizeof(HalDecoderType) == 4 && sizeof(HalDimName) == 4);
static_assert(sizeof(hal_nms) == 4 && sizeof(HalDecoderVersion) == 4 && sizeof(hal_dtype) == 4);
static_assert(sizeof(hal_pixel_format) == 4 && sizeof(hal_tensor_memory) == 4);
static_assert(sizeof(hal_compute_backend) == 4 && sizeof(hal_rotation) == 4);
static_assert(sizeof(hal_flip) == 4 && sizeof(hal_color_mode) == 4 && sizeof(hal_log_level) == 4);
static_assert(sizeof(HalTensorQuantKind) == 4);

#if defined(__LP64__)
static_assert(sizeof(hal_quantization) == 8);
static_assert(offsetof(hal_quantization, scale) == 0);
static_assert(offsetof(hal_quantization, zero_point) == 4);

static_assert(sizeof(hal_detect_box) == 32);
static_assert(offsetof(hal_detect_box, xmin) == 0 && offsetof(hal_detect_box, ymin) == 4);
static_assert(offsetof(hal_detect_box, xmax) == 8 && offsetof(hal_detect_box, ymax) == 12);
static_assert(offsetof(hal_detect_box, score) == 16 && offsetof(hal_detect_box, label) == 24);

static_assert(sizeof(hal_rect) == 32);
static_assert(offsetof(hal_rect, left) == 0 && offsetof(hal_rect, top) == 8);
static_assert(offsetof(hal_rect, width) == 16 && offsetof(hal_rect, height) == 24);

static_assert(sizeof(hal_crop) == 72);
static_assert(offsetof(hal_crop, src_rect) == 0 && offsetof(hal_crop, dst_rect) == 32);
static_assert(offsetof(hal_crop, dst_color) == 64 && offsetof(hal_crop, has_src_rect) == 68);
static_assert(offsetof(hal_crop, has_dst_rect) == 69 && offsetof(hal_crop, has_dst_color) == 70);

static_assert(sizeof(hal_track_info) == 56);
static_assert(offsetof(hal_track_info, uuid) == 0 && offsetof(hal_track_info, location) == 16);
static_assert(offsetof(hal_track_info, count) == 32 && offsetof(hal_track_info, created) == 40);
static_assert(offsetof(hal_track_info, last_updated) == 48);

static_assert(sizeof(hal_dmabuf_tensor_info) == 96);
static_assert(offsetof(hal_dmabuf_tensor_info, size) == 0);
static_assert(offsetof(hal_dmabuf_tensor_info, offset) == 8);
static_assert(offsetof(hal_dmabuf_tensor_info, shape) == 16);
static_assert(offsetof(hal_dmabuf_tensor_info, ndim) == 80);
static_assert(offsetof(hal_dmabuf_tensor_info, fd) == 88);
static_assert(offsetof(hal_dmabuf_tensor_info, dtype) == 92);

static_assert(sizeof(hal_camera_adaptor_format_info) == 16);
static_assert(offsetof(hal_camera_adaptor_format_info, input_channels) == 0);
static_assert(offsetof(hal_camera_adaptor_format_info, output_channels) == 4);
static_assert(offsetof(hal_camera_adaptor_format_info, fourcc) == 8);
#endif
