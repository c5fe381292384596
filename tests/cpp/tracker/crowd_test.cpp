// SPDX-License-Identifier: Apache-2.0
// Crowds: more boxes on one spot than an optimal assignment has time and memory for.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "tracker/association.hpp"

namespace edgefirst::tracking {
namespace {

std::vector<DetectBox> spot(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> noise(0.0F, 0.01F);
  std::vector<DetectBox> boxes;
  for (std::size_t i = 0; i < count; ++i) {
    const float score = 0.5F + 40 * noise(random);
    boxes.push_back({{0.1F + noise(random), 0.1F + noise(random), 0.9F, 0.9F}, score, 0});
  }
  return boxes;
}

std::vector<BoundingBox> regions(const std::vector<DetectBox>& boxes) {
  std::vector<BoundingBox> result;
  for (const DetectBox& box : boxes) result.push_back(box.box);
  return result;
}

struct Crowd {
  std::vector<DetectBox> boxes;
  std::vector<BoundingBox> tracks;
  std::vector<std::uint8_t> usable;
  Association association;

  void begin(std::size_t box_count, std::size_t track_count) {
    boxes = spot(box_count, 1);
    tracks = regions(spot(track_count, 2));
    start();
  }
  void start() {
    usable.assign(boxes.size(), 1);
    association.begin(boxes, usable, tracks, {});
  }
  std::vector<std::int32_t> matches() const {
    std::vector<std::int32_t> result;
    for (std::size_t i = 0; i < boxes.size(); ++i) result.push_back(association.track_of(i));
    return result;
  }
};

/// Every box in the order of scores takes the free track that it overlaps most.
std::vector<std::int32_t> in_turn(const Crowd& crowd, float least_score) {
  std::vector<std::size_t> order(crowd.boxes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return crowd.boxes[a].score > crowd.boxes[b].score;
  });
  std::vector<std::int32_t> track_of(crowd.boxes.size(), Association::kNone);
  std::set<std::size_t> taken;
  for (const std::size_t box : order) {
    if (crowd.boxes[box].score < least_score) continue;
    float most = 0.25F;
    for (std::size_t track = 0; track < crowd.tracks.size(); ++track) {
      const float shared = overlap(crowd.boxes[box].box, crowd.tracks[track], 1e-5F);
      if (taken.count(track) != 0 || !(shared > most)) continue;
      most = shared;
      track_of[box] = static_cast<std::int32_t>(track);
    }
    if (track_of[box] != Association::kNone) taken.insert(static_cast<std::size_t>(track_of[box]));
  }
  return track_of;
}

double total_overlap(const Crowd& crowd) {
  double total = 0;
  for (std::size_t i = 0; i < crowd.boxes.size(); ++i) {
    const std::int32_t track = crowd.association.track_of(i);
    if (track == Association::kNone) continue;
    total += overlap(crowd.boxes[i].box, crowd.tracks[static_cast<std::size_t>(track)], 1e-5F);
  }
  return total;
}

TEST(Crowd, AGroupWithinTheLimitIsSolvedToTheOptimum) {
  Crowd crowd;
  crowd.begin(60, 60);
  crowd.association.match(0.0F, false);
  const double best = total_overlap(crowd);
  const std::vector<std::int32_t> greedy = in_turn(crowd, 0.0F);
  double in_turns = 0;
  for (std::size_t i = 0; i < greedy.size(); ++i) {
    ASSERT_NE(greedy[i], Association::kNone);
    in_turns +=
        overlap(crowd.boxes[i].box, crowd.tracks[static_cast<std::size_t>(greedy[i])], 1e-5F);
  }
  EXPECT_GT(best, in_turns);
}

TEST(Crowd, InAHugeGroupTheBestScoreChoosesFirst) {
  Crowd crowd;
  crowd.begin(50, Association::kLargestGroup + 1);
  crowd.association.match(0.7F, false);
  EXPECT_EQ(crowd.matches(), in_turn(crowd, 0.7F));
  crowd.association.match(0.0F, false);  // the others take what is left
  EXPECT_EQ(crowd.matches(), in_turn(crowd, 0.0F));
}

TEST(Crowd, OneMoreTrackThanTheLimitChangesTheRuleAlone) {
  Crowd crowd;
  crowd.begin(3, Association::kLargestGroup);
  crowd.association.match(0.0F, false);
  const std::vector<std::int32_t> within = crowd.matches();
  EXPECT_EQ(std::count(within.begin(), within.end(), Association::kNone), 0);
}

TEST(Crowd, MorePairsThanTheLimitAreNeverListed) {
  Crowd crowd;
  crowd.begin(3, 10);
  for (std::size_t i = 0; i < 3000; ++i) crowd.boxes.push_back(crowd.boxes[i % 3]);
  for (std::size_t i = 0; i < 3000; ++i) crowd.tracks.push_back(crowd.tracks[i % 10]);
  ASSERT_GT(crowd.boxes.size() * crowd.tracks.size(), Association::kMostPairs);
  crowd.start();
  crowd.association.match(0.7F, false);
  EXPECT_EQ(crowd.matches(), in_turn(crowd, 0.7F));
  crowd.association.match(0.0F, true);
  EXPECT_EQ(crowd.matches(), in_turn(crowd, 0.0F));
  const std::vector<std::int32_t> matches = crowd.matches();
  EXPECT_EQ(std::set<std::int32_t>(matches.begin(), matches.end()).size(), matches.size());
}

TEST(Crowd, AFrameAfterACrowdIsSolvedAsBefore) {
  Crowd fresh;
  fresh.begin(40, 40);
  fresh.association.match(0.0F, true);
  Crowd used;
  used.begin(3003, 3003);
  used.association.match(0.0F, true);
  used.begin(40, 40);
  used.association.match(0.0F, true);
  EXPECT_EQ(used.matches(), fresh.matches());
}

TEST(Crowd, LabelsCountThereAsWell) {
  Crowd crowd;
  crowd.begin(20, Association::kLargestGroup + 1);
  for (std::size_t i = 0; i < crowd.boxes.size(); ++i) crowd.boxes[i].label = i % 2;
  std::vector<std::size_t> labels(crowd.tracks.size(), 1);
  Gate gate;
  gate.track_labels = labels;
  crowd.association.begin(crowd.boxes, crowd.usable, crowd.tracks, gate);
  crowd.association.match(0.0F, false);
  for (std::size_t i = 0; i < crowd.boxes.size(); ++i) {
    EXPECT_EQ(crowd.association.track_of(i) == Association::kNone, i % 2 == 0) << i;
  }
}

}  // namespace
}  // namespace edgefirst::tracking
