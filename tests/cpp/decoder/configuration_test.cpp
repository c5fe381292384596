// SPDX-License-Identifier: Apache-2.0
// Both configuration grammars: what they build, what they refuse, what hostile text does to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"

namespace edgefirst {
namespace {

using ::testing::HasSubstr;

/// The error of a document, as "<code name>: <text>"; empty where it builds.
std::string error_of(const std::string& json) {
  try {
    Decoder::from_json(json);
  } catch (const Error& error) {
    return std::string(error_info(error.code()).name) + ": " + error.what();
  }
  return "";
}

struct TypeCase {
  const char* name;
  const char* json;
};

const TypeCase kTypes[] = {
    {"yolo_det", R"({"outputs":[{"type":"detection","shape":[1,84,8400]}]})"},
    {"yolo_seg_det",
     R"({"outputs":[{"type":"detection","shape":[1,116,8400]},
        {"type":"protos","shape":[1,160,160,32]}]})"},
    {"yolo_seg_det2_way",
     R"({"outputs":[{"type":"detection","shape":[1,84,8400]},
        {"type":"mask_coefs","shape":[1,32,8400]},{"type":"protos","shape":[1,160,160,32]}]})"},
    {"yolo_split_det",
     R"({"outputs":[{"type":"boxes","shape":[1,4,8400],"quantization":[0.004,-128]},
        {"type":"scores","shape":[1,80,8400],"quantization":[0.0039,-128]}]})"},
    {"yolo_split_seg_det",
     R"({"outputs":[{"type":"boxes","shape":[1,4,8400]},{"type":"scores","shape":[1,80,8400]},
        {"type":"mask_coefficients","shape":[1,32,8400]},{"type":"protos","shape":[1,32,160,160],
        "dshape":[{"batch":1},{"num_protos":32},{"height":160},{"width":160}]}]})"},
    {"yolo_end_to_end_det",
     R"({"outputs":[{"type":"detection","shape":[1,300,6],
        "dshape":[["batch",1],["num_boxes",300],["num_features",6]]}]})"},
    {"yolo_end_to_end_seg_det",
     R"({"decoder_version":"yolo26","outputs":[{"type":"detection","shape":[1,300,38]},
        {"type":"protos","shape":[1,160,160,32]}]})"},
    {"yolo_split_end_to_end_det",
     R"({"decoder_version":"yolo26","outputs":[{"type":"boxes","shape":[1,4,300]},
        {"type":"scores","shape":[1,1,300]},{"type":"classes","shape":[1,1,300]}]})"},
    {"yolo_split_end_to_end_seg_det",
     R"({"decoder_version":"yolo26","outputs":[{"type":"boxes","shape":[1,4,300]},
        {"type":"scores","shape":[1,1,300]},{"type":"classes","shape":[1,1,300]},
        {"type":"mask_coefs","shape":[1,32,300]},{"type":"protos","shape":[1,160,160,32]}]})"},
    {"model_pack_det",
     R"({"outputs":[{"type":"boxes","decoder":"modelpack","shape":[1,1935,1,4]},
        {"type":"scores","decoder":"modelpack","shape":[1,1935,2]}]})"},
    {"model_pack_seg_det",
     R"({"outputs":[{"type":"boxes","decoder":"modelpack","shape":[1,1935,1,4]},
        {"type":"scores","decoder":"modelpack","shape":[1,1935,2]},
        {"type":"segmentation","decoder":"modelpack","shape":[1,160,160,3]}]})"},
    {"model_pack_det_split",
     R"({"outputs":[{"type":"detection","decoder":"modelpack","shape":[1,20,20,21],
        "anchors":[[0.1,0.1],[0.2,0.3],[0.4,0.4]]}]})"},
    {"model_pack_seg_det_split",
     R"({"outputs":[{"type":"detection","decoder":"modelpack","shape":[1,20,20,21],
        "anchors":[[0.1,0.1],[0.2,0.3],[0.4,0.4]]},
        {"type":"segmentation","decoder":"modelpack","shape":[1,80,80,3]}]})"},
    {"model_pack_seg",
     R"({"outputs":[{"type":"segmentation","decoder":"modelpack","shape":[1,160,160,6]}]})"},
    {"yolo_det",
     R"({"schema_version":2,"nms":"class_aware","decoder_version":"yolov8",
        "input":{"shape":[1,640,640,3]},"author":{"ignored":true},
        "outputs":[{"type":"detections","shape":[1,84,8400],"encoding":"direct",
        "quantization":{"scale":0.004,"zero_point":-128,"dtype":"int8"}},{"shape":[1,2]}]})"},
};

