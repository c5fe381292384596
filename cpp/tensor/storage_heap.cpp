// SPDX-License-Identifier: Apache-2.0
// Heap memory, ours or the caller's. Mapping it costs nothing.
#include <cstdlib>
#include <cstring>

#include "base/checked.hpp"
#include "base/message.hpp"
#include "tensor/storage.hpp"

#if defined(_WIN32)
#include <malloc.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

namespace edgefirst {
namespace {

constexpr std::size_t kAlignment = 64;  // a cache line and an AVX-512 register

#if defined(_WIN32)  // the C runtime there has no aligned_alloc
void* allocate_aligned(std::size_t bytes) { return _aligned_malloc(bytes, kAlignment); }
void free_aligned(void* memory) { _aligned_free(memory); }
#else
constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Frames lie on huge pages where the system grants them on advice: a pass over one then misses the
/// address cache a few times instead of every 4 KiB.
void* allocate_aligned(std::size_t bytes) {
  if (bytes < 2 * kHugePage) return std::aligned_alloc(kAlignment, bytes);
  void* memory = nullptr;
  if (::posix_memalign(&memory, kHugePage, bytes) != 0) return nullptr;
#if defined(__linux__)
  ::madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  return memory;
}
void free_aligned(void* memory) { std::free(memory); }
#endif

struct AlignedDelete {
  void operator()(std::byte* memory) const { free_aligned(memory); }
};
using AlignedBytes = std::unique_ptr<std::byte, AlignedDelete>;

/// Owner keeps the bytes at data alive.
template <typename Owner>
class MemoryStorage final : public Storage {
 public:
  MemoryStorage(std::byte* data, std::size_t bytes, Owner owner, std::string name)
      : Storage(TensorMemory::kMem, bytes, std::move(name)),
        data_(data),
        owner_(std::move(owner)) {}

  std::byte* map(CpuAccess) override { return data_; }
  void unmap(CpuAccess) noexcept override {}
  StorageLocation location() const override {
    return {0, 0, reinterpret_cast<std::uintptr_t>(data_)};
  }
  const std::byte* address() const override { return data_; }

 private:
  std::byte* data_;
  Owner owner_;
};

}  // namespace

std::shared_ptr<Storage> make_heap_storage(std::size_t bytes, std::string name) {
  const std::size_t padded = round_up(bytes == 0 ? 1 : bytes, kAlignment);
  AlignedBytes memory(static_cast<std::byte*>(allocate_aligned(padded)));
  if (memory == nullptr) {
    raise(ErrorCode::kOutOfMemory, "cannot allocate ", bytes, " bytes of heap memory");
  }
  std::byte* data = memory.get();
  std::memset(data, 0, padded);
  if (name.empty()) name = "mem_tensor";
  return std::make_shared<MemoryStorage<AlignedBytes>>(data, bytes, std::move(memory),
                                                       std::move(name));
}

std::shared_ptr<Storage> make_wrapped_storage(void* data, std::size_t bytes,
                                              std::shared_ptr<void> owner) {
  return std::make_shared<MemoryStorage<std::shared_ptr<void>>>(
      static_cast<std::byte*>(data), bytes, std::move(owner), "wrapped_tensor");
}

}  // namespace edgefirst
