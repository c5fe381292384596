// SPDX-License-Identifier: Apache-2.0
// Scores that need work first: activations, objectness, quantization that is nowhere.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"

#include "base/simd.hpp"
#include "support/decoder_reference.hpp"
#include "support/decoder_tensors.hpp"

namespace edgefirst {
namespace {

using testing::Stored;

constexpr std::size_t kAnchors = 130;
constexpr std::size_t kClasses = 5;

double activate(const std::string& activation, const std::vector<double>& row, std::size_t c) {
  if (activation == "sigmoid") return testing::reference_sigmoid(row[c]);
  if (activation == "tanh") return std::tanh(row[c]);
  if (activation != "softmax") return row[c];
  double total = 0;
  for (const double value : row) total += std::exp(value);
  return std::exp(row[c]) / total;
}

/// Boxes that never overlap, logits in -6...6, an objectness in 0...1 or as a logit.
std::vector<double> random_table(std::size_t rows, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> logit(-6, 6);
  std::vector<double> table(rows * kAnchors);
  for (double& value : table) value = logit(random);
  for (std::size_t a = 0; a < kAnchors; ++a) {
    const double box[] = {0.3 * static_cast<double>(a % 20), 0.6 * static_cast<double>(a / 20), 0.1,
                          0.1};
    for (std::size_t i = 0; i < 4; ++i) table[i * kAnchors + a] = box[i];
  }
  return table;
}

class Activated : public ::testing::TestWithParam<std::tuple<const char*, bool, DType>> {};

TEST_P(Activated, ScoresMatchTheFormula) {
  const auto [activation, has_objectness, dtype] = GetParam();
  const std::size_t rows = 4 + (has_objectness ? 1 : 0) + kClasses;
  const std::string json =
      R"({"schema_version":2,"decoder_version":"yolov8","outputs":[{"type":"detection","shape":[1,)" +
      std::to_string(rows) + "," + std::to_string(kAnchors) + R"(],"activation_required":")" +
      activation + R"(","score_format":")" + (has_objectness ? "obj_x_class" : "per_class") +
      R"("}]})";
  DecoderOptions options;
  options.score_threshold = 0.43F;
  const Decoder decoder = Decoder::from_json(json, options);
  const Stored stored = testing::stored_range(dtype, -6.0F, 6.0F);
  const std::vector<double> table = random_table(rows, 7);
  std::vector<double> real;
  std::vector<Tensor> outputs;
  outputs.push_back(testing::make_tensor(
      {1, rows, kAnchors}, stored, [&](std::size_t i) { return table[i]; }, &real));
  if (!is_float(dtype)) {
    outputs[0].set_quantization(Quantization::per_tensor(stored.scale, stored.zero_point));
  }
  std::vector<testing::ReferenceBox> expected;
  for (std::size_t a = 0; a < kAnchors; ++a) {
    std::vector<double> row;
    for (std::size_t c = 0; c < kClasses; ++c)
      row.push_back(real[(rows - kClasses + c) * kAnchors + a]);
    const std::string own = std::string(activation) == "softmax" ? "sigmoid" : activation;
    const double factor = has_objectness ? activate(own, {real[4 * kAnchors + a]}, 0) : 1.0;
    if (has_objectness && factor < 0.43) continue;
    testing::ReferenceBox best;
    best.anchor = a;
    best.score = -INFINITY;
    for (std::size_t c = 0; c < kClasses; ++c) {
      const double score = factor * activate(activation, row, c);
      if (score < best.score) continue;
      best.score = score;
      best.label = c;
    }
    if (best.score >= 0.43) expected.push_back(best);
  }
  std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
    return static_cast<float>(a.score) > static_cast<float>(b.score);
  });
  Detections result;
  decoder.decode(testing::pointers(outputs), result);
  ASSERT_EQ(result.boxes.size(), expected.size());
  ASSERT_GT(expected.size(), 10U);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(result.boxes[i].score, expected[i].score, 1e-5) << i;
  }
  std::size_t same = 0;  // equal scores may change places by rounding
  for (std::size_t i = 0; i < expected.size(); ++i) {
    same += result.boxes[i].label == expected[i].label ? 1U : 0U;
  }
  EXPECT_GE(same + 4, expected.size());
}

INSTANTIATE_TEST_SUITE_P(
    Scores, Activated,
    ::testing::Combine(::testing::Values("sigmoid", "tanh", "softmax"), ::testing::Bool(),
                       ::testing::Values(DType::kF32, DType::kF16, DType::kI8, DType::kU16)));

