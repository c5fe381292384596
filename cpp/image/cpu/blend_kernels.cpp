// SPDX-License-Identifier: Apache-2.0
// Blending for every SIMD target, in 16-bit lanes: floor(x / 255) = (x + 1 + (x >> 8)) >> 8 for
// x < 65535.
#include "image/cpu/blend_kernels.hpp"

#include "base/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/cpu/blend_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgefirst::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// old, or where selected: (added + old * rest) / 255.
template <class D8, class V8 = hn::Vec<D8>>
HWY_INLINE V8 blend(D8 d8, V8 old, hn::Mask<D8> selected, std::uint16_t added, std::uint16_t rest) {
  const hn::Rebind<std::uint16_t, D8> d16;
  const hn::Rebind<std::int16_t, D8> di16;
  const auto scaled = hn::Mul(hn::PromoteTo(d16, old), hn::Set(d16, rest));
  const auto sum = hn::Add(scaled, hn::Set(d16, added));
  const auto carried = hn::Add(hn::Add(sum, hn::Set(d16, 1)), hn::ShiftRight<8>(sum));
  const auto result = hn::DemoteTo(d8, hn::BitCast(di16, hn::ShiftRight<8>(carried)));
  return hn::IfThenElse(selected, result, old);
}

template <std::size_t kChannels, class D8>
HWY_INLINE void blend_step(D8 d, std::uint8_t* pixels, const std::uint8_t* mask,
                           const std::uint16_t* added, std::uint16_t rest) {
  const auto selected = hn::Ne(hn::LoadU(d, mask), hn::Zero(d));
  hn::Vec<D8> r, g, b, a = hn::Zero(d);
  if constexpr (kChannels == 3) {
    hn::LoadInterleaved3(d, pixels, r, g, b);
  } else {
    hn::LoadInterleaved4(d, pixels, r, g, b, a);
  }
  r = blend(d, r, selected, added[0], rest);
  g = blend(d, g, selected, added[1], rest);
  b = blend(d, b, selected, added[2], rest);
  if constexpr (kChannels == 3) {
    hn::StoreInterleaved3(r, g, b, d, pixels);
  } else {
    hn::StoreInterleaved4(r, g, b, blend(d, a, selected, added[3], rest), d, pixels);
  }
}

template <std::size_t kChannels>
void blend_row(std::uint8_t* pixels, const std::uint8_t* mask, std::size_t n,
               const std::array<std::uint8_t, 4>& color, std::uint8_t alpha) {
  const hn::Rebind<std::uint8_t, hn::ScalableTag<std::uint16_t>> d;
  const hn::CappedTag<std::uint8_t, 1> one;
  const std::size_t lanes = hn::Lanes(d);
  std::uint16_t added[4];
  for (std::size_t c = 0; c < 4; ++c) added[c] = static_cast<std::uint16_t>(color[c] * alpha);
  const auto rest = static_cast<std::uint16_t>(255 - alpha);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    blend_step<kChannels>(d, pixels + i * kChannels, mask + i, added, rest);
  }
  for (; i < n; ++i) {
    if (mask[i] != 0) blend_step<kChannels>(one, pixels + i * kChannels, mask + i, added, rest);
  }
}

BlendKernel choose_blend_kernel(std::size_t channels) {
  return channels == 3 ? blend_row<3> : blend_row<4>;
}

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::cpu {

HWY_EXPORT(choose_blend_kernel);

BlendKernel blend_kernel(std::size_t channels) {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(choose_blend_kernel)(channels);
}

}  // namespace edgefirst::cpu
#endif
