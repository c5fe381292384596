// SPDX-License-Identifier: Apache-2.0
// Pixel moves for every SIMD target, in blocks of 16 bytes. Where four three-byte pixels are loaded
// or stored as a block, it overlaps the next by 4 bytes: those loops stop two pixels early.
#include "image/cpu/move_kernels.hpp"

#include <algorithm>
#include <cstring>

#include "base/fixed_vectors.hpp"
#include "base/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/cpu/move_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgefirst::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using In = PixelRows<const std::uint8_t>;
using Out = PixelRows<std::uint8_t>;

template <std::size_t kBytes>
HWY_INLINE void turn_pixels(const In& in, const Out& out, std::size_t x0, std::size_t x1,
                            std::size_t y0, std::size_t y1) {
  for (std::size_t y = y0; y < y1; ++y) {
    for (std::size_t x = x0; x < x1; ++x) {
      std::memcpy(out.row(y) + x * kBytes, in.row(x) + y * kBytes, kBytes);
    }
  }
}

template <std::size_t kBytes>
HWY_INLINE void reverse_pixels(const std::uint8_t* in, std::size_t n, std::size_t begin,
                               std::size_t end, std::uint8_t* out) {
  for (std::size_t i = begin; i < end; ++i) {
    std::memcpy(out + i * kBytes, in + (n - 1 - i) * kBytes, kBytes);
  }
}

/// Byte positions of output channels within an input pixel; 4 stands for alpha 255.
struct Order {
  std::uint8_t from[4];
};

template <std::size_t kIn, std::size_t kOut>
HWY_INLINE void repack_pixels(const std::uint8_t* in, std::size_t begin, std::size_t n,
                              const Order& order, std::uint8_t* out) {
  for (std::size_t i = begin; i < n; ++i) {
    for (std::size_t c = 0; c < kOut; ++c) {
      const std::uint8_t from = order.from[c];
      out[i * kOut + c] = from == 4 ? 255 : in[i * kIn + from];
    }
  }
}

#if HWY_TARGET == HWY_SCALAR

template <std::size_t kBytes>
void reverse(const std::uint8_t* in, std::size_t n, std::uint8_t* out) {
  reverse_pixels<kBytes>(in, n, 0, n, out);
}

template <std::size_t kBytes>
void turn(const In& in, const Out& out, std::size_t width, std::size_t height) {
  turn_pixels<kBytes>(in, out, 0, width, 0, height);
}

template <std::size_t kIn, std::size_t kOut>
void repack(const std::uint8_t* in, std::size_t n, const Order& order, std::uint8_t* out) {
  repack_pixels<kIn, kOut>(in, 0, n, order, out);
}

#else

constexpr hn::FixedTag<std::uint8_t, 16> kBlock;
using Block = hn::Vec<hn::FixedTag<std::uint8_t, 16>>;

/// Pixels in a block; those of three bytes leave its last four bytes unused.
template <std::size_t kBytes>
constexpr std::size_t kPerBlock = kBytes == 3 ? 4 : 16 / kBytes;
/// Pixels that a load or store may touch beyond its own.
template <std::size_t kBytes>
constexpr std::size_t kSpill = kBytes == 3 ? 2 : 0;

template <std::size_t kBytes>
void reverse(const std::uint8_t* in, std::size_t n, std::uint8_t* out) {
  constexpr std::size_t kCount = kPerBlock<kBytes>;
  alignas(16) std::uint8_t table[16] = {};
  for (std::size_t i = 0; i < kCount * kBytes; ++i) {
    table[i] = static_cast<std::uint8_t>((kCount - 1 - i / kBytes) * kBytes + i % kBytes);
  }
  const Block order = hn::Load(kBlock, table);
  std::size_t i = 0;
  for (; i + kCount <= n; i += kCount) {
    const Block pixels = hn::LoadU(kBlock, in + (n - kCount - i) * kBytes);
    hn::StoreU(hn::TableLookupBytes(pixels, order), kBlock, out + i * kBytes);
  }
  reverse_pixels<kBytes>(in, n, i, n, out);
}

