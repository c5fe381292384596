// SPDX-License-Identifier: Apache-2.0
// End-to-end, two-way, ModelPack, per-scale and merged models, each against its formula.
#include "decoder/heads.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"
#include "edgefirst/tracker.hpp"

#include "support/decoder_reference.hpp"
#include "support/decoder_tensors.hpp"
#include "support/errors.hpp"

namespace edgefirst {
namespace {

using testing::make_tensor;
using testing::Stored;

Detections decode(const Decoder& decoder, const std::vector<Tensor>& outputs) {
  Detections result;
  decoder.decode(testing::pointers(outputs), result);
  return result;
}

const char kEndToEnd[] = R"({"decoder_version":"yolo26","outputs":[
    {"type":"detection","shape":[1,3,6],"quantization":[0.01,-10]}]})";

TEST(EndToEnd, KeepsRowsInOrderAndRoundsClasses) {
  const double rows[] = {.1, .2, .3, .4, .6, 2.6, .1, .1, .2, .2, .4, 1, -.1, 0, .9, 1, .7, 0};
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kF64, DType::kI16}) {
    std::vector<Tensor> outputs;
    outputs.push_back(
        make_tensor({1, 3, 6}, {dtype, 0.01F, -10}, [&](std::size_t i) { return rows[i]; }));
    const Detections result = decode(Decoder::from_json(kEndToEnd), outputs);
    ASSERT_EQ(result.boxes.size(), 2U) << dtype_info(dtype).name;
    EXPECT_NEAR(result.boxes[0].score, 0.6F, 1e-3);
    EXPECT_EQ(result.boxes[0].label, 3U);
    EXPECT_NEAR(result.boxes[1].box.xmin, -0.1F, 1e-3);
    EXPECT_NEAR(result.boxes[1].box.ymax, 1.0F, 1e-3);
  }
}

TEST(EndToEnd, CutsAtMaxDetAndSkipsNotANumber) {
  std::vector<Tensor> outputs;
  outputs.push_back(make_tensor({1, 3, 6}, {}, [](std::size_t i) {
    return i == 4 ? std::numeric_limits<double>::quiet_NaN() : i % 6 < 2 ? 0.1 : 0.9;
  }));
  DecoderOptions options;
  EXPECT_EQ(decode(Decoder::from_json(kEndToEnd, options), outputs).boxes.size(), 2U);
  options.max_det = 1;
  EXPECT_EQ(decode(Decoder::from_json(kEndToEnd, options), outputs).boxes.size(), 1U);
}

TEST(EndToEnd, RowsThatAreNoBoxesTakeNoPlace) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const std::vector<std::vector<double>> rows{
      {.5, .5, .5, .5, .99, 0}, {.5, .1, .5, .9, .98, 0},   {.1, .9, .9, .9, .97, 0},
      {.9, .1, .1, .9, .96, 0}, {.1, .1, kInf, .9, .95, 0}, {-kInf, .1, .9, .9, .94, 0},
      {.1, .2, .3, .4, .80, 2}};
  std::vector<Tensor> outputs;
  outputs.push_back(make_tensor({1, 7, 6}, {}, [&](std::size_t i) { return rows[i / 6][i % 6]; }));
  DecoderOptions options;
  options.max_det = 1;
  const Decoder decoder = Decoder::from_json(
      R"({"decoder_version":"yolo26","outputs":[{"type":"detection","shape":[1,7,6]}]})", options);
  const Detections result = decode(decoder, outputs);
  ASSERT_EQ(result.boxes.size(), 1U);
  EXPECT_EQ(result.boxes[0].label, 2U);
}

TEST(EndToEnd, SplitOutputsTakeIntegerClassesBesideFloats) {
  std::vector<Tensor> outputs;
  outputs.push_back(make_tensor({1, 4, 2}, {}, [](std::size_t i) { return 0.1 * (i + 1.0); }));
  outputs.push_back(make_tensor({1, 1, 2}, {}, [](std::size_t i) { return i == 0 ? .2 : .9; }));
  outputs.push_back(make_tensor({1, 1, 2}, {DType::kI32, 1, 0}, [](std::size_t) { return 7.0; }));
  const Detections result = decode(Decoder::from_json(R"({"decoder_version":"yolo26","outputs":[
        {"type":"boxes","shape":[1,4,2]},{"type":"scores","shape":[1,1,2]},
        {"type":"classes","shape":[1,1,2]}]})"),
                                   outputs);
  ASSERT_EQ(result.boxes.size(), 1U);
  EXPECT_EQ(result.boxes[0].label, 7U);
  EXPECT_NEAR(result.boxes[0].box.ymin, 0.4F, 1e-6);
}

