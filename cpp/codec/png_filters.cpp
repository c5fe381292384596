// SPDX-License-Identifier: Apache-2.0
// Sub, Average and Paeth depend on the pixel to the left, so that a register holds one pixel; its
// channels are worked on side by side in 16 bits.
#include "base/fixed_vectors.hpp"
#include "codec/jpeg/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/png_filters.cpp"  // NOLINT
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cstring>

#include "codec/png_filters.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D8 = hn::CappedTag<std::uint8_t, 8>;  // one pixel
using D16 = hn::Rebind<std::int16_t, D8>;
using V8 = hn::Vec<D8>;
using V16 = hn::Vec<D16>;

template <std::size_t kPixel>
HWY_INLINE V8 load_pixel(const std::uint8_t* from) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, from, kPixel <= 4 ? 4 : 8);  // whole words; rows have a margin
  const hn::Repartition<std::uint64_t, D8> d64;
  return hn::BitCast(D8(), hn::Set(d64, bits));
}

template <std::size_t kPixel>
HWY_INLINE void store_pixel(V8 pixel, std::uint8_t* to) {
  const hn::Repartition<std::uint64_t, D8> d64;
  const std::uint64_t bits = hn::GetLane(hn::BitCast(d64, pixel));
  std::memcpy(to, &bits, kPixel <= 4 ? 4 : 8);
}

void Copy(const PngRow& row) { std::memcpy(row.out, row.filtered, row.bytes); }

template <std::size_t kPixel>
void Sub(const PngRow& row) {
  V8 left = hn::Zero(D8());
  for (std::size_t x = 0; x < row.bytes; x += kPixel) {
    left = hn::Add(left, load_pixel<kPixel>(row.filtered + x));
    store_pixel<kPixel>(left, row.out + x);
  }
}

void Up(const PngRow& row) {
  const hn::CappedTag<std::uint8_t, 32> d;
  for (std::size_t x = 0; x < row.bytes; x += hn::Lanes(d)) {
    hn::StoreU(hn::Add(hn::LoadU(d, row.filtered + x), hn::LoadU(d, row.above + x)), d,
               row.out + x);
  }
}

/// floor((a + b) / 2) of bytes.
HWY_INLINE V8 average(V8 a, V8 b) {
  const V8 odd = hn::And(hn::Xor(a, b), hn::Set(D8(), 1));
  return hn::Sub(hn::AverageRound(a, b), odd);
}

template <std::size_t kPixel>
void Average(const PngRow& row) {
  V8 left = hn::Zero(D8());
  for (std::size_t x = 0; x < row.bytes; x += kPixel) {
    const V8 middle = average(left, load_pixel<kPixel>(row.above + x));
    left = hn::Add(middle, load_pixel<kPixel>(row.filtered + x));
    store_pixel<kPixel>(left, row.out + x);
  }
}

template <std::size_t kPixel>
void Paeth(const PngRow& row) {
  const D16 d;
  V16 left = hn::Zero(d);
  V16 corner = hn::Zero(d);
  for (std::size_t x = 0; x < row.bytes; x += kPixel) {
    const V16 above = hn::PromoteTo(d, load_pixel<kPixel>(row.above + x));
    const V16 from_left = hn::Sub(above, corner);  // p - a
    const V16 from_above = hn::Sub(left, corner);  // p - b
    const V16 to_left = hn::Abs(from_left);
    const V16 to_above = hn::Abs(from_above);
    const V16 to_corner = hn::Abs(hn::Add(from_left, from_above));
    const V16 least = hn::Min(hn::Min(to_left, to_above), to_corner);
    const V16 nearest = hn::IfThenElse(hn::Eq(least, to_left), left,
                                       hn::IfThenElse(hn::Eq(least, to_above), above, corner));
    const V16 filtered = hn::PromoteTo(d, load_pixel<kPixel>(row.filtered + x));
    left = hn::And(hn::Add(nearest, filtered), hn::Set(d, 255));
    corner = above;
    store_pixel<kPixel>(hn::DemoteTo(D8(), left), row.out + x);
  }
}

template <std::size_t kPixel>
PngUnfilters unfilters() {
  return {{Copy, Sub<kPixel>, Up, Average<kPixel>, Paeth<kPixel>}};
}

PngUnfilters AllUnfilters(std::size_t pixel_bytes) {
  switch (pixel_bytes) {
    case 1:
      return unfilters<1>();
    case 2:
      return unfilters<2>();
    case 3:
      return unfilters<3>();
    case 4:
      return unfilters<4>();
    case 6:
      return unfilters<6>();
    default:
      return unfilters<8>();
  }
}

}  // namespace edgefirst::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/simd.hpp"

namespace edgefirst {

HWY_EXPORT(AllUnfilters);

PngUnfilters png_unfilters(std::size_t pixel_bytes) {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(AllUnfilters)(pixel_bytes);
}

}  // namespace edgefirst
#endif  // HWY_ONCE
