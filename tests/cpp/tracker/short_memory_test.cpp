// SPDX-License-Identifier: Apache-2.0
// A tracker whose update finds no memory: the frame may be given again.
#include <gtest/gtest.h>

#include <new>
#include <optional>
#include <vector>

#include "edgefirst/tracker.hpp"

#include "support/allocation_counter.hpp"

namespace edgefirst {
namespace {

constexpr std::size_t kFrames = 4;

std::vector<DetectBox> boxes_of(std::size_t frame) {
  std::vector<DetectBox> boxes;
  for (std::size_t i = 0; i < 5 + 8 * frame; ++i) {
    const float at = 0.02F * static_cast<float>(i) + 0.002F * static_cast<float>(frame);
    boxes.push_back({{at, at, at + 0.1F, at + 0.1F}, 0.9F, i % 3});
  }
  return boxes;
}

using Results = std::vector<std::optional<TrackInfo>>;

/// Identifiers are random.
void expect_equal(const Results& results, const Results& expected, std::size_t number) {
  ASSERT_EQ(results.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(results[i].has_value(), expected[i].has_value()) << number;
    if (!expected[i]) continue;
    EXPECT_EQ(results[i]->count, expected[i]->count) << number;
    EXPECT_EQ(results[i]->tracked_location.xmin, expected[i]->tracked_location.xmin) << number;
    EXPECT_EQ(results[i]->created, expected[i]->created) << number;
  }
}

TEST(ByteTrackShortMemory, AnUpdateThatFailedChangesNothing) {
  if (!testing::AllocationCounter::is_reliable()) {
    GTEST_SKIP() << "the sanitizer's allocator hides the calls";
  }
  std::vector<Results> expected(kFrames);
  ByteTrack judge;
  for (std::size_t f = 0; f < kFrames; ++f) judge.update(boxes_of(f), f * 1000, expected[f]);
  std::size_t failures = 0;
  for (std::size_t number = 1; failures + 1 == number; ++number) {
    ByteTrack tracker;
    const testing::FailingAllocation failing(number);
    for (std::size_t f = 0; f < kFrames; ++f) {
      Results results;
      bool is_done = false;
      for (int attempt = 0; attempt < 2 && !is_done; ++attempt) {
        try {
          const std::vector<DetectBox> boxes = boxes_of(f);
          tracker.update(boxes, f * 1000, results);
          is_done = true;
        } catch (const std::bad_alloc&) {
        }
      }
      ASSERT_TRUE(is_done);
      expect_equal(results, expected[f], number);
    }
    if (failing.has_failed()) ++failures;
  }
  EXPECT_GT(failures, 20U);
}

}  // namespace
}  // namespace edgefirst
