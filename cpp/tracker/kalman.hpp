// SPDX-License-Identifier: Apache-2.0
// The motion model of a track: constant velocity over (centre x, centre y, aspect, height).
// Knows neither scores nor association; called by byte_track.
#pragma once

#include <array>
#include <cstddef>

#include "edgefirst/geometry.hpp"

namespace edgefirst::tracking {

/// Centre x, centre y, aspect = width / height, height.
using Measurement = std::array<float, 4>;

/// Width and height count as at least 1e-5.
Measurement measurement_of(const BoundingBox& box);
BoundingBox box_of(const Measurement& measurement);

/// How a state moves and is seen. The default is that of EdgeFirst HAL 0.24, whose observation
/// leads the state by its velocity; steps of real time do without.
struct Motion {
  float transition = 3.0F;  ///< of velocity into position
  float noise = 1.0F;       ///< of a step, as a multiple of one frame's
  float lead = 1.0F;        ///< of velocity in the observation
};

/// Transition, observation and noise couple a position with its own velocity only, and a track
/// starts with a diagonal covariance: the 8 x 8 filter is exactly four filters of 2 x 2.
class KalmanFilter {
 public:
  /// Zero velocity; standard deviations 2ph, 2ph, 0.01, 2ph and 10vh, 10vh, 1e-5, 10vh with
  /// p = 1/20, v = 1/160.
  explicit KalmanFilter(const Measurement& first);

  /// One time step: x <- x + transition x', P <- F P F' + noise Q.
  void predict(const Motion& motion);
  /// The state's own position, without the velocity that observation adds.
  Measurement position() const;
  /// The observation H x = x + lead x': where the track is reported.
  Measurement observation(const Motion& motion) const;
  /// x <- x + K (share * (z - H x)), P <- P - K S K'. Without effect where S is not positive.
  void correct(const Measurement& measured, float share, const Motion& motion);

  /// Of one measured quantity: its value and change, and their covariance row by row. Rounding
  /// makes the two mixed terms differ, which settles contested associations in 0.24.
  struct Axis {
    float position = 0, velocity = 0;
    float pp = 0, pv = 0, vp = 0, vv = 0;
  };
  const std::array<Axis, 4>& axes() const { return axes_; }
  explicit KalmanFilter(const std::array<Axis, 4>& axes) : axes_(axes) {}

 private:
  std::array<Axis, 4> axes_;
};

}  // namespace edgefirst::tracking
