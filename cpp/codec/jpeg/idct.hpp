// SPDX-License-Identifier: Apache-2.0
// Inverse DCT of dequantised blocks: libjpeg's accurate integer method, bit for bit, on several
// blocks at a time. BlockQueue collects them by kind; scan.cpp feeds it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

inline constexpr std::size_t kMaxIdctBatch = 4;  // blocks that fill the widest register

struct BlockTarget {
  std::uint8_t* out = nullptr;  ///< top-left sample
  std::ptrdiff_t stride = 0;
};

/// Transforms as many blocks as the batch holds and zeroes them.
using IdctFn = void(std::int16_t* const* blocks, const BlockTarget* targets);

struct IdctKernels {
  std::size_t batch = 1;
  IdctFn* full = nullptr;
  IdctFn* corner = nullptr;  ///< coefficients outside the first 4x4 are zero
};
IdctKernels idct_kernels();

class BlockQueue {
 public:
  BlockQueue();
  BlockQueue(const BlockQueue&) = delete;
  BlockQueue& operator=(const BlockQueue&) = delete;

  /// Forgets everything queued and takes the kernels in force now.
  void reset();
  /// A zeroed block to decode into.
  std::int16_t* current() { return current_; }
  /// Hands over current(), whose coefficients behind zigzag index last are zero.
  void push(int last, BlockTarget target);
  /// Transforms what is still queued. Until then targets may be unwritten.
  void flush();

 private:
  struct Lane {
    std::array<std::int16_t*, kMaxIdctBatch> blocks{};
    std::array<BlockTarget, kMaxIdctBatch> targets{};
    std::size_t size = 0;
  };
  void push(Lane& lane, IdctFn* kernel, BlockTarget target);
  void run(Lane& lane, IdctFn* kernel);

  static constexpr std::size_t kBlocks = 2 * kMaxIdctBatch + 1;
  alignas(64) std::array<std::int16_t, kBlocks * kBlockSize> storage_{};
  std::array<std::int16_t*, kBlocks> free_{};
  std::size_t free_count_ = 0;
  std::int16_t* current_ = nullptr;
  IdctKernels kernels_;
  Lane full_;
  Lane corner_;
};

}  // namespace edgefirst::jpeg
