// SPDX-License-Identifier: Apache-2.0
// The motion model against full matrices in double precision.
#include "tracker/kalman.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tracker/reference_tracker.hpp"

namespace edgefirst::tracking {
namespace {

TEST(Kalman, FollowsTheFullMatrixFilter) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> unit(0.0F, 1.0F);
  for (int track = 0; track < 50; ++track) {
    const Measurement first{unit(random), unit(random), 0.3F + unit(random), 0.05F + unit(random)};
    KalmanFilter filter(first);
    testing::ReferenceFilter reference({first[0], first[1], first[2], first[3]});
    for (int step = 0; step < 60; ++step) {
      filter.predict({});
      reference.predict();
      if (random() % 4 != 0) {
        Measurement z = first;
        for (float& value : z) value += 0.02F * (unit(random) - 0.5F) + 0.001F * step;
        filter.correct(z, 0.25F, {});
        reference.correct({z[0], z[1], z[2], z[3]}, 0.25);
      }
      for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(filter.position()[i], reference.position()[i], 2e-5) << step << " axis " << i;
        EXPECT_NEAR(filter.observation({})[i], reference.observation()[i], 2e-5);
      }
    }
  }
}

TEST(Kalman, ConvertsBoxesBothWays) {
  const Measurement z = measurement_of({0.1F, 0.2F, 0.3F, 0.6F});
  EXPECT_FLOAT_EQ(z[0], 0.2F);
  EXPECT_FLOAT_EQ(z[1], 0.4F);
  EXPECT_FLOAT_EQ(z[2], 0.5F);
  EXPECT_FLOAT_EQ(z[3], 0.4F);
  const BoundingBox box = box_of(z);
  EXPECT_FLOAT_EQ(box.xmin, 0.1F);
  EXPECT_FLOAT_EQ(box.ymin, 0.2F);
  EXPECT_FLOAT_EQ(box.xmax, 0.3F);
  EXPECT_FLOAT_EQ(box.ymax, 0.6F);
}

TEST(Kalman, GivesEmptyBoxesALeastSize) {
  const Measurement z = measurement_of({0.5F, 0.5F, 0.5F, 0.4F});
  EXPECT_FLOAT_EQ(z[3], 1e-5F);
  EXPECT_FLOAT_EQ(z[2], 1.0F);
}

TEST(Kalman, IgnoresAMeasurementWhereTheInnovationVarianceIsNotPositive) {
  KalmanFilter filter(Measurement{0.5F, 0.5F, 1.0F, 0.0F});  // all deviations but the aspect's: 0
  filter.correct({0.9F, 0.9F, 1.0F, 0.5F}, 1.0F, {});
  EXPECT_EQ(filter.position()[0], 0.5F);
  EXPECT_EQ(filter.position()[3], 0.0F);
}

}  // namespace
}  // namespace edgefirst::tracking