/// 16 pixels of three bytes are three blocks; each block of the result takes bytes of up to three.
template <>
void reverse<3>(const std::uint8_t* in, std::size_t n, std::uint8_t* out) {
  alignas(16) std::uint8_t tables[3][3][16];  // [to][from], 0x80: zero
  for (std::size_t i = 0; i < 48; ++i) {
    const std::size_t from = (15 - i / 3) * 3 + i % 3;
    for (std::size_t block = 0; block < 3; ++block) {
      const bool used = from / 16 == block;
      tables[i / 16][block][i % 16] = used ? static_cast<std::uint8_t>(from % 16) : 0x80;
    }
  }
  Block orders[3][3];
  for (std::size_t to = 0; to < 3; ++to) {
    for (std::size_t from = 0; from < 3; ++from)
      orders[to][from] = hn::Load(kBlock, tables[to][from]);
  }
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const std::uint8_t* from = in + (n - 16 - i) * 3;
    Block blocks[3];
    for (std::size_t k = 0; k < 3; ++k) blocks[k] = hn::LoadU(kBlock, from + 16 * k);
    const auto take = [&](std::size_t to, std::size_t k) {
      return hn::TableLookupBytesOr0(blocks[k], orders[to][k]);
    };
    hn::StoreU(hn::Or(take(0, 2), take(0, 1)), kBlock, out + 3 * i);
    hn::StoreU(hn::Or(hn::Or(take(1, 1), take(1, 2)), take(1, 0)), kBlock, out + 3 * i + 16);
    hn::StoreU(hn::Or(take(2, 0), take(2, 1)), kBlock, out + 3 * i + 32);
  }
  reverse_pixels<3>(in, n, i, n, out);
}

/// 16 pixels at a time; those of three bytes are loaded by fours, and stored as three whole blocks.
template <std::size_t kIn, std::size_t kOut>
void repack(const std::uint8_t* in, std::size_t n, const Order& order, std::uint8_t* out) {
  alignas(16) std::uint8_t table[16];
  alignas(16) std::uint8_t opaque[16] = {};
  for (std::size_t i = 0; i < 16; ++i) {
    const std::uint8_t from = order.from[i % kOut];
    const bool used = i < 4 * kOut && from != 4;
    table[i] = used ? static_cast<std::uint8_t>(i / kOut * kIn + from) : 0x80;  // 0x80: zero
    if (i < 4 * kOut && from == 4) opaque[i] = 255;
  }
  const Block positions = hn::Load(kBlock, table);
  const Block alpha = hn::Load(kBlock, opaque);
  std::size_t i = 0;
  for (; i + 16 + kSpill<kIn> <= n; i += 16) {
    Block moved[4];
    for (std::size_t k = 0; k < 4; ++k) {
      const Block pixels = hn::LoadU(kBlock, in + (i + 4 * k) * kIn);
      moved[k] = hn::Or(hn::TableLookupBytesOr0(pixels, positions), alpha);
    }
    std::uint8_t* to = out + i * kOut;
    if constexpr (kOut == 4) {
      for (std::size_t k = 0; k < 4; ++k) hn::StoreU(moved[k], kBlock, to + 16 * k);
    } else {
      hn::StoreU(hn::Or(moved[0], hn::ShiftLeftBytes<12>(moved[1])), kBlock, to);
      hn::StoreU(hn::Or(hn::ShiftRightBytes<4>(kBlock, moved[1]), hn::ShiftLeftBytes<8>(moved[2])),
                 kBlock, to + 16);
      hn::StoreU(hn::Or(hn::ShiftRightBytes<8>(kBlock, moved[2]), hn::ShiftLeftBytes<4>(moved[3])),
                 kBlock, to + 32);
    }
  }
  repack_pixels<kIn, kOut>(in, i, n, order, out);
}

