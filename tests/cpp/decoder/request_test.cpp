// SPDX-License-Identifier: Apache-2.0
// What one call may ask for: an element of the batch, no masks, source pixels, prototypes of
// tracks.
#include <gtest/gtest.h>

#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"
#include "edgefirst/tracker.hpp"

#include "support/decoder_tensors.hpp"

namespace edgefirst {
namespace {

using ::testing::TestWithParam;

constexpr std::size_t kBatch = 3;

/// Element e has one box per anchor up to e, at centre 0.1 + 0.2 a and score 0.9 - 0.1 a.
double detection_value(std::size_t element, std::size_t feature, std::size_t anchor) {
  const double a = static_cast<double>(anchor);
  const double row[] = {0.1 + 0.2 * a,
                        0.5,
                        0.1,
                        0.1,
                        anchor <= element ? 0.9 - 0.1 * a : 0.0,
                        2.0 * static_cast<double>(element) - 2.0};
  return row[feature];
}

/// Detection with one coefficient inside, prototypes of one channel; both [batch, ...].
std::vector<Tensor> batch_outputs() {
  std::vector<Tensor> outputs;
  outputs.push_back(testing::make_tensor(
      {kBatch, 6, 4}, {}, [](std::size_t i) { return detection_value(i / 24, i / 4 % 6, i % 4); }));
  outputs.push_back(testing::make_tensor(
      {kBatch, 8, 8, 1}, {}, [](std::size_t i) { return 1.0 + static_cast<double>(i / 64); }));
  return outputs;
}

constexpr const char* kBatchModel =
    R"({"outputs":[{"type":"detection","shape":[3,6,4],"normalized":true},
        {"type":"protos","shape":[3,8,8,1]}]})";

TEST(Batch, EveryElementIsDecodedWithItsOwnMasks) {
  const Decoder decoder = Decoder::from_json(kBatchModel);
  EXPECT_EQ(decoder.batch_size(), kBatch);
  const std::vector<Tensor> outputs = batch_outputs();
  std::vector<Detections> results;
  decoder.decode_batch(testing::pointers(outputs), results);
  ASSERT_EQ(results.size(), kBatch);
  const std::uint8_t levels[] = {30, 128, 254};  // 255 / (1 + e^2), 1/2, e^-6
  for (std::size_t e = 0; e < kBatch; ++e) {
    ASSERT_EQ(results[e].boxes.size(), e + 1);
    ASSERT_EQ(results[e].masks.size(), e + 1);
    EXPECT_EQ(results[e].masks[0].data[0], levels[e]);
  }
}

TEST(Batch, OneElementCanBeAskedFor) {
  const Decoder decoder = Decoder::from_json(kBatchModel);
  const std::vector<Tensor> outputs = batch_outputs();
  Detections result;
  DecodeRequest request;
  request.element = 2;
  decoder.decode(testing::pointers(outputs), result, request);
  EXPECT_EQ(result.boxes.size(), 3U);
  decoder.decode(testing::pointers(outputs), result);
  EXPECT_EQ(result.boxes.size(), 1U);
  request.element = kBatch;
  EXPECT_THROW(decoder.decode(testing::pointers(outputs), result, request), Error);
}

TEST(Batch, ChildrenAndStridesFollowTheElement) {
  const Decoder decoder = Decoder::from_json(R"({"schema_version":2,"outputs":[
    {"type":"boxes","shape":[2,4,1],"dshape":[{"batch":2},{"box_coords":4},{"num_boxes":1}],"outputs":[
      {"name":"xy","type":"boxes_xy","shape":[2,2,1],"dtype":"float32"},
      {"name":"wh","type":"boxes_wh","shape":[2,2,1],"dtype":"float32"}]},
    {"type":"scores","shape":[2,1,1],"dshape":[{"batch":2},{"num_classes":1},{"num_boxes":1}]}]})");
  std::vector<Tensor> outputs;
  outputs.push_back(testing::make_tensor(
      {2, 2, 1}, {}, [](std::size_t i) { return 0.1 * static_cast<double>(1 + i); }));
  outputs.push_back(testing::make_tensor({2, 2, 1}, {}, [](std::size_t) { return 0.1; }));
  outputs.push_back(testing::make_tensor({2, 1, 1}, {}, [](std::size_t) { return 0.9; }));
  std::vector<Detections> results;
  decoder.decode_batch(testing::pointers(outputs), results);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_NEAR(results[0].boxes.at(0).box.xmin, 0.05, 1e-6);
  EXPECT_NEAR(results[1].boxes.at(0).box.xmin, 0.25, 1e-6);
}

TEST(Request, MasksCanBeLeftOut) {
  const Decoder decoder = Decoder::from_json(kBatchModel);
  const std::vector<Tensor> outputs = batch_outputs();
  Detections result;
  DecodeRequest request;
  request.masks = false;
  decoder.decode(testing::pointers(outputs), result, request);
  EXPECT_EQ(result.boxes.size(), 1U);
  EXPECT_TRUE(result.masks.empty());
  EXPECT_FALSE(decoder.decode_proto(testing::pointers(outputs), result, request));
}

class SourcePixels : public TestWithParam<bool> {};

