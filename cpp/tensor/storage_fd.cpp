// SPDX-License-Identifier: Apache-2.0
// The lasting mapping of a buffer behind a descriptor.
#if !defined(_WIN32)

#include "tensor/storage_fd.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <locale>

#include "base/message.hpp"

namespace edgefirst {
namespace {

// A container's limit, as cgroup v2 and v1 show it inside. Without a limit the first says "max".
constexpr const char* kGroupLimits[] = {"/sys/fs/cgroup/memory.max",
                                        "/sys/fs/cgroup/memory/memory.limit_in_bytes"};

StorageLocation location_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    throw Error(ErrorCode::kIo, message("cannot examine file descriptor ", fd), errno);
  }
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino), 0};
}

}  // namespace

FdStorage::FdStorage(TensorMemory memory, UniqueFd fd, std::size_t capacity, std::string name)
    : Storage(memory, capacity, std::move(name)),
      fd_(std::move(fd)),
      location_(location_of(fd_.get())) {}

FdStorage::~FdStorage() {
  if (std::byte* mapped = mapping_.load(std::memory_order_acquire)) ::munmap(mapped, capacity());
}

std::byte* FdStorage::mapping(CpuAccess access) {
  std::byte* mapped = mapping_.load(std::memory_order_acquire);
  if (mapped == nullptr) mapped = map_now();
  if (access != CpuAccess::kRead && read_only_.load(std::memory_order_relaxed)) {
    throw Error(ErrorCode::kIo,
                message(tensor_memory_name(memory()), " buffer '", name(),
                        "' was imported read-only; map it for reading"),
                EACCES);
  }
  return mapped;
}

std::byte* FdStorage::map_now() {
  void* mapped = ::mmap(nullptr, capacity(), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (mapped == MAP_FAILED && (errno == EACCES || errno == EPERM)) {
    mapped = ::mmap(nullptr, capacity(), PROT_READ, MAP_SHARED, fd_.get(), 0);
    if (mapped != MAP_FAILED) read_only_.store(true, std::memory_order_relaxed);
  }
  if (mapped == MAP_FAILED) {
    throw Error(ErrorCode::kIo,
                message("cannot map the ", capacity(), " bytes of ", tensor_memory_name(memory()),
                        " buffer '", name(), "'"),
                errno);
  }
  std::byte* expected = nullptr;
  if (!mapping_.compare_exchange_strong(expected, static_cast<std::byte*>(mapped),
                                        std::memory_order_acq_rel)) {
    ::munmap(mapped, capacity());  // another thread was first
    return expected;
  }
  return static_cast<std::byte*>(mapped);
}

std::size_t physical_memory() {
  return static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t usable_memory() {
  static const std::size_t bytes = [] {
    std::size_t least = physical_memory();
    for (const char* limit : kGroupLimits) {
      std::size_t value = 0;
      std::ifstream file(limit);
      file.imbue(std::locale::classic());
      if (file >> value) least = std::min(least, value);
    }
    return least;
  }();
  return bytes;
}

}  // namespace edgefirst

#endif