TEST(TwoWay, DecodesIntegers) {
  const double detection[] = {.5, .5, .4, .4, .1, .8};
  std::vector<Tensor> outputs;
  outputs.push_back(make_tensor({1, 6, 1}, {DType::kI8, 0.01F, -20},
                                [&](std::size_t i) { return detection[i]; }));
  outputs.push_back(
      make_tensor({1, 2, 1}, {DType::kI8, 0.1F, 3}, [](std::size_t i) { return i == 0 ? 2 : -1; }));
  outputs.push_back(make_tensor({1, 4, 4, 2}, {DType::kI8, 0.05F, -7},
                                [](std::size_t i) { return i % 2 == 0 ? 1.0 : -0.5; }));
  const Detections result = decode(Decoder::from_json(R"({"outputs":[
        {"type":"detection","shape":[1,6,1],"quantization":[0.01,-20]},
        {"type":"mask_coefs","shape":[1,2,1],"quantization":[0.1,3]},
        {"type":"protos","shape":[1,4,4,2],"quantization":[0.05,-7]}]})"),
                                   outputs);
  ASSERT_EQ(result.boxes.size(), 1U);
  EXPECT_EQ(result.boxes[0].label, 1U);
  ASSERT_EQ(result.masks.size(), 1U);
  ASSERT_EQ(result.masks[0].width, 2U);  // 0.3 ... 0.7 of 4 pixels touches 1 and 2
  // 2 * 1 + -1 * -0.5 = 2.5
  EXPECT_EQ(result.masks[0].data[0], std::round(255.0F / (1.0F + std::exp(-2.5F))));
}

TEST(ModelPack, SigmoidHasTheValuesOfItsFormula) {
  EXPECT_EQ(decoding::modelpack_sigmoid(81.0F), 1.0F);
  EXPECT_EQ(decoding::modelpack_sigmoid(-81.0F), 0.0F);
  EXPECT_TRUE(std::isnan(decoding::modelpack_sigmoid(std::nanf(""))));
  // E(0): base 0, so E = C2 = 1.00172476.
  EXPECT_EQ(decoding::modelpack_sigmoid(0.0F), 1.0F / (1.0F + 1.00172476F));
  for (float x = -79.9F; x < 80; x += 0.37F) {
    EXPECT_NEAR(decoding::modelpack_sigmoid(x), testing::reference_sigmoid(x), 3e-3) << x;
  }
}

const char kGrid[] = R"({"outputs":[{"type":"detection","decoder":"modelpack","shape":[1,2,3,14],
    "anchors":[[0.1,0.2],[0.3,0.4]]}]})";

TEST(ModelPack, DecodesAnchorGrids) {
  // Cell (1, 2), second anchor: tx ... th = 0, objectness 3, classes -1 and 2.
  const auto value = [](std::size_t i) {
    const double hot[] = {0, 0, 0, 0, 3, -1, 2};
    const std::size_t first = (1 * 3 + 2) * 14 + 7;
    return i >= first && i < first + 7 ? hot[i - first] : -5.0;
  };
  std::vector<Tensor> outputs;
  outputs.push_back(make_tensor({1, 2, 3, 14}, {}, value));
  const Detections result = decode(Decoder::from_json(kGrid), outputs);
  ASSERT_EQ(result.boxes.size(), 1U);
  const float s0 = decoding::modelpack_sigmoid(0);
  EXPECT_EQ(result.boxes[0].label, 1U);
  EXPECT_EQ(result.boxes[0].score, decoding::modelpack_sigmoid(2) * decoding::modelpack_sigmoid(3));
  const float x = (s0 * 2 + 1.5F) / 3;
  const float y = (s0 * 2 + 0.5F) / 2;
  EXPECT_NEAR(result.boxes[0].box.xmin, x - s0 * s0 * 4 * 0.3F / 2, 1e-6);
  EXPECT_NEAR(result.boxes[0].box.ymax, y + s0 * s0 * 4 * 0.4F / 2, 1e-6);
}