TEST_P(SourcePixels, ComeOutWhateverUnitTheModelUses) {
  const bool normalized = GetParam();
  const double unit = normalized ? 1.0 : 64.0;
  OutputSpec spec;
  spec.shape = {1, 5, 1};
  spec.normalized = normalized;
  const double row[] = {0.5 * unit, 0.5 * unit, 0.25 * unit, 2.0 * unit, 0.9};
  std::vector<Tensor> outputs;
  outputs.push_back(testing::make_tensor({1, 5, 1}, {}, [&](std::size_t i) { return row[i]; }));
  DecodeRequest request;
  request.source = letterbox(128, 64, 64, 64);  // content: 64 x 32 from row 16 on
  Detections result;
  Decoder::from_outputs({spec}).decode(testing::pointers(outputs), result, request);
  const BoundingBox& box = result.boxes.at(0).box;
  EXPECT_FLOAT_EQ(box.xmin, 48.0F);
  EXPECT_FLOAT_EQ(box.xmax, 80.0F);
  EXPECT_FLOAT_EQ(box.ymin, 0.0F);
  EXPECT_FLOAT_EQ(box.ymax, 64.0F);
}

INSTANTIATE_TEST_SUITE_P(Units, SourcePixels, ::testing::Bool());

TEST(Request, SourcePixelsNeedAKnownUnit) {
  OutputSpec spec;
  spec.shape = {1, 5, 1};
  std::vector<Tensor> outputs;
  outputs.emplace_back(Shape{1, 5, 1}, DType::kF32, TensorMemory::kMem);
  DecodeRequest request;
  request.source = letterbox(8, 8, 8, 8);
  Detections result;
  EXPECT_THROW(Decoder::from_outputs({spec}).decode(testing::pointers(outputs), result, request),
               Error);
}

TEST(Tracked, PrototypesHaveARowForEveryDetectionThatHasATrack) {
  const std::vector<Tensor> outputs = batch_outputs();
  DecodeRequest request;
  request.element = 2;
  Decoder decoder = Decoder::from_json(kBatchModel);
  ByteTrack tracker;
  Detections result;
  auto protos =
      decoder.decode_proto_tracked(testing::pointers(outputs), tracker, 1, result, request);
  ASSERT_TRUE(protos);
  EXPECT_EQ(protos->mask_coefficients.shape(), (Shape{3, 1}));
  EXPECT_EQ(result.boxes.size(), 3U);
  EXPECT_EQ(result.tracks.size(), 3U);
  EXPECT_TRUE(result.masks.empty());
  decoder.set_score_threshold(0.75F);
  protos = decoder.decode_proto_tracked(testing::pointers(outputs), tracker, 2, result, request);
  EXPECT_EQ(protos->mask_coefficients.shape(), (Shape{2, 1}));
  ASSERT_EQ(result.boxes.size(), 3U);
  EXPECT_EQ(result.tracks[2].last_updated, 1U);
}

TEST(Tracked, PrototypesOfModelsWithoutAreNoneButTracksAdvance) {
  OutputSpec spec;
  spec.shape = {1, 5, 1};
  std::vector<Tensor> outputs;
  outputs.push_back(testing::make_tensor({1, 5, 1}, {}, [](std::size_t) { return 0.9; }));
  ByteTrack tracker;
  Detections result;
  const Decoder decoder = Decoder::from_outputs({spec});
  EXPECT_FALSE(decoder.decode_proto_tracked(testing::pointers(outputs), tracker, 1, result));
  EXPECT_EQ(result.tracks.size(), 1U);
}

TEST(Tracked, TentativeTracksAreNotReported) {
  OutputSpec spec;
  spec.shape = {1, 5, 1};
  std::vector<Tensor> outputs;
  outputs.push_back(testing::make_tensor({1, 5, 1}, {}, [](std::size_t) { return 0.9; }));
  ByteTrackOptions options;
  options.confirm_after = 2;
  ByteTrack tracker(options);
  Detections result;
  const Decoder decoder = Decoder::from_outputs({spec});
  decoder.decode_tracked(testing::pointers(outputs), tracker, 1, result);
  EXPECT_TRUE(result.boxes.empty());
  decoder.decode_tracked(testing::pointers(outputs), tracker, 2, result);
  EXPECT_EQ(result.boxes.size(), 1U);
}

/// Two outputs of one shape, declared boxes first, given scores first.
TEST(Names, DecideBetweenEqualShapes) {
  const Decoder decoder = Decoder::from_json(R"({"schema_version":2,"outputs":[
      {"name":"b","type":"boxes","shape":[1,4,2]},{"name":"s","type":"scores","shape":[1,4,2]}]})");
  const auto tensor = [](const char* name, double last) {
    Tensor made(Shape{1, 4, 2}, DType::kF32, TensorMemory::kMem, name);
    const TensorMap map = made.map(CpuAccess::kWrite);
    for (std::size_t i = 0; i < 8; ++i) map.as<float>()[i] = 0.4F;
    map.as<float>()[7] = static_cast<float>(last);
    return made;
  };
  std::vector<Tensor> outputs;
  outputs.push_back(tensor("s", 0.9));
  outputs.push_back(tensor("b", 0.2));
  Detections result;
  decoder.decode(testing::pointers(outputs), result);
  ASSERT_EQ(result.boxes.size(), 1U);
  EXPECT_FLOAT_EQ(result.boxes[0].score, 0.9F);
  outputs.clear();
  outputs.push_back(tensor("x", 0.2));  // an unknown name: what is left, in the caller's order
  outputs.push_back(tensor("s", 0.9));
  decoder.decode(testing::pointers(outputs), result);
  EXPECT_EQ(result.boxes.size(), 1U);
}

}  // namespace
}  // namespace edgefirst