TEST(Configuration, SelectsTheModelTypeByDeclaredRoles) {
  for (const TypeCase& entry : kTypes) {
    EXPECT_STREQ(model_type_name(Decoder::from_json(entry.json).model_type()), entry.name)
        << entry.json;
  }
}

TEST(Configuration, DecoderVersionDecidesAboutEndToEnd) {
  const std::string output = R"("outputs":[{"type":"detection","shape":[1,300,6],
      "dshape":[["batch",1],["num_boxes",300],["num_features",6]]}])";
  EXPECT_EQ(Decoder::from_json(R"({"decoder_version":"yolov8",)" + output + "}").model_type(),
            ModelType::kYoloDet);
  EXPECT_EQ(Decoder::from_json("{" + output + "}").model_type(), ModelType::kYoloEndToEndDet);
}

TEST(Configuration, ReadsTheSameFromYaml) {
  const Decoder decoder = Decoder::from_yaml(R"(
# comment
nms: class_aware
outputs:
  - type: detection
    decoder: yolov8
    shape: [1, 84, 8400]
    dshape:
      - [batch, 1]
      - {num_features: 84}
      - num_boxes: 8400
    quantization: [3.9e-3, -128]
    normalized: true
)");
  EXPECT_EQ(decoder.model_type(), ModelType::kYoloDet);
  EXPECT_EQ(decoder.nms(), Nms::kClassAware);
  EXPECT_EQ(decoder.normalized_boxes(), true);
}

TEST(Configuration, ResolvesNms) {
  const std::string aware =
      R"({"nms":"class_aware","outputs":[{"type":"detection","shape":[1,84,9]}]})";
  const std::string silent = R"({"outputs":[{"type":"detection","shape":[1,84,9]}]})";
  DecoderOptions options;
  EXPECT_EQ(Decoder::from_json(aware, options).nms(), Nms::kClassAware);
  EXPECT_EQ(Decoder::from_json(silent, options).nms(), Nms::kClassAgnostic);
  options.nms = Nms::kClassAgnostic;
  EXPECT_EQ(Decoder::from_json(aware, options).nms(), Nms::kClassAgnostic);
  options.nms = std::nullopt;
  EXPECT_EQ(Decoder::from_json(aware, options).nms(), std::nullopt);
}

TEST(Configuration, FindsTheInputSize) {
  const auto dims = [](const std::string& input) {
    return Decoder::from_json(R"({"schema_version":2,"outputs":[{"type":"detection",
        "shape":[1,84,9]}],"input":)" +
                              input + "}")
        .input_dims();
  };
  using Dims = std::pair<std::size_t, std::size_t>;
  EXPECT_EQ(dims(R"({"shape":[1,480,640,3]})"), Dims(640, 480));
  EXPECT_EQ(dims(R"({"shape":[1,3,480,640]})"), Dims(640, 480));
  EXPECT_EQ(dims(R"({"shape":[1,3,480,640],"dshape":[{"batch":1},{"num_features":3},
      {"height":480},{"width":640}]})"),
            Dims(640, 480));
  EXPECT_EQ(dims(R"({"shape":[480,640]})"), std::nullopt);
}

