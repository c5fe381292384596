// SPDX-License-Identifier: Apache-2.0
// Masks, ProtoData and tracked decoding of models with prototypes.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"
#include "edgefirst/tracker.hpp"

#include "base/simd.hpp"
#include "support/allocation_counter.hpp"
#include "support/decoder_reference.hpp"
#include "support/decoder_tensors.hpp"

namespace edgefirst {
namespace {

using testing::Stored;

constexpr std::size_t kAnchors = 3;

/// A split segmentation model of three well separated boxes.
struct Model {
  std::vector<OutputSpec> specs;
  std::vector<Tensor> outputs;
  std::vector<double> coefficients;  // [channels, anchors], as read back
  std::vector<double> protos;        // [height, width, channels], as read back
  std::size_t height, width, channels;
};

OutputSpec spec_of(OutputType type, const std::vector<std::size_t>& shape, const Stored& stored) {
  OutputSpec spec;
  spec.type = type;
  spec.shape = shape;
  if (!is_float(stored.dtype)) spec.quantization = {stored.scale, stored.zero_point};
  return spec;
}

struct MaskTypes {
  DType coefficients;
  DType protos;
};

Model make_model(const MaskTypes& types, std::size_t height, std::size_t width,
                 std::size_t channels, bool planar) {
  Model model{{}, {}, {}, {}, height, width, channels};
  const bool floats = is_float(types.coefficients);
  const Stored plain =
      floats ? Stored{types.coefficients, 1, 0} : testing::stored_range(DType::kU16, 0.0F, 1.25F);
  const double boxes[4][kAnchors] = {{.25, .6, .5}, {.3, .3, .8}, {.3, .25, 1.2}, {.35, .41, .25}};
  const double scores[kAnchors] = {.9, .8, .7};
  std::mt19937 random(static_cast<unsigned>(height * 31 + channels));
  std::normal_distribution<double> normal(0.0, 0.8);
  const Stored coefficients = testing::stored_range(types.coefficients, -3.0F, 2.5F);
  const Stored protos = testing::stored_range(types.protos, -2.0F, 3.0F);
  const std::vector<std::size_t> proto_shape =
      planar ? std::vector<std::size_t>{1, channels, height, width}
             : std::vector<std::size_t>{1, height, width, channels};
  model.specs = {spec_of(OutputType::kBoxes, {1, 4, kAnchors}, plain),
                 spec_of(OutputType::kScores, {1, 1, kAnchors}, plain),
                 spec_of(OutputType::kMaskCoefficients, {1, channels, kAnchors}, coefficients),
                 spec_of(OutputType::kProtos, proto_shape, protos)};
  if (planar) {
    model.specs[3].dims = {{DimName::kBatch, 1},
                           {DimName::kNumProtos, channels},
                           {DimName::kHeight, height},
                           {DimName::kWidth, width}};
  }
  model.outputs.push_back(testing::make_tensor(
      {1, 4, kAnchors}, plain, [&](std::size_t i) { return boxes[i / kAnchors][i % kAnchors]; }));
  model.outputs.push_back(
      testing::make_tensor({1, 1, kAnchors}, plain, [&](std::size_t i) { return scores[i]; }));
  model.outputs.push_back(testing::make_tensor(
      {1, channels, kAnchors}, coefficients, [&](std::size_t) { return normal(random); },
      &model.coefficients));
  std::vector<double> stored_protos;
  model.outputs.push_back(testing::make_tensor(
      proto_shape, protos, [&](std::size_t) { return normal(random); }, &stored_protos));
  model.protos.resize(stored_protos.size());
  for (std::size_t p = 0; p < height * width; ++p) {
    for (std::size_t k = 0; k < channels; ++k) {
      model.protos[p * channels + k] =
          stored_protos[planar ? k * height * width + p : p * channels + k];
    }
  }
  return model;
}

double logit(const Model& model, std::size_t anchor, std::size_t y, std::size_t x) {
  double sum = 0;
  for (std::size_t k = 0; k < model.channels; ++k) {
    sum += model.coefficients[k * kAnchors + anchor] *
           model.protos[(y * model.width + x) * model.channels + k];
  }
  return sum;
}

std::size_t lower(float edge, std::size_t count) {
  return static_cast<std::size_t>(
      std::clamp(std::floor(edge * static_cast<float>(count)), 0.0F, static_cast<float>(count)));
}
std::size_t upper(float edge, std::size_t count) {
  return static_cast<std::size_t>(
      std::clamp(std::ceil(edge * static_cast<float>(count)), 0.0F, static_cast<float>(count)));
}

void expect_masks(const Model& model, const Detections& result) {
  ASSERT_EQ(result.boxes.size(), kAnchors);
  ASSERT_EQ(result.masks.size(), kAnchors);
  for (std::size_t i = 0; i < kAnchors; ++i) {  // scores descend with the anchor
    const Segmentation mask = result.masks[i];
    const BoundingBox& box = result.boxes[i].box;
    const std::size_t x0 = lower(box.xmin, model.width);
    const std::size_t y0 = lower(box.ymin, model.height);
    ASSERT_EQ(mask.width, upper(box.xmax, model.width) - x0);
    ASSERT_EQ(mask.height, upper(box.ymax, model.height) - y0);
    EXPECT_EQ(mask.channels, 1U);
    EXPECT_FLOAT_EQ(mask.region.xmin * static_cast<float>(model.width), static_cast<float>(x0));
    for (std::size_t y = 0; y < mask.height; ++y) {
      for (std::size_t x = 0; x < mask.width; ++x) {
        const double level = 255 * testing::reference_sigmoid(logit(model, i, y0 + y, x0 + x));
        EXPECT_NEAR(mask.data[y * mask.width + x], level, 0.51) << i << ' ' << x << ' ' << y;
      }
    }
  }
}

TEST(Masks, MatchTheNaiveProductForEveryDTypeAndLayout) {
  for (const DType dtype : testing::decodable_dtypes()) {
    for (const std::size_t channels : {1, 3, 8, 16, 17, 32, 33, 65}) {
      for (const bool planar : {false, true}) {
        SCOPED_TRACE(std::string(dtype_info(dtype).name) + " channels " + std::to_string(channels) +
                     " planar " + std::to_string(planar));
        const Model model = make_model({dtype, dtype}, 17, 31, channels, planar);
        Detections result;
        Decoder::from_outputs(model.specs).decode(testing::pointers(model.outputs), result);
        expect_masks(model, result);
      }
    }
  }
}

TEST(Masks, MixIntegerTypes) {
  for (const MaskTypes types :
       {MaskTypes{DType::kI16, DType::kI8}, MaskTypes{DType::kI8, DType::kU8},
        MaskTypes{DType::kU32, DType::kI16}}) {
    const Model model = make_model(types, 16, 15, 32, false);
    Detections result;
    Decoder::from_outputs(model.specs).decode(testing::pointers(model.outputs), result);
    expect_masks(model, result);
  }
}

TEST(Masks, OfIntegersAreTheSameOnEverySimdTarget) {
  for (const bool planar : {false, true}) {
    const Model model = make_model({DType::kI8, DType::kI8}, 33, 63, 32, planar);
    const Decoder decoder = Decoder::from_outputs(model.specs);
    std::vector<Detections> results;
    for (const char* target : simd::available_targets()) {
      ASSERT_TRUE(simd::force_target(target));
      decoder.decode(testing::pointers(model.outputs), results.emplace_back());
    }
    simd::reset_target();
    for (const Detections& result : results) {
      for (std::size_t i = 0; i < kAnchors; ++i) {
        const Segmentation mask = result.masks[i];
        ASSERT_EQ(std::memcmp(mask.data, results[0].masks[i].data, mask.height * mask.width), 0);
      }
    }
  }
}

TEST(Masks, RoundTheSigmoidExactlyInSinglePrecision) {
  // One channel of coefficient 1: the logit is the prototype itself.
  constexpr std::size_t kSide = 256;
  OutputSpec detection = spec_of(OutputType::kDetection, {1, 6, 1}, {});
  OutputSpec protos = spec_of(OutputType::kProtos, {1, kSide, kSide, 1}, {});
  std::vector<Tensor> outputs;
  const double row[] = {.5, .5, 1, 1, .9, 1};
  outputs.push_back(testing::make_tensor({1, 6, 1}, {}, [&](std::size_t i) { return row[i]; }));
  const auto value = [](std::size_t i) {
    return i < 8 ? (i % 2 == 0 ? 1e30 : -1e30) : -8.0 + 16.0 * static_cast<double>(i) / 65536.0;
  };
  outputs.push_back(testing::make_tensor({1, kSide, kSide, 1}, {}, value));
  Detections result;
  Decoder::from_outputs({detection, protos}).decode(testing::pointers(outputs), result);
  ASSERT_EQ(result.masks.size(), 1U);
  const Segmentation mask = result.masks[0];
  ASSERT_EQ(mask.height * mask.width, kSide * kSide);
  for (std::size_t i = 0; i < kSide * kSide; ++i) {
    const auto z = static_cast<float>(value(i));
    ASSERT_EQ(mask.data[i], std::round(255.0F / (1.0F + std::exp(-z)))) << z;
  }
}

TEST(Masks, RefusePixelBoxes) {
  Model model = make_model({DType::kF32, DType::kF32}, 8, 8, 4, false);
  model.outputs[0] = testing::make_tensor({1, 4, kAnchors}, {}, [](std::size_t) { return 320.0; });
  Detections result;
  const Decoder decoder = Decoder::from_outputs(model.specs);
  EXPECT_THROW(decoder.decode(testing::pointers(model.outputs), result), Error);
  EXPECT_NO_THROW(decoder.decode_proto(testing::pointers(model.outputs), result));
}

TEST(Masks, NormalizePixelBoxesWhereTheInputSizeIsKnown) {
  Model model = make_model({DType::kF32, DType::kF32}, 8, 8, 4, false);
  model.specs[0].normalized = false;
  model.outputs[0] = testing::make_tensor(
      {1, 4, kAnchors}, {}, [](std::size_t i) { return i < 2 * kAnchors ? 160.0 : 64.0; });
  DecoderOptions options;
  options.input_dims = {{640, 320}};
  const Decoder decoder = Decoder::from_outputs(model.specs, options);
  EXPECT_EQ(decoder.normalized_boxes(), true);
  Detections result;
  decoder.decode(testing::pointers(model.outputs), result);
  ASSERT_EQ(result.boxes.size(), 1U);
  EXPECT_FLOAT_EQ(result.boxes[0].box.xmin, 128.0F / 640);
  EXPECT_FLOAT_EQ(result.boxes[0].box.ymax, 192.0F / 320);
}

TEST(Masks, MayBeEmptyOutsideThePicture) {
  Model model = make_model({DType::kF32, DType::kF32}, 8, 8, 4, false);
  model.outputs[0] = testing::make_tensor(
      {1, 4, kAnchors}, {}, [](std::size_t i) { return i < 2 * kAnchors ? -1.0 : 0.2; });
  Detections result;
  Decoder::from_outputs(model.specs).decode(testing::pointers(model.outputs), result);
  ASSERT_EQ(result.masks.size(), 1U);
  EXPECT_EQ(result.masks[0].width * result.masks[0].height, 0U);
}

TEST(Masks, AllocateNothingOnceWarm) {
  if (!testing::AllocationCounter::is_reliable()) GTEST_SKIP() << "sanitizer allocator";
  for (const DType dtype : {DType::kI8, DType::kF32}) {
    const Model model = make_model({dtype, dtype}, 33, 31, 32, false);
    const Decoder decoder = Decoder::from_outputs(model.specs);
    const std::vector<const Tensor*> outputs = testing::pointers(model.outputs);
    Detections result;
    decoder.decode(outputs, result);
    testing::AllocationCounter counter;
    decoder.decode(outputs, result);
    EXPECT_EQ(counter.count(), 0U);
  }
}

/// Element i of a tensor as a real number.
double element(const Tensor& tensor, std::size_t i) {
  const TensorMap map = tensor.map(CpuAccess::kRead);
  const double scale = tensor.quantization() ? tensor.quantization()->scale() : 1.0;
  const double zero_point = tensor.quantization() ? tensor.quantization()->zero_point() : 0.0;
  switch (tensor.dtype()) {
    case DType::kI8:
      return (map.as<std::int8_t>()[i] - zero_point) * scale;
    case DType::kI16:
      return (map.as<std::int16_t>()[i] - zero_point) * scale;
    case DType::kF16:
      return to_float(map.as<Float16>()[i]);
    default:
      return map.as<float>()[i];
  }
}

TEST(Protos, CarryTheSameNumbersInEveryDTypeAndLayout) {
  for (const DType dtype : testing::decodable_dtypes()) {
    for (const bool planar : {false, true}) {
      SCOPED_TRACE(std::string(dtype_info(dtype).name) + " planar " + std::to_string(planar));
      const Model model = make_model({dtype, dtype}, 9, 7, 5, planar);
      Detections result;
      const std::optional<ProtoData> data =
          Decoder::from_outputs(model.specs).decode_proto(testing::pointers(model.outputs), result);
      ASSERT_TRUE(data);
      ASSERT_EQ(result.boxes.size(), kAnchors);
      EXPECT_TRUE(result.masks.empty());
      const bool nchw = planar && dtype == DType::kI8;
      EXPECT_EQ(data->layout, nchw ? ProtoLayout::kNchw : ProtoLayout::kNhwc);
      EXPECT_EQ(data->protos.shape(), nchw ? (Shape{5, 9, 7}) : (Shape{9, 7, 5}));
      EXPECT_EQ(data->mask_coefficients.shape(), (Shape{kAnchors, 5}));
      const DType kept = dtype == DType::kI8 || dtype == DType::kF16 ? dtype : DType::kF32;
      EXPECT_EQ(data->protos.dtype(), kept);
      EXPECT_EQ(data->mask_coefficients.dtype(), dtype == DType::kI16 ? DType::kI16 : kept);
      for (std::size_t p = 0; p < 63; ++p) {
        for (std::size_t k = 0; k < 5; ++k) {
          EXPECT_NEAR(element(data->protos, nchw ? k * 63 + p : p * 5 + k), model.protos[p * 5 + k],
                      1e-6);
        }
      }
      for (std::size_t i = 0; i < kAnchors * 5; ++i) {
        EXPECT_NEAR(element(data->mask_coefficients, i),
                    model.coefficients[i % 5 * kAnchors + i / 5], 1e-6);
      }
    }
  }
}

TEST(Protos, OfNoDetectionsHaveNoRows) {
  const Model model = make_model({DType::kI8, DType::kI8}, 9, 7, 5, false);
  DecoderOptions options;
  options.score_threshold = 0.99F;
  Detections result;
  const auto data = Decoder::from_outputs(model.specs, options)
                        .decode_proto(testing::pointers(model.outputs), result);
  ASSERT_TRUE(data);
  EXPECT_EQ(data->mask_coefficients.shape(), (Shape{0, 5}));
  EXPECT_EQ(data->protos.shape(), (Shape{9, 7, 5}));
}

TEST(Tracked, MasksBelongToTheBoxesAndUnseenTracksFollow) {
  const Model model = make_model({DType::kF32, DType::kF32}, 32, 32, 4, false);
  Decoder decoder = Decoder::from_outputs(model.specs);
  ByteTrack tracker;
  Detections result;
  decoder.decode_tracked(testing::pointers(model.outputs), tracker, 1, result);
  EXPECT_EQ(result.boxes.size(), 3U);
  EXPECT_EQ(result.masks.size(), 3U);
  EXPECT_EQ(result.tracks.size(), 3U);
  decoder.set_score_threshold(0.75F);  // the third is not seen any more
  decoder.decode_tracked(testing::pointers(model.outputs), tracker, 2, result);
  ASSERT_EQ(result.boxes.size(), 3U);
  ASSERT_EQ(result.tracks.size(), 3U);
  ASSERT_EQ(result.masks.size(), 2U);
  EXPECT_EQ(result.tracks[0].last_updated, 2U);
  EXPECT_EQ(result.tracks[2].last_updated, 1U);
  EXPECT_NEAR(result.boxes[2].score, 0.7F, 1e-6);
  EXPECT_FLOAT_EQ(result.boxes[1].box.xmin, result.tracks[1].tracked_location.xmin);
  decoder.set_score_threshold(1.1F);
  decoder.decode_tracked(testing::pointers(model.outputs), tracker, 3, result);
  EXPECT_EQ(result.boxes.size(), 3U);
  EXPECT_TRUE(result.masks.empty());
}

TEST(Tracked, PrototypesBelongToTheBoxesSeenNow) {
  const Model model = make_model({DType::kF32, DType::kF32}, 32, 32, 4, false);
  Decoder decoder = Decoder::from_outputs(model.specs);
  ByteTrack tracker, other;
  Detections result, with_masks;
  for (std::uint64_t frame = 1; frame <= 2; ++frame) {
    if (frame == 2) decoder.set_score_threshold(0.75F);
    const auto protos =
        decoder.decode_proto_tracked(testing::pointers(model.outputs), tracker, frame, result);
    decoder.decode_tracked(testing::pointers(model.outputs), other, frame, with_masks);
    ASSERT_TRUE(protos);
    EXPECT_EQ(protos->mask_coefficients.shape()[0], frame == 1 ? 3U : 2U);
    EXPECT_TRUE(result.masks.empty());
    ASSERT_EQ(result.boxes.size(), 3U);
    ASSERT_EQ(result.tracks.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(result.boxes[i].box.xmin, with_masks.boxes[i].box.xmin);
      EXPECT_EQ(result.boxes[i].label, with_masks.boxes[i].label);
    }
  }
}

TEST(Tracked, DetectionModelsReportEveryLivingTrackOnce) {
  OutputSpec spec = spec_of(OutputType::kDetection, {1, 5, 2}, {});
  const double rows[] = {.2, .7, .5, .5, .2, .2, .3, .3, .9, .4};
  std::vector<Tensor> outputs;
  outputs.push_back(testing::make_tensor({1, 5, 2}, {}, [&](std::size_t i) { return rows[i]; }));
  DecoderOptions options;
  options.score_threshold = 0.3F;
  const Decoder decoder = Decoder::from_outputs({spec}, options);
  ByteTrack tracker;
  Detections result;
  decoder.decode_tracked(testing::pointers(outputs), tracker, 5, result);
  ASSERT_EQ(result.boxes.size(), 1U);  // the weak one starts no track
  ByteTrack other;
  EXPECT_FALSE(decoder.decode_proto_tracked(testing::pointers(outputs), other, 5, result));
  EXPECT_EQ(result.boxes.size(), 1U);
  EXPECT_EQ(result.tracks[0].count, 1);
  decoder.decode_tracked(testing::pointers(outputs), tracker, 6, result);
  ASSERT_EQ(result.tracks.size(), 1U);
  EXPECT_EQ(result.tracks[0].count, 2);
  EXPECT_NEAR(result.boxes[0].score, 0.9F, 1e-6);
}

}  // namespace
}  // namespace edgefirst
