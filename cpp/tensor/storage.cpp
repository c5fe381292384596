// SPDX-License-Identifier: Apache-2.0
// Which storage a tensor gets, and buffer identities.
#include "tensor/storage.hpp"

#include <atomic>

#include "base/message.hpp"

namespace edgefirst {
namespace {

constexpr const char* kMemoryNames[] = {"dma", "shm", "pbo", "mem"};

}  // namespace

BufferIdentity::BufferIdentity() : guard_(std::make_shared<char>()) {
  static std::atomic<std::uint64_t> next{1};
  id_ = next.fetch_add(1, std::memory_order_relaxed);
}

Storage::~Storage() = default;

const char* tensor_memory_name(TensorMemory memory) {
  return kMemoryNames[static_cast<std::size_t>(memory)];
}

std::shared_ptr<Storage> make_storage(std::size_t bytes, std::optional<TensorMemory> memory,
                                      std::string name) {
  const TensorMemory kind = memory.value_or(TensorMemory::kMem);
  if (kind == TensorMemory::kMem) return make_heap_storage(bytes, std::move(name));
  raise(ErrorCode::kNotSupported, "memory kind '", tensor_memory_name(kind),
        "' is not available here: use 'mem'");
}

bool is_memory_available(TensorMemory memory) { return memory == TensorMemory::kMem; }

}  // namespace edgefirst