TEST(ModelPack, DecodesChannelFirstGridsByName) {
  std::vector<Tensor> outputs;
  outputs.push_back(make_tensor({1, 6, 2, 3}, {}, [](std::size_t i) {
    return i / 6 == 4 ? (i % 6 == 5 ? 4.0 : -9.0) : 0.0;
  }));
  const Detections result =
      decode(Decoder::from_json(R"({"outputs":[{"type":"detection","decoder":"modelpack",
        "shape":[1,6,2,3],"anchors":[[0.1,0.2]],
        "dshape":[["batch",1],["num_anchors_x_features",6],["height",2],["width",3]]}]})"),
             outputs);
  ASSERT_EQ(result.boxes.size(), 1U);
  EXPECT_EQ(result.boxes[0].score, decoding::modelpack_sigmoid(4));
  EXPECT_GT(result.boxes[0].box.xmin, 0.7F);
}

TEST(ModelPack, TurnsSemanticMapsIntoBytes) {
  const std::string json =
      R"({"outputs":[{"type":"segmentation","decoder":"modelpack","shape":[1,2,2,2]}]})";
  const auto byte = [&](DType dtype, double value) {
    std::vector<Tensor> outputs;
    outputs.push_back(make_tensor({1, 2, 2, 2}, {dtype, 1, 0}, [&](std::size_t) { return value; }));
    const Detections result = decode(Decoder::from_json(json), outputs);
    EXPECT_EQ(result.masks.size(), 1U);
    EXPECT_EQ(result.masks[0].channels, 2U);
    return int{result.masks[0].data[3]};
  };
  EXPECT_EQ(byte(DType::kU8, 7), 7);
  EXPECT_EQ(byte(DType::kI8, -7), 121);
  EXPECT_EQ(byte(DType::kU16, 0x1234), 0x12);
  EXPECT_EQ(byte(DType::kI16, -32768), 0);
  EXPECT_EQ(byte(DType::kU32, 4294967295.0), 255);
  EXPECT_EQ(byte(DType::kI32, -1), 127);
  EXPECT_EQ(byte(DType::kF32, 3.5), 0);  // constant
  std::vector<Tensor> outputs;
  outputs.push_back(make_tensor(
      {1, 2, 2, 2}, {}, [](std::size_t i) { return -1.0 + 0.25 * static_cast<double>(i); }));
  const Detections result = decode(Decoder::from_json(json), outputs);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(result.masks[0].data[i], static_cast<int>(255.0F * static_cast<float>(i) / 7.0F));
  }
}

