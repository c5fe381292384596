// SPDX-License-Identifier: Apache-2.0
// Element conversion for every SIMD target. Factors are laid out once per row, long enough that a
// vector can start at any phase of the pattern.
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

constexpr std::size_t kMaxLanes = 64;  // of a capped tag

/// kMaxPeriod + kMaxLanes entries of a repeating pattern.
template <typename T>
struct Repeated {
  T values[ElementPattern::kMaxPeriod + kMaxLanes];

  template <class Entry>
  Repeated(std::size_t period, const Entry& entry) {
    for (std::size_t i = 0; i < ElementPattern::kMaxPeriod + kMaxLanes; ++i) {
      values[i] = i < period ? entry(i) : values[i - period];
    }
  }
};

/// body(tag, i, i % period) for whole vectors over [0, n), then for single lanes.
template <typename T, class Body>
HWY_INLINE void for_phases(std::size_t n, std::size_t period, const Body& body) {
  const hn::CappedTag<T, kMaxLanes> d;
  const hn::CappedTag<T, 1> one;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t advance = lanes % period;
  std::size_t i = 0;
  std::size_t phase = 0;
  for (; i + lanes <= n; i += lanes) {
    body(d, i, phase);
    phase += advance;
    if (phase >= period) phase -= period;
  }
  for (; i < n; ++i) body(one, i, i % period);
}

void to_u8(const std::uint8_t* in, std::size_t n, const ElementPattern&, void* out) {
  std::memcpy(out, in, n);
}

void to_i8(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern, void* out) {
  auto* to = static_cast<std::uint8_t*>(out);
  const Repeated<std::uint8_t> signs(pattern.period,
                                     [&](std::size_t i) { return pattern.is_color[i] ? 0x80 : 0; });
  for_phases<std::uint8_t>(n, pattern.period, [&](auto d, std::size_t i, std::size_t phase) {
    const auto flipped = hn::Xor(hn::LoadU(d, in + i), hn::LoadU(d, signs.values + phase));
    hn::StoreU(flipped, d, to + i);
  });
}

HWY_INLINE void to_16_bit(const std::uint8_t* in, std::size_t n, std::size_t period,
                          const Repeated<std::uint16_t>& signs, void* out) {
  auto* to = static_cast<std::uint16_t*>(out);
  for_phases<std::uint16_t>(n, period, [&](auto d, std::size_t i, std::size_t phase) {
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto value = hn::PromoteTo(d, hn::LoadU(d8, in + i));
    const auto wide = hn::Or(value, hn::ShiftLeft<8>(value));  // * 257
    hn::StoreU(hn::Xor(wide, hn::LoadU(d, signs.values + phase)), d, to + i);
  });
}

void to_u16(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern, void* out) {
  const Repeated<std::uint16_t> signs(pattern.period, [](std::size_t) { return 0; });
  to_16_bit(in, n, pattern.period, signs, out);
}

void to_i16(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern, void* out) {
  const Repeated<std::uint16_t> signs(
      pattern.period, [&](std::size_t i) { return pattern.is_color[i] ? 0x8000 : 0; });
  to_16_bit(in, n, pattern.period, signs, out);
}

/// body(tag, i, value * scale + offset) over a row.
template <class Body>
HWY_INLINE void for_scaled(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern,
                           const Body& body) {
  const Repeated<float> scale(pattern.period, [&](std::size_t i) { return pattern.scale[i]; });
  const Repeated<float> offset(pattern.period, [&](std::size_t i) { return pattern.offset[i]; });
  for_phases<float>(n, pattern.period, [&](auto d, std::size_t i, std::size_t phase) {
    const hn::RebindToSigned<decltype(d)> d32;
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    const auto value = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, in + i)));
    body(d, i,
         hn::Add(hn::Mul(value, hn::LoadU(d, scale.values + phase)),
                 hn::LoadU(d, offset.values + phase)));
  });
}

void to_f32(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern, void* out) {
  auto* to = static_cast<float*>(out);
  for_scaled(in, n, pattern,
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

void to_f16(const std::uint8_t* in, std::size_t n, const ElementPattern& pattern, void* out) {
  auto* to = static_cast<std::uint16_t*>(out);
  for_scaled(in, n, pattern, [&](auto d, std::size_t i, auto value) {
    const hn::Rebind<std::uint16_t, decltype(d)> d16;
    hn::StoreU(hn::DemoteTo(d16, half_bits(d, value)), d16, to + i);
  });
}

ElementKernel choose_element_kernel(DType dtype) {
  switch (dtype) {
    case DType::kI8:
      return to_i8;
    case DType::kU16:
      return to_u16;
    case DType::kI16:
      return to_i16;
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

ElementPattern ElementPattern::from(std::size_t first) const {
  ElementPattern result;
  result.period = period;
  for (std::size_t i = 0; i < period; ++i) {
    const std::size_t entry = (first + i) % period;
    result.scale[i] = scale[entry];
    result.offset[i] = offset[entry];
    result.is_color[i] = is_color[entry];
  }
  return result;
}

}  // namespace edgefirst::cpu
#endif
