// SPDX-License-Identifier: Apache-2.0
// Walks the marker segments of a JPEG file up to its scan (T.81 annex B). Reads no entropy-coded
// data. Called by the JPEG decoder for decode and peek.
#pragma once

#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

/// Fills header up to and with its first SOS. header.exif and header.xmp then view into data.
/// Allocates nothing. strict refuses what deviations.hpp lists. Throws kInvalidData and
/// kUnsupportedFeature.
void parse_header(Span<const std::uint8_t> data, Header& header, bool strict = false);

/// Goes on behind a scan whose entropy-coded data ends at position: tables, then the next SOS.
/// False where the file has no further scan.
bool parse_next_scan(Span<const std::uint8_t> data, std::size_t position, Header& header);

}  // namespace edgefirst::jpeg
