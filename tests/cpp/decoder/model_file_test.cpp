// SPDX-License-Identifier: Apache-2.0
// Decoders from model files: what is concluded, what is refused, damaged files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"

#include "decoder/model_head.hpp"
#include "decoder/plan.hpp"
#include "support/decoder_tensors.hpp"

namespace edgefirst {
namespace {

using decoding::Account;
using decoding::ByteSource;
using decoding::ModelFile;
using ::testing::HasSubstr;

// A writer of the wire format, as small as the tests need.

std::string varint(std::uint64_t value) {
  std::string bytes;
  do {
    const auto low = static_cast<char>(value & 0x7FU);
    value >>= 7;
    bytes += static_cast<char>(value == 0 ? low : low | static_cast<char>(0x80));
  } while (value != 0);
  return bytes;
}

std::string number(std::uint32_t field, std::uint64_t value) {
  return varint(field << 3) + varint(value);
}

std::string bytes(std::uint32_t field, const std::string& content) {
  return varint(field << 3 | 2U) + varint(content.size()) + content;
}

std::string value_info(const std::string& name, const std::vector<int>& shape, int type = 1) {
  std::string axes;
  for (const int extent : shape) {
    axes += bytes(1, extent < 0 ? bytes(2, "open") : number(1, static_cast<std::uint64_t>(extent)));
  }
  const std::string tensor = number(1, static_cast<std::uint64_t>(type)) + bytes(2, axes);
  return bytes(1, name) + bytes(2, bytes(1, tensor));
}

struct Onnx {
  std::vector<std::vector<int>> outputs;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<int> input{1, 3, 64, 64};

  std::string file() const {
    std::string graph = bytes(5, bytes(8, "weight") + bytes(9, "12345678"));
    graph += bytes(11, value_info("weight", {2})) + bytes(11, value_info("images", input));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      graph += bytes(12, value_info("output" + std::to_string(i), outputs[i]));
    }
    std::string model = number(1, 8) + bytes(2, "test") + bytes(7, graph);
    for (const auto& [key, value] : metadata) model += bytes(14, bytes(1, key) + bytes(2, value));
    return model;
  }
};

const std::vector<std::pair<std::string, std::string>> kUltralytics = {
    {"task", "detect"},
    {"stride", "32"},
    {"imgsz", "[64, 64]"},
    {"names", "{0: 'cat', 1: \"dog's\"}"},
    {"args", "{'batch': 1, 'nms': False}"}};

ByteSource source_of(const std::string& file) {
  return ByteSource({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()});
}

decoding::Plan plan_of(const Onnx& model, Account* account = nullptr) {
  const std::string file = model.file();
  ByteSource source = source_of(file);
  Account own;
  const ModelFile parsed = decoding::read_model_file(source);
  return decoding::make_plan(decoding::describe_model(parsed, decoding::read_facts(parsed, ""),
                                                      account == nullptr ? own : *account),
                             {});
}

TEST(FromModel, KnowsWhatUltralyticsExports) {
  Account account;
  const decoding::Plan flat = plan_of({{{1, 6, 84}}, kUltralytics}, &account);
  EXPECT_EQ(flat.type, ModelType::kYoloDet);
  EXPECT_EQ(flat.normalized, false);
  EXPECT_EQ(flat.input_dims, std::pair(std::size_t{64}, std::size_t{64}));
  EXPECT_THAT(account, ::testing::Contains(HasSubstr("2 class scores")));
  EXPECT_THAT(account, ::testing::Contains(HasSubstr("pixels, as Ultralytics")));

  const decoding::Plan masks = plan_of({{{1, 38, 84}, {1, 32, 16, 16}}, kUltralytics});
  EXPECT_EQ(masks.type, ModelType::kYoloSegDet);
  EXPECT_EQ(masks.ports[masks.protos].extent(3), 32U);

  EXPECT_EQ(plan_of({{{1, 300, 6}}, {}}).type, ModelType::kYoloEndToEndDet);
  EXPECT_EQ(plan_of({{{1, 300, 38}, {1, 32, 16, 16}}, {}}).type, ModelType::kYoloEndToEndSegDet);
}

TEST(FromModel, KnowsYolov5ByItsAnchors) {
  const decoding::Plan plan = plan_of({{{1, 252, 7}}, kUltralytics});
  EXPECT_EQ(plan.type, ModelType::kYoloDet);
  EXPECT_TRUE(plan.objectness_inside);
  EXPECT_EQ(plan.ports[plan.detection].extent(1), 7U);
}

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// The keys that Ultralytics writes for so many classes, and others.
Metadata named(int classes, const Metadata& more = {}) {
  std::string names = "{";
  for (int i = 0; i < classes; ++i) {
    names += (i == 0 ? "" : ", ") + std::to_string(i) + ": 'c" + std::to_string(i) + "'";
  }
  Metadata metadata{{"task", "detect"}, {"names", names + "}"}};
  metadata.insert(metadata.end(), more.begin(), more.end());
  return metadata;
}

/// "objectness 1", "scores 2", "rows" with what distinguishes them, or what refuses them.
std::string reading_of(const Onnx& model) {
  try {
    const decoding::Plan plan = plan_of(model);
    if (plan.is_final()) return plan.rows_have_centres ? "rows of centres" : "rows";
    if (plan.suppresses_rows) return "rows to suppress";
    return (plan.objectness_inside ? "objectness " : "scores ") +
           std::to_string(plan.class_count().value_or(0));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidConfig);
    EXPECT_LE(std::string(error.what()).size(), 300U) << error.what();
    return error.what();
  }
}

