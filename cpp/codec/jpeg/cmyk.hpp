// SPDX-License-Identifier: Apache-2.0
// CMYK and YCCK rows to packed pixels, without colour profiles: each ink darkens by its amount.
// Rare files, hence scalar. color.cpp hands these functions out.
#pragma once

#include "codec/jpeg/color.hpp"

namespace edgefirst::jpeg {

/// nullptr where from is no CMYK model or to none of Rgb, Rgba, Bgra, Grey.
ColorFn* cmyk_kernel(ColorModel from, PixelFormat to);

}  // namespace edgefirst::jpeg
