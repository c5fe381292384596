// SPDX-License-Identifier: Apache-2.0
// Dequantisation and inverse DCT: libjpeg's accurate integer method, bit for bit, on several
// blocks at a time. BlockLanes collects them by kind, BlockQueue lends the memory to decode into.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/span.hpp"

#include "codec/jpeg/types.hpp"

namespace edgefirst::jpeg {

inline constexpr std::size_t kMaxIdctBatch = 4;  // blocks that fill the widest register

struct BlockTarget {
  std::uint8_t* out = nullptr;  ///< top-left sample
  std::ptrdiff_t stride = 0;
  const std::int16_t* quant = nullptr;  ///< the block's divisors in natural order
};

/// Transforms as many blocks as the batch holds and zeroes them.
using IdctFn = void(std::int16_t* const* blocks, const BlockTarget* targets);

struct IdctKernels {
  std::size_t batch = 1;
  IdctFn* full = nullptr;
  IdctFn* corner = nullptr;  ///< coefficients outside the first 4x4 are zero
};
IdctKernels idct_kernels();

/// Blocks of one kind wait here until they fill a register.
class BlockLanes {
 public:
  BlockLanes() { reset(); }

  /// Forgets everything queued and takes the kernels in force now.
  void reset();
  /// Takes a block whose coefficients behind zigzag index last are zero. The block must stay until
  /// it is transformed, which zeroes it. Answers the blocks that this call transformed.
  Span<std::int16_t* const> push(std::int16_t* block, int last, const BlockTarget& target) {
    if (last == 0) return fill(block, target);
    const bool is_corner = last <= kLastInCorner;
    Lane& lane = is_corner ? corner_ : full_;
    lane.blocks[lane.size] = block;
    lane.targets[lane.size] = target;
    if (++lane.size < kernels_.batch) return {};
    return run(lane, is_corner ? kernels_.corner : kernels_.full);
  }
  /// Transforms what is still queued. Until then targets may be unwritten.
  void flush();

 private:
  static constexpr int kLastInCorner = 9;  // zigzag indices up to 9 lie in rows and columns 0-3

  struct Lane {
    std::array<std::int16_t*, kMaxIdctBatch> blocks{};
    std::array<BlockTarget, kMaxIdctBatch> targets{};
    std::size_t size = 0;
  };
  Span<std::int16_t* const> run(Lane& lane, IdctFn* kernel);
  Span<std::int16_t* const> fill(std::int16_t* block, const BlockTarget& target);

  IdctKernels kernels_;
  Lane full_;
  Lane corner_;
  Lane flat_;
};

/// Lanes with memory of their own: decode into current(), push it, decode into the next.
class BlockQueue {
 public:
  BlockQueue() { reset(); }
  BlockQueue(const BlockQueue&) = delete;
  BlockQueue& operator=(const BlockQueue&) = delete;

  void reset();
  /// A zeroed block to decode into.
  std::int16_t* current() { return current_; }
  /// Hands over current(), whose coefficients behind zigzag index last are zero.
  void push(int last, const BlockTarget& target) {
    for (std::int16_t* block : lanes_.push(current_, last, target)) free_[free_count_++] = block;
    current_ = free_[--free_count_];
  }
  void flush();

 private:
  static constexpr std::size_t kBlocks = 2 * kMaxIdctBatch + 1;
  alignas(64) std::array<std::int16_t, kBlocks * kBlockSize> storage_{};
  std::array<std::int16_t*, kBlocks> free_{};
  std::size_t free_count_ = 0;
  std::int16_t* current_ = nullptr;
  BlockLanes lanes_;
};

}  // namespace edgefirst::jpeg
