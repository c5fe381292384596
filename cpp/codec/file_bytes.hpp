// SPDX-License-Identifier: Apache-2.0
// Whole files in and out. Used by ImageDecoder and save_jpeg only.
#pragma once

#include <cstdint>
#include <string>

#include "edgefirst/span.hpp"

#include "codec/scratch.hpp"

namespace edgefirst {

/// The file's bytes in memory. Throws kNotFound, kIo, and kInvalidData above max_bytes.
Span<const std::uint8_t> read_file(const std::string& path, std::size_t max_bytes, Scratch& memory);
/// Throws kIo (kNotFound for a missing directory).
void write_file(const std::string& path, Span<const std::uint8_t> bytes);

}  // namespace edgefirst