TEST(FromModel, SixValuesARowAreReadByWhatTheFileSays) {
  const Metadata nms{{"args", "{'nms': True}"}};
  const struct {
    std::vector<int> shape;
    Metadata metadata;
    const char* reading;
  } kCases[] = {
      // The input of 64 x 64 has 84 cells: 252 anchors are three of each.
      {{1, 252, 6}, named(1), "objectness 1"},
      {{1, 252, 6}, {}, "objectness 1"},
      {{1, 6, 252}, named(1), "objectness 1"},
      {{1, 255, 6}, named(1), "objectness 1"},  // with a stride of 64
      {{1, 252, 6}, named(2), "252 rows of 6 values may be YOLOv5 of one class"},
      {{1, 252, 6}, named(5), "rows to suppress"},
      {{1, 84, 6}, named(2), "scores 2"},
      {{1, 340, 6}, named(2), "scores 2"},  // with a stride of 4
      {{1, 84, 6}, named(2, nms), "rows to suppress"},
      {{1, 84, 6}, named(1), "may be YOLOX of one class"},
      {{1, 84, 6}, {}, "may be YOLOX of one class"},
      {{1, 84, 6}, named(80), "rows to suppress"},
      {{1, 84, 6}, named(3, {{"end2end", "True"}}), "rows"},  // the best 300 of 84
      {{1, 84, 6}, named(3, {{"args", "{'nms': True, 'max_det': 84}"}}), "rows"},
      {{1, 300, 6}, {}, "rows"},
      {{1, 300, 6}, named(2), "rows"},
      {{1, 300, 6}, named(2, {{"description", "Ultralytics rtdetr-l model"}}), "scores 2"},
      {{1, 300, 6}, named(80, {{"head", "RTDETRDecoder"}}), "rows of centres"},
      {{1, 300, 6}, named(80, {{"description", "Ultralytics rtdetr-l model"}}), "rows of centres"},
      {{1, 6, 300}, named(2, nms), "rows"},
      {{1, 6, 300}, {}, "may be scores of two classes"},
      {{1, 6, 84}, named(2, nms), "scores 2"},
  };
  for (const auto& entry : kCases) {
    const Onnx model{{entry.shape}, entry.metadata};
    EXPECT_THAT(reading_of(model), HasSubstr(entry.reading))
        << ::testing::PrintToString(entry.shape);
  }
}

TEST(FromModel, FewRowsAreStillRows) {
  for (int rows = 1; rows <= 6; ++rows) {
    const std::string arguments = "{'nms': True, 'max_det': " + std::to_string(rows) + "}";
    for (const int classes : {1, 2, 80}) {
      EXPECT_EQ(reading_of({{{1, rows, 6}}, named(classes, {{"args", arguments}})}), "rows");
      EXPECT_EQ(reading_of({{{1, rows, 6}}, named(classes, {{"end2end", "True"}})}), "rows");
    }
    EXPECT_EQ(reading_of({{{1, rows, 6}}, {}}), "rows");
  }
  for (const int rows : {1, 6, 20, 37, 38}) {
    const Onnx model{{{1, rows, 38}, {1, 32, 16, 16}}, named(1, {{"end2end", "True"}})};
    EXPECT_EQ(reading_of(model), "rows");
  }
}

