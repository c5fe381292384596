// SPDX-License-Identifier: Apache-2.0
// Values of hal.h to values of the core and back. Enum values that do not exist throw BadCall.
// The tables are in convert.cpp; called by the C functions.
#pragma once

#include <optional>

#include "edgefirst/decoder.hpp"
#include "edgefirst/detection.hpp"
#include "edgefirst/hal.h"
#include "edgefirst/image.hpp"
#include "edgefirst/runtime.hpp"
#include "edgefirst/tensor.hpp"

namespace edgefirst::capi {

DType to_core(hal_dtype dtype);
PixelFormat to_core(hal_pixel_format format);
TensorMemory to_core(hal_tensor_memory memory);
ComputeBackend to_core(hal_compute_backend backend);
Rotation to_core(hal_rotation rotation);
Flip to_core(hal_flip flip);
Filter to_core(hal_filter filter);
ColorEncoding to_core(hal_color_encoding encoding);
ColorRange to_core(hal_color_range range);
ColorMode to_core(hal_color_mode mode);
LogLevel to_core(hal_log_level level);
CpuAccess to_core(HalCpuAccess access);
OutputType to_core(HalOutputType type);
DecoderType to_core(HalDecoderType type);
DecoderVersion to_core(HalDecoderVersion version);
DimName to_core(HalDimName name);
/// None: no suppression.
std::optional<Nms> to_core(hal_nms nms);

/// 1 to 8 extents; throws BadCall for NULL and other counts.
Shape to_core(const std::size_t* shape, std::size_t rank);
Rect to_core(const hal_rect& rect);
DetectBox to_core(const hal_detect_box& box);
/// NULL: whole images.
Crop to_core(const hal_crop* crop);
/// NULL: none; else xmin, ymin, xmax, ymax.
std::optional<BoundingBox> letterbox_to_core(const float* letterbox);

hal_dtype to_c(DType dtype);
hal_pixel_format to_c(PixelFormat format);
hal_tensor_memory to_c(TensorMemory memory);
hal_rect to_c(const Rect& rect);
hal_detect_box to_c(const DetectBox& box);
hal_track_info to_c(const TrackInfo& track);

}  // namespace edgefirst::capi
