// SPDX-License-Identifier: Apache-2.0
#include "codec/exif.hpp"

#include <cstddef>

namespace edgefirst {
namespace {

class TiffReader {
 public:
  explicit TiffReader(Span<const std::uint8_t> bytes) : bytes_(bytes) {
    const bool intel = bytes.size() >= 2 && bytes[0] == 'I' && bytes[1] == 'I';
    const bool motorola = bytes.size() >= 2 && bytes[0] == 'M' && bytes[1] == 'M';
    is_little_ = intel;
    is_valid_ = (intel || motorola) && word(2) == 42;
  }

  bool is_valid() const { return is_valid_; }
  /// 0 outside the data.
  std::size_t word(std::size_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < 2) return 0;
    const std::size_t first = bytes_[at];
    const std::size_t second = bytes_[at + 1];
    return is_little_ ? second << 8 | first : first << 8 | second;
  }
  std::size_t double_word(std::size_t at) const {
    const std::size_t first = word(at);
    const std::size_t second = word(at + 2);
    return is_little_ ? second << 16 | first : first << 16 | second;
  }

 private:
  Span<const std::uint8_t> bytes_;
  bool is_little_ = false;
  bool is_valid_ = false;
};

}  // namespace

std::uint8_t exif_orientation(Span<const std::uint8_t> tiff) {
  constexpr std::size_t kOrientation = 0x0112;
  constexpr std::size_t kShort = 3;
  constexpr std::size_t kEntryBytes = 12;
  const TiffReader reader(tiff);
  if (!reader.is_valid()) return 1;
  const std::size_t directory = reader.double_word(4);
  const std::size_t count = reader.word(directory);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (entry + kEntryBytes > tiff.size()) return 1;
    if (reader.word(entry) != kOrientation) continue;
    const std::size_t value = reader.word(entry + 8);
    const bool valid = reader.word(entry + 2) == kShort && value >= 1 && value <= 8;
    return valid ? static_cast<std::uint8_t>(value) : 1;
  }
  return 1;
}

}  // namespace edgefirst
