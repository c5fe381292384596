// SPDX-License-Identifier: Apache-2.0
// A block of N x N elements, N of them in 16 bytes, is transposed by log2(N) perfect shuffles of
// its registers: registers 2i and 2i + 1 of a stage interleave i and i + N/2 of the one before.
#include "tensor/transpose.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/fixed_vectors.hpp"
#include "base/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/transpose.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgefirst {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kLine = 64;  // bytes of source rows to finish before the next ones

#if HWY_TARGET == HWY_SCALAR

template <typename T>
void transpose_block(const std::uint8_t* src, std::ptrdiff_t src_stride, std::uint8_t* dst,
                     std::ptrdiff_t dst_stride) {
  constexpr auto kSide = static_cast<std::ptrdiff_t>(block_side(sizeof(T)));
  constexpr auto kItem = static_cast<std::ptrdiff_t>(sizeof(T));
  for (std::ptrdiff_t i = 0; i < kSide; ++i) {
    for (std::ptrdiff_t j = 0; j < kSide; ++j) {
      std::memcpy(dst + i * dst_stride + j * kItem, src + j * src_stride + i * kItem, sizeof(T));
    }
  }
}

#else

template <typename T>
HWY_INLINE void transpose_block(const std::uint8_t* src, std::ptrdiff_t src_stride,
                                std::uint8_t* dst, std::ptrdiff_t dst_stride) {
  constexpr std::size_t kSide = block_side(sizeof(T));
  const hn::FixedTag<T, kSide> d;
  const hn::FixedTag<std::uint8_t, 16> bytes;
  hn::Vec<decltype(d)> rows[kSide];
  for (std::size_t i = 0; i < kSide; ++i) {
    rows[i] = hn::BitCast(d, hn::LoadU(bytes, src));
    src += src_stride;
  }
  for (std::size_t stage = 1; stage < kSide; stage *= 2) {
    hn::Vec<decltype(d)> shuffled[kSide];
    for (std::size_t i = 0; i < kSide / 2; ++i) {
      shuffled[2 * i] = hn::InterleaveLower(d, rows[i], rows[i + kSide / 2]);
      shuffled[2 * i + 1] = hn::InterleaveUpper(d, rows[i], rows[i + kSide / 2]);
    }
    for (std::size_t i = 0; i < kSide; ++i) rows[i] = shuffled[i];
  }
  for (std::size_t i = 0; i < kSide; ++i) {
    hn::StoreU(hn::BitCast(bytes, rows[i]), bytes, dst);
    dst += dst_stride;
  }
}

#endif

template <typename T>
void transpose(const Transposition& matrix) {
  constexpr std::size_t kSide = block_side(sizeof(T));
  constexpr std::size_t kPanel = kLine / sizeof(T);
  const auto* src = reinterpret_cast<const std::uint8_t*>(matrix.src);
  auto* dst = reinterpret_cast<std::uint8_t*>(matrix.dst);
  for (std::size_t panel = 0; panel < matrix.rows; panel += kPanel) {
    const std::size_t end = std::min(panel + kPanel, matrix.rows);
    for (std::size_t j = 0; j < matrix.columns; j += kSide) {
      const auto column = static_cast<std::ptrdiff_t>(j);
      for (std::size_t i = panel; i < end; i += kSide) {
        const auto row = static_cast<std::ptrdiff_t>(i);
        transpose_block<T>(src + column * matrix.src_stride + i * sizeof(T), matrix.src_stride,
                           dst + row * matrix.dst_stride + j * sizeof(T), matrix.dst_stride);
      }
    }
  }
}

TransposeKernel kernel(std::size_t item) {
  switch (item) {
    case 1:
      return transpose<std::uint8_t>;
    case 2:
      return transpose<std::uint16_t>;
    case 4:
      return transpose<std::uint32_t>;
    default:
      return transpose<std::uint64_t>;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst {

HWY_EXPORT(kernel);

TransposeKernel transpose_kernel(std::size_t item) {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(kernel)(item);
}

}  // namespace edgefirst
#endif