/// Four bytes to three: every block closes its gaps, then four vectors become three. What a vector
/// adds to each of two stores it holds in the lanes that it has there.
template <>
void repack<4, 3>(const std::uint8_t* in, std::size_t n, const Order& order, std::uint8_t* out) {
  const hn::CappedTag<std::uint8_t, 64> d;
  const hn::Repartition<std::uint32_t, decltype(d)> d32;
  constexpr std::size_t kMost = hn::MaxLanes(d32);
  alignas(16) std::uint8_t table[16] = {};
  for (std::size_t i = 0; i < 12; ++i) {
    table[i] = static_cast<std::uint8_t>(i / 3 * 4 + order.from[i % 3]);
  }
  const std::size_t step = hn::Lanes(d32);  // pixels in a vector
  const std::size_t words = step / 4 * 3;   // of which their colours are
  alignas(64) std::uint32_t places[4][kMost] = {};
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t i = 0; i < words; ++i) {
      places[k][(k * words + i) % step] = static_cast<std::uint32_t>(i / 3 * 4 + i % 3);
    }
  }
  const auto positions = hn::LoadDup128(d, table);
  const auto move = [&](const std::uint8_t* from, const std::uint32_t* to) {
    const auto closed = hn::TableLookupBytes(hn::LoadU(d, from), positions);
    return hn::TableLookupLanes(hn::BitCast(d32, closed), hn::SetTableIndices(d32, to));
  };
  std::size_t i = 0;
  for (; i + 4 * step <= n; i += 4 * step) {
    const std::uint8_t* from = in + 4 * i;
    const auto a = move(from, places[0]);
    const auto b = move(from + 4 * step, places[1]);
    const auto c = move(from + 8 * step, places[2]);
    const auto e = move(from + 12 * step, places[3]);
    std::uint8_t* to = out + 3 * i;
    const auto store = [&](auto low, auto high, std::size_t from_low) {
      hn::StoreU(hn::BitCast(d, hn::IfThenElse(hn::FirstN(d32, from_low), low, high)), d, to);
      to += 4 * step;
    };
    store(a, b, words);
    store(b, c, step / 2);
    store(c, e, step - words);
  }
  repack_pixels<4, 3>(in, i, n, order, out);
}

/// 4 x 4 pixels of three or four bytes.
template <std::size_t kBytes>
HWY_INLINE void turn_block(const In& in, const Out& out, std::size_t x, std::size_t y) {
  constexpr hn::FixedTag<std::uint32_t, 4> d32;
  constexpr hn::FixedTag<std::uint64_t, 2> d64;
  alignas(16) static constexpr std::uint8_t kWiden[16] = {0, 1, 2, 2, 3, 4,  5,  5,
                                                          6, 7, 8, 8, 9, 10, 11, 11};
  alignas(16) static constexpr std::uint8_t kNarrow[16] = {0,  1,  2,  4,  5,  6,  8,  9,
                                                           10, 12, 13, 14, 15, 15, 15, 15};
  hn::Vec<decltype(d32)> rows[4];
  for (std::size_t i = 0; i < 4; ++i) {
    Block block = hn::LoadU(kBlock, in.row(x + i) + y * kBytes);
    if (kBytes == 3) block = hn::TableLookupBytes(block, hn::Load(kBlock, kWiden));
    rows[i] = hn::BitCast(d32, block);
  }
  const auto low01 = hn::BitCast(d64, hn::InterleaveLower(d32, rows[0], rows[1]));
  const auto high01 = hn::BitCast(d64, hn::InterleaveUpper(d32, rows[0], rows[1]));
  const auto low23 = hn::BitCast(d64, hn::InterleaveLower(d32, rows[2], rows[3]));
  const auto high23 = hn::BitCast(d64, hn::InterleaveUpper(d32, rows[2], rows[3]));
  const hn::Vec<decltype(d64)> turned[4] = {
      hn::InterleaveLower(d64, low01, low23), hn::InterleaveUpper(d64, low01, low23),
      hn::InterleaveLower(d64, high01, high23), hn::InterleaveUpper(d64, high01, high23)};
  for (std::size_t i = 0; i < 4; ++i) {
    Block block = hn::BitCast(kBlock, turned[i]);
    if (kBytes == 3) block = hn::TableLookupBytes(block, hn::Load(kBlock, kNarrow));
    hn::StoreU(block, kBlock, out.row(y + i) + x * kBytes);
  }
}

