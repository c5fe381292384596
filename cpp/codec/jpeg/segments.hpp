// SPDX-License-Identifier: Apache-2.0
// Steps from marker to marker of a JPEG file (T.81 B.1.1) and looks behind its scans. What a
// segment means is known to markers.cpp alone, which calls this file.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

/// Moves position behind the next marker and returns it. Bytes that are no marker are skipped;
/// the file's end counts as EOI.
std::uint8_t next_marker(Span<const std::uint8_t> data, std::size_t& position,
                         const Header& header);

/// The payload of the segment of marker, which ends at position; moves position behind it.
Span<const std::uint8_t> segment_payload(Span<const std::uint8_t> data, std::uint8_t marker,
                                         std::size_t& position, const Header& header);

/// TEM, RSTn and the zero that is no marker; SOI and EOI are met by name.
bool is_standalone(std::uint8_t marker);
/// SOFn
bool is_frame(std::uint8_t marker);

/// The height that a DNL segment behind the first scan gives (T.81 B.2.5); 0 where none stands
/// there. Looks for one only where the frame has no height, where data and height do not match, or
/// where the file's end shows one: looking costs a pass over the data.
std::size_t height_behind_scan(Span<const std::uint8_t> data, const Header& header);

/// The end of the scan that begins there, where a thumbnail's would be: a segment holds one, so
/// that it ends within 64 KB. Of a longer scan it is data's size.
std::size_t near_scan_end(Span<const std::uint8_t> data, std::size_t begin);

/// Throws kInvalidData where the rest of a header follows the picture of which a scan ends at
/// position: the picture was a thumbnail, and what should enclose it is damaged. Further scans of
/// the picture are passed over.
void check_picture_is_last(Span<const std::uint8_t> data, std::size_t position,
                           const Header& header);

}  // namespace edgefirst::jpeg
