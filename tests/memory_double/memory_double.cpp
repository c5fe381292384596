// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD library: interposes the C library's allocator and operator new. It allocates nothing
// itself. The owner of a block is found by walking the stack with the unwinder of the C++ run time.
#include "memory_double.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <unwind.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

struct Functions {
  void* (*malloc)(std::size_t);
  void* (*calloc)(std::size_t, std::size_t);
  void* (*realloc)(void*, std::size_t);
  void* (*memalign)(std::size_t, std::size_t);
  void (*free)(void*);
};
Functions g_next;
std::atomic<bool> g_is_ready{false};

// dlsym() may ask for memory before the functions are known.
alignas(16) char g_early[1 << 16];
std::atomic<std::size_t> g_early_used{0};
bool is_early(const void* memory) {
  const auto* at = static_cast<const char*>(memory);
  return at >= g_early && at < g_early + sizeof g_early;
}
void* take_early(std::size_t bytes) {
  const std::size_t at = g_early_used.fetch_add((bytes + 15) / 16 * 16);
  return at + bytes <= sizeof g_early ? g_early + at : nullptr;
}

bool is_ready() {
  static std::atomic<bool> is_asking{false};
  if (g_is_ready.load(std::memory_order_acquire)) return true;
  if (is_asking.exchange(true)) return false;
  const auto find = [](auto& function, const char* name) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(::dlsym(RTLD_NEXT, name));
  };
  find(g_next.malloc, "malloc");
  find(g_next.calloc, "calloc");
  find(g_next.realloc, "realloc");
  find(g_next.memalign, "memalign");
  find(g_next.free, "free");
  g_is_ready.store(true, std::memory_order_release);
  return true;
}

class SpinLock {
 public:
  explicit SpinLock(std::atomic_flag& flag) : flag_(flag) {
    while (flag_.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~SpinLock() { flag_.clear(std::memory_order_release); }

 private:
  std::atomic_flag& flag_;
};

// Where code comes from ---------------------------------------------------------------------------

enum class Kind { kTransparent, kProgram, kLibrary, kOther };

struct Module {
  std::uintptr_t begin, end;
  Kind kind;
  char name[128];
};
constexpr int kMostModules = 256;
Module g_modules[kMostModules];
std::atomic<int> g_module_count{0};
std::atomic_flag g_modules_lock = ATOMIC_FLAG_INIT;

Kind kind_of(const char* path) {
  const char* slash = std::strrchr(path, '/');
  const char* file = slash == nullptr ? path : slash + 1;
  constexpr const char* kTransparent[] = {"libc.so",   "libc-",  "libstdc++", "libgcc_s",
                                          "libm.so",   "libhwy", "ld-linux",  "libmemory_double",
                                          "linux-vdso"};
  for (const char* name : kTransparent) {
    if (std::strncmp(file, name, std::strlen(name)) == 0) return Kind::kTransparent;
  }
  if (path[0] == '\0') return Kind::kProgram;
  return std::strncmp(file, "libedgefirst_hal", 16) == 0 ? Kind::kLibrary : Kind::kOther;
}

int add_module(dl_phdr_info* info, std::size_t, void*) {
  Module module{};
  module.begin = UINTPTR_MAX;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD) continue;
    const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (begin < module.begin) module.begin = begin;
    if (begin + segment.p_memsz > module.end) module.end = begin + segment.p_memsz;
  }
  module.kind = kind_of(info->dlpi_name);
  std::strncpy(module.name, info->dlpi_name, sizeof module.name - 1);
  const int count = g_module_count.load();
  for (int i = 0; i < count; ++i) {
    if (g_modules[i].begin == module.begin) return 0;
  }
  if (count == kMostModules) return 1;
  g_modules[count] = module;
  g_module_count.store(count + 1, std::memory_order_release);
  return 0;
}

const Module* find_module(std::uintptr_t address) {
  const int count = g_module_count.load(std::memory_order_acquire);
  for (int i = 0; i < count; ++i) {
    if (g_modules[i].begin <= address && address < g_modules[i].end) return &g_modules[i];
  }
  return nullptr;
}

/// The module of an address; those that were loaded meanwhile are looked for.
const Module* module_of(std::uintptr_t address) {
  if (const Module* module = find_module(address)) return module;
  const SpinLock lock(g_modules_lock);
  ::dl_iterate_phdr(add_module, nullptr);
  return find_module(address);
}

constexpr int kDepth = 24;
struct Stack {
  void* frames[kDepth];
  int depth = 0;
  const Module* owner = nullptr;
  bool is_whole = false;  // wanted beyond the owner, to be printed
};

