// SPDX-License-Identifier: Apache-2.0
// Flat YOLO heads against the naive decoder: every dtype, axis order, size and SIMD target.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <thread>

#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"

#include "base/simd.hpp"
#include "support/allocation_counter.hpp"
#include "support/decoder_reference.hpp"
#include "support/decoder_tensors.hpp"

namespace edgefirst {
namespace {

using testing::Stored;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// A head of random boxes in clusters; one class of some anchors is hot.
std::vector<double> random_head(std::size_t classes, std::size_t anchors, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0.0, 1.0);
  std::vector<double> values((4 + classes) * anchors);
  for (std::size_t a = 0; a < anchors; ++a) {
    const double cluster = static_cast<double>(random() % 5) / 5.0;
    values[a] = 0.1 + cluster * 0.8 + 0.02 * unit(random);
    values[anchors + a] = 0.5 + 0.02 * unit(random);
    values[2 * anchors + a] = 0.1 + 0.02 * unit(random);
    values[3 * anchors + a] = 0.2 + 0.02 * unit(random);
    for (std::size_t c = 0; c < classes; ++c) {
      values[(4 + c) * anchors + a] = 0.2 * unit(random);
    }
    if (random() % 4 == 0) {
      values[(4 + random() % classes) * anchors + a] = 0.25 + 0.7 * unit(random);
    }
  }
  return values;
}

struct Model {
  Decoder decoder;
  std::vector<Tensor> outputs;
  testing::ReferenceHead head;
};

OutputSpec detection_spec(std::size_t features, std::size_t anchors, bool anchors_first,
                          const Stored& stored) {
  OutputSpec spec;
  spec.dims = {
      {DimName::kBatch, 1}, {DimName::kNumFeatures, features}, {DimName::kNumBoxes, anchors}};
  if (anchors_first) std::swap(spec.dims[1], spec.dims[2]);
  if (!is_float(stored.dtype)) spec.quantization = {stored.scale, stored.zero_point};
  return spec;
}

Model make_model(const std::vector<double>& values, std::size_t features, std::size_t anchors,
                 const Stored& stored, bool anchors_first, const DecoderOptions& options) {
  const OutputSpec spec = detection_spec(features, anchors, anchors_first, stored);
  std::vector<double> real;
  std::vector<std::size_t> shape{1, features, anchors};
  if (anchors_first) std::swap(shape[1], shape[2]);
  std::vector<Tensor> outputs;
  outputs.push_back(testing::make_tensor(
      shape, stored,
      [&](std::size_t i) {
        return anchors_first ? values[i % features * anchors + i / features] : values[i];
      },
      &real));
  testing::ReferenceHead head;
  for (std::size_t f = 0; f < features; ++f) {
    std::vector<double> row(anchors);
    for (std::size_t a = 0; a < anchors; ++a) {
      row[a] = real[anchors_first ? a * features + f : f * anchors + a];
    }
    (f < 4 ? head.boxes : head.scores).push_back(row);
  }
  return {Decoder::from_outputs({spec}, options, DecoderVersion::kYolov8), std::move(outputs),
          std::move(head)};
}

void expect_boxes(const Detections& result, const std::vector<testing::ReferenceBox>& expected,
                  const std::string& what) {
  ASSERT_EQ(result.boxes.size(), expected.size()) << what;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(result.boxes[i].label, expected[i].label) << what << " box " << i;
    EXPECT_NEAR(result.boxes[i].score, expected[i].score, 1e-6) << what << " box " << i;
    EXPECT_NEAR(result.boxes[i].box.xmin, expected[i].xmin, 1e-6) << what << " box " << i;
    EXPECT_NEAR(result.boxes[i].box.ymin, expected[i].ymin, 1e-6) << what << " box " << i;
    EXPECT_NEAR(result.boxes[i].box.xmax, expected[i].xmax, 1e-6) << what << " box " << i;
    EXPECT_NEAR(result.boxes[i].box.ymax, expected[i].ymax, 1e-6) << what << " box " << i;
  }
}

