// SPDX-License-Identifier: Apache-2.0
// Blending of one colour over the pixels of a row that a mask selects. Called by the painter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace edgefirst::cpu {

/// For pixels i < n with mask[i] != 0: byte c = (color[c] * alpha + byte c * (255 - alpha)) / 255,
/// truncated.
using BlendKernel = void (*)(std::uint8_t* pixels, const std::uint8_t* mask, std::size_t n,
                             const std::array<std::uint8_t, 4>& color, std::uint8_t alpha);

/// channels is 3 or 4. For the SIMD target in force.
BlendKernel blend_kernel(std::size_t channels);

}  // namespace edgefirst::cpu