_Unwind_Reason_Code visit(_Unwind_Context* context, void* argument) {
  auto& stack = *static_cast<Stack*>(argument);
  const std::uintptr_t address = _Unwind_GetIP(context);
  if (address == 0) return _URC_END_OF_STACK;
  if (stack.depth < kDepth) stack.frames[stack.depth++] = reinterpret_cast<void*>(address);
  if (stack.owner == nullptr) {
    const Module* module = module_of(address);
    if (module != nullptr && module->kind != Kind::kTransparent) stack.owner = module;
  }
  const bool is_enough = stack.owner != nullptr && !stack.is_whole;
  return is_enough ? _URC_END_OF_STACK : _URC_NO_REASON;
}

thread_local bool t_is_inside = false;  // what the unwinder itself asks for belongs to nobody

const Module* owner_of(void* caller, Stack* whole) {
  if (whole == nullptr) {
    const Module* direct = module_of(reinterpret_cast<std::uintptr_t>(caller));
    if (direct != nullptr && direct->kind != Kind::kTransparent) return direct;
  }
  Stack own;
  Stack& stack = whole == nullptr ? own : *whole;
  stack.is_whole = whole != nullptr;
  t_is_inside = true;
  _Unwind_Backtrace(visit, &stack);
  t_is_inside = false;
  return stack.owner;
}

MemoryOwner owner_kind(const Module* module) {
  if (module == nullptr || module->kind == Kind::kProgram) return kMemoryOfProgram;
  return module->kind == Kind::kLibrary ? kMemoryOfLibrary : kMemoryOfOthers;
}

// What is live ------------------------------------------------------------------------------------

struct Block {
  void* memory;  // nullptr: free; kGone: was used
  MemoryOwner owner;
  bool is_armed;
  std::size_t bytes;
  Stack stack;
};
constexpr std::size_t kBlocks = std::size_t{1} << 17;
Block g_blocks[kBlocks];
char g_gone;
std::atomic_flag g_blocks_lock = ATOMIC_FLAG_INIT;
std::atomic<long> g_live[kMemoryOwnerCount];

std::atomic<bool> g_is_armed{false};
std::atomic<bool> g_keeps_stacks{false};
std::atomic<int> g_armed_owner{0};
std::atomic<long> g_fail_at{0};
std::atomic<long> g_count{0};
std::atomic<bool> g_has_failed{false};
const char* g_failed_in = "";
std::atomic<int> g_granted{-1};  // threads that may still begin

std::size_t slot_of(const void* memory) {
  return (reinterpret_cast<std::uintptr_t>(memory) >> 4) * 0x9E3779B97F4A7C15U >> 47U;
}

void note(void* memory, std::size_t bytes, MemoryOwner owner, const Stack* stack) {
  const SpinLock lock(g_blocks_lock);
  for (std::size_t i = 0; i < kBlocks; ++i) {
    Block& block = g_blocks[(slot_of(memory) + i) % kBlocks];
    if (block.memory != nullptr && block.memory != &g_gone) continue;
    block.memory = memory;
    block.owner = owner;
    block.bytes = bytes;
    block.is_armed = g_is_armed.load();
    if (stack != nullptr) block.stack = *stack;
    if (stack == nullptr) block.stack.depth = 0;
    ++g_live[owner];
    return;
  }
}

void forget(void* memory) {
  const SpinLock lock(g_blocks_lock);
  for (std::size_t i = 0; i < kBlocks; ++i) {
    Block& block = g_blocks[(slot_of(memory) + i) % kBlocks];
    if (block.memory == nullptr) return;  // from before the double was ready
    if (block.memory != memory) continue;
    block.memory = &g_gone;
    --g_live[block.owner];
    return;
  }
}

/// Allocates by `get`, unless this allocation is the one to fail.
template <typename Get>
void* allocate(void* caller, std::size_t bytes, const Get& get) {
  if (t_is_inside) return get();
  Stack stack;
  const bool keeps = g_keeps_stacks.load(std::memory_order_relaxed);
  const Module* module = owner_of(caller, keeps ? &stack : nullptr);
  const MemoryOwner owner = owner_kind(module);
  if (g_is_armed.load(std::memory_order_acquire) && owner == g_armed_owner.load()) {
    if (g_count.fetch_add(1) + 1 == g_fail_at.load()) {
      g_failed_in = module == nullptr ? "" : module->name;
      g_has_failed.store(true);
      errno = ENOMEM;
      return nullptr;
    }
  }
  void* memory = get();
  if (memory != nullptr) note(memory, bytes, owner, keeps ? &stack : nullptr);
  return memory;
}

