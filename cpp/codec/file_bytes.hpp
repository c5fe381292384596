// SPDX-License-Identifier: Apache-2.0
// Whole files, pipes and streams in, whole files out. Used by ImageDecoder and save_jpeg only.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "edgefirst/codec.hpp"
#include "edgefirst/span.hpp"

#include "codec/scratch.hpp"

namespace edgefirst {

/// The file's bytes in memory. What has no size (a pipe, a device) is read to its end, as long as
/// it begins like a picture. Of options this reads max_bytes, and strict and tolerant for that
/// beginning. Throws kNotFound, kIo, and kInvalidData above max_bytes.
Span<const std::uint8_t> read_file(const std::string& path, const DecodeOptions& options,
                                   Scratch& memory);
/// The same from where the stream stands to its end. Throws kIo where the stream fails.
Span<const std::uint8_t> read_stream(std::istream& stream, const DecodeOptions& options,
                                     Scratch& memory);
/// Writes a regular file beside the target and renames it, so that the target is the old file or
/// the whole new one. What is no regular file (a link, a device, a pipe) is written in place.
/// Throws kIo (kNotFound for a missing folder).
void write_file(const std::string& path, Span<const std::uint8_t> bytes);

}  // namespace edgefirst
