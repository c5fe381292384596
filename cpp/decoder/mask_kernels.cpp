// SPDX-License-Identifier: Apache-2.0
// Dot products, one source for every target.
#include "decoder/mask_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "decoder/mask_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "base/simd.hpp"
#include "decoder/views.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::decoding {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// T: std::int8_t or std::uint8_t.
template <typename T>
void pixels(const std::byte* protos, std::ptrdiff_t stride, const std::int16_t* coefficients,
            std::size_t channels, std::size_t count, std::int32_t* sums) {
  const hn::ScalableTag<std::int16_t> d16;
  const hn::Rebind<T, decltype(d16)> d8;
  const hn::RepartitionToWide<decltype(d16)> d32;
  const std::size_t lanes = hn::Lanes(d16);
  for (std::size_t x = 0; x < count; ++x, protos += stride) {
    const T* from = reinterpret_cast<const T*>(protos);
    auto low = hn::Zero(d32);
    auto high = hn::Zero(d32);
    std::size_t k = 0;
    for (; k + lanes <= channels; k += lanes) {
      low = hn::ReorderWidenMulAccumulate(d32, hn::PromoteTo(d16, hn::LoadU(d8, from + k)),
                                          hn::LoadU(d16, coefficients + k), low, high);
    }
    std::int32_t sum = k == 0 ? 0 : hn::GetLane(hn::SumOfLanes(d32, hn::Add(low, high)));
    for (; k < channels; ++k) sum += std::int32_t{coefficients[k]} * from[k];
    sums[x] = sum;
  }
}

template <typename T>
void planes(const std::byte* protos, std::ptrdiff_t stride, const std::int16_t* coefficients,
            std::size_t channels, std::size_t count, std::int32_t* sums) {
  const hn::ScalableTag<std::int32_t> d32;
  const hn::Rebind<T, decltype(d32)> d8;
  const std::size_t lanes = hn::Lanes(d32);
  std::size_t x = 0;
  for (; x + lanes <= count; x += lanes) {
    const std::byte* from = protos + x;
    auto sum = hn::Zero(d32);
    for (std::size_t k = 0; k < channels; ++k, from += stride) {
      const auto proto = hn::PromoteTo(d32, hn::LoadU(d8, reinterpret_cast<const T*>(from)));
      sum = hn::Add(sum, hn::Mul(proto, hn::Set(d32, coefficients[k])));
    }
    hn::StoreU(sum, d32, sums + x);
  }
  for (; x < count; ++x) {
    const std::byte* from = protos + x;
    sums[x] = 0;
    for (std::size_t k = 0; k < channels; ++k, from += stride) {
      sums[x] += std::int32_t{coefficients[k]} * load<T>(from);
    }
  }
}

void pixels_f32(const std::byte* protos, std::ptrdiff_t stride, const float* coefficients,
                std::size_t channels, std::size_t count, float* sums) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t x = 0; x < count; ++x, protos += stride) {
    const float* from = reinterpret_cast<const float*>(protos);
    auto total = hn::Zero(d);
    std::size_t k = 0;
    for (; k + lanes <= channels; k += lanes) {
      total = hn::MulAdd(hn::LoadU(d, from + k), hn::LoadU(d, coefficients + k), total);
    }
    float sum = k == 0 ? 0.0F : hn::GetLane(hn::SumOfLanes(d, total));
    for (; k < channels; ++k) {
      sum += load<float>(protos + k * sizeof(float)) * coefficients[k];
    }
    sums[x] = sum;
  }
}

void planes_f32(const std::byte* protos, std::ptrdiff_t stride, const float* coefficients,
                std::size_t channels, std::size_t count, float* sums) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t x = 0;
  for (; x + lanes <= count; x += lanes) {
    const std::byte* from = protos + x * sizeof(float);
    auto total = hn::Zero(d);
    for (std::size_t k = 0; k < channels; ++k, from += stride) {
      total = hn::MulAdd(hn::LoadU(d, reinterpret_cast<const float*>(from)),
                         hn::Set(d, coefficients[k]), total);
    }
    hn::StoreU(total, d, sums + x);
  }
  for (; x < count; ++x) {
    const std::byte* from = protos + x * sizeof(float);
    sums[x] = 0;
    for (std::size_t k = 0; k < channels; ++k, from += stride) {
      sums[x] += load<float>(from) * coefficients[k];
    }
  }
}

MaskKernels all_mask_kernels() {
  return {pixels<std::int8_t>,  pixels<std::uint8_t>, planes<std::int8_t>,
          planes<std::uint8_t>, pixels_f32,           planes_f32};
}

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::decoding
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::decoding {

HWY_EXPORT(all_mask_kernels);

MaskKernels mask_kernels() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(all_mask_kernels)();
}

}  // namespace edgefirst::decoding
#endif
