// SPDX-License-Identifier: Apache-2.0
#include "codec/file_bytes.hpp"

#include <cerrno>
#include <cstdio>
#include <limits>
#include <memory>

#include "codec/errors.hpp"

namespace edgefirst {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

[[noreturn]] void raise_os(const char* verb, const std::string& path) {
  const int os_error = errno;
  const ErrorCode code = os_error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  throw Error(code, message("I/O error: cannot ", verb, " '", path, "'"), os_error);
}

File open_file(const std::string& path, const char* mode, const char* verb) {
  errno = 0;
  File file(std::fopen(path.c_str(), mode));
  if (file == nullptr) raise_os(verb, path);
  return file;
}

std::size_t file_size(std::FILE* file, const std::string& path) {
  const bool at_end = std::fseek(file, 0, SEEK_END) == 0;
  const long size = at_end ? std::ftell(file) : -1;
  // A directory opens and reports the largest long.
  if (size == std::numeric_limits<long>::max()) errno = EISDIR;
  if (size < 0 || size == std::numeric_limits<long>::max() || std::fseek(file, 0, SEEK_SET) != 0)
    raise_os("measure", path);
  return static_cast<std::size_t>(size);
}

}  // namespace

Span<const std::uint8_t> read_file(const std::string& path, std::size_t max_bytes,
                                   Scratch& memory) {
  const File file = open_file(path, "rb", "open");
  const std::size_t size = file_size(file.get(), path);
  if (size > max_bytes) {
    raise_invalid_image("'", path, "' has ", size, " bytes, more than the limit of ", max_bytes,
                        " (max_bytes)");
  }
  std::uint8_t* bytes = memory.require(size + 1);
  errno = 0;
  const std::size_t count = std::fread(bytes, 1, size, file.get());
  if (std::ferror(file.get()) != 0) raise_os("read", path);
  return {bytes, count};
}

void write_file(const std::string& path, Span<const std::uint8_t> bytes) {
  File file = open_file(path, "wb", "create");
  errno = 0;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  const bool closed = std::fclose(file.release()) == 0;
  if (!written || !closed) raise_os("write", path);
}

}  // namespace edgefirst
