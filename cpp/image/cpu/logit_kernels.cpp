// SPDX-License-Identifier: Apache-2.0
// Mask logits for every SIMD target. 8-bit prototypes with 8-bit coefficients give exact sums: they
// stay below 2^24.
#include "image/cpu/logit_kernels.hpp"

#include "base/simd.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/cpu/logit_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace edgefirst::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using OneFloat = hn::CappedTag<float, 1>;

template <class D, typename T>
HWY_INLINE hn::Vec<D> load_float(D d, const T* from) {
  const hn::RebindToSigned<D> d32;
  const hn::Rebind<T, D> narrow;
  return hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(narrow, from)));
}
template <class D>
HWY_INLINE hn::Vec<D> load_float(D d, const float* from) {
  return hn::LoadU(d, from);
}
template <class D>
HWY_INLINE hn::Vec<D> load_float(D d, const hwy::float16_t* from) {
  const hn::Rebind<hwy::float16_t, D> narrow;
  return hn::PromoteTo(d, hn::LoadU(narrow, from));
}

template <typename T>
void nhwc_logits(const ProtoRun& run, const float* coefficients, float bias, float scale,
                 float* out) {
  const Floats d;
  const OneFloat one;
  const std::size_t lanes = hn::Lanes(d);
  const T* cell = static_cast<const T*>(run.cells);
  for (std::size_t i = 0; i < run.count; ++i, cell += run.channels) {
    auto sums = hn::Zero(d);
    std::size_t k = 0;
    for (; k + lanes <= run.channels; k += lanes) {
      sums = hn::MulAdd(hn::LoadU(d, coefficients + k), load_float(d, cell + k), sums);
    }
    float sum = hn::GetLane(hn::SumOfLanes(d, sums));
    for (; k < run.channels; ++k) {
      sum += coefficients[k] * hn::GetLane(load_float(one, cell + k));
    }
    out[i] = (sum - bias) * scale;
  }
}

template <typename T, class D>
HWY_INLINE void nchw_step(D d, const ProtoRun& run, const float* coefficients, float bias,
                          float scale, std::size_t i, float* out) {
  const T* cells = static_cast<const T*>(run.cells) + i;
  auto sum = hn::Zero(d);
  for (std::size_t k = 0; k < run.channels; ++k) {
    const auto values = load_float(d, cells + k * run.channel_stride);
    sum = hn::MulAdd(hn::Set(d, coefficients[k]), values, sum);
  }
  hn::StoreU(hn::Mul(hn::Sub(sum, hn::Set(d, bias)), hn::Set(d, scale)), d, out + i);
}

template <typename T>
void nchw_logits(const ProtoRun& run, const float* coefficients, float bias, float scale,
                 float* out) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= run.count; i += lanes) {
    nchw_step<T>(d, run, coefficients, bias, scale, i, out);
  }
  for (; i < run.count; ++i) nchw_step<T>(OneFloat(), run, coefficients, bias, scale, i, out);
}

template <typename T>
LogitKernel choose_layout(ProtoLayout layout) {
  return layout == ProtoLayout::kNhwc ? nhwc_logits<T> : nchw_logits<T>;
}

/// Lanes beyond a run's end are overwritten by the next run; those beyond the row are left out.
void threshold(const float* line, const RunTable& table, std::uint8_t* out) {
  const hn::CappedTag<float, 8> d;
  const hn::RebindToSigned<decltype(d)> d32;
  const hn::Rebind<std::int8_t, decltype(d)> d8;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t r = 0; r < table.count; ++r) {
    const ThresholdRun& run = table.runs[r];
    const float first = line[run.cell];
    const float slope = line[run.cell + 1] - first;
    std::size_t i = run.begin;
    for (; i < run.end && i + lanes <= table.width; i += lanes) {
      const auto fraction = hn::LoadU(d, table.fractions + i);
      const auto value = hn::Add(hn::Set(d, first), hn::Mul(hn::Set(d, slope), fraction));
      const auto set = hn::BitCast(d32, hn::VecFromMask(d, hn::Gt(value, hn::Zero(d))));
      hn::StoreU(hn::DemoteTo(d8, set), d8, reinterpret_cast<std::int8_t*>(out) + i);
    }
    for (; i < run.end; ++i) out[i] = first + slope * table.fractions[i] > 0 ? 255 : 0;
  }
}

ThresholdKernel choose_threshold_kernel() { return threshold; }

LogitKernel choose_logit_kernel(DType dtype, ProtoLayout layout) {
  switch (dtype) {
    case DType::kI8:
      return choose_layout<std::int8_t>(layout);
    case DType::kU8:
      return choose_layout<std::uint8_t>(layout);
    case DType::kF16:
      return choose_layout<hwy::float16_t>(layout);
    case DType::kF32:
      return choose_layout<float>(layout);
    default:
      return nullptr;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::cpu {

HWY_EXPORT(choose_logit_kernel);
HWY_EXPORT(choose_threshold_kernel);

ThresholdKernel threshold_kernel() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(choose_threshold_kernel)();
}

LogitKernel logit_kernel(DType dtype, ProtoLayout layout) {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(choose_logit_kernel)(dtype, layout);
}

}  // namespace edgefirst::cpu
#endif
