// SPDX-License-Identifier: Apache-2.0
// Where the orientation of a picture may stand, and which place counts: EXIF data before EXIF data
// in a text of a PNG file ("raw profile"), and those before XMP. The readers of JPEG and PNG files
// collect what they meet and ask for the result.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "edgefirst/span.hpp"

#include "codec/scratch.hpp"

namespace edgefirst {

/// The first of a kind that holds the tag counts. No function throws for damaged data.
class OrientationTags {
 public:
  using Bytes = Span<const std::uint8_t>;

  void add_exif(Bytes data) { add_exif(Span<const Bytes>(&data, 1)); }
  /// EXIF data that stand in several pieces.
  void add_exif(Span<const Bytes> pieces);
  void add_xmp(Bytes packet);

  /// Whether a text chunk of a PNG file can hold an orientation: keywords "XML:com.adobe.xmp" and
  /// "Raw profile type" exif, APP1 and xmp, with which ImageMagick stores profiles.
  static bool is_text_of_interest(std::string_view keyword);
  /// The text of such a chunk, uncompressed. Of a raw profile at most kMaxProfile bytes are read;
  /// memory holds them.
  void add_text(std::string_view keyword, Bytes text, Scratch& memory);
  static constexpr std::size_t kMaxProfile = std::size_t{1} << 20;

  /// 1...8; 1 where no tag was found.
  std::uint8_t value() const { return exif_.value_or(profile_.value_or(xmp_.value_or(1))); }

 private:
  void add_profile(Bytes data, bool is_xmp);

  std::optional<std::uint8_t> exif_;
  std::optional<std::uint8_t> profile_;
  std::optional<std::uint8_t> xmp_;
};

/// The packet in an APP1 segment of a JPEG file (XMP specification part 3, 1.1.3); empty where the
/// segment holds something else, or a part of an extended packet.
Span<const std::uint8_t> xmp_packet(Span<const std::uint8_t> app1);

}  // namespace edgefirst