/// One anchor of objectness 0.5 and class scores 0.9, 0.8 among blanks.
std::vector<Tensor> yolov5_output(std::size_t anchors, std::size_t features) {
  std::vector<Tensor> outputs;
  outputs.push_back(testing::make_tensor({1, anchors, features}, {}, [&](std::size_t i) {
    const double row[] = {.5, .5, .2, .2, .5, .9, .8};
    return i / features == 3 && i % features < 7 ? row[i % features] : 0.0;
  }));
  return outputs;
}

OutputSpec yolov5_spec(std::size_t anchors, std::size_t features) {
  OutputSpec spec;
  spec.dims = {
      {DimName::kBatch, 1}, {DimName::kNumBoxes, anchors}, {DimName::kNumFeatures, features}};
  return spec;
}

Detections decode_yolov5(std::size_t anchors, std::size_t features, DecoderOptions options,
                         bool has_objectness = false) {
  OutputSpec spec = yolov5_spec(anchors, features);
  spec.has_objectness = has_objectness;
  options.score_threshold = 0.3F;
  Detections result;
  Decoder::from_outputs({spec}, options, DecoderVersion::kYolov5)
      .decode(testing::pointers(yolov5_output(anchors, features)), result);
  return result;
}

TEST(Objectness, IsRecognisedByThreeAnchorsPerCell) {
  DecoderOptions options;
  options.input_dims = {64, 96};  // 96 + 24 + 6 cells
  const Detections three = decode_yolov5(378, 7, options);
  ASSERT_EQ(three.boxes.size(), 1U);
  EXPECT_FLOAT_EQ(three.boxes[0].score, 0.45F);
  EXPECT_EQ(three.boxes[0].label, 0U);
  const Detections one = decode_yolov5(126, 7, options);  // the anchor-free model of that name
  ASSERT_EQ(one.boxes.size(), 1U);
  EXPECT_FLOAT_EQ(one.boxes[0].score, 0.9F);
  EXPECT_EQ(one.boxes[0].label, 1U);
}

TEST(Objectness, IsRecognisedForASquareInputOfUnknownSize) {
  EXPECT_FLOAT_EQ(decode_yolov5(25200, 7, {}).boxes.at(0).score, 0.45F);
  EXPECT_FLOAT_EQ(decode_yolov5(8400, 7, {}).boxes.at(0).score, 0.9F);
}

TEST(Objectness, CanBeDeclared) {
  EXPECT_FLOAT_EQ(decode_yolov5(10, 7, {}, true).boxes.at(0).score, 0.45F);
  EXPECT_FLOAT_EQ(decode_yolov5(10, 7, {}, false).boxes.at(0).score, 0.9F);
}

TEST(Objectness, CanComeAsAnOutputOfItsOwn) {
  const Decoder decoder = Decoder::from_json(R"({"schema_version":2,"outputs":[
      {"type":"boxes","shape":[1,4,3]},{"type":"scores","shape":[1,2,3]},
      {"type":"objectness","shape":[1,1,3]}]})");
  const double boxes[] = {.1, .5, .9, .1, .5, .9, .1, .1, .1, .1, .1, .1};
  const double scores[] = {.9, .9, .1, .2, .95, .9};
  const double objectness[] = {.6, .4, 1.0};
  std::vector<Tensor> outputs;
  outputs.push_back(
      testing::make_tensor({1, 1, 3}, {}, [&](std::size_t i) { return objectness[i]; }));
  outputs.push_back(testing::make_tensor({1, 2, 3}, {}, [&](std::size_t i) { return scores[i]; }));
  outputs.push_back(testing::make_tensor({1, 4, 3}, {}, [&](std::size_t i) { return boxes[i]; }));
  Detections result;
  decoder.decode(testing::pointers(outputs), result);
  ASSERT_EQ(result.boxes.size(), 2U);
  EXPECT_FLOAT_EQ(result.boxes[0].score, 0.9F);
  EXPECT_EQ(result.boxes[0].label, 1U);
  EXPECT_FLOAT_EQ(result.boxes[1].score, 0.54F);
}