TEST(Configuration, DropsPaddingAxesOfUltralyticsOutputs) {
  const Decoder decoder = Decoder::from_json(R"({"outputs":[
      {"type":"boxes","shape":[1,8400,1,4],
       "dshape":[{"batch":1},{"num_boxes":8400},{"padding":1},{"box_coords":4}]},
      {"type":"scores","shape":[1,80,8400]}]})");
  EXPECT_EQ(decoder.model_type(), ModelType::kYoloSplitDet);
}

struct ErrorCase {
  const char* json;
  const char* fragment;
};

const ErrorCase kErrors[] = {
    {"{", "InvalidConfig: Json"},
    {"[]", "not a mapping"},
    {"{}", "No outputs found"},
    {R"({"outputs":{}})", "expected a list"},
    {R"({"outputs":[3]})", "expected a mapping"},
    {R"({"outputs":[{}]})", "missing field `type`"},
    {R"({"outputs":[{"type":"boxen"}]})", "unknown variant `boxen`"},
    {R"({"outputs":[{"type":"detection","shape":[1,84.5,9]}]})", "non-negative integer"},
    {R"({"outputs":[{"type":"detection","shape":[1,-84,9]}]})", "non-negative integer"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,9],"decoder":"yolov9"}]})",
     "unknown variant"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,9],"quantization":{"scale":1}}]})",
     "expected a list"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,9],"quantization":[0.1,0.5]}]})",
     "expected an integer"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,9],"quantization":[0,1]}]})",
     "finite number above 0"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,9],
        "dshape":[["batch",1],["rows",84],["num_boxes",9]]}]})",
     "dshape missing required dimension NumFeatures"},
    {R"({"schema_version":3,"outputs":7})",
     "NotSupported: schema_version 3 is not supported by this HAL"},
    {R"({"schema_version":2,"nms":"auto","outputs":[]})", "unknown variant `auto`"},
    {R"({"schema_version":2,"outputs":[{"type":"mask_coefficients","shape":[1,2,3]}]})",
     "unknown variant"},
    {R"({"schema_version":2,"outputs":[{"type":"objectness","shape":[1,1,9]}]})", "NotSupported"},
    {R"({"schema_version":2,"outputs":[{"type":"boxes","encoding":"dfl","shape":[1,64,9]},
        {"type":"scores","shape":[1,3,9]}]})",
     "encoding: dfl"},
    {R"({"schema_version":2,"outputs":[{"type":"boxes","shape":[1,4,9],"outputs":[
        {"name":"","shape":[1,4,9],"dtype":"int8"}]}]})",
     "empty name"},
    {R"({"schema_version":2,"outputs":[{"type":"boxes","shape":[1,4,9],"outputs":[
        {"name":"a","type":"boxes","shape":[1,2,9],"dtype":"int8"},
        {"name":"b","type":"boxes","shape":[1,2,9],"dtype":"int8"}]}]})",
     "share shape"},
    {R"({"schema_version":2,"outputs":[{"type":"boxes","shape":[1,4,9],"outputs":[
        {"name":"a","shape":[1,2,9],"dtype":"int8","stride":8},
        {"name":"b","shape":[1,2,8],"dtype":"int8"}]}]})",
     "mixes"},
    {R"({"schema_version":2,"outputs":[{"type":"boxes","encoding":"dfl","shape":[1,4,9],"outputs":[
        {"name":"a","shape":[1,3,3,63],"dtype":"int8","stride":8}]}]})",
     "multiple of 4"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,9]},
        {"type":"scores","decoder":"modelpack","shape":[1,9,2]}]})",
     "Both ModelPack and Yolo"},
    {R"({"outputs":[{"type":"boxes","shape":[1,4,9]}]})", "Invalid Yolo model outputs"},
    {R"({"decoder_version":"yolo26","outputs":[{"type":"boxes","shape":[1,4,9]}]})",
     "Invalid Yolo end-to-end model outputs"},
    {R"({"outputs":[{"type":"boxes","decoder":"modelpack","shape":[1,9,1,4]}]})",
     "Invalid ModelPack model outputs"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,9]},
        {"type":"segmentation","shape":[1,9,9,2]}]})",
     "Invalid Segmentation output"},
    {R"({"outputs":[{"type":"segmentation","decoder":"modelpack","shape":[1,9,9,2]},
        {"type":"protos","decoder":"modelpack","shape":[1,9,9,2]}]})",
     "should not have protos"},
    {R"({"outputs":[{"type":"detection","shape":[84,9]}]})", "Invalid Yolo detection shape"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,0]}]})", "shape has zero dimension"},
    {R"({"outputs":[{"type":"detection","shape":[1,4,9]}]})",
     "num_features 4 must be greater than 4"},
    {R"({"outputs":[{"type":"detection","shape":[1,36,9]},{"type":"protos","shape":[1,8,8,32]}]})",
     "must be greater than 36"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,9],
        "dshape":[["batch",1],["num_features",84],["width",9]]}]})",
     "missing required dimension NumBoxes"},
    {R"({"outputs":[{"type":"boxes","shape":[1,4,9]},{"type":"scores","shape":[1,3,8]}]})",
     "incompatible with"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,9],"dshape":[["batch",1],["num_boxes",9]]}]})",
     "dshape has 2"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,9],
        "dshape":[["batch",1],["num_boxes",9],["num_features",84]]}]})",
     "does not match shape[1]"},
    {R"({"outputs":[{"type":"detection","shape":[1,84,84],
        "dshape":[["batch",1],["num_boxes",84],["num_boxes",84]]}]})",
     "appears at both index"},
    {R"({"outputs":[{"type":"detection","decoder":"modelpack","shape":[1,9,9,21]}]})",
     "missing anchors"},
    {R"({"outputs":[{"type":"detection","decoder":"modelpack","shape":[1,9,9,20],
        "anchors":[[0.1,0.1],[0.2,0.3],[0.4,0.4]]}]})",
     "not a multiple of number of anchors"},
    {R"({"outputs":[{"type":"detection","decoder":"modelpack","shape":[1,9,9,15],
        "anchors":[[0.1,0.1],[0.2,0.3],[0.4,0.4]]}]})",
     "not greater than number of anchors * 5"},
    {R"({"outputs":[{"type":"detection","decoder":"modelpack","shape":[1,9,9,6],
        "anchors":[[0.1,0.1]]},{"type":"detection","decoder":"modelpack","shape":[1,5,5,7],
        "anchors":[[0.1,0.1]]}]})",
     "inconsistent number of classes"},
    {R"({"decoder_version":"yolo26","outputs":[{"type":"detection","shape":[1,5,300]}]})",
     "must have 6 features or more"},
};

