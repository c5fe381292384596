// SPDX-License-Identifier: Apache-2.0
// Which of the two kinds of picture the bytes of a file hold, and where it begins; files of other
// kinds are named in the error. Reads no header. Called by ImageDecoder before anything else.
#pragma once

#include <cstddef>
#include <cstdint>

#include "edgefirst/codec.hpp"
#include "edgefirst/span.hpp"

namespace edgefirst {

enum class FileKind : std::uint8_t { kJpeg, kPng };

struct Recognised {
  FileKind kind = FileKind::kJpeg;
  Span<const std::uint8_t> picture;  ///< from its first byte to the end of the file
};

/// Of options it reads max_bytes, strict and tolerant. A JPEG may stand behind up to 64 bytes of
/// blanks, zeros and EOI markers that senders leave there; under tolerant behind anything that is
/// no known kind of file; under strict behind nothing. Throws kInvalidData.
Recognised recognise(Span<const std::uint8_t> data, const DecodeOptions& options);

}  // namespace edgefirst
