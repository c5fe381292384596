// SPDX-License-Identifier: Apache-2.0
// POSIX shared memory. Objects are shared by descriptor, never by name, so that names vanish at
// once; their pages are reserved up front, so that a full /dev/shm is an error and not a SIGBUS.
#include "base/message.hpp"
#include "tensor/storage.hpp"

#if defined(_WIN32)

namespace edgefirst {
std::shared_ptr<Storage> make_shm_storage(std::size_t, std::string) {
  raise(ErrorCode::kNotSupported, "POSIX shared memory does not exist on Windows: use 'mem'");
}
}  // namespace edgefirst

#else

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "base/log.hpp"
#include "tensor/storage_shm.hpp"

namespace edgefirst {
namespace {

UniqueFd create_unlinked(const std::string& name) {
  UniqueFd fd(::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  if (!fd.is_valid()) {
    throw Error(ErrorCode::kIo, message("cannot create shared memory '", name, "'"), errno);
  }
  if (::shm_unlink(name.c_str()) != 0) {
    log(LogLevel::kWarn, "tensor.shm", "cannot unlink '", name, "'");
  }
  return fd;
}

/// An errno; 0 where the object has bytes bytes with memory behind each.
int reserve(int fd, off_t bytes) {
  while (::ftruncate(fd, bytes) != 0) {
    if (errno != EINTR) return errno;
  }
#if defined(__linux__)
  int error = 0;
  do {
    error = bytes == 0 ? 0 : ::posix_fallocate(fd, 0, bytes);
  } while (error == EINTR);
  return error;
#else
  return 0;
#endif
}

}  // namespace

std::byte* ShmStorage::map(Access access) {
  if (capacity() == 0) {
    throw Error(ErrorCode::kIo, message("shared memory '", name(), "' of 0 bytes cannot be mapped"),
                EINVAL);
  }
  const std::size_t size = shm_size(fd());
  if (size < capacity()) {
    raise(ErrorCode::kIo, "shared memory '", name(), "' was truncated to ", size, " of its ",
          capacity(), " bytes");
  }
  return mapping(access);
}

std::size_t shm_size(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    throw Error(ErrorCode::kIo, message("cannot examine file descriptor ", fd), errno);
  }
  return static_cast<std::size_t>(status.st_size);
}

std::shared_ptr<Storage> make_shm_storage(std::size_t bytes, std::string name) {
  if (name.empty()) name = random_buffer_name();
  if (bytes > static_cast<std::size_t>(std::numeric_limits<off_t>::max())) {
    raise(ErrorCode::kOutOfMemory, "cannot allocate ", bytes, " bytes of shared memory");
  }
  UniqueFd fd = create_unlinked(name);
  if (const int error = reserve(fd.get(), static_cast<off_t>(bytes)); error != 0) {
    throw Error(ErrorCode::kOutOfMemory,
                message("cannot allocate ", bytes, " bytes of shared memory '", name, "'"), error);
  }
  return std::make_shared<ShmStorage>(std::move(fd), bytes, std::move(name));
}

}  // namespace edgefirst

#endif
