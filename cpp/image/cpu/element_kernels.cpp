// SPDX-License-Identifier: Apache-2.0
// Element conversion for every SIMD target: one loop shape over the phases of the pattern.
#include "image/cpu/element_kernels.hpp"

#include <cstring>

#include "base/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/cpu/element_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgefirst::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// body(tag, i, phase) for whole vectors over [0, n), then for single lanes.
template <typename T, class Body>
HWY_INLINE void for_phases(std::size_t n, std::size_t period, std::size_t phase, const Body& body) {
  const hn::CappedTag<T, ElementPattern::kMaxLanes> d;
  const hn::CappedTag<T, 1> one;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t advance = lanes % period;
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    body(d, i, phase);
    phase += advance;
    if (phase >= period) phase -= period;
  }
  for (; i < n; ++i) {
    body(one, i, phase);
    if (++phase == period) phase = 0;
  }
}

void to_u8(const std::uint8_t* in, std::size_t n, const ElementPattern&, std::size_t, void* out) {
  std::memcpy(out, in, n);
}

void to_i8(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern, std::size_t phase,
           void* out) {
  auto* to = static_cast<std::uint8_t*>(out);
  for_phases<std::uint8_t>(n, pattern.period, phase, [&](auto d, std::size_t i, std::size_t p) {
    const auto flipped = hn::Xor(hn::LoadU(d, in + i), hn::LoadU(d, pattern.sign8.data() + p));
    hn::StoreU(flipped, d, to + i);
  });
}

template <bool kSigned>
void to_16_bit(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern,
               std::size_t phase, void* out) {
  auto* to = static_cast<std::uint16_t*>(out);
  for_phases<std::uint16_t>(n, pattern.period, phase, [&](auto d, std::size_t i, std::size_t p) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto value = hn::PromoteTo(d, hn::LoadU(d8, in + i));
    auto wide = hn::Or(value, hn::ShiftLeft<8>(value));  // * 257
    if (kSigned) wide = hn::Xor(wide, hn::LoadU(d, pattern.sign16.data() + p));
    hn::StoreU(wide, d, to + i);
  });
}

/// body(tag, i, value * scale + offset) over a row.
template <class Body>
HWY_INLINE void for_scaled(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern,
                           std::size_t phase, const Body& body) {
  for_phases<float>(n, pattern.period, phase, [&](auto d, std::size_t i, std::size_t p) {
    const hn::RebindToSigned<decltype(d)> d32;
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto value = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, in + i)));
    body(d, i,
         hn::Add(hn::Mul(value, hn::LoadU(d, pattern.scale.data() + p)),
                 hn::LoadU(d, pattern.offset.data() + p)));
  });
}

void to_f32(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern, std::size_t phase,
            void* out) {
  auto* to = static_cast<float*>(out);
  for_scaled(in, n, pattern, phase,
             [&](auto d, std::size_t i, auto value) { hn::StoreU(value, d, to + i); });
}

/// binary16 bits of floats, rounded to nearest even, as to_float16() does for one value.
template <class D>
HWY_INLINE hn::Vec<hn::RebindToSigned<D>> half_bits(D d, hn::Vec<D> value) {
  const hn::RebindToSigned<D> d32;
  const auto bits = hn::BitCast(d32, value);
  const auto magnitude = hn::And(bits, hn::Set(d32, 0x7FFFFFFF));
  const auto sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(d32, 0x8000));
  const auto odd = hn::And(hn::ShiftRight<13>(magnitude), hn::Set(d32, 1));
  const auto rounded = hn::Add(hn::Add(magnitude, hn::Set(d32, 0xFFF - 0x38000000)), odd);
  const auto shifted = hn::Add(hn::BitCast(d, magnitude), hn::Set(d, 0.5F));
  const auto subnormal = hn::Sub(hn::BitCast(d32, shifted), hn::Set(d32, 0x3F000000));
  auto half = hn::IfThenElse(hn::Lt(magnitude, hn::Set(d32, 0x38800000)), subnormal,
                             hn::ShiftRight<13>(rounded));
  const auto above = [&](int limit) { return hn::Gt(magnitude, hn::Set(d32, limit)); };
  half = hn::IfThenElse(above(0x477FEFFF), hn::Set(d32, 0x7C00), half);
  half = hn::IfThenElse(above(0x7F800000), hn::Set(d32, 0x7E00), half);
  return hn::Or(half, sign);
}

void to_f16(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern, std::size_t phase,
            void* out) {
  auto* to = static_cast<std::uint16_t*>(out);
  for_scaled(in, n, pattern, phase, [&](auto d, std::size_t i, auto value) {
    const hn::Rebind<std::uint16_t, decltype(d)> d16;
    hn::StoreU(hn::DemoteTo(d16, half_bits(d, value)), d16, to + i);
  });
}

ElementKernel choose_element_kernel(DType dtype) {
  switch (dtype) {
    case DType::kI8:
      return to_i8;
    case DType::kU16:
      return to_16_bit<false>;
    case DType::kI16:
      return to_16_bit<true>;
    case DType::kF16:
      return to_f16;
    case DType::kF32:
      return to_f32;
    default:
      return to_u8;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::cpu {

HWY_EXPORT(choose_element_kernel);

ElementKernel element_kernel(DType dtype) {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(choose_element_kernel)(dtype);
}

void ElementPattern::set(Span<const Entry> entries) {
  period = entries.size();
  for (std::size_t i = 0; i < kLength; ++i) {
    const Entry& entry = entries[i % period];
    scale[i] = entry.scale;
    offset[i] = entry.offset;
    sign8[i] = entry.is_color ? 0x80 : 0;
    sign16[i] = entry.is_color ? 0x8000 : 0;
  }
}

}  // namespace edgefirst::cpu
#endif
