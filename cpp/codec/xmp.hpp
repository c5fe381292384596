// SPDX-License-Identifier: Apache-2.0
// The property tiff:Orientation of an XMP packet (ISO 16684-1), written as an attribute or as an
// element. This file is no XML parser: it walks tags and attributes once for the prefix and once
// for the property, keeps nothing, and knows no nesting. orientation.hpp calls it.
#pragma once

#include <cstdint>
#include <optional>

#include "edgefirst/span.hpp"

namespace edgefirst {

/// The orientation 1...8 that the packet gives; nothing where it gives none.
std::optional<std::uint8_t> xmp_orientation(Span<const std::uint8_t> packet);

}  // namespace edgefirst