/// Strides 8 and 16 of a 32 x 32 input, two classes, reg_max bins (0: distances).
std::string per_scale_json(const char* dtype, std::size_t channels, bool planar) {
  std::string boxes;
  std::string scores;
  for (const std::size_t stride : {std::size_t{16}, std::size_t{8}}) {
    const std::size_t side = 32 / stride;
    const auto child = [&](const char* name, const char* axis, std::size_t count) {
      const std::string s = std::to_string(side);
      const std::string c = std::to_string(count);
      const std::string named = std::string("{\"") + axis + "\":" + c + "}";
      const std::string grid = "{\"height\":" + s + "},{\"width\":" + s + "}";
      return std::string("{\"name\":\"") + name + std::to_string(stride) +
             "\",\"stride\":" + std::to_string(stride) + ",\"dtype\":\"" + dtype +
             "\",\"quantization\":{\"scale\":1.0,\"dtype\":\"" + dtype + "\"},\"shape\":[1," +
             (planar ? c + "," + s + "," + s : s + "," + s + "," + c) +
             "],\"dshape\":[{\"batch\":1}," + (planar ? named + "," + grid : grid + "," + named) +
             "]}";
    };
    boxes += (boxes.empty() ? "" : ",") + child("b", "num_features", channels);
    scores += (scores.empty() ? "" : ",") + child("s", "num_classes", 2);
  }
  return std::string(R"({"schema_version":2,"input":{"shape":[1,32,32,3]},"outputs":[
      {"type":"boxes","encoding":")") +
         (channels == 4 ? "ltrb" : "dfl") + R"(","shape":[1,4,20],"outputs":[)" + boxes + R"(]},
      {"type":"scores","activation_required":"sigmoid","shape":[1,2,20],"outputs":[)" +
         scores + "]}]}";
}

struct ScaleCase {
  DType dtype;
  std::size_t channels;
  bool planar;
};

class PerScale : public ::testing::TestWithParam<ScaleCase> {};

TEST_P(PerScale, MatchesItsFormula) {
  const auto [dtype, channels, planar] = GetParam();
  const Stored box_stored = testing::stored_range(dtype, -4.0F, 4.0F);
  const Stored score_stored = testing::stored_range(dtype, -12.0F, 12.0F);
  std::mt19937 random(3);
  std::uniform_real_distribution<double> unit(-1.0, 1.0);
  testing::ReferenceHead head;
  head.boxes.resize(4);
  head.scores.resize(2);
  std::vector<Tensor> outputs;
  for (const std::size_t stride : {std::size_t{8}, std::size_t{16}}) {
    const std::size_t side = 32 / stride;
    const auto tensor = [&](std::size_t count, const Stored& stored, std::vector<double>& real,
                            const std::function<double()>& draw) {
      const std::vector<std::size_t> shape = planar
                                                 ? std::vector<std::size_t>{1, count, side, side}
                                                 : std::vector<std::size_t>{1, side, side, count};
      outputs.push_back(make_tensor(
          shape, stored, [&](std::size_t) { return draw(); }, &real));
      if (!is_float(dtype)) {
        outputs.back().set_quantization(Quantization::per_tensor(stored.scale, stored.zero_point));
      }
    };
    std::vector<double> boxes;
    std::vector<double> scores;
    tensor(channels, box_stored, boxes,
           [&] { return channels == 4 ? 2 + unit(random) : 4 * unit(random); });
    tensor(2, score_stored, scores, [&] { return -3 + 5 * unit(random); });
    for (std::size_t cell = 0; cell < side * side; ++cell) {
      const auto at = [&](const std::vector<double>& values, std::size_t count, std::size_t c) {
        return values[planar ? c * side * side + cell : cell * count + c];
      };
      double sides[4];
      for (std::size_t s = 0; s < 4; ++s) {
        std::vector<double> bins;
        for (std::size_t b = 0; b < channels / 4; ++b) {
          bins.push_back(at(boxes, channels, s * (channels / 4) + b));
        }
        sides[s] = channels == 4 ? bins[0] : testing::reference_dfl(bins);
      }
      const double x = static_cast<double>(cell % side) + 0.5;
      const double y = static_cast<double>(cell / side) + 0.5;
      const double unit_x = static_cast<double>(stride) / 32;
      head.boxes[0].push_back((x + (sides[2] - sides[0]) / 2) * unit_x);
      head.boxes[1].push_back((y + (sides[3] - sides[1]) / 2) * unit_x);
      head.boxes[2].push_back((sides[0] + sides[2]) * unit_x);
      head.boxes[3].push_back((sides[1] + sides[3]) * unit_x);
      for (std::size_t c = 0; c < 2; ++c) {
        head.scores[c].push_back(testing::reference_sigmoid(at(scores, 2, c)));
      }
    }
  }
  DecoderOptions options;
  options.score_threshold = 0.3F;
  const Decoder decoder =
      Decoder::from_json(per_scale_json(dtype_info(dtype).name, channels, planar), options);
  EXPECT_EQ(decoder.model_type(), ModelType::kPerScale);
  const Detections result = decode(decoder, outputs);
  const auto expected =
      testing::reference_nms(testing::reference_candidates(head, 0.3), 0.5, false, 300);
  ASSERT_EQ(result.boxes.size(), expected.size());
  EXPECT_GE(expected.size(), 3U);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(result.boxes[i].label, expected[i].label);
    EXPECT_NEAR(result.boxes[i].score, expected[i].score, 1e-6);
    EXPECT_NEAR(result.boxes[i].box.xmin, expected[i].xmin, 1e-5);
    EXPECT_NEAR(result.boxes[i].box.ymax, expected[i].ymax, 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Heads, PerScale,
    ::testing::Values(ScaleCase{DType::kF32, 32, false}, ScaleCase{DType::kF32, 4, true},
                      ScaleCase{DType::kF16, 64, false}, ScaleCase{DType::kI8, 64, false},
                      ScaleCase{DType::kI8, 4, false}, ScaleCase{DType::kU8, 32, true},
                      ScaleCase{DType::kI16, 64, true}, ScaleCase{DType::kU16, 4, false}));

TEST(PerScaleErrors, NameWhatIsWrong) {
  const auto error = [](const std::string& json, DType dtype) -> std::string {
    try {
      std::vector<Tensor> outputs;
      outputs.emplace_back(Shape{1, 4, 4, 32}, dtype, TensorMemory::kMem);
      outputs.emplace_back(Shape{1, 4, 4, 2}, dtype, TensorMemory::kMem);
      Detections result;
      Decoder::from_json(json).decode(testing::pointers(outputs), result);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const std::string good = per_scale_json("int8", 32, false);
  EXPECT_THAT(error(good, DType::kI8), ::testing::HasSubstr("no remaining tensor matches"));
  EXPECT_THAT(error(good, DType::kU8), ::testing::HasSubstr("DtypeMismatch"));
  EXPECT_THAT(error(per_scale_json("int32", 32, false), DType::kI32),
              ::testing::HasSubstr("int32"));
  EXPECT_THAT(error(per_scale_json("int8", 260, false), DType::kI8),
              ::testing::HasSubstr("reg_max=65"));
}

TEST(PerScaleErrors, MissingQuantizationIsNeverSilent) {
  const std::string json = R"({"schema_version":2,"outputs":[
      {"type":"boxes","encoding":"ltrb","shape":[1,4,1],"outputs":[{"name":"b","stride":8,
        "shape":[1,1,1,4],"dtype":"int8","quantization":{"scale":[],"dtype":"int8"}}]},
      {"type":"scores","shape":[1,2,1],"outputs":[{"name":"s","stride":8,
        "shape":[1,1,1,2],"dtype":"int8","quantization":{"scale":[],"dtype":"int8"}}]}]})";
  std::vector<Tensor> outputs;
  outputs.emplace_back(Shape{1, 1, 1, 4}, DType::kI8, TensorMemory::kMem);
  outputs.emplace_back(Shape{1, 1, 1, 2}, DType::kI8, TensorMemory::kMem);
  Detections result;
  try {
    Decoder::from_json(json).decode(testing::pointers(outputs), result);
    FAIL() << "decoded without quantization";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kMissingQuantization);
  }
}

