// SPDX-License-Identifier: Apache-2.0
// The orientation tag of EXIF data (TIFF 6.0 structure, tag 0x0112 of the primary directory).
// Reads nothing else. Called for JPEG APP1 and PNG eXIf payloads.
#pragma once

#include <cstdint>

#include "edgefirst/span.hpp"

namespace edgefirst {

/// 1...8; 1 where the tag is absent, damaged or out of range. tiff starts with "II" or "MM".
std::uint8_t exif_orientation(Span<const std::uint8_t> tiff);

}  // namespace edgefirst