TEST(Configuration, RefusesWhatIsNoModel) {
  for (const ErrorCase& entry : kErrors) {
    EXPECT_THAT(error_of(entry.json), HasSubstr(entry.fragment)) << entry.json;
  }
}

TEST(Configuration, ChecksTheAxesOfPerScaleChildren) {
  const auto children = [](const std::string& dshape) {
    return R"({"schema_version":2,"outputs":[{"type":"boxes","encoding":"ltrb","shape":[1,4,4],
        "outputs":[{"name":"b","stride":8,"shape":[1,2,2,4],"dtype":"int8","quantization":
        {"scale":1,"dtype":"int8"},"dshape":)" +
           dshape + R"(}]},{"type":"scores","shape":[1,1,4],
        "outputs":[{"name":"s","stride":8,"shape":[1,2,2,1],"dtype":"int8",
        "quantization":{"scale":1,"dtype":"int8"}}]}]})";
  };
  EXPECT_EQ(error_of(children(R"([["batch",1],["height",2],["width",2],["num_features",4]])")), "");
  EXPECT_THAT(error_of(children(
                  R"([["batch",1],["height",2],["width",2],["padding",1],["num_features",4]])")),
              HasSubstr("dshape has 5"));
  EXPECT_THAT(error_of(children(R"([["batch",1],["height",2],["width",3],["num_features",4]])")),
              HasSubstr("does not match shape[2]"));
}