const char kMerged[] = R"({"schema_version":2,"decoder_version":"yolov8","outputs":[
  {"type":"boxes","encoding":"direct","shape":[1,4,3,1],
   "dshape":[{"batch":1},{"box_coords":4},{"num_boxes":3},{"padding":1}],"outputs":[
    {"name":"xy","type":"boxes_xy","shape":[1,2,3,1],"dtype":"int8",
     "quantization":{"scale":0.01,"zero_point":-50}},
    {"name":"wh","type":"boxes_wh","shape":[1,2,3,1],"dtype":"uint8",
     "quantization":{"scale":0.005,"zero_point":3}}]},
  {"type":"scores","shape":[1,3,3,1],"dtype":"float32",
   "dshape":[{"batch":1},{"num_classes":3},{"num_boxes":3},{"padding":1}]}]})";

std::vector<Tensor> merged_outputs(bool permuted) {
  const auto xy = [](std::size_t i) { return 0.1 * (static_cast<double>(i) + 1); };
  std::vector<Tensor> outputs;
  outputs.push_back(permuted ? make_tensor({3, 2}, {DType::kI8, 0.01F, -50},
                                           [&](std::size_t i) { return xy(i % 2 * 3 + i / 2); })
                             : make_tensor({1, 2, 3, 1}, {DType::kI8, 0.01F, -50}, xy));
  const std::vector<std::size_t> shape =
      permuted ? std::vector<std::size_t>{3, 2} : std::vector<std::size_t>{1, 2, 3, 1};
  outputs.push_back(make_tensor(shape, {DType::kU8, 0.005F, 3}, [](std::size_t) { return 0.05; }));
  outputs.push_back(make_tensor({1, 3, 3, 1}, {}, [](std::size_t i) { return i == 4 ? .9 : .1; }));
  return outputs;
}

TEST(Merged, ConcatenatesChildrenOfAnyDType) {
  for (const bool permuted : {false, true}) {
    const Detections result = decode(Decoder::from_json(kMerged), merged_outputs(permuted));
    ASSERT_EQ(result.boxes.size(), 1U);
    EXPECT_EQ(result.boxes[0].label, 1U);
    EXPECT_NEAR(result.boxes[0].box.xmin, 0.2F - 0.025F, 1e-6) << permuted;
    EXPECT_NEAR(result.boxes[0].box.ymax, 0.5F + 0.025F, 1e-6);
  }
}