void* operator_new(void* caller, std::size_t bytes, std::size_t alignment) {
  if (bytes == 0) bytes = 1;
  void* memory = allocate(caller, bytes, [&] {
    return alignment == 0 ? g_next.malloc(bytes) : g_next.memalign(alignment, bytes);
  });
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

#define INTERPOSED __attribute__((visibility("default")))
#define CALLER __builtin_return_address(0)

extern "C" {

INTERPOSED void* malloc(std::size_t bytes) {
  if (!is_ready()) return take_early(bytes);
  return allocate(CALLER, bytes, [&] { return g_next.malloc(bytes); });
}

INTERPOSED void* calloc(std::size_t count, std::size_t bytes) {
  if (!is_ready()) return take_early(count * bytes);
  return allocate(CALLER, count * bytes, [&] { return g_next.calloc(count, bytes); });
}

INTERPOSED void free(void* memory) {
  if (memory == nullptr || is_early(memory)) return;
  if (!is_ready()) return;
  if (!t_is_inside) forget(memory);
  g_next.free(memory);
}

INTERPOSED void* realloc(void* memory, std::size_t bytes) {
  if (!is_ready() || is_early(memory)) {
    void* copy = malloc(bytes);
    if (copy != nullptr && memory != nullptr) std::memcpy(copy, memory, bytes);
    return copy;
  }
  void* moved = allocate(CALLER, bytes, [&] {
    if (memory != nullptr && !t_is_inside) forget(memory);
    return g_next.realloc(memory, bytes);
  });
  return moved;
}

INTERPOSED void* memalign(std::size_t alignment, std::size_t bytes) {
  if (!is_ready()) return nullptr;
  return allocate(CALLER, bytes, [&] { return g_next.memalign(alignment, bytes); });
}

INTERPOSED void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  if (!is_ready()) return nullptr;
  return allocate(CALLER, bytes, [&] { return g_next.memalign(alignment, bytes); });
}

INTERPOSED int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  if (!is_ready()) return ENOMEM;
  void* found = allocate(CALLER, bytes, [&] { return g_next.memalign(alignment, bytes); });
  if (found == nullptr) return ENOMEM;
  *memory = found;
  return 0;
}

INTERPOSED void memory_double_arm(MemoryOwner owner, long fail_at) {
  static const bool keeps = std::getenv("EDGEFIRST_MEMORY_DOUBLE_STACKS") != nullptr;
  g_keeps_stacks.store(keeps);
  g_count.store(0);
  g_has_failed.store(false);
  g_failed_in = "";
  g_armed_owner.store(owner);
  g_fail_at.store(fail_at);
  g_is_armed.store(true, std::memory_order_release);
}

INTERPOSED long memory_double_disarm() {
  g_is_armed.store(false);
  return g_count.load();
}

INTERPOSED int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*work)(void*), void* argument) {
  using Function = int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static auto* const next = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, "pthread_create"));
  int granted = g_granted.load();
  while (granted > 0 && !g_granted.compare_exchange_weak(granted, granted - 1)) {
  }
  return granted == 0 ? EAGAIN : next(thread, attributes, work, argument);
}

INTERPOSED void memory_double_grant_threads(int count) { g_granted.store(count); }

INTERPOSED int memory_double_has_failed() { return g_has_failed.load() ? 1 : 0; }
INTERPOSED const char* memory_double_failed_in() { return g_failed_in; }
INTERPOSED long memory_double_live(MemoryOwner owner) { return g_live[owner].load(); }

INTERPOSED void memory_double_print_live(int most) {
  for (const Block& block : g_blocks) {
    const bool is_live = block.memory != nullptr && block.memory != &g_gone;
    if (!is_live || block.owner != kMemoryOfLibrary || block.stack.depth == 0) continue;
    if (most-- == 0) return;
    std::fprintf(stderr, "  %zu bytes %s:", block.bytes, block.is_armed ? "while armed" : "later");
    for (int i = 0; i < block.stack.depth; ++i) {
      const auto address = reinterpret_cast<std::uintptr_t>(block.stack.frames[i]);
      const Module* module = find_module(address);
      if (module == nullptr || module->kind == Kind::kTransparent) continue;
      std::fprintf(stderr, " %s+0x%zx", module->kind == Kind::kLibrary ? "hal" : "?",
                   static_cast<std::size_t>(address - module->begin));
    }
    std::fputc('\n', stderr);
  }
}

}  // extern "C"

INTERPOSED void* operator new(std::size_t bytes) { return operator_new(CALLER, bytes, 0); }
INTERPOSED void* operator new[](std::size_t bytes) { return operator_new(CALLER, bytes, 0); }
INTERPOSED void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return operator_new(CALLER, bytes, static_cast<std::size_t>(alignment));
}
INTERPOSED void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return operator_new(CALLER, bytes, static_cast<std::size_t>(alignment));
}
