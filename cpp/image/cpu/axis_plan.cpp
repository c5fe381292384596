// SPDX-License-Identifier: Apache-2.0
// Filter taps in double precision, then quantised so that every output's weights sum to 2^15.
#include "image/cpu/axis_plan.hpp"

#include <algorithm>
#include <cmath>

#include "image/cpu/resize_kernels.hpp"

namespace edgefirst::cpu {
namespace {

constexpr double kOne = 32768;  // 1.0 in 15-bit fixed point

/// The source pixels [begin, end) that can have weight, and the weight of each.
class Kernel {
 public:
  Kernel(std::size_t source, std::size_t outputs, Filter filter)
      : source_(static_cast<double>(source)),
        ratio_(source_ / static_cast<double>(outputs)),
        filter_(filter),
        support_(filter == Filter::kAntialias ? std::max(1.0, ratio_) : 1.0) {}

  void place(std::size_t output) {
    const auto i = static_cast<double>(output);
    center_ = (i + 0.5) * ratio_;
    low_ = i * ratio_;
    high_ = (i + 1) * ratio_;
    switch (filter_) {
      case Filter::kNearest:
        set_range(std::floor(center_), std::floor(center_) + 1);
        break;
      case Filter::kArea:
        set_range(std::floor(low_), std::ceil(high_));
        break;
      case Filter::kAntialias:
      case Filter::kBilinear:
        set_range(std::floor(center_ - support_), std::ceil(center_ + support_));
        break;
    }
  }

  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }

  double weight(std::size_t pixel) const {
    const auto j = static_cast<double>(pixel);
    switch (filter_) {
      case Filter::kNearest:
        return 1;
      case Filter::kArea:
        return std::max(0.0, std::min(j + 1, high_) - std::max(j, low_));
      case Filter::kAntialias:
      case Filter::kBilinear:
        break;
    }
    return std::max(0.0, 1 - std::abs(j + 0.5 - center_) / support_);
  }

 private:
  void set_range(double begin, double end) {
    begin_ = static_cast<std::size_t>(std::clamp(begin, 0.0, source_ - 1));
    end_ = static_cast<std::size_t>(std::clamp(end, static_cast<double>(begin_) + 1, source_));
  }

  double source_;
  double ratio_;
  Filter filter_;
  double support_;
  double center_ = 0, low_ = 0, high_ = 0;
  std::size_t begin_ = 0, end_ = 0;
};

/// Most taps that any output has: the span of the kernel, rounded up, within the source.
std::size_t most_taps(Kernel& kernel, std::size_t outputs) {
  std::size_t taps = 1;
  for (std::size_t i = 0; i < outputs; ++i) {
    kernel.place(i);
    std::size_t begin = kernel.begin();
    std::size_t end = kernel.end();
    while (begin + 1 < end && kernel.weight(begin) < 0.5 / kOne) ++begin;
    while (begin + 1 < end && kernel.weight(end - 1) < 0.5 / kOne) --end;
    taps = std::max(taps, end - begin);
  }
  return taps;
}

/// Rounds the running sum instead of each weight, so that the rounded weights sum to 2^15.
void quantise(const Kernel& kernel, std::size_t start, std::size_t taps, std::int16_t* weights) {
  double total = 0;
  for (std::size_t k = 0; k < taps; ++k) total += kernel.weight(start + k);
  double sum = 0;
  double written = 0;
  for (std::size_t k = 0; k < taps; ++k) {
    sum += kernel.weight(start + k);
    const double target = std::nearbyint(sum / total * kOne);
    weights[k] = static_cast<std::int16_t>(std::min(target - written, kOne - 1));
    written = target;
  }
}

void pair_up(AxisPlan& plan) {
  const std::size_t pairs = plan.pairs();
  plan.pair_weights.assign((plan.size() + 7) / 8 * pairs * 64, 0);
  for (std::size_t i = 0; i < plan.size(); ++i) {
    for (std::size_t k = 0; k < plan.taps; ++k) {
      const std::size_t at = pair_position(i, pairs, k / 2) + k % 2 * 4;
      std::fill_n(&plan.pair_weights[at], 4, plan.weights[i * plan.taps + k]);
    }
  }
}

}  // namespace

std::size_t AxisPlan::source_begin(std::size_t begin, std::size_t end) const {
  return std::min(starts[begin], starts[end - 1]);
}

std::size_t AxisPlan::source_end(std::size_t begin, std::size_t end) const {
  return std::max(starts[begin], starts[end - 1]) + taps;
}

void make_axis_plan(std::size_t source, std::size_t outputs, Filter filter, bool reversed,
                    AxisPlan& plan) {
  Kernel kernel(source, outputs, filter);
  const std::size_t taps = most_taps(kernel, outputs);
  plan.taps = taps;
  plan.starts.resize(outputs);
  plan.weights.resize(outputs * taps);
  for (std::size_t i = 0; i < outputs; ++i) {
    kernel.place(i);
    std::size_t start = kernel.begin();
    while (start + 1 < kernel.end() && kernel.weight(start) < 0.5 / kOne) ++start;
    start = std::min(start, source - taps);
    const std::size_t slot = reversed ? outputs - 1 - i : i;
    plan.starts[slot] = static_cast<std::uint32_t>(start);
    quantise(kernel, start, taps, &plan.weights[slot * taps]);
  }
  if (plan.has_pairs()) pair_up(plan);
}

}  // namespace edgefirst::cpu
