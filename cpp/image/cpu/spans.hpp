// SPDX-License-Identifier: Apache-2.0
// Names and fields of the CPU backend's spans. Used by the converter and the pixel mover.
#pragma once

#include "base/trace.hpp"
#include "image/request.hpp"

namespace edgefirst::cpu {

/// Formats or element types change, pixels stay where they are.
inline constexpr const char* kFormatConvertSpan = "image.convert.cpu.format_convert";
/// Pixels are resampled, mirrored or turned; in the same pass formats may change.
inline constexpr const char* kResizeSpan = "image.convert.cpu.resize_flip_rotate";
/// Rows travel as they are.
inline constexpr const char* kCopySpan = "image.convert.cpu.copy";

/// from and to; pass is "direct": no conversion of formats is a stage before or behind another.
inline void describe_formats(TraceSpan& span, const ConvertRequest& request) {
  if (!span.is_recording()) return;
  span.field("from", pixel_format_info(request.source.format).name)
      .field("to", pixel_format_info(request.destination.format).name)
      .field("pass", "direct");
}

}  // namespace edgefirst::cpu
