// SPDX-License-Identifier: Apache-2.0
// Two vectors of 16-bit lanes to one of bytes, block by block: on x86 an instruction that Highway
// 1.0 does not offer. Included by kernel files after highway.h, once for every SIMD target.
#if defined(EDGEFIRST_IMAGE_NARROW_TOGGLE) == defined(HWY_TARGET_TOGGLE)
#ifdef EDGEFIRST_IMAGE_NARROW_TOGGLE
#undef EDGEFIRST_IMAGE_NARROW_TOGGLE
#else
#define EDGEFIRST_IMAGE_NARROW_TOGGLE
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgefirst::cpu {
namespace HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && !HWY_HAVE_SCALABLE
/// Eight lanes of a, then eight of b, saturated to bytes, in every block of 16 bytes.
template <class V16>
HWY_INLINE auto narrow(V16 a, V16 b) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::DFromV<V16> d;
  const hn::Repartition<std::uint8_t, decltype(d)> d8;
  using Bytes [[maybe_unused]] = hn::Vec<decltype(d8)>;
  constexpr std::size_t kBytes = hn::MaxLanes(d8);
#if HWY_TARGET <= HWY_AVX3
  if constexpr (kBytes == 64) return Bytes{_mm512_packus_epi16(a.raw, b.raw)};
#endif
#if HWY_TARGET <= HWY_AVX2
  if constexpr (kBytes == 32) return Bytes{_mm256_packus_epi16(a.raw, b.raw)};
#endif
  if constexpr (kBytes == 16) {
#if HWY_TARGET <= HWY_SSSE3
    return Bytes{_mm_packus_epi16(a.raw, b.raw)};
#else
    const hn::Half<decltype(d8)> half;
    return hn::Combine(d8, hn::DemoteTo(half, b), hn::DemoteTo(half, a));
#endif
  }
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::cpu
HWY_AFTER_NAMESPACE();

#endif  // EDGEFIRST_IMAGE_NARROW_TOGGLE