TEST(FromModel, MaskCoefficientsChangeNoReading) {
  const std::vector<int> protos{1, 32, 16, 16};
  EXPECT_EQ(reading_of({{{1, 252, 38}, protos}, named(1)}), "objectness 1");
  EXPECT_EQ(reading_of({{{1, 252, 40}, protos}, named(3)}), "objectness 3");
  EXPECT_EQ(reading_of({{{1, 84, 38}, protos}, named(2)}), "scores 2");
  EXPECT_THAT(reading_of({{{1, 84, 38}, protos}, named(1)}), HasSubstr("YOLOX"));
}

TEST(FromModel, TheAxisThatCountsCellsHoldsTheAnchors) {
  EXPECT_EQ(reading_of({{{1, 605, 84}}, named(601)}), "scores 601");
  EXPECT_EQ(reading_of({{{1, 1207, 84}}, named(1203)}), "scores 1203");
  EXPECT_THAT(reading_of({{{1, 1207, 84}}, {}}), HasSubstr("may be YOLOX or else"));
  EXPECT_EQ(reading_of({{{1, 84, 605}}, named(601)}), "scores 601");
  EXPECT_EQ(reading_of({{{1, 252, 606}}, named(601)}), "objectness 601");
  EXPECT_EQ(reading_of({{{1, 606, 252}}, named(601)}), "objectness 601");
  EXPECT_EQ(reading_of({{{1, 300, 84}}, named(80)}), "scores 80");
}

TEST(FromModel, QueriesOfRtDetrAreFractions) {
  EXPECT_EQ(plan_of({{{1, 300, 84}}, named(80)}).normalized, true);
  EXPECT_EQ(plan_of({{{1, 84, 84}}, named(80)}).normalized, false);
  EXPECT_EQ(plan_of({{{1, 300, 6}}, named(80, {{"head", "RTDETRDecoder"}})}).normalized, true);
  EXPECT_EQ(plan_of({{{1, 300, 6}}, named(80)}).normalized, false);
}

TEST(FromModel, TellsSplitOutputsApart) {
  EXPECT_EQ(plan_of({{{1, 2, 84}, {1, 4, 84}}, {}}).type, ModelType::kYoloSplitDet);
  EXPECT_EQ(plan_of({{{1, 32, 84}, {1, 2, 84}, {1, 32, 16, 16}, {1, 4, 84}}, {}}).type,
            ModelType::kYoloSplitSegDet);
  EXPECT_EQ(plan_of({{{1, 6, 84}, {1, 32, 84}, {1, 32, 16, 16}}, {}}).type,
            ModelType::kYoloSegDet2Way);
}

TEST(FromModel, ConfigurationInTheFileGoesFirst) {
  Onnx model{{{1, 4, 20}, {1, 3, 20}}, kUltralytics};
  model.metadata.emplace_back("edgefirst",
                              R"({"nms":"class_aware","outputs":[{"type":"boxes","shape":[1,4,20]},
          {"type":"scores","shape":[1,3,20]}]})");
  Account account;
  const decoding::Plan plan = plan_of(model, &account);
  EXPECT_EQ(plan.type, ModelType::kYoloSplitDet);
  EXPECT_EQ(plan.nms, Nms::kClassAware);
  EXPECT_THAT(account, ::testing::Contains(HasSubstr("'edgefirst'")));
}

TEST(FromModel, AnOpenBatchIsOnePicture) {
  EXPECT_EQ(plan_of({{{-1, 6, 84}}, kUltralytics}).batch, 1U);
}

/// What an ONNX file whose graph begins with these entries is refused with; "" where it is read.
std::string refusal_of_graph(const std::string& entries) {
  const std::string file =
      number(1, 8) + bytes(7, entries + bytes(12, value_info("output0", {1, 6, 84})));
  ByteSource source = source_of(file);
  try {
    decoding::read_model_file(source);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    return error.what();
  }
  return {};
}

