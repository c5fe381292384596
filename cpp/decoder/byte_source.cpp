// SPDX-License-Identifier: Apache-2.0
#include "decoder/byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/message.hpp"

namespace edgefirst::decoding {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

[[noreturn]] void fail(const std::string& what, int error) {
  if (error == ENOENT) raise(ErrorCode::kNotFound, what, " does not exist");
  throw Error(ErrorCode::kIo, what, error);
}

#if defined(_WIN32)
using FileStatus = struct _stat64;
constexpr int kReadOnly = _O_RDONLY | _O_BINARY | _O_NOINHERIT;
int status_of(int file, FileStatus& status) { return ::_fstat64(file, &status); }
int read_at(int file, std::uint8_t* out, std::size_t count, std::uint64_t offset) {
  if (::_lseeki64(file, static_cast<std::int64_t>(offset), SEEK_SET) < 0) return -1;
  return ::_read(file, out, static_cast<unsigned>(count));
}
#else
using FileStatus = struct stat;
constexpr int kReadOnly = O_RDONLY | O_CLOEXEC;
int status_of(int file, FileStatus& status) { return ::fstat(file, &status); }
ssize_t read_at(int file, std::uint8_t* out, std::size_t count, std::uint64_t offset) {
  return ::pread(file, out, count, static_cast<off_t>(offset));
}
#endif

}  // namespace

ByteSource ByteSource::open(const std::string& path) {
  const std::string what = "model file " + path;
  UniqueFd file(::open(path.c_str(), kReadOnly));
  if (!file.is_valid()) fail(what, errno);
  FileStatus status{};
  if (status_of(file.get(), status) != 0) fail(what, errno);
  if (!S_ISREG(status.st_mode)) raise(ErrorCode::kIo, what, " is no regular file");
  return {std::move(file), static_cast<std::uint64_t>(status.st_size)};
}

void ByteSource::fetch(std::uint64_t offset) {
  block_at_ = offset / kBlockBytes * kBlockBytes;
  block_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBlockBytes, size_ - block_at_)));
  std::size_t got = 0;
  while (got < block_.size()) {
    const auto count =
        read_at(file_.get(), block_.data() + got, block_.size() - got, block_at_ + got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("the model file", errno);
    if (count == 0) raise(ErrorCode::kIo, "the model file became shorter while it was read");
    got += static_cast<std::size_t>(count);
  }
}

void ByteSource::read(std::uint64_t offset, std::uint8_t* out, std::size_t count) {
  if (offset > size_ || count > size_ - offset) {
    raise(ErrorCode::kInvalidData, "the model file is damaged: ", count, " bytes at offset ",
          offset, " of ", size_);
  }
  if (!file_.is_valid()) {
    std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(offset), count, out);
    return;
  }
  while (count != 0) {
    if (block_.empty() || offset < block_at_ || offset - block_at_ >= block_.size()) fetch(offset);
    const auto at = static_cast<std::size_t>(offset - block_at_);
    const std::size_t piece = std::min(count, block_.size() - at);
    std::memcpy(out, block_.data() + at, piece);
    out += piece;
    offset += piece;
    count -= piece;
  }
}

std::string ByteSource::text(std::uint64_t offset, std::size_t count) {
  if (offset > size_ || count > size_ - offset) read(offset, nullptr, count);  // throws
  std::string result(count, '\0');
  read(offset, reinterpret_cast<std::uint8_t*>(result.data()), count);
  return result;
}

std::uint64_t ByteSource::little_endian(std::uint64_t offset, std::size_t bytes) {
  std::array<std::uint8_t, 8> raw{};
  read(offset, raw.data(), bytes);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{raw[i]} << (8 * i);
  return value;
}

std::uint8_t ByteSource::u8(std::uint64_t offset) {
  return static_cast<std::uint8_t>(little_endian(offset, 1));
}
std::uint16_t ByteSource::u16(std::uint64_t offset) {
  return static_cast<std::uint16_t>(little_endian(offset, 2));
}
std::uint32_t ByteSource::u32(std::uint64_t offset) {
  return static_cast<std::uint32_t>(little_endian(offset, 4));
}
std::uint64_t ByteSource::u64(std::uint64_t offset) { return little_endian(offset, 8); }

}  // namespace edgefirst::decoding
