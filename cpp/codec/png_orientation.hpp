// SPDX-License-Identifier: Apache-2.0
// The orientation that the metadata of a PNG file give: its eXIf chunk, and texts that hold EXIF
// data or XMP. Which of them counts, orientation.hpp says. Called by PngDecoder.
#pragma once

#include <cstdint>

#include "edgefirst/span.hpp"

#include "codec/scratch.hpp"

namespace edgefirst {

struct PngTextMemory {
  Scratch inflated;
  Scratch profile;
};

/// 1...8; 1 where the file gives none. Compressed texts are inflated where their keyword may hold
/// an orientation, a few of them, each up to a limit: no text can cost much memory or time.
std::uint8_t png_orientation(Span<const std::uint8_t> file, PngTextMemory& memory);

}  // namespace edgefirst