std::string repeated(const std::string& entry, std::size_t count) {
  std::string all;
  all.reserve(entry.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += entry;
  return all;
}

TEST(FromModel, MoreWeightsThanAModelHasAreRefusedWhileTheyAreRead) {
  const std::string weight = bytes(5, "");
  EXPECT_EQ(refusal_of_graph(repeated(weight, 1U << 16)), "");
  EXPECT_THAT(refusal_of_graph(repeated(weight, (1U << 16) + 1)), HasSubstr("too many weights"));
  // The walk ends there: what stands behind is not looked at.
  const std::string broken = varint(1U << 3 | 7U);
  EXPECT_THAT(refusal_of_graph(repeated(weight, (1U << 16) + 1) + broken),
              HasSubstr("too many weights"));
}

TEST(FromModel, NamesOfTensorsHaveALimitTogether) {
  const std::string weight = bytes(5, bytes(8, std::string(std::size_t{1} << 20, 'w')));
  EXPECT_EQ(refusal_of_graph(repeated(weight, 15)), "");
  EXPECT_THAT(refusal_of_graph(repeated(weight, 17)), HasSubstr("names are too long"));
}

TEST(FromModel, ShapesThatCouldMeanSeveralThingsAreRefusedWithWhatToGive) {
  const struct {
    Onnx model;
    const char* reason;
  } kCases[] = {{{{{1, 4, 84}}, {}}, "no room for classes"},
                {{{{1, 85, 84}}, {}}, "YOLOX"},
                {{{{1, 6, -1}}, {}}, "size open"},
                {{{{1, 1000}}, {}}, "not tables of boxes"},
                {{{}, {}}, "not tables of boxes"},
                {{{{1, 9, 84}}, kUltralytics}, "2 class names but 5 scores"},
                {{{{1, 38, 84}, {1, 32, 9, 16}}, {}}, "planes of 16 x 16"},
                {{{{1, 8, 8, 64}, {1, 4, 4, 64}}, {}}, "no stride"},
                {{{{1, 56, 84}}, {{"task", "pose"}}}, "task is 'pose'"}};
  for (const auto& entry : kCases) {
    try {
      plan_of(entry.model);
      ADD_FAILURE() << "accepted: " << entry.reason;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidConfig);
      EXPECT_THAT(error.what(), HasSubstr(entry.reason));
      EXPECT_THAT(error.what(), HasSubstr("edgefirst.json"));
    }
  }
}

/// A run of one [1, rows, 6] output with these rows at its start.
Decoder decoder_of(std::size_t rows, const std::vector<std::vector<double>>& values,
                   const Metadata& metadata = {}) {
  const Tensor table = testing::make_tensor({1, rows, 6}, {}, [&](std::size_t i) {
    return i / 6 < values.size() ? values[i / 6][i % 6] : 0.0;
  });
  ModelRun run;
  run.outputs = {{"output0", &table}};
  run.metadata = metadata;
  DecoderOptions options;
  options.input_dims = {64, 64};
  return Decoder::from_run(run, options);
}

TEST(FromRun, ValuesDecideWhatTheFileLeavesOpen) {
  const Decoder rows = decoder_of(84, {{8, 8, 24, 24, 0.9, 3}, {4, 4, 9, 9, 0.8, 0}});
  EXPECT_EQ(rows.model_type(), ModelType::kYoloEndToEndDet);
  EXPECT_FALSE(rows.is_end_to_end());  // one row a cell: nothing was suppressed
  EXPECT_EQ(rows.class_count(), std::nullopt);
  const Decoder anchors = decoder_of(252, {{8, 8, 24, 24, 0.9, 0.7}});
  EXPECT_EQ(anchors.model_type(), ModelType::kYoloDet);
  EXPECT_EQ(anchors.class_count(), 1U);
  EXPECT_EQ(decoder_of(300, {{0.5, 0.5, 0.2, 0.2, 0.9, 7}}).normalized_boxes(), true);
  EXPECT_EQ(decoder_of(300, {{30, 30, 40, 40, 0.9, 7}}).normalized_boxes(), false);
  EXPECT_THROW(decoder_of(84, {{30, 30, 40, 40, 0.9, 0.7}}), Error);
}

