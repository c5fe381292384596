// SPDX-License-Identifier: Apache-2.0
// Resampling kernels for every SIMD target. Samples of a band are kept as columns, so that the
// horizontal filter multiplies whole vectors by one weight and needs no gather.
#include "image/cpu/resize_kernels.hpp"

#include "base/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/cpu/resize_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgefirst::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE hn::Vec<D> load_7bit(D d, const std::uint8_t* from) {
  const hn::Rebind<std::uint8_t, D> d8;
  return hn::ShiftLeft<7>(hn::PromoteTo(d, hn::LoadU(d8, from)));
}

template <class D>
HWY_INLINE void vertical_step(D d, const std::uint8_t* const* rows, const std::int16_t* weights,
                              std::size_t taps, std::size_t i, std::int16_t* out) {
  auto sum = hn::MulFixedPoint15(load_7bit(d, rows[0] + i), hn::Set(d, weights[0]));
  for (std::size_t k = 1; k < taps; ++k) {
    const auto product = hn::MulFixedPoint15(load_7bit(d, rows[k] + i), hn::Set(d, weights[k]));
    sum = hn::SaturatedAdd(sum, product);
  }
  hn::StoreU(sum, d, out + i);
}

/// Four vectors of outputs at once, so that a weight is broadcast once for all of them. Named, not
/// in an array: those cannot hold vectors of a size that only the processor knows.
template <class D>
HWY_INLINE void four_vertical_steps(D d, const std::uint8_t* const* rows,
                                    const std::int16_t* weights, std::size_t taps, std::size_t i,
                                    std::int16_t* out) {
  const std::size_t lanes = hn::Lanes(d);
  const auto first = hn::Set(d, weights[0]);
  const std::uint8_t* row = rows[0] + i;
  auto a = hn::MulFixedPoint15(load_7bit(d, row), first);
  auto b = hn::MulFixedPoint15(load_7bit(d, row + lanes), first);
  auto c = hn::MulFixedPoint15(load_7bit(d, row + 2 * lanes), first);
  auto e = hn::MulFixedPoint15(load_7bit(d, row + 3 * lanes), first);
  for (std::size_t k = 1; k < taps; ++k) {
    const auto weight = hn::Set(d, weights[k]);
    row = rows[k] + i;
    a = hn::SaturatedAdd(a, hn::MulFixedPoint15(load_7bit(d, row), weight));
    b = hn::SaturatedAdd(b, hn::MulFixedPoint15(load_7bit(d, row + lanes), weight));
    c = hn::SaturatedAdd(c, hn::MulFixedPoint15(load_7bit(d, row + 2 * lanes), weight));
    e = hn::SaturatedAdd(e, hn::MulFixedPoint15(load_7bit(d, row + 3 * lanes), weight));
  }
  hn::StoreU(a, d, out + i);
  hn::StoreU(b, d, out + i + lanes);
  hn::StoreU(c, d, out + i + 2 * lanes);
  hn::StoreU(e, d, out + i + 3 * lanes);
}

/// For many taps, whose rounding would add up: 32-bit sums, rounded once.
template <class D>
HWY_INLINE void wide_vertical_step(D d, const std::uint8_t* const* rows,
                                   const std::int16_t* weights, std::size_t taps, std::size_t i,
                                   std::int16_t* out) {
  const hn::Rebind<std::uint8_t, D> d8;
  const hn::Rebind<std::int16_t, D> d16;
  auto sum = hn::Set(d, 1 << 7);
  for (std::size_t k = 0; k < taps; ++k) {
    const auto sample = hn::PromoteTo(d, hn::LoadU(d8, rows[k] + i));
    sum = hn::Add(sum, hn::Mul(sample, hn::Set(d, weights[k])));
  }
  hn::StoreU(hn::DemoteTo(d16, hn::ShiftRight<8>(sum)), d16, out + i);
}

void wide_vertical(const std::uint8_t* const* rows, const std::int16_t* weights, std::size_t taps,
                   std::size_t count, std::int16_t* out) {
  const hn::ScalableTag<std::int32_t> d;
  const hn::CappedTag<std::int32_t, 1> one;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) wide_vertical_step(d, rows, weights, taps, i, out);
  for (; i < count; ++i) wide_vertical_step(one, rows, weights, taps, i, out);
}

void vertical(const std::uint8_t* const* rows, const std::int16_t* weights, std::size_t taps,
              std::size_t count, std::int16_t* out) {
  const hn::CappedTag<std::int16_t, 32> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    four_vertical_steps(d, rows, weights, taps, i, out);
  }
  for (; i + lanes <= count; i += lanes) vertical_step(d, rows, weights, taps, i, out);
  const hn::CappedTag<std::int16_t, 1> one;
  for (; i < count; ++i) vertical_step(one, rows, weights, taps, i, out);
}

void horizontal(const std::int16_t* columns, std::size_t step, const TapTable& table,
                std::size_t outputs, std::uint8_t* out) {
  const hn::CappedTag<std::int16_t, kBandRows> d;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  const std::size_t lanes = hn::Lanes(d);
  const auto half = hn::Set(d, 64);
  const std::size_t stride = step * kBandRows;
  for (std::size_t i = 0; i < outputs; ++i) {
    const std::int16_t* from = columns + (table.starts[i] - table.origin) * stride;
    const std::int16_t* weights = table.weights + i * table.taps;
    for (std::size_t lane = 0; lane < kBandRows; lane += lanes) {
      auto sum = hn::MulFixedPoint15(hn::Load(d, from + lane), hn::Set(d, weights[0]));
      for (std::size_t k = 1; k < table.taps; ++k) {
        const auto sample = hn::Load(d, from + k * stride + lane);
        sum = hn::SaturatedAdd(sum, hn::MulFixedPoint15(sample, hn::Set(d, weights[k])));
      }
      sum = hn::ShiftRight<7>(hn::SaturatedAdd(sum, half));
      hn::StoreU(hn::DemoteTo(d8, sum), d8, out + i * kBandRows + lane);
    }
  }
}

void wide_horizontal(const std::int16_t* columns, std::size_t step, const TapTable& table,
                     std::size_t outputs, std::uint8_t* out) {
  const hn::CappedTag<std::int32_t, kBandRows> d;
  const hn::Rebind<std::int16_t, decltype(d)> d16;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t stride = step * kBandRows;
  for (std::size_t i = 0; i < outputs; ++i) {
    const std::int16_t* from = columns + (table.starts[i] - table.origin) * stride;
    const std::int16_t* weights = table.weights + i * table.taps;
    for (std::size_t lane = 0; lane < kBandRows; lane += lanes) {
      auto sum = hn::Set(d, 1 << 21);
      for (std::size_t k = 0; k < table.taps; ++k) {
        const auto sample = hn::PromoteTo(d, hn::Load(d16, from + k * stride + lane));
        sum = hn::Add(sum, hn::Mul(sample, hn::Set(d, weights[k])));
      }
      hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<22>(sum)), d8, out + i * kBandRows + lane);
    }
  }
}

FilterKernels all_filter_kernels() {
  return {vertical, wide_vertical, horizontal, wide_horizontal};
}

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::cpu {

HWY_EXPORT(all_filter_kernels);

ResizeKernels resize_kernels() {
  simd::initialize();
  return {HWY_DYNAMIC_DISPATCH(all_filter_kernels)(), band_kernels()};
}

}  // namespace edgefirst::cpu
#endif
