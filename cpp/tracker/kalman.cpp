// SPDX-License-Identifier: Apache-2.0
// The motion model in single precision, as 0.24 computes it.
#include "tracker/kalman.hpp"

#include <algorithm>
#include <cmath>

namespace edgefirst::tracking {
namespace {

constexpr float kPositionWeight = 1.0F / 20.0F;
constexpr float kVelocityWeight = 1.0F / 160.0F;
constexpr float kAspectDeviation = 1e-2F;
constexpr float kAspectVelocityDeviation = 1e-5F;
constexpr float kLeastSize = 1e-5F;
constexpr std::size_t kAspect = 2;
constexpr std::size_t kHeight = 3;

float square(float value) { return value * value; }

/// Standard deviation of an axis' position (factor * p * h) or, for the aspect, a constant.
float position_deviation(std::size_t axis, float height, float factor) {
  return axis == kAspect ? kAspectDeviation : factor * kPositionWeight * height;
}

float velocity_deviation(std::size_t axis, float height, float factor) {
  return axis == kAspect ? kAspectVelocityDeviation : factor * kVelocityWeight * height;
}

}  // namespace

Measurement measurement_of(const BoundingBox& box) {
  const float width = std::max(box.xmax - box.xmin, kLeastSize);
  const float height = std::max(box.ymax - box.ymin, kLeastSize);
  return {(box.xmax + box.xmin) / 2.0F, (box.ymax + box.ymin) / 2.0F, width / height, height};
}

BoundingBox box_of(const Measurement& measurement) {
  const auto [x, y, aspect, height] = measurement;
  const float half_width = height * aspect / 2.0F;
  const float half_height = height / 2.0F;
  return {x - half_width, y - half_height, x + half_width, y + half_height};
}

KalmanFilter::KalmanFilter(const Measurement& first) : axes_{} {
  const float height = first[kHeight];
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    axes_[i].position = first[i];
    axes_[i].pp = square(position_deviation(i, height, 2.0F));
    axes_[i].vv = square(velocity_deviation(i, height, 10.0F));
  }
}

void KalmanFilter::predict(const Motion& motion) {
  const float height = axes_[kHeight].position;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    Axis& axis = axes_[i];
    axis.position += motion.transition * axis.velocity;
    const float pp = axis.pp + motion.transition * axis.vp;  // F P
    const float pv = axis.pv + motion.transition * axis.vv;
    axis.pp =
        pp + motion.transition * pv + motion.noise * square(position_deviation(i, height, 1.0F));
    axis.pv = pv;
    axis.vp += motion.transition * axis.vv;
    axis.vv += motion.noise * square(velocity_deviation(i, height, 1.0F));
  }
}

Measurement KalmanFilter::position() const {
  return {axes_[0].position, axes_[1].position, axes_[2].position, axes_[3].position};
}

Measurement KalmanFilter::observation(const Motion& motion) const {
  Measurement result{};
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    result[i] = axes_[i].position + motion.lead * axes_[i].velocity;
  }
  return result;
}

void KalmanFilter::correct(const Measurement& measured, float share, const Motion& motion) {
  const float lead = motion.lead;
  const float height = axes_[kHeight].position;
  std::array<float, 4> innovation_variance{};
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const Axis& axis = axes_[i];
    innovation_variance[i] = (axis.pp + lead * axis.vp) + lead * (axis.pv + lead * axis.vv) +
                             square(position_deviation(i, height, 1.0F));
    if (!(innovation_variance[i] > 0.0F) || !std::isfinite(innovation_variance[i])) return;
  }
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    Axis& axis = axes_[i];
    const float variance = innovation_variance[i];
    const float deviation = std::sqrt(variance);  // by the Cholesky factor, as 0.24 rounds
    const float position_gain = (axis.pp + lead * axis.pv) / deviation / deviation;
    const float velocity_gain = (axis.vp + lead * axis.vv) / deviation / deviation;
    const float step = share * (measured[i] - (axis.position + lead * axis.velocity));
    axis.position += position_gain * step;
    axis.velocity += velocity_gain * step;
    axis.pp -= position_gain * variance * position_gain;
    axis.pv -= position_gain * variance * velocity_gain;
    axis.vp -= velocity_gain * variance * position_gain;
    axis.vv -= velocity_gain * variance * velocity_gain;
  }
}

}  // namespace edgefirst::tracking
