// SPDX-License-Identifier: Apache-2.0
// Scratch memory that grows to the largest request and stays: decoding the second picture of a
// size allocates nothing. It keeps no contents across growth. Used by every stage of the codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "base/message.hpp"

namespace edgefirst {

class Scratch {
 public:
  static constexpr std::size_t kAlignment = 64;

  /// At least bytes bytes, aligned for any vector, contents unspecified.
  std::uint8_t* require(std::size_t bytes) {
    if (bytes > capacity_) grow(bytes);
    return memory_.get();
  }
  std::uint8_t* data() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const {
      ::operator delete (memory, std::align_val_t{kAlignment});
    }
  };

  void grow(std::size_t bytes) {
    memory_.reset();
    capacity_ = 0;
    void* memory = ::operator new (bytes, std::align_val_t{kAlignment}, std::nothrow);
    if (memory == nullptr) {
      raise(ErrorCode::kOutOfMemory, "no memory for ", bytes, " bytes of codec scratch");
    }
    memory_.reset(static_cast<std::uint8_t*>(memory));
    capacity_ = bytes;
  }

  std::unique_ptr<std::uint8_t, Free> memory_;
  std::size_t capacity_ = 0;
};

}  // namespace edgefirst
