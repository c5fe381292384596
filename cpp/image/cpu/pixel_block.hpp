// SPDX-License-Identifier: Apache-2.0
// What travels inside the CPU backend: mapped planes, planar byte rows in one of four colour
// models, and the scratch memory they live in. No arithmetic here. Used by row_reader, converter
// and packer.
#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/checked.hpp"

namespace edgefirst::cpu {

/// Colour models of intermediate rows.
enum class Model : std::uint8_t {
  kGrey,  ///< full-range luma
  kRgb,
  kRgba,
  kYuv,  ///< the source's own YUV at full resolution; only on its way to the same colorimetry
};
inline std::size_t channel_count(Model model) {
  constexpr std::size_t kCounts[] = {1, 3, 4, 3};
  return kCounts[static_cast<std::size_t>(model)];
}

/// An image while it is mapped: where its planes begin, and the bytes from the chroma's first byte
/// to the end of its map.
template <typename Byte>
struct MappedPlanes {
  Byte* planes[4] = {};
  std::size_t chroma_bytes = 0;
};

/// Widest block that a packer takes at once.
inline constexpr std::size_t kMaxBlockWidth = 1024;

/// A rectangle of planar bytes; all channels share the pitch (0: every row is the same).
struct PixelBlock {
  Model model = Model::kRgb;
  const std::uint8_t* channels[4] = {};
  std::size_t pitch = 0;
  std::size_t width = 0;
  std::size_t height = 0;
};

/// Memory aligned for SIMD that only ever grows. New memory is zero.
template <typename T>
class Scratch {
 public:
  /// Throws kOutOfMemory; the scratch is empty then, and the next call tries again.
  T* reserve(std::size_t count) {
    if (count > capacity_) grow(count);
    return memory_.get();
  }
  T* get() const { return memory_.get(); }

 private:
  void grow(std::size_t count) {
    const std::size_t bytes = checked_multiply(count, sizeof(T));
    capacity_ = 0;
    memory_.reset();  // before its successor is there: both at once may be more than there is
    memory_ = hwy::AllocateAligned<T>(count);
    if (memory_ == nullptr) {
      raise(ErrorCode::kOutOfMemory, "there is no memory for ", bytes,
            " bytes of conversion scratch");
    }
    std::memset(memory_.get(), 0, bytes);
    capacity_ = count;
  }

  hwy::AlignedFreeUniquePtr<T[]> memory_;
  std::size_t capacity_ = 0;
};

/// Part i of [0, count) cut where start + position is a multiple of size, so that blocks begin at
/// even destination pixels.
struct AlignedParts {
  std::size_t start, count, size;

  std::size_t parts() const { return (start % size + count + size - 1) / size; }
  std::size_t begin(std::size_t i) const { return i == 0 ? 0 : i * size - start % size; }
  std::size_t end(std::size_t i) const {
    const std::size_t end = (i + 1) * size - start % size;
    return end < count ? end : count;
  }
};

}  // namespace edgefirst::cpu
