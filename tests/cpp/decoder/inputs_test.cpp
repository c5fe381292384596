// SPDX-License-Identifier: Apache-2.0
// Outputs as engines lay them out: one anchor a row with a padding axis, prototypes of either
// layout, end-to-end rows with more columns, float levels without quantization.
#include <gtest/gtest.h>

#include "edgefirst/decoder.hpp"

#include "support/decoder_tensors.hpp"
#include "support/errors.hpp"
#include "support/log_lines.hpp"

namespace edgefirst {
namespace {

using testing::code_of;
using testing::make_tensor;
using testing::pointers;
using testing::text_of;
using testing::Warnings;

constexpr std::size_t kAnchors = 10, kClasses = 3;

/// Anchor 2 is a box of class 1.
double box_value(std::size_t anchor, std::size_t coordinate) {
  return anchor != 2 ? 0 : coordinate < 2 ? 0.5 : 0.2;
}
double score_value(std::size_t anchor, std::size_t label) {
  return anchor == 2 && label == 1 ? 0.9 : 0.05;
}

Tensor boxes(const std::vector<std::size_t>& shape) {
  return make_tensor(shape, {}, [](std::size_t i) { return box_value(i / 4, i % 4); });
}
Tensor scores(const std::vector<std::size_t>& shape) {
  return make_tensor(shape, {},
                     [](std::size_t i) { return score_value(i / kClasses, i % kClasses); });
}

void expect_the_box(const Decoder& decoder, const std::vector<Tensor>& outputs) {
  Detections found;
  decoder.decode(pointers(outputs), found);
  ASSERT_EQ(found.boxes.size(), 1U);
  EXPECT_EQ(found.boxes[0].label, 1U);
  EXPECT_FLOAT_EQ(found.boxes[0].box.xmin, 0.4F);
  EXPECT_FLOAT_EQ(found.boxes[0].box.ymax, 0.6F);
}

/// A document of boxes and scores, each with what follows its type.
std::string split(const char* version, const char* box_axes, const char* score_axes) {
  return std::string(R"({"schema_version":)") + version + R"(,"outputs":[{"type":"boxes",)" +
         box_axes + R"(},{"type":"scores",)" + score_axes + "}]}";
}

TEST(DecoderInputs, OneAnchorARowWithAndWithoutItsPadding) {
  const char* named_boxes =
      R"("shape":[1,10,1,4],"dshape":[["batch",1],["num_boxes",10],["padding",1],["box_coords",4]])";
  const char* named_scores =
      R"("shape":[1,10,1,3],"dshape":[["batch",1],["num_boxes",10],["padding",1],["num_classes",3]])";
  const std::vector<Tensor> padded{boxes({1, 10, 1, 4}), scores({1, 10, 1, 3})};
  const std::vector<Tensor> squeezed{boxes({1, 10, 4}), scores({1, 10, 3})};
  for (const char* version : {"1", "2"}) {
    for (const std::string& document :
         {split(version, named_boxes, named_scores),
          split(version, R"("shape":[1,10,1,4])", R"("shape":[1,10,1,3])"),
          split(version, named_boxes, R"("shape":[1,10,1,3])")}) {
      SCOPED_TRACE(document);
      const Decoder decoder = Decoder::from_json(document);
      EXPECT_EQ(decoder.model_type(), ModelType::kYoloSplitDet);
      expect_the_box(decoder, padded);
      expect_the_box(decoder, squeezed);
      expect_the_box(decoder, {squeezed[0], padded[1]});
    }
    expect_the_box(Decoder::from_json(split(version, R"("shape":[1,10,4])", R"("shape":[1,10,3])")),
                   squeezed);
  }
}

TEST(DecoderInputs, PaddingBehindTheAnchors) {
  const Tensor columns =
      make_tensor({1, 4, 10, 1}, {}, [](std::size_t i) { return box_value(i % 10, i / 10); });
  const Tensor classes =
      make_tensor({1, 3, 10, 1}, {}, [](std::size_t i) { return score_value(i % 10, i / 10); });
  expect_the_box(Decoder::from_json(split("1", R"("shape":[1,4,10,1])", R"("shape":[1,3,10,1])")),
                 {columns, classes});
}

TEST(DecoderInputs, PaddingOfOutputsDescribedOneByOne) {
  const auto spec = [](OutputType type, DimName channel, std::size_t channels, bool named) {
    OutputSpec output;
    output.type = type;
    output.shape = {1, kAnchors, 1, channels};
    if (named) {
      output.dims = {{DimName::kBatch, 1},
                     {DimName::kNumBoxes, kAnchors},
                     {DimName::kPadding, 1},
                     {channel, channels}};
    }
    return output;
  };
  for (const bool named : {false, true}) {
    const OutputSpec outputs[] = {spec(OutputType::kBoxes, DimName::kBoxCoords, 4, named),
                                  spec(OutputType::kScores, DimName::kNumClasses, 3, named)};
    expect_the_box(Decoder::from_outputs(outputs), {boxes({1, 10, 1, 4}), scores({1, 10, 1, 3})});
  }
}

TEST(DecoderInputs, QuantizedRowsTakeTheConfigurationsScale) {
  const char* axes = R"("shape":[1,10,1,4],"quantization":[0.01,-20])";
  const char* classes = R"("shape":[1,10,1,3],"quantization":[0.01,-20])";
  const auto stored = [](const std::vector<std::size_t>& shape, auto value) {
    return make_tensor(shape, {DType::kI8, 0.01F, -20}, value);
  };
  const std::vector<Tensor> outputs{
      stored({1, 10, 1, 4}, [](std::size_t i) { return box_value(i / 4, i % 4); }),
      stored({1, 10, 1, 3}, [](std::size_t i) { return score_value(i / 3, i % 3); })};
  Detections found;
  Decoder::from_json(split("1", axes, classes)).decode(pointers(outputs), found);
  ASSERT_EQ(found.boxes.size(), 1U);
  EXPECT_NEAR(found.boxes[0].box.xmin, 0.4F, 1e-6F);
}

std::string with_protos(const char* version, const std::string& protos) {
  return std::string(R"({"schema_version":)") + version +
         R"(,"outputs":[{"type":"detection","shape":[1,13,20]},{"type":"protos",)" + protos + "}]}";
}

TEST(DecoderInputs, LayoutSaysHowPrototypesLie) {
  const Tensor detection = make_tensor({1, 13, 20}, {}, [](std::size_t i) {
    const std::size_t feature = i / 20;
    if (i % 20 != 3) return 0.0;
    return feature < 2 ? 0.5 : feature < 4 ? 0.8 : feature == 4 ? 0.9 : feature == 5 ? 1.0 : 0.0;
  });
  // Channel 0, the only one with a coefficient, is positive in the left half.
  const auto value = [](std::size_t x, std::size_t c) { return c == 0 ? (x < 8 ? 4.0 : -4.0) : 9; };
  const Tensor nchw =
      make_tensor({1, 8, 12, 16}, {}, [&](std::size_t i) { return value(i % 16, i / 192); });
  const Tensor nhwc =
      make_tensor({1, 12, 16, 8}, {}, [&](std::size_t i) { return value(i / 8 % 16, i % 8); });
  const auto mask_of = [&](const std::string& document, const Tensor& protos) {
    Detections found;
    Decoder::from_json(document).decode(pointers({detection, protos}), found);
    std::vector<std::uint8_t> mask;
    if (found.masks.size() != 1) return mask;
    mask.assign(found.masks[0].data,
                found.masks[0].data + found.masks[0].height * found.masks[0].width);
    return mask;
  };
  for (const char* version : {"1", "2"}) {
    const auto expected = mask_of(with_protos(version, R"("shape":[1,12,16,8])"), nhwc);
    ASSERT_FALSE(expected.empty());
    for (const char* layout : {"nchw", "NCHW"}) {
      const std::string axes = std::string(R"("shape":[1,8,12,16],"layout":")") + layout + '"';
      EXPECT_EQ(mask_of(with_protos(version, axes), nchw), expected) << layout;
    }
    EXPECT_EQ(mask_of(with_protos(version, R"("shape":[1,12,16,8],"layout":"nhwc")"), nhwc),
              expected);
    EXPECT_EQ(
        mask_of(with_protos(
                    version,
                    R"("shape":[1,8,12,16],"layout":"nchw","dshape":[["batch",1],["num_protos",8],)"
                    R"(["height",12],["width",16]])"),
                nchw),
        expected);
    for (const char* bad :
         {R"("shape":[1,8,12,16],"layout":"chwn")", R"("shape":[1,8,12,16],"layout":3)",
          R"("shape":[1,12,16,8],"layout":"nchw","dshape":[["batch",1],["height",12],["width",16],)"
          R"(["num_protos",8]])"}) {
      const auto parse = [&] { Decoder::from_json(with_protos(version, bad)); };
      EXPECT_EQ(code_of(parse), ErrorCode::kInvalidConfig) << bad;
      EXPECT_NE(text_of(parse).find("layout"), std::string::npos) << text_of(parse);
    }
  }
}

TEST(DecoderInputs, EndToEndRowsMayHaveMoreColumns) {
  const auto table = [](std::size_t columns) {
    return make_tensor({1, 300, columns}, {}, [columns](std::size_t i) {
      constexpr double kRow[] = {0.1, 0.2, 0.3, 0.4, 0.9, 2};
      const std::size_t column = i % columns;
      if (i / columns > 1) return 0.0;
      return column < 6 ? kRow[column] : 7.0 + static_cast<double>(column);
    });
  };
  Warnings warnings;
  for (const std::size_t columns : {6, 7, 8, 57}) {
    const std::string n = std::to_string(columns);
    for (const std::string& axes :
         {"[1,300," + n + "]", "[1,300," + n +
                                   R"(],"dshape":[["batch",1],["num_boxes",300],["num_features",)" +
                                   n + "]]"}) {
      SCOPED_TRACE(axes);
      const Decoder decoder = Decoder::from_json(
          R"({"decoder_version":"yolo26","outputs":[{"type":"detection","shape":)" + axes + "}]}");
      EXPECT_TRUE(decoder.is_end_to_end());
      EXPECT_EQ(warnings.take().size(), columns == 6 ? 0U : 1U);
      Detections found;
      decoder.decode(pointers({table(columns)}), found);
      ASSERT_EQ(found.boxes.size(), 2U);
      EXPECT_FLOAT_EQ(found.boxes[0].box.ymin, 0.2F);
      EXPECT_EQ(found.boxes[0].label, 2U);
    }
  }
  for (const char* shape : {"[1,300,5]", "[1,5,300]", "[1,5,8]"}) {
    const auto parse = [&] {
      Decoder::from_json(
          std::string(R"({"decoder_version":"yolo26","outputs":[{"type":"detection","shape":)") +
          shape + "}]}");
    };
    EXPECT_EQ(code_of(parse), ErrorCode::kInvalidConfig) << shape;
  }
}

/// Two levels of distances and class scores; `quantization` follows every child's dtype.
std::string levels(const char* dtype, const std::string& quantization) {
  const auto child = [&](const char* role, int stride, int cells, int channels) {
    const std::string size = std::to_string(cells);
    return std::string(R"({"name":")") + role + size + R"(","stride":)" + std::to_string(stride) +
           R"(,"shape":[1,)" + size + "," + size + "," + std::to_string(channels) +
           R"(],"dtype":")" + dtype + '"' + quantization + "}";
  };
  return R"({"schema_version":2,"input":{"shape":[1,64,64,3]},"outputs":[)"
         R"({"type":"boxes","encoding":"ltrb","shape":[1,80,4],"outputs":[)" +
         child("boxes", 8, 8, 4) + "," + child("boxes", 16, 4, 4) +
         R"(]},{"type":"scores","shape":[1,80,2],"activation_required":"sigmoid","outputs":[)" +
         child("scores", 8, 8, 2) + "," + child("scores", 16, 4, 2) + "]}]}";
}

TEST(DecoderInputs, FloatLevelsNeedNoQuantization) {
  for (const DType dtype : {DType::kF32, DType::kF16}) {
    const auto constant = [&](const std::vector<std::size_t>& shape, double value) {
      return make_tensor(shape, {dtype}, [value](std::size_t) { return value; });
    };
    const std::vector<Tensor> outputs{constant({1, 8, 8, 4}, 1), constant({1, 4, 4, 4}, 1),
                                      constant({1, 8, 8, 2}, -9), constant({1, 4, 4, 2}, 3)};
    const char* name = dtype_info(dtype).name;
    Detections found, expected;
    Decoder::from_json(levels(name, "")).decode(pointers(outputs), found);
    const std::string declared =
        std::string(R"(,"quantization":{"scale":1,"dtype":")") + name + "\"}";
    Decoder::from_json(levels(name, declared)).decode(pointers(outputs), expected);
    ASSERT_FALSE(found.boxes.empty());
    ASSERT_EQ(found.boxes.size(), expected.boxes.size());
    EXPECT_EQ(found.boxes[0].box.xmin, expected.boxes[0].box.xmin);
  }
  const auto parse = [] { Decoder::from_json(levels("int8", "")); };
  EXPECT_EQ(code_of(parse), ErrorCode::kInvalidConfig);
  EXPECT_NE(text_of(parse).find("missing quantization dtype"), std::string::npos);
}

TEST(DecoderInputs, EndToEndIsTold) {
  const auto decoder = [](const char* outputs, const char* version) {
    return Decoder::from_json(std::string(R"({"decoder_version":")") + version + R"(","outputs":)" +
                              outputs + "}");
  };
  const char* rows = R"([{"type":"detection","shape":[1,300,6]}])";
  const char* rows_and_protos =
      R"([{"type":"detection","shape":[1,300,38]},{"type":"protos","shape":[1,8,8,32]}])";
  const char* parts = R"([{"type":"boxes","shape":[1,300,4]},{"type":"scores","shape":[1,300,1]},)"
                      R"({"type":"classes","shape":[1,300,1]}])";
  for (const char* outputs : {rows, rows_and_protos, parts}) {
    EXPECT_TRUE(decoder(outputs, "yolo26").is_end_to_end()) << outputs;
  }
  EXPECT_FALSE(decoder(R"([{"type":"detection","shape":[1,84,100]}])", "yolov8").is_end_to_end());
}

TEST(DecoderInputs, SettingsWithoutEffectAreTold) {
  const char* rows =
      R"({"decoder_version":"yolo26","outputs":[{"type":"detection","shape":[1,300,6]}]})";
  Warnings warnings;
  DecoderOptions options;
  Decoder decoder = Decoder::from_json(rows, options);
  EXPECT_EQ(warnings.take().size(), 0U);
  decoder.set_score_threshold(0.3F);
  decoder.set_max_det(7);
  EXPECT_EQ(warnings.take().size(), 0U);
  decoder.set_iou_threshold(0.4F);
  decoder.set_pre_nms_top_k(9);
  EXPECT_EQ(warnings.take().size(), 2U);
  options.nms = Nms::kClassAware;
  Decoder::from_json(rows, options);
  EXPECT_EQ(warnings.take().size(), 1U);
  Decoder flat =
      Decoder::from_json(R"({"outputs":[{"type":"detection","shape":[1,84,100]}]})", options);
  flat.set_iou_threshold(0.4F);
  EXPECT_EQ(warnings.take().size(), 0U);
}

}  // namespace
}  // namespace edgefirst