TEST(Quantized, IntegersWithoutQuantizationAreAnErrorAndSayWhatToDo) {
  OutputSpec spec;
  spec.shape = {1, 6, 4};
  std::vector<Tensor> outputs;
  outputs.emplace_back(Shape{1, 6, 4}, DType::kI8, TensorMemory::kMem);
  Detections result;
  try {
    Decoder::from_outputs({spec}).decode(testing::pointers(outputs), result);
    FAIL() << "decoded without quantization";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kMissingQuantization);
    EXPECT_NE(std::string(error.what()).find("set_quantization"), std::string::npos);
  }
  spec.quantization = {1.0F, 0};
  EXPECT_NO_THROW(Decoder::from_outputs({spec}).decode(testing::pointers(outputs), result));
}

TEST(Quantized, ClassNumbersAndSemanticMapsNeedNone) {
  const Decoder map = Decoder::from_json(
      R"({"outputs":[{"type":"segmentation","decoder":"modelpack","shape":[1,2,2,3]}]})");
  std::vector<Tensor> outputs;
  outputs.emplace_back(Shape{1, 2, 2, 3}, DType::kU8, TensorMemory::kMem);
  Detections result;
  EXPECT_NO_THROW(map.decode(testing::pointers(outputs), result));
  const Decoder rows = Decoder::from_json(R"({"decoder_version":"yolo26","outputs":[
      {"type":"boxes","shape":[1,4,2]},{"type":"scores","shape":[1,1,2]},
      {"type":"classes","shape":[1,1,2]}]})");
  outputs.clear();
  outputs.push_back(testing::make_tensor({1, 4, 2}, {}, [](std::size_t i) { return i / 4; }));
  outputs.push_back(testing::make_tensor({1, 1, 2}, {}, [](std::size_t) { return 0.9; }));
  outputs.push_back(testing::make_tensor(
      {1, 1, 2}, {DType::kI32, 1, 0}, [](std::size_t i) { return 4.0 + static_cast<double>(i); }));
  rows.decode(testing::pointers(outputs), result);
  EXPECT_EQ(result.boxes.size(), 0U + 2U);
}

/// A split model whose class scores come as planes or as packed rows.
Detections decode_split(const std::vector<double>& scores, std::size_t anchors, bool rows,
                        const Stored& stored) {
  const std::size_t classes = scores.size() / anchors;
  OutputSpec box;
  box.type = OutputType::kBoxes;
  box.shape = {1, 4, anchors};
  OutputSpec score;
  score.type = OutputType::kScores;
  score.dims = {
      {DimName::kBatch, 1}, {DimName::kNumClasses, classes}, {DimName::kNumBoxes, anchors}};
  if (rows) std::swap(score.dims[1], score.dims[2]);
  if (!is_float(stored.dtype)) {
    box.quantization = {stored.scale, stored.zero_point};
    score.quantization = box.quantization;
  }
  std::vector<Tensor> outputs;
  outputs.push_back(testing::make_tensor({1, 4, anchors}, stored, [&](std::size_t i) {
    return i < anchors ? static_cast<double>(i) / 2000 : 0.1;
  }));
  outputs.push_back(testing::make_tensor(rows ? std::vector<std::size_t>{1, anchors, classes}
                                              : std::vector<std::size_t>{1, classes, anchors},
                                         stored, [&](std::size_t i) {
                                           return rows ? scores[i % classes * anchors + i / classes]
                                                       : scores[i];
                                         }));
  DecoderOptions options;
  options.score_threshold = 0.4003F;
  options.nms = std::nullopt;
  Detections result;
  Decoder::from_outputs({box, score}, options).decode(testing::pointers(outputs), result);
  return result;
}

/// Random scores below the threshold, one above in every ninth anchor and the last.
std::vector<double> sparse_scores(std::size_t classes, std::size_t anchors, std::mt19937& random) {
  std::vector<double> scores(classes * anchors);
  for (double& value : scores) value = 0.39 * static_cast<double>(random() % 1000) / 1000.0;
  for (std::size_t a = 0; a < anchors; ++a) {
    if (a + 1 == anchors || random() % 9 == 0) scores[random() % classes * anchors + a] = 0.5;
  }
  return scores;
}

