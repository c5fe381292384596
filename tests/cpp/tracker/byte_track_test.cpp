// SPDX-License-Identifier: Apache-2.0
// The tracker's life cycle, and whole scenes against the naive tracker.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "edgefirst/tracker.hpp"

#include "support/allocation_counter.hpp"
#include "tracker/reference_tracker.hpp"
#include "tracker/tracker_steps.hpp"

namespace edgefirst {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

using testing::active;
using testing::Results;
using testing::step;

const DetectBox kBox{{0.2F, 0.2F, 0.4F, 0.5F}, 0.9F, 3};

TEST(ByteTrack, StartsATrackAtTheHighScoreInclusive) {
  ByteTrack tracker;
  DetectBox weak = kBox;
  weak.score = std::nextafter(0.7F, 0.0F);
  EXPECT_FALSE(step(tracker, {weak}, 1)[0]);
  EXPECT_TRUE(active(tracker).empty());
  weak.score = 0.7F;
  const Results born = step(tracker, {weak}, 2);
  ASSERT_TRUE(born[0]);
  EXPECT_EQ(born[0]->count, 1);
  EXPECT_EQ(born[0]->created, 2U);
  EXPECT_EQ(born[0]->last_updated, 2U);
  EXPECT_NEAR(born[0]->tracked_location.xmin, 0.2F, 1e-6F);
  EXPECT_NEAR(born[0]->tracked_location.ymax, 0.5F, 1e-6F);
}

TEST(ByteTrack, ReportsAMatchAsPredictedAndCountedBefore) {
  ByteTrack tracker;
  const Uuid uuid = step(tracker, {kBox}, 10)[0]->uuid;
  DetectBox moved = kBox;
  moved.box.xmin += 0.02F;
  moved.box.xmax += 0.02F;
  moved.label = 5;
  const Results matched = step(tracker, {moved}, 20);
  ASSERT_TRUE(matched[0]);
  EXPECT_EQ(matched[0]->uuid, uuid);
  EXPECT_EQ(matched[0]->count, 1);
  EXPECT_EQ(matched[0]->created, 10U);
  EXPECT_EQ(matched[0]->last_updated, 20U);
  EXPECT_NEAR(matched[0]->tracked_location.xmin, 0.2F, 1e-6F);
  const std::vector<ActiveTrackInfo> tracks = active(tracker);
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks[0].info.count, 2);
  EXPECT_GT(tracks[0].info.tracked_location.xmin, 0.2F);
  EXPECT_EQ(tracks[0].last_box.label, 5U);
  EXPECT_EQ(tracks[0].last_box.box.xmin, moved.box.xmin);
}

TEST(ByteTrack, ContinuesATrackWithAWeakDetection) {
  ByteTrack tracker;
  step(tracker, {kBox}, 0);
  DetectBox weak = kBox;
  weak.score = 0.0F;
  EXPECT_TRUE(step(tracker, {weak}, 1)[0]);
  weak.score = -0.01F;
  EXPECT_FALSE(step(tracker, {weak}, 2)[0]);
}

TEST(ByteTrack, KeepsATrackThroughItsWholeLifespan) {
  ByteTrackOptions options;
  options.lifespan_ns = 100;
  ByteTrack tracker(options);
  step(tracker, {kBox}, 1000);
  step(tracker, {}, 1100);
  EXPECT_EQ(active(tracker).size(), 1U);
  step(tracker, {}, 1101);
  EXPECT_TRUE(active(tracker).empty());
}

