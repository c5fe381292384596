// SPDX-License-Identifier: Apache-2.0
// Decoding of 640 x 640 YOLO heads: 8400 anchors, 80 classes, about 250 candidates in 60 objects.
// Contestant: the same work as a plain loop over anchors.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "edgefirst/decoder.hpp"

namespace edgefirst {
namespace {

constexpr std::size_t kAnchors = 8400;
constexpr std::size_t kClasses = 80;
constexpr std::size_t kProtos = 32;
constexpr std::size_t kSide = 160;

/// Rows of a head in real numbers; background is the largest score of anchors without object.
std::vector<float> make_head(std::size_t coefficients, float background) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> unit(0.0F, 1.0F);
  std::vector<float> rows((4 + kClasses + coefficients) * kAnchors);
  float centres[60][3];
  for (auto& centre : centres) {
    for (float& value : centre) value = unit(random);
  }
  for (std::size_t a = 0; a < kAnchors; ++a) {
    const auto& centre = centres[random() % 60];
    rows[a] = centre[0] + 0.01F * unit(random);
    rows[kAnchors + a] = centre[1] + 0.01F * unit(random);
    rows[2 * kAnchors + a] = 0.05F + 0.2F * centre[2];
    rows[3 * kAnchors + a] = 0.05F + 0.15F * centre[2];
    for (std::size_t c = 0; c < kClasses; ++c) {
      rows[(4 + c) * kAnchors + a] = background * unit(random);
    }
    if (random() % 33 == 0) rows[(4 + random() % kClasses) * kAnchors + a] = unit(random);
    for (std::size_t k = 0; k < coefficients; ++k) {
      rows[(4 + kClasses + k) * kAnchors + a] = 2 * unit(random) - 1;
    }
  }
  return rows;
}

Tensor make_tensor(const Shape& shape, const std::vector<float>& values, DType dtype, float scale,
                   std::int32_t zero_point) {
  Tensor tensor(shape, dtype, TensorMemory::kMem);
  const TensorMap map = tensor.map(CpuAccess::kWrite);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (dtype == DType::kF32) {
      map.as<float>()[i] = values[i];
    } else {
      const float stored = std::round(values[i] / scale) + static_cast<float>(zero_point);
      map.as<std::int8_t>()[i] =
          static_cast<std::int8_t>(std::min(std::max(stored, -128.0F), 127.0F));
    }
  }
  return tensor;
}

struct Model {
  Decoder decoder;
  std::vector<Tensor> outputs;
  std::vector<const Tensor*> pointers;

  Model(Decoder built, std::vector<Tensor> tensors)
      : decoder(std::move(built)), outputs(std::move(tensors)) {
    for (const Tensor& output : outputs) pointers.push_back(&output);
  }
};

OutputSpec make_spec(OutputType type, std::vector<std::size_t> shape, bool is_quantized,
                     float scale, std::int32_t zero_point) {
  OutputSpec spec;
  spec.type = type;
  spec.shape = std::move(shape);
  if (is_quantized) spec.quantization = {scale, zero_point};
  return spec;
}

Model make_detector(DType dtype, float background, const DecoderOptions& options) {
  const OutputSpec spec = make_spec(OutputType::kDetection, {1, 4 + kClasses, kAnchors},
                                    dtype == DType::kI8, 1.0F / 255, -128);
  std::vector<Tensor> outputs;
  outputs.push_back(
      make_tensor({1, 4 + kClasses, kAnchors}, make_head(0, background), dtype, 1.0F / 255, -128));
  return {Decoder::from_outputs({spec}, options), std::move(outputs)};
}