/// Thresholds between the values that scores of the dtype can take.
float clear_threshold(const Stored& stored) {
  if (is_float(stored.dtype)) return 0.2501F;
  return (std::round(0.25F / stored.scale) + 0.5F) * stored.scale;
}

class EveryDType : public ::testing::TestWithParam<DType> {};

TEST_P(EveryDType, MatchesTheNaiveDecoder) {
  const Stored stored = testing::stored_range(GetParam(), 0.0F, 1.0F);
  for (const std::size_t anchors : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 1025}) {
    for (const std::size_t classes : {1, 2, 3, 17, 80}) {
      for (const bool anchors_first : {false, true}) {
        DecoderOptions options;
        options.score_threshold = clear_threshold(stored);
        options.iou_threshold = 0.45F;
        options.nms = anchors % 2 == 0 ? Nms::kClassAware : Nms::kClassAgnostic;
        const std::vector<double> values =
            random_head(classes, anchors, static_cast<unsigned>(anchors * 100 + classes));
        const Model model =
            make_model(values, 4 + classes, anchors, stored, anchors_first, options);
        Detections result;
        model.decoder.decode(testing::pointers(model.outputs), result);
        expect_boxes(result,
                     testing::reference_nms(
                         testing::reference_candidates(model.head, options.score_threshold), 0.45F,
                         options.nms == Nms::kClassAware, 300),
                     std::to_string(anchors) + " anchors, " + std::to_string(classes) +
                         " classes, anchors first " + std::to_string(anchors_first));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Yolo, EveryDType, ::testing::ValuesIn(testing::decodable_dtypes()),
                         [](const auto& info) { return dtype_info(info.param).name; });

TEST(Yolo, GivesTheSameOnEverySimdTarget) {
  for (const DType dtype : testing::decodable_dtypes()) {
    const Stored stored = testing::stored_range(dtype, 0.0F, 1.0F);
    const Model model = make_model(random_head(80, 1100, 5), 84, 1100, stored, false, {});
    std::vector<Detections> results;
    for (const char* target : simd::available_targets()) {
      ASSERT_TRUE(simd::force_target(target));
      model.decoder.decode(testing::pointers(model.outputs), results.emplace_back());
    }
    simd::reset_target();
    for (const Detections& result : results) {
      ASSERT_EQ(result.boxes.size(), results[0].boxes.size());
      for (std::size_t i = 0; i < result.boxes.size(); ++i) {
        EXPECT_EQ(std::memcmp(&result.boxes[i], &results[0].boxes[i], sizeof(DetectBox)), 0);
      }
    }
  }
}

/// values[feature] of anchors that share one box unless shifted.
Model tiny_model(const std::vector<std::vector<double>>& rows, const Stored& stored,
                 const DecoderOptions& options) {
  std::vector<double> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  return make_model(values, rows.size(), rows[0].size(), stored, false, options);
}

Detections decode(const Model& model) {
  Detections result;
  model.decoder.decode(testing::pointers(model.outputs), result);
  return result;
}

TEST(Yolo, TheLastOfEqualClassesWins) {
  for (const DType dtype : testing::decodable_dtypes()) {
    const Stored stored = testing::stored_range(dtype, 0.0F, 1.0F);
    const Detections result =
        decode(tiny_model({{.5}, {.5}, {.2}, {.2}, {.75}, {.25}, {.75}, {.5}}, stored, {}));
    ASSERT_EQ(result.boxes.size(), 1U);
    EXPECT_EQ(result.boxes[0].label, 2U) << dtype_info(dtype).name;
  }
}

TEST(Yolo, EqualScoresKeepTheOrderOfAnchors) {
  std::vector<std::vector<double>> rows(5, std::vector<double>(2000, 0.01));
  for (std::size_t a = 0; a < 2000; ++a) rows[0][a] = static_cast<double>(a);
  rows[4].assign(2000, 0.5);
  DecoderOptions options;
  options.max_det = 3;
  const Detections result = decode(tiny_model(rows, {}, options));
  ASSERT_EQ(result.boxes.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(result.boxes[i].box.xmin, static_cast<double>(i) - 0.005, 1e-6);
  }
}

TEST(Yolo, TheThresholdIsInclusiveInTheStoredDomain) {
  DecoderOptions options;
  options.score_threshold = 0.5F;
  const Stored u8{DType::kU8, 1.0F / 256.0F, 0};
  const auto score = [&](double value) {
    return decode(tiny_model({{.5}, {.5}, {.2}, {.2}, {value}}, u8, options)).boxes.size();
  };
  EXPECT_EQ(score(128.0 / 256), 1U);
  EXPECT_EQ(score(127.0 / 256), 0U);
  EXPECT_EQ(decode(tiny_model({{.5}, {.5}, {.2}, {.2}, {.5}}, {}, options)).boxes.size(), 1U);
  options.score_threshold = 1.5F;  // above what the type can hold: not even saturated scores pass
  EXPECT_EQ(score(255.0 / 256), 0U);
  options.score_threshold = kNan;
  EXPECT_EQ(score(255.0 / 256), 0U);
}

TEST(Yolo, KeepsTheLeastStoredValueWhereTheThresholdAllowsIt) {
  DecoderOptions options;
  options.score_threshold = 0.0F;
  const Stored i8{DType::kI8, 1.0F / 256.0F, -128};
  EXPECT_EQ(decode(tiny_model({{.2}, {.2}, {.2}, {.2}, {0}}, i8, options)).boxes.size(), 1U);
}

TEST(Yolo, NotANumberNeverPassesNorSuppresses) {
  for (const DType dtype : {DType::kF16, DType::kF32, DType::kF64}) {
    for (const std::size_t anchors : {3, 65}) {
      std::vector<std::vector<double>> rows(6, std::vector<double>(anchors, 0.3));
      rows[4].assign(anchors, kNan);
      rows[5].assign(anchors, 0.0);
      rows[5][1] = 0.6;  // beside a NaN in class 0
      rows[0][2] = kNan;
      rows[4][2] = 0.9;  // a NaN box
      const Detections result = decode(tiny_model(rows, {dtype, 1, 0}, {}));
      ASSERT_EQ(result.boxes.size(), 1U) << dtype_info(dtype).name << anchors;
      EXPECT_EQ(result.boxes[0].label, 1U);
    }
  }
}

/// A broken extent, coordinate or sign: none of them is a box.
struct Broken {
  const char* name;
  double x, width, height;
};
constexpr double kInf = std::numeric_limits<double>::infinity();
const Broken kBroken[] = {{"no area", 0.5, 0.0, 0.0},        {"no width", 0.5, 0.0, 0.1},
                          {"no height", 0.5, 0.1, 0.0},      {"less than no width", 0.5, -0.1, 0.1},
                          {"endless", 0.5, kInf, 0.1},       {"endless both ways", 0.5, kInf, kInf},
                          {"far away", kInf, 0.1, 0.1},      {"far away below", -kInf, 0.1, 0.1},
                          {"beyond floats", 3e38, 3e38, 0.1}};

TEST(Yolo, BoxesWithoutAFiniteAreaTakeNoPlace) {
  constexpr std::size_t kAnchors = 8400;
  for (const Broken& broken : kBroken) {
    for (const std::optional<Nms> nms : {std::optional(Nms::kClassAgnostic),
                                         std::optional(Nms::kClassAware), std::optional<Nms>()}) {
      for (const std::size_t top_k : {0, 1, 2, 300}) {
        std::vector<std::vector<double>> rows{
            std::vector<double>(kAnchors, broken.x), std::vector<double>(kAnchors, 0.5),
            std::vector<double>(kAnchors, broken.width),
            std::vector<double>(kAnchors, broken.height), std::vector<double>(kAnchors, 0.9)};
        for (const std::size_t whole : {7, 4000, 8399}) {  // less likely than all the others
          rows[0][whole] = 0.1 + static_cast<double>(whole) / 10000.0;
          rows[2][whole] = rows[3][whole] = 0.05;
          rows[4][whole] = 0.8 - static_cast<double>(whole) / 100000.0;
        }
        DecoderOptions options;
        options.nms = nms;
        options.pre_nms_top_k = top_k;
        options.max_det = 3;
        const Detections result = decode(tiny_model(rows, {}, options));
        const std::size_t places = nms && top_k != 0 ? std::min<std::size_t>(top_k, 3) : 3;
        ASSERT_EQ(result.boxes.size(), places) << broken.name << ' ' << top_k;
        EXPECT_FLOAT_EQ(result.boxes[0].score, 0.79993F) << broken.name;
        EXPECT_NEAR(result.boxes[0].box.xmin, 0.0757F, 1e-5) << broken.name;
      }
    }
  }
}

TEST(Yolo, ADroppedBoxChangesNoNeighbour) {
  // Two overlapping pairs, and between them by score and place what must leave no trace.
  const std::vector<std::vector<double>> clean{{.30, .31, .70, .71},
                                               {.50, .50, .50, .50},
                                               {.20, .20, .20, .20},
                                               {.20, .20, .20, .20},
                                               {.95, .80, .85, .70}};
  const Detections expected = decode(tiny_model(clean, {}, {}));
  ASSERT_EQ(expected.boxes.size(), 2U);
  for (const Broken& broken : kBroken) {
    std::vector<std::vector<double>> rows = clean;
    const double column[] = {broken.x, 0.5, broken.width, broken.height, 0.99};
    for (std::size_t f = 0; f < rows.size(); ++f) {
      rows[f].insert(rows[f].begin() + 2, column[f]);
      rows[f].insert(rows[f].begin(), column[f]);
    }
    const Detections result = decode(tiny_model(rows, {}, {}));
    ASSERT_EQ(result.boxes.size(), 2U) << broken.name;
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(result.boxes[i].box.xmin, expected.boxes[i].box.xmin) << broken.name;
      EXPECT_EQ(result.boxes[i].score, expected.boxes[i].score) << broken.name;
    }
  }
}

TEST(Yolo, NmsComparesStrictlyAndByClassWhereAsked) {
  // Two boxes of 2 x 1 that share half: intersection 1, union 3.
  const std::vector<std::vector<double>> rows{{1, 2}, {.5, .5}, {2, 2}, {1, 1}, {.9, 0}, {0, .8}};
  DecoderOptions options;
  const auto count = [&](float iou, std::optional<Nms> nms) {
    options.iou_threshold = iou;
    options.nms = nms;
    return decode(tiny_model(rows, {}, options)).boxes.size();
  };
  EXPECT_EQ(count(0.33F, Nms::kClassAgnostic), 1U);
  EXPECT_EQ(count(0.34F, Nms::kClassAgnostic), 2U);
  EXPECT_EQ(count(0.33F, Nms::kClassAware), 2U);
  EXPECT_EQ(count(0.0F, std::nullopt), 2U);
  EXPECT_EQ(count(1.0F, Nms::kClassAgnostic), 2U);
}

TEST(Yolo, IdenticalBoxesSurviveAnIouThresholdOfOne) {
  DecoderOptions options;
  options.iou_threshold = 1.0F;
  const std::vector<std::vector<double>> rows{{.5, .5}, {.5, .5}, {.2, .2}, {.2, .2}, {.6, .9}};
  const Detections result = decode(tiny_model(rows, {}, options));
  ASSERT_EQ(result.boxes.size(), 2U);
  EXPECT_NEAR(result.boxes[0].score, 0.9F, 1e-6);
}

TEST(Yolo, MaxDetBoundsEveryMode) {
  for (const std::optional<Nms> nms :
       {std::optional<Nms>(Nms::kClassAware), std::optional<Nms>()}) {
    DecoderOptions options;
    options.nms = nms;
    options.max_det = 2;
    std::vector<std::vector<double>> rows(5, std::vector<double>(9, 0.01));
    for (std::size_t a = 0; a < 9; ++a) rows[0][a] = static_cast<double>(a);
    rows[4].assign(9, 0.7);
    EXPECT_EQ(decode(tiny_model(rows, {}, options)).boxes.size(), 2U);
    options.max_det = 0;
    EXPECT_EQ(decode(tiny_model(rows, {}, options)).boxes.size(), 0U);
  }
}

TEST(Yolo, WithoutNmsDetectionModelsKeepTheOrderOfAnchors) {
  DecoderOptions options;
  options.nms = std::nullopt;
  const std::vector<std::vector<double>> rows{
      {.5, .6, .7}, {.5, .5, .5}, {.2, .2, .2}, {.2, .2, .2}, {.6, .9, .7}};
  const Detections result = decode(tiny_model(rows, {}, options));
  ASSERT_EQ(result.boxes.size(), 3U);
  EXPECT_NEAR(result.boxes[0].score, 0.6F, 1e-6);
  EXPECT_NEAR(result.boxes[1].score, 0.9F, 1e-6);
}

TEST(Yolo, TheTensorsQuantizationGoesBeforeTheConfiguration) {
  const Stored u8{DType::kU8, 1.0F / 256.0F, 0};
  Model model = tiny_model({{.5}, {.5}, {.25}, {.25}, {.75}}, u8, {});
  model.outputs[0].set_quantization(Quantization::per_tensor(1.0F / 512.0F, 0));
  model.decoder.set_score_threshold(0.3F);
  const Detections result = decode(model);
  ASSERT_EQ(result.boxes.size(), 1U);
  EXPECT_FLOAT_EQ(result.boxes[0].score, 0.375F);
  EXPECT_FLOAT_EQ(result.boxes[0].box.xmin, 0.25F - 0.0625F);
}

TEST(Yolo, HonoursScalesPerChannel) {
  // Row i holds 100 at scale 0.001 * (i + 1), zero point i.
  std::vector<float> scales;
  std::vector<std::int32_t> zero_points;
  for (int i = 0; i < 7; ++i) {
    scales.push_back(0.001F * static_cast<float>(i + 1));
    zero_points.push_back(i);
  }
  Model model = tiny_model(std::vector<std::vector<double>>(7, {100}), {DType::kI8, 1, 0}, {});
  model.outputs[0].set_quantization(Quantization::per_channel(scales, zero_points, 1));
  const Detections result = decode(model);
  ASSERT_EQ(result.boxes.size(), 1U);
  EXPECT_EQ(result.boxes[0].label, 2U);
  EXPECT_NEAR(result.boxes[0].score, 0.007F * 94, 1e-6);
  EXPECT_NEAR(result.boxes[0].box.xmin, 0.001F * 100 - 0.003F * 98 / 2, 1e-6);
}

TEST(Yolo, BindsEqualShapesInTheCallersOrder) {
  OutputSpec boxes;
  boxes.type = OutputType::kBoxes;
  boxes.shape = {1, 4, 2};
  OutputSpec scores = boxes;
  scores.type = OutputType::kScores;
  const Decoder decoder = Decoder::from_outputs({scores, boxes});
  std::vector<Tensor> tensors;
  tensors.push_back(testing::make_tensor({1, 4, 2}, {}, [](std::size_t) { return 0.4; }));
  tensors.push_back(
      testing::make_tensor({1, 4, 2}, {}, [](std::size_t i) { return i == 7 ? 0.9 : 0.1; }));
  Detections result;
  decoder.decode(testing::pointers(tensors), result);
  ASSERT_EQ(result.boxes.size(), 1U);
  EXPECT_EQ(result.boxes[0].label, 3U);
  EXPECT_NEAR(result.boxes[0].box.xmin, 0.2F, 1e-6);
}

ErrorCode decode_error(const Decoder& decoder, const std::vector<Tensor>& outputs) {
  Detections result;
  try {
    decoder.decode(testing::pointers(outputs), result);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "decode accepted it";
  return ErrorCode::kInternal;
}

TEST(Yolo, RefusesTensorsThatDoNotFit) {
  const Decoder decoder =
      Decoder::from_outputs({detection_spec(5, 3, false, {})}, {}, DecoderVersion::kYolov8);
  const auto tensor = [](const Shape& shape, DType dtype) {
    return Tensor(shape, dtype, TensorMemory::kMem);
  };
  EXPECT_EQ(decode_error(decoder, {}), ErrorCode::kInvalidConfig);
  EXPECT_EQ(decode_error(decoder, {tensor({1, 5, 4}, DType::kF32)}), ErrorCode::kInvalidShape);
  EXPECT_EQ(decode_error(decoder, {tensor({5, 3}, DType::kF32)}), ErrorCode::kInvalidShape);
  EXPECT_EQ(decode_error(decoder, {tensor({1, 5, 3}, DType::kI64)}), ErrorCode::kInvalidConfig);
  EXPECT_EQ(decode_error(decoder, {tensor({1, 5, 3}, DType::kF32), tensor({1}, DType::kF16)}),
            ErrorCode::kInvalidConfig);
  EXPECT_EQ(decode_error(decoder, {tensor({1, 5, 3}, DType::kU8), tensor({1}, DType::kF32)}),
            ErrorCode::kInvalidConfig);
  const Tensor* const null = nullptr;
  Detections result;
  EXPECT_THROW(decoder.decode({&null, 1}, result), Error);
}

TEST(Yolo, SkipsStrayIntegersBesideFloats) {
  const Decoder decoder =
      Decoder::from_outputs({detection_spec(5, 3, false, {})}, {}, DecoderVersion::kYolov8);
  std::vector<Tensor> outputs;
  outputs.emplace_back(Shape{1, 5, 3}, DType::kI32, TensorMemory::kMem);
  outputs.push_back(testing::make_tensor({1, 5, 3}, {}, [](std::size_t) { return 0.9; }));
  Detections result;
  decoder.decode(testing::pointers(outputs), result);
  EXPECT_EQ(result.boxes.size(), 1U);
}

TEST(Yolo, ReadsTensorsAtAnyAddress) {
  const Model model = make_model(random_head(3, 65, 9), 7, 65, {}, false, {});
  std::vector<std::byte> buffer(7 * 65 * 4 + 1);
  const TensorMap map = model.outputs[0].map(CpuAccess::kRead);
  std::memcpy(buffer.data() + 1, map.data(), 7 * 65 * 4);
  const Tensor shifted =
      Tensor::wrap(buffer.data() + 1, 7 * 65 * 4, {1, 7, 65}, DType::kF32, nullptr);
  const Tensor* const outputs[] = {&shifted};
  Detections result;
  model.decoder.decode(outputs, result);
  EXPECT_EQ(result.boxes.size(), decode(model).boxes.size());
  EXPECT_GT(result.boxes.size(), 0U);
}

TEST(Yolo, AllocatesNothingOnceWarm) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizer allocator";
  for (const DType dtype : {DType::kF32, DType::kI8}) {
    const Stored stored = testing::stored_range(dtype, 0.0F, 1.0F);
    const Model model = make_model(random_head(80, 2100, 2), 84, 2100, stored, false, {});
    const std::vector<const Tensor*> outputs = testing::pointers(model.outputs);
    Detections result;
    model.decoder.decode(outputs, result);
    testing::AllocationCounter counter;
    model.decoder.decode(outputs, result);
    EXPECT_EQ(counter.count(), 0U) << dtype_info(dtype).name;
  }
}

TEST(Yolo, DecodesOnSeveralThreadsAtOnce) {
  const Model model = make_model(random_head(20, 2100, 4), 24, 2100, {}, false, {});
  const Detections expected = decode(model);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        const Detections result = decode(model);
        if (result.boxes.size() != expected.boxes.size()) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace edgefirst