/// 16 x 16 bytes.
template <>
HWY_INLINE void turn_block<1>(const In& in, const Out& out, std::size_t x, std::size_t y) {
  Block a[16], b[16];
  for (std::size_t i = 0; i < 16; ++i) a[i] = hn::LoadU(kBlock, in.row(x + i) + y);
  Block* from = a;
  Block* to = b;
  for (int round = 0; round < 4; ++round) {
    for (std::size_t i = 0; i < 8; ++i) {
      to[2 * i] = hn::InterleaveLower(kBlock, from[i], from[i + 8]);
      to[2 * i + 1] = hn::InterleaveUpper(kBlock, from[i], from[i + 8]);
    }
    std::swap(from, to);
  }
  for (std::size_t i = 0; i < 16; ++i) hn::StoreU(from[i], kBlock, out.row(y + i) + x);
}

template <std::size_t kBytes>
void turn(const In& in, const Out& out, std::size_t width, std::size_t height) {
  constexpr std::size_t kCount = kPerBlock<kBytes>;
  constexpr std::size_t kTile = 64;  // pixels a side: both images' lines stay in the first cache
  const std::size_t end_x = width >= kSpill<kBytes> ? width - kSpill<kBytes> : 0;
  const std::size_t end_y = height >= kSpill<kBytes> ? height - kSpill<kBytes> : 0;
  const std::size_t block_x = end_x / kCount * kCount;
  const std::size_t block_y = end_y / kCount * kCount;
  for (std::size_t tile_y = 0; tile_y < block_y; tile_y += kTile) {
    for (std::size_t tile_x = 0; tile_x < block_x; tile_x += kTile) {
      for (std::size_t y = tile_y; y < std::min(tile_y + kTile, block_y); y += kCount) {
        for (std::size_t x = tile_x; x < std::min(tile_x + kTile, block_x); x += kCount) {
          turn_block<kBytes>(in, out, x, y);
        }
      }
    }
  }
  turn_pixels<kBytes>(in, out, block_x, width, 0, block_y);
  turn_pixels<kBytes>(in, out, 0, width, block_y, height);
}

#endif  // HWY_TARGET == HWY_SCALAR

void rgb_to_rgba(const std::uint8_t* in, std::size_t n, std::uint8_t* out) {
  repack<3, 4>(in, n, {{0, 1, 2, 4}}, out);
}
void rgb_to_bgra(const std::uint8_t* in, std::size_t n, std::uint8_t* out) {
  repack<3, 4>(in, n, {{2, 1, 0, 4}}, out);
}
void rgba_to_rgb(const std::uint8_t* in, std::size_t n, std::uint8_t* out) {
  repack<4, 3>(in, n, {{0, 1, 2, 0}}, out);
}
void bgra_to_rgb(const std::uint8_t* in, std::size_t n, std::uint8_t* out) {
  repack<4, 3>(in, n, {{2, 1, 0, 0}}, out);
}
void rgba_to_bgra(const std::uint8_t* in, std::size_t n, std::uint8_t* out) {
  repack<4, 4>(in, n, {{2, 1, 0, 3}}, out);
}

MoveKernels all_move_kernels() {
  return {reverse<1>,  reverse<3>,  reverse<4>,  turn<1>,     turn<3>,     turn<4>,
          rgb_to_rgba, rgb_to_bgra, rgba_to_rgb, bgra_to_rgb, rgba_to_bgra};
}

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::cpu {

HWY_EXPORT(all_move_kernels);

MoveKernels move_kernels() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(all_move_kernels)();
}

}  // namespace edgefirst::cpu
#endif