TEST(Merged, ModelsCanBeTracked) {
  ByteTrack tracker;
  Detections result;
  const std::vector<Tensor> outputs = merged_outputs(false);
  Decoder::from_json(kMerged).decode_tracked(testing::pointers(outputs), tracker, 1, result);
  EXPECT_EQ(result.tracks.size(), 1U);
}

TEST(Dequantize, ConvertsEveryNarrowInteger) {
  for (const DType dtype :
       {DType::kU8, DType::kI8, DType::kU16, DType::kI16, DType::kU32, DType::kI32}) {
    const Tensor input = make_tensor({5}, {dtype, 1, 0}, [](std::size_t i) { return i * 20.0; });
    Tensor output({5, 1}, DType::kF32, TensorMemory::kMem);
    dequantize(input, 0.5F, 10, output);
    const TensorMap map = output.map(CpuAccess::kRead);
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_FLOAT_EQ(map.as<float>()[i], static_cast<float>(i) * 10.0F - 5.0F);
    }
  }
  Tensor small({4}, DType::kF32, TensorMemory::kMem);
  EXPECT_THROW(dequantize(Tensor({5}, DType::kU8, TensorMemory::kMem), 1, 0, small), Error);
  EXPECT_THROW(dequantize(Tensor({4}, DType::kF32, TensorMemory::kMem), 1, 0, small), Error);
}

TEST(Dequantize, WalksPaddedRowsOnBothSides) {
  for (const auto& [width, height] : {std::pair{10U, 4U}, {1U, 1U}, {21U, 1U}}) {
    const auto gray = PixelFormat::kGrey, planes = PixelFormat::kPlanarRgb;
    for (const PixelFormat format : {gray, planes}) {
      Tensor input =
          Tensor::image_with_stride(width, height, format, 32, DType::kU8, TensorMemory::kMem);
      Tensor output =
          Tensor::image_with_stride(width, height, format, 256, DType::kF32, TensorMemory::kMem);
      std::size_t stored = 0;
      const std::size_t rows = input.element_count() / width;
      const TensorMap from = input.map(CpuAccess::kWrite);
      for (std::size_t y = 0; y < rows; ++y) {
        for (std::size_t x = 0; x < width; ++x) {
          from.as<std::uint8_t>()[y * 32 + x] = static_cast<std::uint8_t>(++stored);
        }
      }
      dequantize(input, 2, 1, output);
      const TensorMap to = output.map(CpuAccess::kRead);
      stored = 0;
      for (std::size_t y = 0; y < rows; ++y) {
        for (std::size_t x = 0; x < width; ++x) {
          ASSERT_EQ(to.as<float>()[y * 64 + x], static_cast<float>(2 * ++stored) - 2)
              << x << ' ' << y;
        }
        EXPECT_EQ(to.as<float>()[y * 64 + width], 0);  // padding is not ours to write
      }
    }
  }
}

TEST(Dequantize, RefusesToReadWhatItWrites) {
  std::array<std::uint8_t, 16> bytes{};
  const Tensor input = Tensor::wrap(bytes.data(), 4, {4}, DType::kU8, nullptr);
  Tensor output = Tensor::wrap(bytes.data(), 16, {4}, DType::kF32, nullptr);
  EXPECT_EQ(testing::code_of([&] { dequantize(input, 1, 0, output); }), ErrorCode::kAliasedBuffers);
}

TEST(SegmentationToMask, ThresholdsInstancesAndPicksTheFirstLargestClass) {
  const std::uint8_t instance[] = {127, 128};
  const Tensor mask = segmentation_to_mask({{}, 1, 2, 1, instance});
  EXPECT_EQ(mask.map(CpuAccess::kRead).as<std::uint8_t>()[0], 0);
  EXPECT_EQ(mask.map(CpuAccess::kRead).as<std::uint8_t>()[1], 1);
  const std::uint8_t classes[] = {3, 9, 9};
  const Tensor index = segmentation_to_mask({{}, 1, 1, 3, classes});
  EXPECT_EQ(index.map(CpuAccess::kRead).as<std::uint8_t>()[0], 1);
  EXPECT_THROW(segmentation_to_mask({{}, 1, 1, 0, classes}), Error);
}

}  // namespace
}  // namespace edgefirst