TEST(Configuration, SurvivesHostileJson) {
  EXPECT_THAT(error_of(std::string(100'000, '[')), HasSubstr("InvalidConfig"));
  EXPECT_THAT(error_of(R"({"outputs":)" + std::string(70, '[') + std::string(70, ']') + "}"),
              HasSubstr("deeper than 64"));
  EXPECT_THAT(error_of(std::string(5 << 20, ' ')), HasSubstr("bytes"));
  EXPECT_THAT(error_of("{\"outputs\":[{\"type\":\"\xff\"}]}"), HasSubstr("InvalidConfig"));
  EXPECT_THAT(error_of(R"({"outputs":[{"type":"detection","shape":[1,18446744073709551616,2]}]})"),
              HasSubstr("InvalidConfig"));
  EXPECT_THAT(error_of(R"({"outputs":[{"type":"detection","shape":[1,84,9],
      "quantization":[1,99999999999]}]})"),
              HasSubstr("does not fit 32 bits"));
}

TEST(Configuration, SurvivesHostileYaml) {
  const auto error = [](const std::string& yaml) -> std::string {
    try {
      Decoder::from_yaml(yaml);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before +
            "]\n";
  }
  EXPECT_THAT(error(bomb), HasSubstr("expands to more than"));
  EXPECT_THAT(error("outputs: [{type: detection, shape: ['\xda']}]"), HasSubstr("integer"));
  EXPECT_THAT(error(std::string(100'000, '[')), HasSubstr("Yaml"));
  EXPECT_THAT(error(std::string(70, '[') + std::string(70, ']')), HasSubstr("deeper than 64"));
  EXPECT_THAT(error("outputs: [\n"), HasSubstr("Yaml"));
  EXPECT_THAT(error("a: &a [*a]\n"), ::testing::Not(::testing::IsEmpty()));
  EXPECT_THAT(error("- 1\n- 2\n"), HasSubstr("not a mapping"));
  EXPECT_THAT(error(""), HasSubstr("not a mapping"));
}

TEST(Configuration, ReadsFilesByEndingOrContent) {
  const auto write = [](const std::string& name, const std::string& text) {
    const std::string path = ::testing::TempDir() + name;
    std::ofstream(path) << text;
    return path;
  };
  const std::string json = kTypes[0].json;
  EXPECT_NO_THROW(Decoder::from_file(write("decoder_a.json", json)));
  EXPECT_NO_THROW(Decoder::from_file(write("decoder_b.cfg", "\n  " + json)));
  EXPECT_NO_THROW(Decoder::from_file(
      write("decoder_c.yaml", "outputs:\n- {type: detection, shape: [1, 84, 8400]}\n")));
  try {
    Decoder::from_file(::testing::TempDir() + "decoder_missing.json");
    FAIL() << "a missing file was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
  EXPECT_THROW(Decoder::from_file(::testing::TempDir()), Error);
}

TEST(Configuration, TakesOutputsAsValues) {
  OutputSpec spec;
  spec.dims = {{DimName::kBatch, 1}, {DimName::kNumBoxes, 300}, {DimName::kNumFeatures, 6}};
  EXPECT_EQ(Decoder::from_outputs({spec}).model_type(), ModelType::kYoloEndToEndDet);
  EXPECT_EQ(Decoder::from_outputs({spec}, {}, DecoderVersion::kYolov8).model_type(),
            ModelType::kYoloDet);
  EXPECT_THROW(Decoder::from_outputs({}), Error);
}

}  // namespace
}  // namespace edgefirst
