// SPDX-License-Identifier: Apache-2.0
// Exclusive mapping and disconnection of pixel buffers.
#include "tensor/storage_pbo.hpp"

#include <atomic>

#include "base/log.hpp"
#include "base/message.hpp"

namespace edgefirst {
namespace {

class PixelBufferStorage final : public Storage {
 public:
  PixelBufferStorage(std::uint32_t buffer, std::size_t bytes,
                     std::weak_ptr<PixelBufferOperations> operations)
      : Storage(TensorMemory::kPbo, bytes, "pbo_tensor"),
        buffer_(buffer),
        operations_(std::move(operations)) {}

  ~PixelBufferStorage() override {
    if (const auto operations = operations_.lock()) operations->destroy(buffer_);
  }

  std::uint32_t buffer() const { return buffer_; }
  bool belongs_to(const PixelBufferOperations& operations) const {
    return operations_.lock().get() == &operations;
  }
  void begin_use() {
    if (!is_mapped_.exchange(true, std::memory_order_acquire)) return;
    raise(ErrorCode::kBusy, "pixel buffer ", buffer_,
          " is in use: it is already mapped, or serves a conversion, as source and as destination "
          "one at a time");
  }
  void end_use() noexcept { is_mapped_.store(false, std::memory_order_release); }

  std::byte* map(CpuAccess) override {
    begin_use();
    try {
      std::shared_ptr<PixelBufferOperations> operations = operations_.lock();
      if (operations == nullptr) {
        raise(ErrorCode::kDisconnected, "the image processor of pixel buffer ", buffer_,
              " is gone; keep it alive while its tensors are mapped");
      }
      std::byte* data = operations->map(buffer_, capacity());
      mapped_by_ = std::move(operations);
      return data;
    } catch (...) {
      end_use();
      throw;
    }
  }

  void unmap(CpuAccess) noexcept override {
    const std::shared_ptr<PixelBufferOperations> operations = std::move(mapped_by_);
    if (!operations->unmap(buffer_)) {
      log(LogLevel::kWarn, "edgefirst_tensor::pbo", "pixel buffer ", buffer_, " lost its contents");
    }
    end_use();
  }

  StorageLocation location() const override {
    // GL names are unique per context only; the storage's address tells buffers apart.
    return {~std::uint64_t{0}, reinterpret_cast<std::uintptr_t>(this), 0};
  }

 private:
  std::uint32_t buffer_;
  std::weak_ptr<PixelBufferOperations> operations_;
  std::atomic<bool> is_mapped_{false};
  std::shared_ptr<PixelBufferOperations> mapped_by_;  // owned by whoever set is_mapped_
};

/// storage is a pixel buffer: no other class has that memory kind.
PixelBufferStorage& pixel_buffer(Storage& storage) {
  return static_cast<PixelBufferStorage&>(storage);
}

}  // namespace

bool is_pixel_buffer_of(const Storage& storage, const PixelBufferOperations& operations) {
  return storage.memory() == TensorMemory::kPbo &&
         static_cast<const PixelBufferStorage&>(storage).belongs_to(operations);
}

PixelBufferUse::PixelBufferUse(const std::shared_ptr<Storage>& storage,
                               const PixelBufferOperations& operations) {
  if (!is_pixel_buffer_of(*storage, operations)) return;
  PixelBufferStorage& pixels = pixel_buffer(*storage);
  pixels.begin_use();
  storage_ = storage;
  buffer_ = pixels.buffer();
}

PixelBufferUse::~PixelBufferUse() {
  if (storage_ != nullptr) pixel_buffer(*storage_).end_use();
}

PixelBufferUse::PixelBufferUse(PixelBufferUse&& other) noexcept
    : storage_(std::move(other.storage_)), buffer_(other.buffer_) {}

PixelBufferUse& PixelBufferUse::operator=(PixelBufferUse&& other) noexcept {
  std::swap(storage_, other.storage_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

PixelBufferOperations::~PixelBufferOperations() = default;

std::shared_ptr<Storage> make_pixel_buffer_storage(
    std::uint32_t buffer, std::size_t bytes, std::weak_ptr<PixelBufferOperations> operations) {
  if (bytes == 0) raise(ErrorCode::kInvalidShape, "a pixel buffer needs at least one byte");
  return std::make_shared<PixelBufferStorage>(buffer, bytes, std::move(operations));
}

}  // namespace edgefirst
