// SPDX-License-Identifier: Apache-2.0
// Triangle filters: 3/4 of the nearer sample, 1/4 of the farther one in each direction. Rounding
// alternates between neighbours as in libjpeg, so that no drift remains.
#include "codec/jpeg/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "codec/jpeg/upsample.cpp"  // NOLINT
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "codec/jpeg/upsample.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::jpeg::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DU16 = hn::CappedTag<std::uint16_t, 32>;
using VU16 = hn::Vec<DU16>;

HWY_INLINE VU16 load_wide(const std::uint8_t* from) {
  const hn::Rebind<std::uint8_t, DU16> narrow;
  return hn::PromoteTo(DU16(), hn::LoadU(narrow, from));
}

/// 3 * near + far
HWY_INLINE VU16 blend(VU16 near, VU16 far) {
  return hn::Add(hn::Add(near, hn::Add(near, near)), far);
}

/// Stores even[0] odd[0] even[1] odd[1] ... as bytes.
HWY_INLINE void store_pairs(VU16 even, VU16 odd, std::uint8_t* out) {
  const hn::Repartition<std::uint8_t, DU16> bytes;
  hn::StoreU(hn::BitCast(bytes, hn::Or(even, hn::ShiftLeft<8>(odd))), bytes, out);
}

void H2V1(const std::uint8_t* near, const std::uint8_t*, std::uint8_t* out, std::size_t width,
          bool) {
  const VU16 one = hn::Set(DU16(), 1);
  const VU16 two = hn::Set(DU16(), 2);
  for (std::size_t x = 0; x < width; x += hn::Lanes(DU16())) {
    const VU16 middle = load_wide(near + x);
    const VU16 even = hn::Add(blend(middle, load_wide(near + x - 1)), one);
    const VU16 odd = hn::Add(blend(middle, load_wide(near + x + 1)), two);
    store_pairs(hn::ShiftRight<2>(even), hn::ShiftRight<2>(odd), out + 2 * x);
  }
}

void H1V2(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* out, std::size_t width,
          bool is_lower) {
  const hn::Rebind<std::uint8_t, DU16> narrow;
  const VU16 bias = hn::Set(DU16(), is_lower ? 2 : 1);
  for (std::size_t x = 0; x < width; x += hn::Lanes(DU16())) {
    const VU16 sum = hn::Add(blend(load_wide(near + x), load_wide(far + x)), bias);
    hn::StoreU(
        hn::DemoteTo(narrow, hn::BitCast(hn::RebindToSigned<DU16>(), hn::ShiftRight<2>(sum))),
        narrow, out + x);
  }
}

void H2V2(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* out, std::size_t width,
          bool) {
  const VU16 seven = hn::Set(DU16(), 7);
  const VU16 eight = hn::Set(DU16(), 8);
  for (std::size_t x = 0; x < width; x += hn::Lanes(DU16())) {
    const VU16 left = blend(load_wide(near + x - 1), load_wide(far + x - 1));
    const VU16 middle = blend(load_wide(near + x), load_wide(far + x));
    const VU16 right = blend(load_wide(near + x + 1), load_wide(far + x + 1));
    const VU16 even = hn::Add(blend(middle, left), eight);
    const VU16 odd = hn::Add(blend(middle, right), seven);
    store_pairs(hn::ShiftRight<4>(even), hn::ShiftRight<4>(odd), out + 2 * x);
  }
}

UpsampleKernels AllUpsampleKernels() { return {H2V1, H1V2, H2V2}; }

}  // namespace edgefirst::jpeg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/simd.hpp"

namespace edgefirst::jpeg {

HWY_EXPORT(AllUpsampleKernels);

UpsampleKernels upsample_kernels() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(AllUpsampleKernels)();
}

void replicate_row(const std::uint8_t* in, std::uint8_t* out, std::size_t width, unsigned factor) {
  for (std::size_t x = 0; x < width; ++x) {
    for (unsigned i = 0; i < factor; ++i) *out++ = in[x];
  }
}

}  // namespace edgefirst::jpeg
#endif  // HWY_ONCE
