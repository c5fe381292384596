// SPDX-License-Identifier: Apache-2.0
// POSIX shared memory, shared by descriptor, never by name. Nothing may turn an access into a
// SIGBUS: pages are reserved up front, and on Linux the object is a memfd sealed against shrinking,
// which no peer can cut short (memfd_create(2), fcntl(2) F_SEAL_SHRINK).
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

/// Under a name that nobody else uses, which is free again afterwards.
UniqueFd create_unlinked(const std::string& name) {
  UniqueFd fd(::shm_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  if (!fd.is_valid()) {
    const int error = errno;
    const bool is_bad_name = error == EINVAL || error == ENAMETOOLONG;
    const char* rule = " (a name has one slash, at its start, and at most 255 characters)";
    throw Error(ErrorCode::kIo,
                message("cannot create shared memory '", name, "'", is_bad_name ? rule : ""),
                error);
  }
  if (::shm_unlink(name.c_str()) != 0) {
    log(LogLevel::kWarn, "edgefirst_tensor::shm", "cannot unlink '", name, "'");
  }
  return fd;
}

#if defined(__linux__)
/// tmpfs grants half of the memory by default; a memfd has no limit but the OOM killer.
std::size_t largest_object() { return usable_memory() / 2; }

/// Invalid on kernels and in sandboxes without it.
UniqueFd create_sealable(const std::string& name) {
  constexpr std::size_t kLongestName = 249;      // memfd_create(2)
  constexpr unsigned kNeverExecutable = 0x0008;  // MFD_NOEXEC_SEAL, from Linux 6.3 on: mode 0666
  const std::string label = name.substr(0, kLongestName);
  UniqueFd fd(::memfd_create(label.c_str(), MFD_CLOEXEC | kNeverExecutable));
  if (fd.is_valid() || errno != EINVAL) return fd;
  return UniqueFd(::memfd_create(label.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

/// No peer can take the others' right to write by a seal of its own (F_SEAL_FUTURE_WRITE).
void seal_seals(int fd) { static_cast<void>(::fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL)); }

/// An errno; 0 where [offset, offset + bytes) has memory, or cannot be given any.
int give_memory(int fd, std::size_t offset, std::size_t bytes) {
  int result = 0;
  do {
    result =
        ::fallocate(fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset), static_cast<off_t>(bytes));
  } while (result != 0 && errno == EINTR);
  return result != 0 && (errno == ENOSPC || errno == ENOMEM) ? errno : 0;
}

bool is_sealed_against_shrinking(int fd) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}
#else
std::size_t largest_object() { return static_cast<std::size_t>(std::numeric_limits<off_t>::max()); }
UniqueFd create_sealable(const std::string&) { return UniqueFd(); }
void seal_seals(int) {}
int give_memory(int, std::size_t, std::size_t) { return 0; }
bool is_sealed_against_shrinking(int) { return false; }
#endif

/// A name of the caller's follows the rules of shm_open(3): it is claimed for a moment.
UniqueFd create_object(const std::string& name, bool is_callers) {
  UniqueFd claimed;
  if (is_callers) claimed = create_unlinked(name);
  UniqueFd sealable = create_sealable(name);
  if (sealable.is_valid()) return sealable;
  return is_callers ? std::move(claimed) : create_unlinked(name);
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

#if defined(__linux__)
bool seal_against_shrinking(int fd) { return ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0; }
#else
bool seal_against_shrinking(int) { return false; }
#endif

ShmStorage::ShmStorage(UniqueFd fd, std::size_t capacity, std::string name, ShmOrigin origin)
    : FdStorage(TensorMemory::kShm, std::move(fd), capacity, std::move(name)),
      may_shrink_(!is_sealed_against_shrinking(this->fd())) {
  if (origin == ShmOrigin::kPeer) set_sparse();
}

/// Memory behind all of a huge sparse object is not this process' to claim: only what is touched
/// gets some. An access to a hole would end in SIGBUS once the file system is full.
void ShmStorage::fill_holes(std::size_t offset, std::size_t bytes) {
  const std::size_t filled = filled_.load(std::memory_order_relaxed);
  if (bytes == 0 || offset + bytes <= filled) return;
  if (bytes > usable_memory()) return;  // more than can ever be touched
  if (const int error = give_memory(fd(), offset, bytes); error != 0) {
    throw Error(
        ErrorCode::kOutOfMemory,
        message("there is no memory for the ", bytes, " bytes behind file descriptor ", fd()),
        error);
  }
  if (offset <= filled) filled_.store(offset + bytes, std::memory_order_relaxed);
}

std::byte* ShmStorage::map(CpuAccess access) {
  static std::byte nothing{};
  if (capacity() == 0) return &nothing;  // mmap(2) refuses 0 bytes
  const std::size_t size = may_shrink_ ? shm_size(fd()) : capacity();
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
  if (bytes > largest_object()) {
    raise(ErrorCode::kOutOfMemory, "cannot allocate ", bytes, " bytes of shared memory: at most ",
          largest_object(), " here");
  }
  const bool is_named = !name.empty();
  if (!is_named) name = random_buffer_name();
  UniqueFd fd = create_object(name, is_named);
  if (const int error = reserve(fd.get(), static_cast<off_t>(bytes)); error != 0) {
    throw Error(ErrorCode::kOutOfMemory,
                message("cannot allocate ", bytes, " bytes of shared memory '", name, "'"), error);
  }
  if (seal_against_shrinking(fd.get())) {
    seal_seals(fd.get());
  } else {
    log(LogLevel::kDebug, "edgefirst_tensor::shm", "'", name, "' is not sealed against shrinking");
  }
  return std::make_shared<ShmStorage>(std::move(fd), bytes, std::move(name), ShmOrigin::kOwn);
}

}  // namespace edgefirst

#endif
