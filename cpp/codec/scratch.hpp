// SPDX-License-Identifier: Apache-2.0
// Scratch memory that grows to the largest request and stays: decoding the second picture of a
// size allocates nothing. It keeps no contents across growth. Used by every stage of the codec.
//
// Its owner, ImageDecoder, keeps a ScratchLedger and lets go of all of its scratch where that has
// become large: after an error, and after calls that did well without it. A stage needs to do
// nothing for this but to take its memory from a Scratch, on the thread that makes the call.
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

  /// What every Scratch of the calling thread holds, and asked for since the count began.
  struct Count {
    std::size_t held = 0;  ///< wraps where one thread frees what another one allocated
    std::size_t asked = 0;
  };
  static Count& of_this_thread() {
    thread_local Count count;  // needs no destructor, so that no thread can fail to register one
    return count;
  }

  Scratch() = default;
  ~Scratch() { release(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// At least bytes bytes, aligned for any vector, contents unspecified.
  std::uint8_t* require(std::size_t bytes) {
    of_this_thread().asked += bytes;
    if (bytes > capacity_) grow(bytes);
    return memory_.get();
  }
  std::uint8_t* data() const { return memory_.get(); }
  std::size_t capacity() const { return capacity_; }
  void release() {
    memory_.reset();
    of_this_thread().held -= capacity_;
    capacity_ = 0;
  }

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const {
      ::operator delete (memory, std::align_val_t{kAlignment});
    }
  };

  void grow(std::size_t bytes) {
    release();
    void* memory = ::operator new (bytes, std::align_val_t{kAlignment}, std::nothrow);
    if (memory == nullptr) {
      raise(ErrorCode::kOutOfMemory, "no memory for ", bytes, " bytes of codec scratch");
    }
    memory_.reset(static_cast<std::uint8_t*>(memory));
    capacity_ = bytes;
    of_this_thread().held += bytes;
  }

  std::unique_ptr<std::uint8_t, Free> memory_;
  std::size_t capacity_ = 0;
};

/// When an owner of many Scratch objects should free them all. begin() and end() enclose a call.
class ScratchLedger {
 public:
  /// Less than this stays whatever happens.
  static constexpr std::size_t kKept = std::size_t{64} << 20;
  /// Calls in a row that use less than half of what is held, until it is freed.
  static constexpr int kIdleCalls = 100;

  void begin() {
    Scratch::Count& count = Scratch::of_this_thread();
    count.asked = 0;
    before_ = count.held;
  }

  /// Whether to free every Scratch of the owner now; the ledger then starts anew.
  bool end(bool failed) {
    const Scratch::Count& count = Scratch::of_this_thread();
    held_ += count.held - before_;
    const bool idle = held_ > kKept && count.asked < held_ / 2;
    idle_calls_ = idle ? idle_calls_ + 1 : 0;
    if (held_ <= kKept || (!failed && idle_calls_ < kIdleCalls)) return false;
    held_ = 0;
    idle_calls_ = 0;
    return true;
  }

 private:
  std::size_t before_ = 0;
  std::size_t held_ = 0;
  int idle_calls_ = 0;
};

}  // namespace edgefirst
