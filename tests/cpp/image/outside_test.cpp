// SPDX-License-Identifier: Apache-2.0
// Boxes that lie outside the picture or are no numbers paint nothing: no frame, no mask, no label.
// Boxes that reach into the picture are painted, by the CPU and by OpenGL alike (gl tests).
#include <gtest/gtest.h>

#include <limits>

#include "image/convert_fixture.hpp"
#include "image/outside_boxes.hpp"

namespace edgefirst {
namespace {

using testing::make_image;

std::vector<std::uint8_t> bytes_of(const Tensor& tensor) {
  const TensorMap map = tensor.map(CpuAccess::kRead);
  const auto* bytes = map.as<const std::uint8_t>();
  return {bytes, bytes + map.size_bytes()};
}

class Outside : public ::testing::Test {
 protected:
  Outside() {
    options_.labels = true;
    options_.on_ignored = OnIgnored::kWarn;  // a box of (3, 3, 4, 4) alone looks like pixels
  }

  ImageProcessor processor_{{ComputeBackend::kCpu}};
  OverlayOptions options_;
  Tensor dst_ = make_image(64, 48, PixelFormat::kRgba);
};

TEST_F(Outside, BoxesPaintNoFrameNoMaskNoLabel) {
  for (const DetectBox& box : testing::outside_boxes()) {
    SegmentationList masks;
    std::memset(masks.append({0.2F, 0.2F, 0.9F, 0.9F}, 4, 4, 1), 255, 16);
    processor_.draw_decoded_masks(dst_, {box}, masks, options_);
    const std::vector<std::uint8_t> drawn = bytes_of(dst_);
    EXPECT_TRUE(drawn == std::vector<std::uint8_t>(drawn.size(), 0)) << testing::text(box);
  }
}

TEST_F(Outside, BoxesPaintNoMaskFromPrototypes) {
  const ProtoData protos = testing::solid_protos(1);
  for (const DetectBox& box : testing::outside_boxes()) {
    processor_.draw_proto_masks(dst_, {box}, protos, options_);
    const std::vector<std::uint8_t> drawn = bytes_of(dst_);
    EXPECT_TRUE(drawn == std::vector<std::uint8_t>(drawn.size(), 0)) << testing::text(box);
  }
}

TEST_F(Outside, OthersKeepTheirColoursMasksAndLabels) {
  const DetectBox seen[] = {{{0.1F, 0.3F, 0.4F, 0.6F}, 0.5F, 3}, {{0.5F, 0.4F, 1.3F, 2}, 0.6F, 4}};
  options_.color_mode = ColorMode::kInstance;
  const auto drawn_with = [&](const std::vector<DetectBox>& boxes, std::size_t rows) {
    SegmentationList masks;
    for (const DetectBox& box : boxes) std::memset(masks.append(box.box, 2, 2, 1), 255, 4);
    processor_.draw_decoded_masks(dst_, boxes, masks, options_);
    std::vector<std::uint8_t> all = bytes_of(dst_);
    processor_.draw_proto_masks(dst_, boxes, testing::solid_protos(rows), options_);
    const std::vector<std::uint8_t> more = bytes_of(dst_);
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  for (const DetectBox& box : testing::outside_boxes()) {
    // The colours count boxes: the empty one stands where the outside one stood.
    const DetectBox hidden{{2, 2, 2, 2}, 0.5F, 0};
    EXPECT_TRUE(drawn_with({seen[0], box, seen[1]}, 3) ==
                drawn_with({seen[0], hidden, seen[1]}, 3));
    EXPECT_TRUE(drawn_with({seen[0], seen[1], box}, 2) == drawn_with({seen[0], seen[1]}, 2));
  }
  const std::vector<std::uint8_t> bytes = drawn_with({seen[0], seen[1]}, 2);
  EXPECT_NE(std::count(bytes.begin(), bytes.end(), 0), static_cast<std::ptrdiff_t>(bytes.size()));
}

TEST_F(Outside, BoxesThatReachInArePainted) {
  for (const BoundingBox& box : testing::inside_boxes()) {
    processor_.draw_decoded_masks(dst_, {{box, 0.5F, 0}}, {}, options_);
    const std::vector<std::uint8_t> drawn = bytes_of(dst_);
    EXPECT_FALSE(drawn == std::vector<std::uint8_t>(drawn.size(), 0))
        << box.xmin << " " << box.ymin << " " << box.xmax << " " << box.ymax;
  }
}

TEST_F(Outside, BoxesInTheBarsOfALetterboxPaintNothing) {
  options_.letterbox = BoundingBox{0, 0.25F, 1, 0.75F};
  for (const BoundingBox& bar :
       {BoundingBox{0.2F, 0.1F, 0.8F, 0.2F}, BoundingBox{0.2F, 0.8F, 0.8F, 0.9F},
        BoundingBox{0.2F, 0, 0.8F, 0.25F}, BoundingBox{0.2F, 0.75F, 0.8F, 1}}) {
    processor_.draw_decoded_masks(dst_, {{bar, 0.5F, 0}}, {}, options_);
    const std::vector<std::uint8_t> drawn = bytes_of(dst_);
    EXPECT_TRUE(drawn == std::vector<std::uint8_t>(drawn.size(), 0)) << bar.ymin;
  }
  processor_.draw_decoded_masks(dst_, {{{0.2F, 0.1F, 0.8F, 0.5F}, 0.5F, 0}}, {}, options_);
  EXPECT_NE(bytes_of(dst_), std::vector<std::uint8_t>(dst_.size_bytes(), 0));
}

TEST_F(Outside, MasksOfNoFiniteRegionPaintNothing) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  SegmentationList masks;
  std::memset(masks.append({kNan, 0, 1, 1}, 2, 2, 1), 255, 4);
  const DetectBox box{{0.4F, 0.4F, 0.6F, 0.6F}, 0.5F, 0};
  processor_.draw_decoded_masks(dst_, {box}, masks, options_);
  const std::vector<std::uint8_t> with_mask = bytes_of(dst_);
  processor_.draw_decoded_masks(dst_, {box}, {}, options_);
  EXPECT_TRUE(bytes_of(dst_) == with_mask);
  SegmentationList map;
  std::memset(map.append({0, 0, kNan, 1}, 2, 2, 3), 255, 12);
  processor_.draw_decoded_masks(dst_, {}, map, options_);
  EXPECT_TRUE(bytes_of(dst_) == std::vector<std::uint8_t>(dst_.size_bytes(), 0));
}

}  // namespace
}  // namespace edgefirst
