// SPDX-License-Identifier: Apache-2.0
// An image whose map waits until a test lets it pass: work that a test can hold up at its first
// touch of the pixels, on any backend.
#pragma once

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "edgefirst/error.hpp"
#include "edgefirst/tensor.hpp"

#include "tensor/storage.hpp"

namespace edgefirst::testing {

/// Closed until it is opened; opens by itself when the test ends.
class Gate {
 public:
  ~Gate() { open(); }
  void open() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++arrivals_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return is_open_; });
  }
  /// Until somebody stands before it.
  void await_arrival() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return arrivals_ > 0; });
  }

  bool fails = false;  ///< who passes gets kIo

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
  int arrivals_ = 0;
};

class GatedStorage final : public Storage {
 public:
  GatedStorage(std::size_t bytes, int value, Gate& gate)
      : Storage(TensorMemory::kMem, bytes, "gated"),
        bytes_(bytes, static_cast<std::byte>(value)),
        gate_(gate) {}
  std::byte* map(CpuAccess) override {
    gate_.pass();
    if (gate_.fails) throw Error(ErrorCode::kIo, "the gate fails");
    return bytes_.data();
  }
  void unmap(CpuAccess) noexcept override {}
  StorageLocation location() const override {
    return {0, 0, reinterpret_cast<std::uintptr_t>(bytes_.data())};
  }

 private:
  std::vector<std::byte> bytes_;
  Gate& gate_;
};

/// Every byte is value. The gate outlives it.
inline Tensor gated_image(std::size_t width, std::size_t height, PixelFormat format, Gate& gate,
                          int value = 0) {
  const Shape shape = image_shape(width, height, format);
  Tensor image(std::make_shared<GatedStorage>(shape.element_count(), value, gate), shape,
               DType::kU8);
  image.set_format(format);
  return image;
}

}  // namespace edgefirst::testing
