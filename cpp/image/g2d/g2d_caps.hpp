// SPDX-License-Identifier: Apache-2.0
// What the blitter can do, as data: formats, and the devices' deviations with their symptoms. Pure
// questions about requests; touches no device.
#pragma once

#include <cstddef>

#include "image/draw_request.hpp"
#include "image/request.hpp"

namespace edgefirst::g2d {

struct FormatUse {
  PixelFormat format;
  int code;  ///< the vendor's number
  bool is_source;
  bool is_destination;
  bool can_clear;           ///< g2d_clear() takes it and its colour
  std::size_t pixel_bytes;  ///< of plane 0: strides are counted in pixels
};
/// nullptr for formats that the blitter does not know.
const FormatUse* format_use(PixelFormat format);

/// The matrix that a conversion needs, as a capability of g2d_api.hpp; -1: none.
int matrix_of(const ConvertRequest& request);

/// nullptr, or why the blitter does not take a request.
const char* declines(const ConvertRequest& request);
const char* declines(const DrawRequest& request);

}  // namespace edgefirst::g2d
