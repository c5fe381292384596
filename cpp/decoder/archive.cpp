// SPDX-License-Identifier: Apache-2.0
// The ZIP archive that exporters append to TFLite files.
// Source: PKWARE APPNOTE 6.3 (4.3.7, 4.3.12, 4.3.16).
#include <libdeflate.h>

#include <algorithm>
#include <memory>

#include "base/message.hpp"
#include "decoder/file.hpp"
#include "decoder/model_file.hpp"

namespace edgefirst::decoding {
namespace {

constexpr std::uint64_t kEndBytes = 22;
constexpr std::uint64_t kMaxComment = 0xFFFF;
constexpr std::size_t kMaxTextBytes = std::size_t{16} << 20;

[[noreturn]] void damaged(const char* what) {
  raise(ErrorCode::kInvalidData, "the archive in the model file is damaged: ", what);
}

/// Where the end record lies; the file's size where there is none.
std::uint64_t find_end(ByteSource& source) {
  constexpr std::uint32_t kSignature = 0x06054B50;
  if (source.size() < kEndBytes) return source.size();
  const std::uint64_t last = source.size() - kEndBytes;
  const std::uint64_t first = last - std::min(last, kMaxComment);
  for (std::uint64_t at = last + 1; at-- > first;) {
    if (source.u8(at) == 0x50 && source.u32(at) == kSignature) return at;
  }
  return source.size();
}

std::string inflate_text(const std::string& packed, std::size_t size) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> inflater(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  if (inflater == nullptr) raise(ErrorCode::kOutOfMemory, "no memory to inflate");
  std::string result(size, '\0');
  const auto status = libdeflate_deflate_decompress(inflater.get(), packed.data(), packed.size(),
                                                    result.data(), size, nullptr);
  if (status != LIBDEFLATE_SUCCESS) damaged("an entry does not inflate to its size");
  return result;
}

struct Entry {
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint32_t packed = 0;
  std::uint32_t size = 0;
  std::uint64_t header = 0;
};

std::string read_entry(ByteSource& source, const Entry& entry) {
  constexpr std::uint32_t kSignature = 0x04034B50;
  if (entry.size > kMaxEntryBytes || entry.packed > kMaxEntryBytes) damaged("a text is too long");
  if (source.u32(entry.header) != kSignature) damaged("an entry without header");
  const std::uint64_t data =
      entry.header + 30 + source.u16(entry.header + 26) + source.u16(entry.header + 28);
  std::string text = source.text(data, entry.packed);
  if (entry.method == 8) text = inflate_text(text, entry.size);
  if (entry.method != 0 && entry.method != 8) damaged("an entry is neither stored nor deflated");
  if (libdeflate_crc32(0, text.data(), text.size()) != entry.crc) damaged("an entry's checksum");
  return text;
}

bool is_text(const std::string& name) {
  return ends_with(name, ".json") || ends_with(name, ".txt") || ends_with(name, ".yaml");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> read_archive(ByteSource& source) {
  constexpr std::uint32_t kSignature = 0x02014B50;
  std::vector<std::pair<std::string, std::string>> texts;
  const std::uint64_t end = find_end(source);
  if (end == source.size()) return texts;
  const std::uint32_t count = source.u16(end + 10);
  const std::uint32_t directory_bytes = source.u32(end + 12);
  const std::uint32_t directory_offset = source.u32(end + 16);
  if (directory_bytes > end || count > kMaxEntries) damaged("its directory does not fit");
  std::uint64_t at = end - directory_bytes;
  if (directory_offset > at) damaged("its directory does not fit");
  const std::uint64_t base = at - directory_offset;  // offsets may count from the archive's start
  std::size_t left = kMaxTextBytes;                  // entries may all lie on the same bytes
  for (std::uint32_t i = 0; i < count; ++i) {
    if (source.u32(at) != kSignature) damaged("a directory entry is missing");
    const std::uint16_t name_size = source.u16(at + 28);
    const std::string name = source.text(at + 46, name_size);
    const Entry entry{source.u16(at + 10), source.u32(at + 16), source.u32(at + 20),
                      source.u32(at + 24), base + source.u32(at + 42)};
    if (is_text(name)) {
      if (entry.size > left || entry.packed > left) damaged("its texts are too long");
      texts.emplace_back(name, read_entry(source, entry));
      left -= texts.back().second.size();
    }
    at += 46U + name_size + source.u16(at + 30) + source.u16(at + 32);
  }
  return texts;
}

}  // namespace edgefirst::decoding