void expect_rows_equal_planes(const std::vector<double>& scores, std::size_t anchors,
                              const Stored& stored) {
  for (const char* target : simd::available_targets()) {
    ASSERT_TRUE(simd::force_target(target));
    const Detections planes = decode_split(scores, anchors, false, stored);
    const Detections rows = decode_split(scores, anchors, true, stored);
    ASSERT_GT(planes.boxes.size(), 0U);
    ASSERT_EQ(rows.boxes.size(), planes.boxes.size()) << anchors;
    for (std::size_t i = 0; i < rows.boxes.size(); ++i) {
      EXPECT_EQ(rows.boxes[i].label, planes.boxes[i].label);
      EXPECT_EQ(rows.boxes[i].score, planes.boxes[i].score);
      EXPECT_EQ(rows.boxes[i].box.xmin, planes.boxes[i].box.xmin);
    }
  }
  simd::reset_target();
}

TEST(PackedRows, GiveTheSameCandidatesAsPlanesOnEveryTarget) {
  std::mt19937 random(11);
  for (const std::size_t anchors : {1, 7, 8, 9, 15, 16, 17, 63, 65, 300, 1025, 1100}) {
    const std::vector<double> scores = sparse_scores(80, anchors, random);
    for (const DType dtype : {DType::kF32, DType::kF16, DType::kI8, DType::kU8, DType::kI16}) {
      expect_rows_equal_planes(scores, anchors, testing::stored_range(dtype, 0.0F, 1.0F));
    }
  }
}

/// A byte counts 256 classes: labels of more must not wrap.
TEST(PackedRows, AndPlanesTellMoreClassesApartThanAByteCounts) {
  std::mt19937 random(12);
  for (const std::size_t classes : {255, 256, 257, 300, 600}) {
    const std::vector<double> scores = sparse_scores(classes, 65, random);
    for (const DType dtype : {DType::kI8, DType::kU8, DType::kF16}) {
      expect_rows_equal_planes(scores, 65, testing::stored_range(dtype, 0.0F, 1.0F));
    }
  }
}

TEST(Scores, AnchorsOfNaNAloneAreDroppedWhateverTheThreshold) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kF64}) {
    for (const std::size_t anchors : {3, 100}) {
      std::vector<Tensor> outputs;
      outputs.push_back(testing::make_tensor({1, 6, anchors}, {dtype, 1, 0}, [&](std::size_t i) {
        return i / anchors >= 4 && i % anchors == 1 ? std::nan("") : 0.5;
      }));
      DecoderOptions options;
      options.score_threshold = -INFINITY;
      options.nms = std::nullopt;
      OutputSpec spec;
      spec.shape = {1, 6, anchors};
      Detections result;
      Decoder::from_outputs({spec}, options).decode(testing::pointers(outputs), result);
      EXPECT_EQ(result.boxes.size(), anchors - 1) << dtype_info(dtype).name;
      for (const DetectBox& box : result.boxes) EXPECT_EQ(box.label, 1U);
    }
  }
}

TEST(Policy, TopKLimitsWhatEntersSuppressionOfEveryModel) {
  // Ten boxes apart, each with its own score; suppression would keep them all.
  const auto value = [](std::size_t row, std::size_t anchor) {
    if (row == 0) return 0.1 * static_cast<double>(anchor);
    return row < 4 ? 0.01 : 0.5 + 0.01 * static_cast<double>(anchor);
  };
  DecoderOptions options;
  options.pre_nms_top_k = 4;
  std::vector<Tensor> outputs;
  outputs.push_back(
      testing::make_tensor({1, 5, 10}, {}, [&](std::size_t i) { return value(i / 10, i % 10); }));
  Detections result;
  Decoder::from_json(R"({"outputs":[{"type":"detection","shape":[1,5,10]}]})", options)
      .decode(testing::pointers(outputs), result);
  ASSERT_EQ(result.boxes.size(), 4U);
  EXPECT_FLOAT_EQ(result.boxes[3].score, 0.56F);
  outputs.clear();
  outputs.push_back(testing::make_tensor({1, 10, 1, 4}, {}, [](std::size_t i) {
    return 0.1 * static_cast<double>(i / 4) + (i % 4 > 1 ? 0.05 : 0.0);
  }));
  outputs.push_back(testing::make_tensor(
      {1, 10, 1}, {}, [](std::size_t i) { return 0.5 + 0.01 * static_cast<double>(i); }));
  Decoder::from_json(R"({"outputs":[{"type":"boxes","decoder":"modelpack","shape":[1,10,1,4]},
      {"type":"scores","decoder":"modelpack","shape":[1,10,1]}]})",
                     options)
      .decode(testing::pointers(outputs), result);
  EXPECT_EQ(result.boxes.size(), 4U);
}

}  // namespace
}  // namespace edgefirst