TEST(ByteTrack, NeverExpiresWithTheLargestLifespan) {
  ByteTrackOptions options;
  options.lifespan_ns = std::numeric_limits<std::uint64_t>::max();
  ByteTrack tracker(options);
  step(tracker, {kBox}, 5);
  step(tracker, {}, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(active(tracker).size(), 1U);
}

constexpr std::uint64_t kSecond = 1'000'000'000;

TEST(ByteTrack, ATrackThatOutlivedItsLifespanIsNotContinued) {
  for (const std::uint64_t pause : {kSecond / 2, kSecond / 2 + 1, 3600 * kSecond}) {
    ByteTrack tracker;
    const Uuid first = step(tracker, {kBox}, kSecond)[0]->uuid;
    const Results later = step(tracker, {kBox}, kSecond + pause);
    ASSERT_TRUE(later[0]);
    EXPECT_EQ(later[0]->uuid == first, pause == kSecond / 2) << pause;
    EXPECT_EQ(active(tracker).size(), 1U);
  }
}

TEST(ByteTrack, AWeakBoxDoesNotContinueATrackThatOutlivedItsLifespan) {
  ByteTrack tracker;
  step(tracker, {kBox}, 0);
  DetectBox weak = kBox;
  weak.score = 0.3F;
  EXPECT_FALSE(step(tracker, {weak}, kSecond)[0]);
  EXPECT_TRUE(active(tracker).empty());
}

/// Tracks of before end a lifespan after the clock went back, not when it has caught up.
TEST(ByteTrack, TracksEndAfterTheClockWentBack) {
  for (const std::uint64_t start : {std::uint64_t{2}, 3600 * kSecond, ~std::uint64_t{0}}) {
    ByteTrack tracker;
    step(tracker, {kBox}, start);
    step(tracker, {}, 1);
    ASSERT_EQ(active(tracker).size(), 1U);
    EXPECT_EQ(active(tracker)[0].info.last_updated, 1U);
    step(tracker, {}, 1 + kSecond / 2);
    EXPECT_EQ(active(tracker).size(), 1U);
    step(tracker, {}, 2 + kSecond / 2);
    EXPECT_TRUE(active(tracker).empty()) << start;
  }
}

TEST(ByteTrack, ABoxContinuesItsTrackWhereTheClockWentBack) {
  ByteTrack tracker;
  const Uuid first = step(tracker, {kBox}, 3600 * kSecond)[0]->uuid;
  for (const std::uint64_t now : {kSecond, kSecond + 33, kSecond - 5}) {
    const Results results = step(tracker, {kBox}, now);
    ASSERT_TRUE(results[0]);
    EXPECT_EQ(results[0]->uuid, first);
    EXPECT_EQ(results[0]->last_updated, now);
  }
}

TEST(ByteTrack, TheLargestLifespanHoldsWhereTheClockWentBack) {
  ByteTrackOptions options;
  options.lifespan_ns = std::numeric_limits<std::uint64_t>::max();
  ByteTrack tracker(options);
  step(tracker, {kBox}, 5 * kSecond);
  step(tracker, {}, 0);
  step(tracker, {}, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(active(tracker).size(), 1U);
}

TEST(ByteTrack, FillsTheHoleOfAnExpiredTrackWithTheLast) {
  ByteTrackOptions options;
  options.lifespan_ns = 10;
  ByteTrack tracker(options);
  const auto at = [](float x) { return DetectBox{{x, 0.1F, x + 0.1F, 0.3F}, 0.9F, 0}; };
  step(tracker, {at(0.0F)}, 0);
  step(tracker, {at(0.3F)}, 5);
  const Uuid last = step(tracker, {at(0.6F)}, 6)[0]->uuid;
  step(tracker, {}, 11);
  const std::vector<ActiveTrackInfo> tracks = active(tracker);
  ASSERT_EQ(tracks.size(), 2U);
  EXPECT_EQ(tracks[0].info.uuid, last);
}

TEST(ByteTrack, IsNeverPoisonedByNotANumber) {
  for (const float bad : {kNan, kInfinity, -kInfinity}) {
    ByteTrack tracker;
    step(tracker, {kBox}, 0);
    std::vector<DetectBox> boxes(5, kBox);
    boxes[0].box.xmin = bad;
    boxes[1].box.ymax = bad;
    boxes[2].score = bad;
    boxes[3].box = {bad, bad, bad, bad};
    const Results results = step(tracker, boxes, 1);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_FALSE(results[i]) << i;
    ASSERT_TRUE(results[4]);
    ASSERT_EQ(active(tracker).size(), 1U);
    EXPECT_TRUE(std::isfinite(active(tracker)[0].info.tracked_location.xmin));
  }
}

TEST(ByteTrack, GivesEveryTrackItsOwnVersion4Uuid) {
  ByteTrack tracker;
  std::vector<DetectBox> boxes;
  for (int i = 0; i < 64; ++i) {
    const auto x = static_cast<float>(i);
    boxes.push_back({{x, 0, x + 0.5F, 1}, 0.9F, 0});
  }
  std::set<std::string> texts;
  for (const auto& result : step(tracker, boxes, 0)) {
    const std::string text = uuid_to_string(result->uuid);
    ASSERT_EQ(text.size(), 36U);
    EXPECT_EQ(text[14], '4');
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
    texts.insert(text);
  }
  EXPECT_EQ(texts.size(), 64U);
}

TEST(ByteTrack, NeverMatchesBoxesOfTinyUnion) {
  ByteTrack tracker;  // the contract's overlap is 0 where the union is at most 1e-5
  const DetectBox tiny{{0.5F, 0.5F, 0.503F, 0.503F}, 0.9F, 0};
  const Uuid first = step(tracker, {tiny}, 0)[0]->uuid;
  EXPECT_NE(step(tracker, {tiny}, 1)[0]->uuid, first);
}

/// Objects on smooth paths with dropouts, clutter and scores around the gates.
std::vector<DetectBox> scene(std::mt19937& random, int frame) {
  std::uniform_real_distribution<float> unit(0.0F, 1.0F);
  std::vector<DetectBox> boxes;
  for (int object = 0; object < 6; ++object) {
    const float phase = 0.05F * static_cast<float>(frame) + static_cast<float>(object);
    const float x = 0.5F + 0.35F * std::sin(phase);
    const float y = 0.5F + 0.3F * std::cos(1.3F * phase + static_cast<float>(object));
    const float size = 0.12F + 0.02F * static_cast<float>(object % 3);
    if (unit(random) < 0.15F) continue;
    const float jitter = 0.01F * (unit(random) - 0.5F);
    boxes.push_back({{x - size + jitter, y - size, x + size + jitter, y + size},
                     unit(random),
                     static_cast<std::size_t>(object)});
  }
  return boxes;
}

TEST(ByteTrack, AssociatesWholeScenesLikeTheNaiveTracker) {
  for (unsigned seed = 0; seed < 12; ++seed) {
    std::mt19937 random(seed);
    ByteTrackOptions options;
    options.optimal_assignment = true;
    ByteTrack tracker(options);
    testing::ReferenceTracker reference;
    std::map<std::string, int> ids;
    for (int frame = 0; frame < 120; ++frame) {
      const std::vector<DetectBox> boxes = scene(random, frame);
      const std::uint64_t now = static_cast<std::uint64_t>(frame) * 60'000'000;
      const Results results = step(tracker, boxes, now);
      const auto expected = reference.update(boxes, now);
      for (std::size_t i = 0; i < boxes.size(); ++i) {
        ASSERT_EQ(results[i].has_value(), expected[i].has_value()) << seed << ' ' << frame;
        if (!results[i]) continue;
        const auto known = ids.emplace(uuid_to_string(results[i]->uuid), expected[i]->id);
        ASSERT_EQ(known.first->second, expected[i]->id) << seed << ' ' << frame << ' ' << i;
        EXPECT_EQ(results[i]->count, expected[i]->count);
        EXPECT_NEAR(results[i]->tracked_location.xmin, expected[i]->location[0], 1e-4);
        EXPECT_NEAR(results[i]->tracked_location.ymax, expected[i]->location[3], 1e-4);
      }
      const std::vector<ActiveTrackInfo> tracks = active(tracker);
      ASSERT_EQ(tracks.size(), reference.tracks.size());
      for (std::size_t i = 0; i < tracks.size(); ++i) {
        EXPECT_EQ(ids[uuid_to_string(tracks[i].info.uuid)], reference.tracks[i].id);
        EXPECT_EQ(tracks[i].info.count, reference.tracks[i].count);
      }
    }
  }
}

/// What goes beyond the compatible mode, each alone, then all of it.
std::vector<ByteTrackOptions> option_sets() {
  std::vector<ByteTrackOptions> sets(8);
  sets[1].optimal_assignment = true;
  sets[2].timed_motion = true;
  sets[3].per_class = true;
  sets[4].confirm_after = 3;
  sets[5].match_tiny = true;
  sets[6].low_conf = 0.3F;
  ByteTrackOptions& all = sets[7];
  all.optimal_assignment = all.timed_motion = all.per_class = all.match_tiny = true;
  all.confirm_after = 2;
  all.update = 1.0F;
  return sets;
}

TEST(ByteTrack, AllocatesNothingOnceWarm) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizer allocator";
  std::mt19937 random(1);
  std::vector<std::vector<DetectBox>> frames;
  for (int frame = 0; frame < 200; ++frame) frames.push_back(scene(random, frame));
  for (std::size_t set = 0; set < option_sets().size(); ++set) {
    ByteTrack tracker(option_sets()[set]);
    Results results;
    std::vector<ActiveTrackInfo> tracks;
    std::uint64_t now = 0;
    const auto play = [&] {
      for (const std::vector<DetectBox>& boxes : frames) {
        tracker.update(boxes, now += 30'000'000, results);
        tracker.active_tracks(tracks);
      }
    };
    for (int round = 0; round < 3; ++round) play();
    testing::AllocationCounter counter;
    play();
    EXPECT_EQ(counter.count(), 0U) << "options " << set;
    EXPECT_GT(tracks.size(), 0U);
  }
}

TEST(ByteTrack, AcceptsEveryPairWhereNoOverlapIsAsked) {
  ByteTrackOptions options;
  options.iou = 0.0F;
  ByteTrack tracker(options);
  const Uuid first = step(tracker, {kBox}, 0)[0]->uuid;
  const DetectBox far{{0.8F, 0.8F, 0.9F, 0.9F}, 0.9F, 0};
  EXPECT_EQ(step(tracker, {far}, 1)[0]->uuid, first);
}

}  // namespace
}  // namespace edgefirst
