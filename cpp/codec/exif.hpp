// SPDX-License-Identifier: Apache-2.0
// The orientation tag of EXIF data (TIFF 6.0 structure, tag 0x0112 of the primary directory).
// This file reads nothing else. orientation.hpp calls it.
#pragma once

#include <cstdint>
#include <optional>

#include "edgefirst/span.hpp"

namespace edgefirst {

/// The orientation 1...8 of TIFF data that stands in one or more pieces, as JPEG files split it
/// over segments. The data may begin with "Exif\0\0", also twice. The answer is 1 where the tag has
/// another value, and nothing where the tag is absent or the data are damaged before it.
std::optional<std::uint8_t> exif_orientation(Span<const Span<const std::uint8_t>> pieces);
std::optional<std::uint8_t> exif_orientation(Span<const std::uint8_t> data);

}  // namespace edgefirst
