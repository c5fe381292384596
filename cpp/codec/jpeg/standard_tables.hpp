// SPDX-License-Identifier: Apache-2.0
// The example tables of T.81 annex K, which practically every encoder writes. Data only.
#pragma once

#include <array>
#include <cstdint>

#include "edgefirst/span.hpp"

#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

/// T.81 tables K.1 (luminance) and K.2 (chrominance), natural order.
extern const std::array<std::uint8_t, kBlockSize> kLuminanceQuant;
extern const std::array<std::uint8_t, kBlockSize> kChrominanceQuant;

/// T.81 tables K.3 to K.6: [0] luminance, [1] chrominance.
const HuffmanSpec& standard_dc_table(std::size_t index);
const HuffmanSpec& standard_ac_table(std::size_t index);

}  // namespace edgefirst::jpeg
