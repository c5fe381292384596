// SPDX-License-Identifier: Apache-2.0
#include "edgefirst/geometry.hpp"

#include <gtest/gtest.h>

#include "edgefirst/error.hpp"
#include "edgefirst/span.hpp"

namespace edgefirst {
namespace {

TEST(Letterbox, FollowsUltralyticsRounding) {
  // Values by Ultralytics' LetterBox(auto=False, scaleup=True, center=True).
  EXPECT_EQ(letterbox(1280, 720, 640, 640).content, (Rect{0, 140, 640, 360}));
  EXPECT_EQ(letterbox(810, 1080, 640, 640).content, (Rect{80, 0, 480, 640}));
  EXPECT_EQ(letterbox(640, 427, 640, 640).content, (Rect{0, 106, 640, 427}));
  EXPECT_EQ(letterbox(100, 50, 320, 320).content, (Rect{0, 80, 320, 160}));
}

TEST(Letterbox, KeepsAtLeastOnePixel) {
  EXPECT_EQ(letterbox(10000, 1, 64, 64).content.height, 1U);
  EXPECT_EQ(letterbox(1, 1, 1, 1).content, (Rect{0, 0, 1, 1}));
}

TEST(Letterbox, RejectsEmptySizes) {
  EXPECT_THROW(letterbox(0, 1, 1, 1), Error);
  EXPECT_THROW(letterbox(1, 1, 1, 0), Error);
}

TEST(Letterbox, MapsTheContentBackToTheWholeSource) {
  const Letterbox box = letterbox(1280, 720, 640, 640);
  const BoundingBox all = box.to_source(box.normalized());
  EXPECT_NEAR(all.xmin, 0, 1e-3);
  EXPECT_NEAR(all.ymin, 0, 1e-3);
  EXPECT_NEAR(all.xmax, 1280, 1e-3);
  EXPECT_NEAR(all.ymax, 720, 1e-3);
  const BoundingBox clamped = box.to_source({-1, -1, 2, 2});
  EXPECT_EQ(clamped.xmin, 0);
  EXPECT_EQ(clamped.ymax, 720);
}

TEST(Rotation, TakesMultiplesOf90) {
  EXPECT_EQ(rotation_from_degrees_clockwise(0), Rotation::kRotate0);
  EXPECT_EQ(rotation_from_degrees_clockwise(450), Rotation::kClockwise90);
  EXPECT_EQ(rotation_from_degrees_clockwise(270), Rotation::kCounterClockwise90);
  EXPECT_THROW(rotation_from_degrees_clockwise(45), Error);
}

TEST(Span, BorrowsEveryContiguousContainer) {
  const auto sum = [](Span<const int> values) {
    int total = 0;
    for (const int value : values) total += value;
    return total;
  };
  std::vector<int> vector{1, 2, 3};
  int array[] = {4, 5};
  EXPECT_EQ(sum(vector), 6);
  EXPECT_EQ(sum(array), 9);
  EXPECT_EQ(sum({7, 8}), 15);
  EXPECT_EQ(sum(std::array<int, 2>{1, 1}), 2);
  EXPECT_EQ(sum(Span<const int>(vector).subspan(1)), 5);
  EXPECT_TRUE(Span<int>().empty());
}

}  // namespace
}  // namespace edgefirst
