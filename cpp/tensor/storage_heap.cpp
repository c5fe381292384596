// SPDX-License-Identifier: Apache-2.0
// Heap memory, ours or the caller's. Mapping it costs nothing.
#include <cstdlib>
#include <cstring>

#include "base/checked.hpp"
#include "base/message.hpp"
#include "tensor/storage.hpp"

namespace edgefirst {
namespace {

constexpr std::size_t kAlignment = 64;  // a cache line and an AVX-512 register

class HeapStorage final : public Storage {
 public:
  HeapStorage(std::byte* data, std::size_t bytes, std::string name)
      : Storage(TensorMemory::kMem, bytes, std::move(name)), data_(data) {}
  ~HeapStorage() override { std::free(data_); }

  std::byte* map(Access) override { return data_; }
  void unmap(Access) noexcept override {}

 private:
  std::byte* data_;
};

class WrappedStorage final : public Storage {
 public:
  WrappedStorage(void* data, std::size_t bytes, std::shared_ptr<void> owner)
      : Storage(TensorMemory::kMem, bytes, "wrapped_tensor"),
        data_(static_cast<std::byte*>(data)),
        owner_(std::move(owner)) {}

  std::byte* map(Access) override { return data_; }
  void unmap(Access) noexcept override {}
  bool shares_bytes(const Storage& other) const override {
    const auto* wrapped = dynamic_cast<const WrappedStorage*>(&other);
    if (wrapped == nullptr) return this == &other;
    return data_ < wrapped->data_ + wrapped->capacity() && wrapped->data_ < data_ + capacity();
  }

 private:
  std::byte* data_;
  std::shared_ptr<void> owner_;
};

}  // namespace

std::shared_ptr<Storage> make_heap_storage(std::size_t bytes, std::string name) {
  const std::size_t padded = round_up(bytes == 0 ? 1 : bytes, kAlignment);
  auto* data = static_cast<std::byte*>(std::aligned_alloc(kAlignment, padded));
  if (data == nullptr) {
    raise(ErrorCode::kOutOfMemory, "cannot allocate ", bytes, " bytes of heap memory");
  }
  std::memset(data, 0, padded);
  if (name.empty()) name = "mem_tensor";
  try {
    return std::make_shared<HeapStorage>(data, bytes, std::move(name));
  } catch (...) {
    std::free(data);
    throw;
  }
}

std::shared_ptr<Storage> make_wrapped_storage(void* data, std::size_t bytes,
                                              std::shared_ptr<void> owner) {
  return std::make_shared<WrappedStorage>(data, bytes, std::move(owner));
}

}  // namespace edgefirst
