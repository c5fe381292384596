// SPDX-License-Identifier: Apache-2.0
// Packed pixels to YCbCr rows and halved chroma, with libjpeg's fixed-point results. Called by the
// JPEG encoder and by YuvPacker.
#pragma once

#include <cstddef>
#include <cstdint>

#include "edgefirst/pixel_format.hpp"

namespace edgefirst::jpeg {

struct YccRow {
  std::uint8_t* y = nullptr;
  std::uint8_t* cb = nullptr;
  std::uint8_t* cr = nullptr;
};

/// Reads exactly width pixels; writes whole vectors, up to 63 samples beyond.
using ToYccFn = void(const std::uint8_t* pixels, std::size_t width, const YccRow& row);
/// Averages 2x2 samples of two rows: width outputs, whole vectors.
using HalveFn = void(const std::uint8_t* upper, const std::uint8_t* lower, std::uint8_t* out,
                     std::size_t width);

struct EncodeKernels {
  ToYccFn* from_rgb = nullptr;
  ToYccFn* from_rgba = nullptr;
  ToYccFn* from_bgra = nullptr;
  HalveFn* halve = nullptr;
};
EncodeKernels encode_kernels();

}  // namespace edgefirst::jpeg
