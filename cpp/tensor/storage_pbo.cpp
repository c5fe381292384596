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

  std::byte* map(CpuAccess) override {
    if (is_mapped_.exchange(true, std::memory_order_acquire)) {
      raise(ErrorCode::kBusy, "pixel buffer ", buffer_, " is already mapped; release that map");
    }
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
      is_mapped_.store(false, std::memory_order_release);
      throw;
    }
  }

  void unmap(CpuAccess) noexcept override {
    const std::shared_ptr<PixelBufferOperations> operations = std::move(mapped_by_);
    if (!operations->unmap(buffer_)) {
      log(LogLevel::kWarn, "tensor.pbo", "pixel buffer ", buffer_, " lost its contents");
    }
    is_mapped_.store(false, std::memory_order_release);
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

}  // namespace

PixelBufferOperations::~PixelBufferOperations() = default;

std::shared_ptr<Storage> make_pixel_buffer_storage(
    std::uint32_t buffer, std::size_t bytes, std::weak_ptr<PixelBufferOperations> operations) {
  if (bytes == 0) raise(ErrorCode::kInvalidShape, "a pixel buffer needs at least one byte");
  return std::make_shared<PixelBufferStorage>(buffer, bytes, std::move(operations));
}

}  // namespace edgefirst
