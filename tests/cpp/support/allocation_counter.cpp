// SPDX-License-Identifier: Apache-2.0
#include "support/allocation_counter.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EDGEFIRST_SANITIZED 1
#else
#define EDGEFIRST_SANITIZED 0
#endif

#if EDGEFIRST_SANITIZED
// An absurd size is an error of the library, as it is without a sanitizer.
#define EDGEFIRST_DEFAULT_OPTIONS(FUNCTION)                                  \
  extern "C" __attribute__((visibility("default"))) const char* FUNCTION() { \
    return "allocator_may_return_null=1";                                    \
  }
EDGEFIRST_DEFAULT_OPTIONS(__asan_default_options)
EDGEFIRST_DEFAULT_OPTIONS(__tsan_default_options)
#endif

namespace {

std::atomic<std::size_t> g_allocations{0};
std::atomic<std::size_t> g_until_failure{0};  // 0: none is to fail
std::atomic<bool> g_has_failed{false};

#if !EDGEFIRST_SANITIZED
#if defined(_WIN32)
void* aligned(std::size_t size, std::size_t alignment) { return _aligned_malloc(size, alignment); }
void free_aligned(void* memory) { _aligned_free(memory); }
#else
void* aligned(std::size_t size, std::size_t alignment) {
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}
void free_aligned(void* memory) { std::free(memory); }
#endif

void* counted(std::size_t size, std::size_t alignment) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  if (g_until_failure.load() != 0 && g_until_failure.fetch_sub(1) == 1) {
    g_has_failed.store(true);
    throw std::bad_alloc();
  }
  if (size == 0) size = 1;
  void* memory = alignment == 0 ? std::malloc(size) : aligned(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
#endif

}  // namespace

#if !EDGEFIRST_SANITIZED
void* operator new(std::size_t size) { return counted(size, 0); }
void* operator new[](std::size_t size) { return counted(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { free_aligned(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { free_aligned(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { free_aligned(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  free_aligned(memory);
}
#endif

namespace edgefirst::testing {

AllocationCounter::AllocationCounter() : start_(g_allocations.load()) {}

std::size_t AllocationCounter::count() const { return g_allocations.load() - start_; }

FailingAllocation::FailingAllocation(std::size_t number) {
  g_has_failed.store(false);
  g_until_failure.store(number);
}

FailingAllocation::~FailingAllocation() { g_until_failure.store(0); }

bool FailingAllocation::has_failed() const { return g_has_failed.load(); }

bool AllocationCounter::is_reliable() { return EDGEFIRST_SANITIZED == 0; }

}  // namespace edgefirst::testing
