// SPDX-License-Identifier: Apache-2.0
// Vector passes over rows of a cost matrix, one source for every target.
#include "tracker/cost_rows.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tracker/cost_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "base/simd.hpp"

HWY_BEFORE_NAMESPACE();
namespace edgefirst::tracking {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::CappedTag<float, 16>;
using IndexTag = hn::CappedTag<std::int32_t, 16>;
constexpr float kLargest = std::numeric_limits<float>::max();

void lower_columns(const float* row, std::size_t size, std::int32_t number, float* least,
                   std::int32_t* row_of) {
  const FloatTag d;
  const IndexTag di;
  const auto own = hn::Set(di, number);
  std::size_t j = 0;
  for (; j + hn::Lanes(d) <= size; j += hn::Lanes(d)) {
    const auto cost = hn::LoadU(d, row + j);
    const auto before = hn::LoadU(d, least + j);
    const auto lower = hn::Lt(cost, before);
    hn::StoreU(hn::IfThenElse(lower, cost, before), d, least + j);
    hn::StoreU(hn::IfThenElse(hn::RebindMask(di, lower), own, hn::LoadU(di, row_of + j)), di,
               row_of + j);
  }
  for (; j < size; ++j) {
    if (row[j] >= least[j]) continue;
    least[j] = row[j];
    row_of[j] = number;
  }
}

/// The first place other than skip where the reduced cost is value.
std::size_t first_place(const float* row, const float* price, std::size_t size, float value,
                        std::size_t skip) {
  const FloatTag d;
  const auto wanted = hn::Set(d, value);
  std::size_t j = 0;
  for (; j + hn::Lanes(d) <= size; j += hn::Lanes(d)) {
    const auto cost = hn::Sub(hn::LoadU(d, row + j), hn::LoadU(d, price + j));
    if (!hn::AllFalse(d, hn::Eq(cost, wanted))) {
      for (std::size_t i = j; i < j + hn::Lanes(d); ++i) {
        if (row[i] - price[i] == value && i != skip) return i;
      }
    }
  }
  while (j < size && (row[j] - price[j] != value || j == skip)) ++j;
  return j;
}

LeastTwo least_two(const float* row, const float* price, std::size_t size) {
  const FloatTag d;
  auto low = hn::Set(d, kLargest);
  auto next = low;
  std::size_t j = 0;
  for (; j + hn::Lanes(d) <= size; j += hn::Lanes(d)) {
    const auto cost = hn::Sub(hn::LoadU(d, row + j), hn::LoadU(d, price + j));
    next = hn::Min(next, hn::Max(low, cost));
    low = hn::Min(low, cost);
  }
  float first = hn::GetLane(hn::MinOfLanes(d, low));
  float second = kLargest;
  float lows[16];
  float nexts[16];
  hn::StoreU(low, d, lows);
  hn::StoreU(next, d, nexts);
  bool taken = false;  // one lane's low is the smallest itself
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) {
    const bool is_first = !taken && lows[i] == first;
    taken = taken || is_first;
    second = std::min(second, is_first ? nexts[i] : lows[i]);
  }
  for (; j < size; ++j) {
    const float cost = row[j] - price[j];
    second = std::min(second, std::max(first, cost));
    first = std::min(first, cost);
  }
  const std::size_t place = first_place(row, price, size, first, size);
  const std::size_t other = second < kLargest ? first_place(row, price, size, second, place) : size;
  return {place, other < size ? static_cast<std::int32_t>(other) : -1, first, second};
}

float least(const float* row, const float* price, std::size_t size) {
  const FloatTag d;
  auto low = hn::Set(d, kLargest);
  std::size_t j = 0;
  for (; j + hn::Lanes(d) <= size; j += hn::Lanes(d)) {
    low = hn::Min(low, hn::Sub(hn::LoadU(d, row + j), hn::LoadU(d, price + j)));
  }
  float result = hn::GetLane(hn::MinOfLanes(d, low));
  for (; j < size; ++j) result = std::min(result, row[j] - price[j]);
  return result;
}

std::size_t nearer(const float* row, const float* price, float offset, const float* distance,
                   const std::int32_t* columns, std::size_t begin, std::size_t end,
                   std::int32_t* places, float* distances) {
  const FloatTag d;
  const IndexTag di;
  const auto shift = hn::Set(d, offset);
  std::size_t count = 0;
  std::size_t k = begin;
  for (; k + hn::Lanes(d) <= end; k += hn::Lanes(d)) {
    const auto at = hn::LoadU(di, columns + k);
    const auto reached =
        hn::Sub(hn::Sub(hn::GatherIndex(d, row, at), hn::GatherIndex(d, price, at)), shift);
    const auto is_nearer = hn::Lt(reached, hn::GatherIndex(d, distance, at));
    if (hn::AllFalse(d, is_nearer)) continue;
    std::uint8_t bytes[8] = {};
    float values[16];
    hn::StoreMaskBits(d, is_nearer, bytes);
    hn::StoreU(reached, d, values);
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes, sizeof bits);
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t lane = hwy::Num0BitsBelowLS1Bit_Nonzero64(bits);
      places[count] = static_cast<std::int32_t>(k + lane);
      distances[count++] = values[lane];
    }
  }
  for (; k < end; ++k) {
    const std::int32_t column = columns[k];
    const float reached = row[column] - price[column] - offset;
    if (!(reached < distance[column])) continue;
    places[count] = static_cast<std::int32_t>(k);
    distances[count++] = reached;
  }
  return count;
}

std::int32_t last_free(const float* row, const float* price, const std::int32_t* row_of,
                       std::size_t size, float value) {
  const FloatTag d;
  const IndexTag di;
  const auto wanted = hn::Set(d, value);
  const auto is_free = [&](std::size_t j) { return row[j] - price[j] == value && row_of[j] < 0; };
  std::size_t end = size;
  for (; end >= hn::Lanes(d); end -= hn::Lanes(d)) {
    const std::size_t j = end - hn::Lanes(d);
    const auto cost = hn::Sub(hn::LoadU(d, row + j), hn::LoadU(d, price + j));
    const auto free = hn::RebindMask(d, hn::Lt(hn::LoadU(di, row_of + j), hn::Zero(di)));
    if (hn::AllFalse(d, hn::And(free, hn::Eq(cost, wanted)))) continue;
    while (!is_free(--end)) {
    }
    return static_cast<std::int32_t>(end);
  }
  while (end > 0) {
    if (is_free(--end)) return static_cast<std::int32_t>(end);
  }
  return -1;
}

CostRowKernels all_cost_row_kernels() {
  return {lower_columns, least_two, least, nearer, last_free};
}

}  // namespace HWY_NAMESPACE
}  // namespace edgefirst::tracking
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace edgefirst::tracking {

HWY_EXPORT(all_cost_row_kernels);

CostRowKernels cost_row_kernels() {
  simd::initialize();
  return HWY_DYNAMIC_DISPATCH(all_cost_row_kernels)();
}

}  // namespace edgefirst::tracking
#endif