Model make_segmenter(DType dtype) {
  const bool quantized = dtype == DType::kI8;
  const std::size_t features = 4 + kClasses + kProtos;
  std::mt19937 random(2);
  std::normal_distribution<float> normal(0.0F, 0.5F);
  std::vector<float> protos(kSide * kSide * kProtos);
  for (float& value : protos) value = normal(random);
  std::vector<Tensor> outputs;
  outputs.push_back(
      make_tensor({1, features, kAnchors}, make_head(kProtos, 0.2F), dtype, 1.0F / 120, 0));
  outputs.push_back(make_tensor({1, kSide, kSide, kProtos}, protos, dtype, 0.02F, 0));
  DecoderOptions options;
  options.score_threshold = 0.25F;
  return {Decoder::from_outputs(
              {make_spec(OutputType::kDetection, {1, features, kAnchors}, quantized, 1.0F / 120, 0),
               make_spec(OutputType::kProtos, {1, kSide, kSide, kProtos}, quantized, 0.02F, 0)},
              options),
          std::move(outputs)};
}

void run(benchmark::State& state, const Model& model) {
  Detections result;
  for (auto _ : state) {
    model.decoder.decode(model.pointers, result);
    benchmark::DoNotOptimize(result.boxes.data());
  }
  state.counters["boxes"] = static_cast<double>(result.boxes.size());
}

DecoderOptions at_threshold(float threshold) {
  DecoderOptions options;
  options.score_threshold = threshold;
  return options;
}

void detect_f32(benchmark::State& state) {
  run(state, make_detector(DType::kF32, 0.2F, at_threshold(0.25F)));
}
void detect_i8(benchmark::State& state) {
  run(state, make_detector(DType::kI8, 0.2F, at_threshold(0.25F)));
}
void detect_f32_low_threshold(benchmark::State& state) {
  run(state, make_detector(DType::kF32, 0.01F, at_threshold(0.001F)));
}
void segment_f32(benchmark::State& state) { run(state, make_segmenter(DType::kF32)); }
void segment_i8(benchmark::State& state) { run(state, make_segmenter(DType::kI8)); }

/// Anchor by anchor: largest class, threshold, sort, pairwise suppression.
void detect_f32_plain_loop(benchmark::State& state) {
  const std::vector<float> rows = make_head(0, 0.2F);
  std::vector<DetectBox> found;
  std::vector<DetectBox> kept;
  const auto iou_above = [](const BoundingBox& a, const BoundingBox& b) {
    const float w = std::max(0.0F, std::min(a.xmax, b.xmax) - std::max(a.xmin, b.xmin));
    const float h = std::max(0.0F, std::min(a.ymax, b.ymax) - std::max(a.ymin, b.ymin));
    const float both =
        (a.xmax - a.xmin) * (a.ymax - a.ymin) + (b.xmax - b.xmin) * (b.ymax - b.ymin);
    return w * h > 0.5F * (both - w * h);
  };
  for (auto _ : state) {
    found.clear();
    kept.clear();
    for (std::size_t a = 0; a < kAnchors; ++a) {
      std::size_t label = 0;
      for (std::size_t c = 1; c < kClasses; ++c) {
        if (rows[(4 + c) * kAnchors + a] >= rows[(4 + label) * kAnchors + a]) label = c;
      }
      const float score = rows[(4 + label) * kAnchors + a];
      if (score < 0.25F) continue;
      const float w = rows[2 * kAnchors + a] / 2;
      const float h = rows[3 * kAnchors + a] / 2;
      const float x = rows[a];
      const float y = rows[kAnchors + a];
      found.push_back({{x - w, y - h, x + w, y + h}, score, label});
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const DetectBox& a, const DetectBox& b) { return a.score > b.score; });
    for (const DetectBox& box : found) {
      const bool dropped = std::any_of(kept.begin(), kept.end(), [&](const DetectBox& other) {
        return iou_above(box.box, other.box);
      });
      if (!dropped) kept.push_back(box);
    }
    benchmark::DoNotOptimize(kept.data());
  }
  state.counters["boxes"] = static_cast<double>(kept.size());
}

BENCHMARK(detect_f32)->Unit(benchmark::kMicrosecond);
BENCHMARK(detect_f32_plain_loop)->Unit(benchmark::kMicrosecond);
BENCHMARK(detect_i8)->Unit(benchmark::kMicrosecond);
BENCHMARK(detect_f32_low_threshold)->Unit(benchmark::kMicrosecond);
BENCHMARK(segment_f32)->Unit(benchmark::kMicrosecond);
BENCHMARK(segment_i8)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace edgefirst
