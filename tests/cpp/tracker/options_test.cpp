// SPDX-License-Identifier: Apache-2.0
// What goes beyond EdgeFirst HAL 0.24: time, classes, confirmation, tiny boxes, snapshots.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "edgefirst/error.hpp"
#include "edgefirst/tracker.hpp"

#include "tracker/tracker_steps.hpp"

namespace edgefirst {
namespace {

constexpr std::uint64_t kFrame = 33'333'333;

using testing::active;
using testing::Results;
using testing::step;

DetectBox box_at(float x, float size = 0.1F, std::size_t label = 0) {
  return {{x, 0.4F, x + size, 0.4F + size}, 0.9F, label};
}

ByteTrackOptions timed() {
  ByteTrackOptions options;
  options.timed_motion = true;
  options.update = 1.0F;
  options.lifespan_ns = 10'000'000'000;
  return options;
}

/// Follows a box of constant speed, then looks where it is expected after a pause.
float expected_after_pause(std::uint64_t pause_frames) {
  ByteTrack tracker(timed());
  for (std::uint64_t i = 0; i < 60; ++i) {
    step(tracker, {box_at(0.1F + 0.005F * static_cast<float>(i))}, i * kFrame);
  }
  step(tracker, {}, (59 + pause_frames) * kFrame);
  return active(tracker).at(0).info.tracked_location.xmin;
}

ErrorCode code_of(const ByteTrackOptions& options) {
  try {
    ByteTrack tracker(options);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(Options, WithoutMeaningAreRefused) {
  ByteTrackOptions options = timed();
  options.frame_ns = 0;
  EXPECT_EQ(code_of(options), ErrorCode::kInvalidArgument);
  options = {};
  options.confirm_after = 0;
  EXPECT_EQ(code_of(options), ErrorCode::kInvalidArgument);
  options = {};
  options.low_conf = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(code_of(options), ErrorCode::kInvalidArgument);
}

TEST(TimedMotion, ExpectsTheBoxWhereTheElapsedTimePutsIt) {
  const float last = 0.1F + 0.005F * 59;
  EXPECT_NEAR(expected_after_pause(1), last + 0.005F, 2e-3F);
  EXPECT_NEAR(expected_after_pause(20), last + 0.1F, 1e-2F);
}

TEST(TimedMotion, TimeThatStandsStillOrGoesBackMovesNothing) {
  ByteTrack tracker(timed());
  for (std::uint64_t i = 0; i < 30; ++i) {
    step(tracker, {box_at(0.1F + 0.005F * static_cast<float>(i))}, i * kFrame);
  }
  const float before = active(tracker).at(0).info.tracked_location.xmin;
  step(tracker, {}, 29 * kFrame);
  EXPECT_EQ(active(tracker).at(0).info.tracked_location.xmin, before);
  step(tracker, {}, 5);
  EXPECT_EQ(active(tracker).at(0).info.tracked_location.xmin, before);
}

TEST(TimedMotion, ReportsWhereTheBoxesAre) {
  ByteTrack tracker(timed());
  float worst = 0;
  for (std::uint64_t i = 0; i < 90; ++i) {
    const DetectBox box = box_at(0.1F + 0.005F * static_cast<float>(i));
    const Results results = step(tracker, {box}, i * kFrame);
    ASSERT_TRUE(results[0]);
    if (i > 30)
      worst = std::max(worst, std::fabs(results[0]->tracked_location.xmin - box.box.xmin));
  }
  EXPECT_LT(worst, 2e-3F);
}

TEST(PerClass, ADetectionContinuesTracksOfItsLabelOnly) {
  ByteTrackOptions options;
  options.per_class = true;
  ByteTrack tracker(options);
  const Uuid first = step(tracker, {box_at(0.2F, 0.1F, 1)}, 0)[0]->uuid;
  const Results both = step(tracker, {box_at(0.2F, 0.1F, 2), box_at(0.2F, 0.1F, 1)}, 1);
  EXPECT_NE(both[0]->uuid, first);
  EXPECT_EQ(both[1]->uuid, first);
  EXPECT_EQ(active(tracker).size(), 2U);
}

TEST(Confirmation, ATrackIsReportedFromItsSecondDetectionOn) {
  ByteTrackOptions options;
  options.confirm_after = 2;
  ByteTrack tracker(options);
  EXPECT_FALSE(step(tracker, {box_at(0.2F)}, 0)[0]);
  EXPECT_EQ(active(tracker).at(0).state, TrackState::kTentative);
  EXPECT_TRUE(step(tracker, {box_at(0.2F)}, 1)[0]);
  EXPECT_EQ(active(tracker).size(), 1U);
  EXPECT_EQ(active(tracker)[0].state, TrackState::kConfirmed);
  step(tracker, {}, 2);
  EXPECT_EQ(active(tracker).at(0).state, TrackState::kLost);
  step(tracker, {box_at(0.2F)}, 3);
  EXPECT_EQ(active(tracker).at(0).state, TrackState::kConfirmed);
}

TEST(Confirmation, OneMissEndsATentativeTrack) {
  ByteTrackOptions options;
  options.confirm_after = 3;
  ByteTrack tracker(options);
  step(tracker, {box_at(0.2F)}, 0);
  step(tracker, {box_at(0.2F)}, 1);
  step(tracker, {}, 2);
  EXPECT_TRUE(active(tracker).empty());
}

TEST(TinyBoxes, MatchWhereAskedFor) {
  const DetectBox tiny = box_at(0.2F, 0.001F);
  ByteTrack compatible;
  step(compatible, {tiny}, 0);
  step(compatible, {tiny}, 1);
  EXPECT_EQ(active(compatible).size(), 2U);
  ByteTrackOptions options;
  options.match_tiny = true;
  ByteTrack tracker(options);
  step(tracker, {tiny}, 0);
  step(tracker, {tiny}, 1);
  EXPECT_EQ(active(tracker).size(), 1U);
}

TEST(LowConf, KeepsWeakDetectionsOut) {
  ByteTrackOptions options;
  options.low_conf = 0.3F;
  ByteTrack tracker(options);
  step(tracker, {box_at(0.2F)}, 0);
  DetectBox weak = box_at(0.2F);
  weak.score = 0.29F;
  EXPECT_FALSE(step(tracker, {weak}, 1)[0]);
  weak.score = 0.3F;
  EXPECT_TRUE(step(tracker, {weak}, 2)[0]);
}

ByteTrack busy_tracker(const ByteTrackOptions& options, std::mt19937& random) {
  ByteTrack tracker(options);
  for (std::uint64_t frame = 0; frame < 20; ++frame) {
    std::vector<DetectBox> boxes;
    for (std::size_t i = 0; i < 8; ++i) {
      if (random() % 5 == 0) continue;
      boxes.push_back(
          box_at(0.1F * static_cast<float>(i) + 0.001F * static_cast<float>(frame), 0.05F, i % 3));
    }
    step(tracker, boxes, frame * kFrame);
  }
  return tracker;
}

TEST(Snapshot, ARestoredTrackerContinuesExactly) {
  for (const bool own : {false, true}) {
    ByteTrackOptions options = own ? timed() : ByteTrackOptions();
    options.confirm_after = own ? 2 : 1;
    options.per_class = own;
    std::mt19937 random(5);
    ByteTrack tracker = busy_tracker(options, random);
    ByteTrack restored = ByteTrack::restore(tracker.snapshot());
    EXPECT_EQ(restored.snapshot(), tracker.snapshot());
    EXPECT_EQ(restored.options().confirm_after, options.confirm_after);
    for (std::uint64_t frame = 20; frame < 40; ++frame) {
      std::vector<DetectBox> boxes;
      for (std::size_t i = 0; i < 8; ++i) {
        boxes.push_back(box_at(0.1F * static_cast<float>(i) + 0.001F * static_cast<float>(frame),
                               0.05F, i % 3));
      }
      step(tracker, boxes, frame * kFrame);
      step(restored, boxes, frame * kFrame);
      const std::vector<ActiveTrackInfo> expected = active(tracker);
      const std::vector<ActiveTrackInfo> actual = active(restored);
      ASSERT_EQ(actual.size(), expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(actual[i].info.count, expected[i].info.count);
        EXPECT_EQ(actual[i].info.tracked_location.xmin, expected[i].info.tracked_location.xmin);
      }
    }
  }
}

TEST(Snapshot, WhatIsNoneIsRefused) {
  std::mt19937 random(5);
  const std::vector<std::uint8_t> good = busy_tracker({}, random).snapshot();
  const auto refuses = [](const std::vector<std::uint8_t>& bytes) {
    try {
      ByteTrack::restore(bytes);
    } catch (const Error& error) {
      return error.code() == ErrorCode::kInvalidData;
    }
    return false;
  };
  EXPECT_TRUE(refuses({}));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_TRUE(refuses({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
  }
  for (const std::size_t at : {0, 4}) {
    std::vector<std::uint8_t> bad = good;
    bad[at] ^= 1;
    EXPECT_TRUE(refuses(bad)) << at;
  }
  std::vector<std::uint8_t> longer = good;
  longer.push_back(0);
  EXPECT_TRUE(refuses(longer));
  std::vector<std::uint8_t> nan = good;
  for (std::size_t i = nan.size() - 60; i < nan.size() - 40; ++i) nan[i] = 0xFF;
  EXPECT_TRUE(refuses(nan));
}

bool is_finite(const BoundingBox& box) {
  return std::isfinite(box.xmin) && std::isfinite(box.ymin) && std::isfinite(box.xmax) &&
         std::isfinite(box.ymax);
}

/// Restores bytes and follows boxes with them. False where something not finite is reported.
bool stays_finite(const std::vector<std::uint8_t>& bytes, const std::vector<DetectBox>& boxes) {
  ByteTrack tracker = ByteTrack::restore(bytes);
  for (std::uint64_t frame = 20; frame < 24; ++frame) {
    for (const ActiveTrackInfo& track : active(tracker)) {
      if (!is_finite(track.info.tracked_location)) return false;
    }
    for (const auto& result : step(tracker, boxes, frame * kFrame)) {
      if (result && !is_finite(result->tracked_location)) return false;
    }
  }
  return true;
}

TEST(Snapshot, TamperedOnesAreInvalidDataOrReportFiniteBoxes) {
  for (const bool own : {false, true}) {
    std::mt19937 random(7);
    const auto options = own ? timed() : ByteTrackOptions();
    const std::vector<std::uint8_t> good = busy_tracker(options, random).snapshot();
    std::vector<DetectBox> boxes;
    for (std::size_t i = 0; i < 8; ++i) {
      boxes.push_back(box_at(0.1F * static_cast<float>(i), 0.05F, i % 3));
    }
    std::size_t restored = 0;
    for (int round = 0; round < 20000; ++round) {
      std::vector<std::uint8_t> bytes = good;
      for (std::size_t hits = 1 + random() % 4; hits-- > 0;) {
        bytes[random() % bytes.size()] =
            static_cast<std::uint8_t>(random() % 3 == 0 ? 0x7E : random());
      }
      try {
        ASSERT_TRUE(stays_finite(bytes, boxes)) << round;
        ++restored;
      } catch (const Error& error) {
        ASSERT_EQ(error.code(), ErrorCode::kInvalidData) << error.what();
      }
    }
    EXPECT_GT(restored, 1000U);
  }
}

/// A filter of finite but huge numbers.
TEST(Snapshot, HugeNumbersAreRefusedOrStayFinite) {
  std::mt19937 random(5);
  const std::vector<std::uint8_t> good = busy_tracker({}, random).snapshot();
  const std::size_t at = 8 + 3 * 4 + 8 + 2 + 8 + 1 + 4 + 4 + 1 + 8 + 1 + 8 + 16;
  for (std::size_t member = 0; member < 24; ++member) {
    for (const float value : {3e38F, -3e38F, 1e30F, 1e20F, 1e-38F}) {
      std::vector<std::uint8_t> bytes = good;
      std::memcpy(bytes.data() + at + 4 * member, &value, sizeof value);
      try {
        EXPECT_TRUE(stays_finite(bytes, {box_at(0.0F, 0.05F), box_at(0.1F, 0.05F)}))
            << member << ' ' << value;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      }
    }
  }
}

TEST(Snapshot, OptionsThatNoTrackerTakesAreInvalidData) {
  std::vector<std::uint8_t> bytes = ByteTrack(timed()).snapshot();
  const std::size_t frame_ns = 8 + 3 * 4 + 8 + 2;
  for (std::size_t i = 0; i < 8; ++i) bytes[frame_ns + i] = 0;
  try {
    ByteTrack::restore(bytes);
    FAIL() << "a frame of no length";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_NE(std::string(error.what()).find("frame_ns"), std::string::npos);
  }
}

TEST(Poison, AFilterThatLeavesTheFiniteNumbersEnds) {
  std::mt19937 random(5);
  std::vector<std::uint8_t> bytes = busy_tracker({}, random).snapshot();
  const float position = 1e38F;  // finite, and so is the box that is seen
  const float velocity = 5e37F;
  // The first track's filter: behind magic, version, options, times, count, uuid.
  const std::size_t at = 8 + 3 * 4 + 8 + 2 + 8 + 1 + 4 + 4 + 1 + 8 + 1 + 8 + 16;
  std::memcpy(bytes.data() + at, &position, sizeof position);
  std::memcpy(bytes.data() + at + 4, &velocity, sizeof velocity);
  ByteTrack tracker = ByteTrack::restore(bytes);
  const std::size_t before = active(tracker).size();
  step(tracker, {}, 20 * kFrame);
  EXPECT_EQ(active(tracker).size(), before - 1);
}

}  // namespace
}  // namespace edgefirst
