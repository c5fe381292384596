// SPDX-License-Identifier: Apache-2.0
#include "codec/file_bytes.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <istream>
#include <limits>
#include <memory>
#include <random>
#include <system_error>
#include <vector>

#ifndef _WIN32
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "base/checked.hpp"
#include "codec/errors.hpp"
#include "codec/file_kind.hpp"

namespace edgefirst {
namespace {

namespace fs = std::filesystem;
using Bytes = Span<const std::uint8_t>;

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

/// 0 for what has no size.
std::size_t file_size(std::FILE* file, const std::string& path) {
  if (std::fseek(file, 0, SEEK_END) != 0) return 0;
  const long size = std::ftell(file);
  // A directory opens and reports the largest long.
  if (size == std::numeric_limits<long>::max()) errno = EISDIR;
  if (size < 0 || size == std::numeric_limits<long>::max() || std::fseek(file, 0, SEEK_SET) != 0)
    raise_os("measure", path);
  return static_cast<std::size_t>(size);
}

/// Reads source(to, count), which answers how many bytes came and fewer only at the end, behind the
/// bytes that came already. Memory grows with what comes.
template <typename Source>
Bytes read_to_end(const Source& source, Bytes beginning, const DecodeOptions& options,
                  Scratch& memory) {
  constexpr std::size_t kFirst = std::size_t{64} << 10;
  std::vector<std::uint8_t> bytes(beginning.data(), beginning.data() + beginning.size());
  const std::size_t most = options.max_bytes == SIZE_MAX ? SIZE_MAX : options.max_bytes + 1;
  for (bool is_first = true;; is_first = false) {
    const std::size_t size = bytes.size();
    const std::size_t count = std::min(std::max(kFirst, size / 2), most - std::min(most, size));
    bytes.resize(checked_add(size, count));
    const std::size_t came = source(bytes.data() + size, count);
    bytes.resize(size + came);
    if (is_first && !bytes.empty()) recognise(bytes, options);
    if (came < count || bytes.size() == most) break;
  }
  std::uint8_t* data = memory.require(checked_add(bytes.size(), 1));
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  return {data, bytes.size()};
}

[[noreturn]] void raise_too_large(std::size_t size, std::size_t limit) {
  raise_invalid_image("the file has ", size, " bytes, more than the limit of ", limit,
                      " (max_bytes)");
}

bool write_all(File file, Bytes bytes) {
  errno = 0;
  const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
  const int error = errno;  // fclose may succeed after it
  const bool closed = std::fclose(file.release()) == 0;
  if (!written) errno = error;
  return written && closed;
}

/// What a full disk has left of a picture goes; devices and pipes stay.
void discard(const std::string& path) {
  std::error_code error;
  const fs::path file = fs::canonical(path, error);
  if (error || !fs::is_regular_file(file, error)) return;
  fs::resize_file(file, 0, error);  // other names of the file, and folders that keep theirs
  fs::remove(file, error);
}

void write_in_place(const std::string& path, Bytes bytes) {
  if (write_all(open_file(path, "wb", "create"), bytes)) return;
  const int error = errno;
  discard(path);
  errno = error;
  raise_os("write", path);
}

/// Where a link leads; the path itself where it is none, or leads to nothing yet.
std::string behind_links(const std::string& path) {
  std::error_code error;
  if (!fs::is_symlink(fs::symlink_status(path, error))) return path;
  const fs::path target = fs::canonical(path, error);
  return error ? path : target.string();
}

/// A name in the target's folder that nothing has.
fs::path temporary_beside(const std::string& path) {
  static std::atomic<unsigned> counter{std::random_device{}()};
  const std::string name = message(".edgefirst-", counter.fetch_add(1), ".tmp");
  return fs::path(path).parent_path() / name;
}

/// Whether the target may be replaced: it is absent, or a regular file of one name and of this
/// user that could be written in place.
bool is_replaceable(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found) return true;
  if (!fs::is_regular_file(status) || fs::hard_link_count(path, error) != 1 || error) return false;
#ifndef _WIN32
  struct stat target {};
  if (::stat(path.c_str(), &target) != 0 || target.st_uid != ::geteuid()) return false;
#endif
  return File(std::fopen(path.c_str(), "r+b")) != nullptr;
}

/// The new file gets the permissions of the old one. False where it cannot take its name.
bool replace(const fs::path& temporary, const std::string& path) {
  std::error_code error;
  const fs::file_status old = fs::status(path, error);
  if (fs::is_regular_file(old)) fs::permissions(temporary, old.permissions(), error);
  fs::rename(temporary, path, error);
  if (!error) return true;
  fs::remove(temporary, error);
  return false;
}

}  // namespace

Bytes read_file(const std::string& path, const DecodeOptions& options, Scratch& memory) {
  const File file = open_file(path, "rb", "open");
  const std::size_t size = file_size(file.get(), path);
  return naming(path, [&]() -> Bytes {
    if (size > options.max_bytes) raise_too_large(size, options.max_bytes);
    const auto source = [&](std::uint8_t* to, std::size_t count) {
      errno = 0;
      const std::size_t came = std::fread(to, 1, count, file.get());
      if (std::ferror(file.get()) != 0) raise_os("read", path);
      return came;
    };
    if (size == 0) return read_to_end(source, {}, options, memory);
    std::uint8_t* bytes = memory.require(checked_add(size, 1));
    const std::size_t count = source(bytes, checked_add(size, 1));
    if (count <= size) return {bytes, count};
    return read_to_end(source, {bytes, count}, options, memory);  // the file grew meanwhile
  });
}

Bytes read_stream(std::istream& stream, const DecodeOptions& options, Scratch& memory) {
  const auto fail = [] { raise(ErrorCode::kIo, "I/O error: the stream cannot be read"); };
  const std::ios_base::iostate exceptions = stream.exceptions();
  struct Restore {
    std::istream& stream;
    std::ios_base::iostate exceptions;
    ~Restore() {
      try {
        stream.exceptions(exceptions);
      } catch (const std::ios_base::failure&) {  // the end was reached, which is what was asked
      }
    }
  };
  if (!stream) fail();
  stream.exceptions(std::ios_base::goodbit);
  const Restore restore{stream, exceptions};
  const auto source = [&](std::uint8_t* to, std::size_t count) {
    stream.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count));
    if (stream.bad()) fail();
    return static_cast<std::size_t>(stream.gcount());
  };
  return read_to_end(source, {}, options, memory);
}

void write_file(const std::string& name, Bytes bytes) {
  const std::string path = behind_links(name);
  if (!is_replaceable(path)) return write_in_place(path, bytes);
  const fs::path temporary = temporary_beside(path);
#ifdef _WIN32
  File file(std::fopen(temporary.string().c_str(), "wb"));
#else
  File file(std::fopen(temporary.c_str(), "wbx"));
#endif
  if (file == nullptr) return write_in_place(path, bytes);  // which says what is wrong
  if (write_all(std::move(file), bytes)) {
    return replace(temporary, path) ? void() : write_in_place(path, bytes);
  }
  const int error = errno;
  std::error_code ignored;
  fs::remove(temporary, ignored);
  errno = error;
  raise_os("write", path);
}

}  // namespace edgefirst
