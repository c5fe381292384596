// SPDX-License-Identifier: Apache-2.0
// Which storage a tensor gets, what is available here, and buffer identities.
#include "tensor/storage.hpp"

#include <atomic>
#include <random>

#include "base/env.hpp"
#include "base/log.hpp"
#include "base/message.hpp"

namespace edgefirst {
namespace {

constexpr const char* kMemoryNames[] = {"dma", "shm", "pbo", "mem"};
constexpr std::size_t kProbeBytes = 64;

std::shared_ptr<Storage> make_storage_of(TensorMemory kind, std::size_t bytes, std::string name) {
  switch (kind) {
    case TensorMemory::kDma:
      return make_dma_storage(bytes, std::move(name));
    case TensorMemory::kShm:
      return make_shm_storage(bytes, std::move(name));
    case TensorMemory::kMem:
      return make_heap_storage(bytes, std::move(name));
    case TensorMemory::kPbo:
      break;
  }
  raise(ErrorCode::kNotSupported, "memory kind '", tensor_memory_name(kind),
        "' cannot be requested: an image processor makes pixel buffers");
}

/// nullptr where it cannot be had.
std::shared_ptr<Storage> try_storage_of(TensorMemory kind, std::size_t bytes,
                                        const std::string& name) {
  try {
    return make_storage_of(kind, bytes, name);
  } catch (const Error& error) {
    log(LogLevel::kDebug, "edgefirst_tensor", "no ", tensor_memory_name(kind),
        " memory: ", error.what());
    return nullptr;
  }
}

bool probe(TensorMemory kind) { return try_storage_of(kind, kProbeBytes, {}) != nullptr; }

}  // namespace

BufferIdentity::BufferIdentity() : guard_(std::make_shared<char>()) {
  static std::atomic<std::uint64_t> next{1};
  id_ = next.fetch_add(1, std::memory_order_relaxed);
}

Storage::~Storage() = default;

void Storage::fill_holes(std::size_t, std::size_t) {}

const char* tensor_memory_name(TensorMemory memory) {
  return kMemoryNames[static_cast<std::size_t>(memory)];
}

std::shared_ptr<Storage> make_storage(std::size_t bytes, std::optional<TensorMemory> memory,
                                      std::string name) {
  if (memory) return make_storage_of(*memory, bytes, std::move(name));
  if (!env::is_on(env::Variable::kTensorForceMem)) {
    for (const TensorMemory kind : {TensorMemory::kDma, TensorMemory::kShm}) {
      if (!is_memory_available(kind)) continue;
      if (auto storage = try_storage_of(kind, bytes, name)) return storage;
    }
  }
  return make_heap_storage(bytes, std::move(name));
}

std::string random_buffer_name() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::random_device random;
  std::string name = "/";
  for (int word = 0; word < 2; ++word) {
    const std::uint32_t bits = random();
    for (int shift = 28; shift >= 0; shift -= 4) name += kDigits[(bits >> shift) & 15];
  }
  return name;
}

bool is_memory_available(TensorMemory memory) {
  switch (memory) {
    case TensorMemory::kDma: {
      static const bool available = probe(TensorMemory::kDma);
      return available;
    }
    case TensorMemory::kShm: {
      static const bool available = probe(TensorMemory::kShm);
      return available;
    }
    case TensorMemory::kPbo:
      return false;
    case TensorMemory::kMem:
      return true;
  }
  return false;
}

}  // namespace edgefirst