TEST(FromRun, RowsInPixelsHaveMasks) {
  const double row[] = {16, 16, 48, 48, 0.9, 0, 1};
  const Tensor rows = testing::make_tensor(
      {1, 5, 38}, {}, [&](std::size_t i) { return i < std::size(row) ? row[i] : 0.0; });
  const Tensor protos = testing::make_tensor({1, 32, 16, 16}, {}, [](std::size_t) { return 5.0; });
  ModelRun run;
  run.outputs = {{"output0", &rows}, {"output1", &protos}};
  run.metadata = named(1, {{"end2end", "True"}});
  DecoderOptions options;
  options.input_dims = {64, 64};
  const Decoder decoder = Decoder::from_run(run, options);
  EXPECT_EQ(decoder.normalized_boxes(), true);
  EXPECT_THAT(decoder.explanation(), ::testing::Not(HasSubstr("pixels")));
  Detections result;
  const Tensor* outputs[] = {&rows, &protos};
  decoder.decode(outputs, result);
  ASSERT_EQ(result.boxes.size(), 1U);
  EXPECT_FLOAT_EQ(result.boxes[0].box.xmax, 0.75F);
  EXPECT_EQ(result.masks.size(), 1U);
}

TEST(FromRun, TheConfigurationItWritesIsReadAsTheSame) {
  const struct {
    std::size_t rows;
    std::vector<double> row;
  } kRuns[] = {{84, {8, 8, 24, 24, 0.9, 3}},
               {252, {8, 8, 24, 24, 0.9, 0.7}},
               {300, {0.5, 0.5, 0.2, 0.2, 0.9, 7}}};
  for (const auto& run : kRuns) {
    const Decoder decoder = decoder_of(run.rows, {run.row});
    const Decoder again = Decoder::from_json(decoder.configuration());
    EXPECT_EQ(again.configuration(), decoder.configuration());
    EXPECT_EQ(again.model_type(), decoder.model_type());
    EXPECT_EQ(again.is_end_to_end(), decoder.is_end_to_end());
    EXPECT_EQ(again.normalized_boxes(), decoder.normalized_boxes());
    EXPECT_EQ(again.input_dims(), decoder.input_dims());
  }
}

/// Reading ends with a result or a typed error, whatever the bytes.
void read_anything(const std::string& file) {
  ByteSource source = source_of(file);
  try {
    const ModelFile model = decoding::read_model_file(source);
    Account account;
    decoding::make_plan(decoding::describe_model(model, decoding::read_facts(model, ""), account),
                        {});
  } catch (const Error& error) {
    EXPECT_NE(error.code(), ErrorCode::kInternal);
  }
}

TEST(FromModel, DamagedFilesAreTypedErrors) {
  const std::string good = Onnx{{{1, 38, 84}, {1, 32, 16, 16}}, kUltralytics}.file();
  for (std::size_t size = 0; size < good.size(); ++size) read_anything(good.substr(0, size));
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    for (int j = 0; j < 3; ++j) bad[random() % bad.size()] = static_cast<char>(random());
    read_anything(bad);
  }
  std::string tflite(64, '\0');
  tflite.replace(4, 4, "TFL3");
  for (int i = 0; i < 3000; ++i) {
    for (std::size_t j = 8; j < tflite.size(); ++j) tflite[j] = static_cast<char>(random() % 32);
    tflite[0] = static_cast<char>(8 + random() % 32);
    read_anything(tflite);
  }
  const std::string other = "no model at all";
  ByteSource source = source_of(other);
  EXPECT_THROW(decoding::read_model_file(source), Error);
}

TEST(FromModel, ReadsFilesAndTheConfigurationBesideThem) {
  const std::string folder = ::testing::TempDir() + "from_model";
  const std::string path = folder + ".onnx";
  const std::string beside = folder + ".edgefirst.json";
  std::ofstream(path, std::ios::binary) << Onnx{{{1, 6, 84}}, kUltralytics}.file();
  std::remove(beside.c_str());
  const Decoder own = Decoder::from_model(path);
  EXPECT_EQ(own.model_type(), ModelType::kYoloDet);
  EXPECT_THAT(own.explanation(), HasSubstr("type: yolo_det\n"));
  EXPECT_THAT(own.explanation(), HasSubstr("model: " + path + ", ONNX\n"));
  std::ofstream(beside) << R"({"decoder_version":"yolo26","outputs":[
      {"type":"detection","shape":[1,6,84]}]})";
  const Decoder overruled = Decoder::from_model(path);
  EXPECT_EQ(overruled.model_type(), ModelType::kYoloEndToEndDet);
  EXPECT_THAT(overruled.explanation(), HasSubstr(beside + " says"));
  std::remove(beside.c_str());
  std::remove(path.c_str());
  try {
    Decoder::from_model(path);
    FAIL() << "a file that is not there";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
  EXPECT_THROW(Decoder::from_model(::testing::TempDir()), Error);
}

}  // namespace
}  // namespace edgefirst
