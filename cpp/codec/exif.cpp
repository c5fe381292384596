// SPDX-License-Identifier: Apache-2.0
#include "codec/exif.hpp"

#include <array>
#include <cstddef>
#include <cstring>

namespace edgefirst {
namespace {

using Bytes = Span<const std::uint8_t>;

constexpr std::size_t kEntryBytes = 12;

/// Types of a directory's entry (TIFF 6.0, section 2).
enum Type : std::size_t {
  kByte = 1,
  kShort = 3,
  kLong = 4,
  kRational = 5,
  kSByte = 6,
  kSShort = 8,
  kSLong = 9,
  kSRational = 10,
  kFloat = 11,
  kDouble = 12,
  kIfd = 13,
  kLong8 = 16  // BigTIFF
};

/// Bytes of one value; 0 where the type holds no numbers.
std::size_t size_of(std::size_t type) {
  constexpr std::array<std::uint8_t, 17> kSizes = {0, 1, 0, 2, 4, 8, 1, 0, 2,
                                                   4, 8, 4, 8, 4, 0, 0, 8};
  return type < kSizes.size() ? kSizes[type] : 0;
}

bool has_preamble(Bytes data) {
  constexpr std::size_t kSize = 6;
  return data.size() >= kSize && std::memcmp(data.data(), "Exif\0\0", kSize) == 0;
}

class TiffReader {
 public:
  explicit TiffReader(Span<const Bytes> pieces) : pieces_(pieces) {
    for (const Bytes piece : pieces_) {
      Bytes rest = piece;
      while (size_ == 0 && has_preamble(rest)) rest = rest.subspan(6);
      if (size_ == 0) skipped_ += piece.size() - rest.size();
      size_ += rest.size();
    }
    const std::size_t order = word(0);
    is_little_ = order == 0x4949;
    const std::size_t magic = word(2);
    // Some writers swap the magic number's bytes; the order is told by "II" or "MM" alone.
    is_valid_ = (is_little_ || order == 0x4D4D) && (magic == 42 || magic == 42U << 8);
  }

  bool is_valid() const { return is_valid_; }
  std::size_t size() const { return size_; }
  /// Numbers outside the data are 0.
  std::size_t word(std::size_t at) const {
    const std::size_t first = byte(at);
    const std::size_t second = byte(at + 1);
    return is_little_ ? second << 8 | first : first << 8 | second;
  }
  std::uint32_t double_word(std::size_t at) const {
    const std::size_t first = word(at);
    const std::size_t second = word(at + 2);
    return static_cast<std::uint32_t>(is_little_ ? second << 16 | first : first << 16 | second);
  }
  std::uint64_t quad_word(std::size_t at) const {
    const std::uint64_t first = double_word(at);
    const std::uint64_t second = double_word(at + 4);
    return is_little_ ? second << 32 | first : first << 32 | second;
  }
  double number(std::size_t type, std::size_t at) const {
    const auto signed_long = [this](std::size_t where) {
      return static_cast<double>(static_cast<std::int32_t>(double_word(where)));
    };
    switch (type) {
      case kByte:
        return static_cast<double>(byte(at));
      case kSByte:
        return static_cast<std::int8_t>(byte(at));
      case kShort:
        return static_cast<double>(word(at));
      case kSShort:
        return static_cast<std::int16_t>(word(at));
      case kSLong:
        return signed_long(at);
      case kRational:
        return quotient(double_word(at), double_word(at + 4));
      case kSRational:
        return quotient(signed_long(at), signed_long(at + 4));
      case kFloat:
        return real<float>(double_word(at));
      case kDouble:
        return real<double>(quad_word(at));
      case kLong8:
        return static_cast<double>(quad_word(at));
      default:  // kLong, kIfd
        return double_word(at);
    }
  }

 private:
  std::size_t byte(std::size_t at) const {
    at += skipped_;
    for (const Bytes piece : pieces_) {
      if (at < piece.size()) return piece[at];
      at -= piece.size();
    }
    return 0;
  }
  static double quotient(double a, double b) { return b == 0 ? 0 : a / b; }
  template <class Real, class Bits>
  static double real(Bits bits) {
    static_assert(sizeof(Real) == sizeof(Bits), "the same bits");
    Real value;
    std::memcpy(&value, &bits, sizeof value);
    return double{value};
  }

  Span<const Bytes> pieces_;
  std::size_t skipped_ = 0;
  std::size_t size_ = 0;
  bool is_little_ = false;
  bool is_valid_ = false;
};

// An orientation of type BYTE counts in both byte orders, since one byte has one meaning. OpenCV
// turns such pictures where the order is "II"; Pillow turns none of them.
std::optional<std::uint8_t> orientation_of(Span<const Bytes> pieces) {
  constexpr std::size_t kOrientation = 0x0112;
  const TiffReader reader(pieces);
  if (!reader.is_valid()) return {};
  const std::size_t directory = reader.double_word(4);
  const std::size_t count = reader.word(directory);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (entry + kEntryBytes > reader.size()) return {};
    if (reader.word(entry) != kOrientation) continue;
    const std::size_t type = reader.word(entry + 2);
    const std::size_t bytes = size_of(type) * reader.double_word(entry + 4);
    // Values of more than four bytes stand elsewhere; the first of several counts.
    const std::size_t at = bytes <= 4 ? entry + 8 : reader.double_word(entry + 8);
    const double value = size_of(type) == 0 ? 0 : reader.number(type, at);
    for (std::uint8_t known = 1; known <= 8; ++known) {
      if (value == known) return known;
    }
    return std::uint8_t{1};
  }
  return {};
}

}  // namespace

// All pieces together are one TIFF file. If that file names no orientation, the first piece is junk
// or holds other tags: the second piece may then begin a TIFF file, as OpenCV reads it.
std::optional<std::uint8_t> exif_orientation(Span<const Bytes> pieces) {
  for (; !pieces.empty(); pieces = pieces.subspan(1)) {
    const auto found = orientation_of(pieces);
    if (found) return found;
  }
  return {};
}

std::optional<std::uint8_t> exif_orientation(Bytes data) {
  return exif_orientation(Span<const Bytes>(&data, 1));
}

}  // namespace edgefirst
