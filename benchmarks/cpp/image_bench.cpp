// SPDX-License-Identifier: Apache-2.0
// Image conversion, drawing and masks: the letterboxes of a camera pipeline, plain resizes, copies
// and turns, beside a memcpy of the same frame. Prints bytes read and written per second.
#include <benchmark/benchmark.h>

#include <cstring>
#include <random>

#include "edgefirst/image.hpp"

namespace edgefirst {
namespace {

Tensor noise_image(std::size_t width, std::size_t height, PixelFormat format,
                   DType dtype = DType::kU8) {
  Tensor image = Tensor::image(width, height, format, dtype, TensorMemory::kMem);
  const TensorMap map = image.map(CpuAccess::kWrite);
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i + 8 <= map.size_bytes(); i += 8) {
    const std::uint64_t bytes = random();
    std::memcpy(map.as<std::uint8_t>() + i, &bytes, sizeof bytes);
  }
  return image;
}

void run_convert(benchmark::State& state, const Tensor& src, Tensor& dst,
                 const ConvertOptions& options) {
  ImageProcessor processor({ComputeBackend::kCpu});
  processor.convert(src, dst, options);
  for (auto _ : state) processor.convert(src, dst, options);
  const std::size_t bytes = src.size_bytes() + dst.size_bytes();
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

void letterbox_frame(benchmark::State& state, std::size_t width, std::size_t height,
                     PixelFormat from, PixelFormat to, DType dtype, Filter filter) {
  const Tensor src = noise_image(width, height, from);
  Tensor dst = noise_image(640, 640, to, dtype);
  ConvertOptions options;
  options.filter = filter;
  options.crop.dst_rect = letterbox(width, height, 640, 640).content;
  options.crop.dst_color = Color{114, 114, 114, 255};
  run_convert(state, src, dst, options);
}

void resize_frame(benchmark::State& state, PixelFormat format, std::size_t from, std::size_t to,
                  Filter filter) {
  const Tensor src = noise_image(from * 16 / 9, from, format);
  Tensor dst = noise_image(to * 16 / 9, to, format);
  ConvertOptions options;
  options.filter = filter;
  run_convert(state, src, dst, options);
}

void copy_frame(benchmark::State& state, PixelFormat from, PixelFormat to, DType dtype) {
  const Tensor src = noise_image(1920, 1080, from);
  Tensor dst = noise_image(1920, 1080, to, dtype);
  run_convert(state, src, dst, {});
}

void turn_frame(benchmark::State& state, PixelFormat format, Rotation rotation) {
  const Tensor src = noise_image(1920, 1080, format);
  const bool sideways = rotation != Rotation::kRotate180;
  Tensor dst = noise_image(sideways ? 1080 : 1920, sideways ? 1920 : 1080, format);
  ConvertOptions options;
  options.rotation = rotation;
  run_convert(state, src, dst, options);
}

void copy_memory(benchmark::State& state) {
  const std::vector<char> src(1920 * 1080 * 3, 1);
  std::vector<char> dst(src.size());
  for (auto _ : state) {
    std::memcpy(dst.data(), src.data(), src.size());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * 2 * src.size()));
}

struct MaskScene {
  explicit MaskScene(std::size_t count)
      : protos{Tensor({count, 32}), Tensor({160, 160, 32}), ProtoLayout::kNhwc} {
    std::mt19937 random(2);
    std::normal_distribution<float> normal;
    const TensorMap rows = protos.mask_coefficients.map();
    const TensorMap cells = protos.protos.map();
    for (std::size_t i = 0; i < count * 32; ++i) rows.as<float>()[i] = normal(random);
    for (std::size_t i = 0; i < 160 * 160 * 32; ++i) cells.as<float>()[i] = normal(random);
    std::uniform_real_distribution<float> unit;
    for (std::size_t i = 0; i < count; ++i) {
      const float x = unit(random) * 0.7F, y = unit(random) * 0.7F;
      boxes.push_back(
          {{x, y, x + 0.1F + unit(random) * 0.2F, y + 0.1F + unit(random) * 0.2F}, 0.5F, i});
    }
  }
  ProtoData protos;
  std::vector<DetectBox> boxes;
};

void scaled_masks(benchmark::State& state) {
  const MaskScene scene(40);
  ImageProcessor processor({ComputeBackend::kCpu});
  SegmentationList masks;
  for (auto _ : state) {
    processor.materialize_masks(scene.boxes, scene.protos, std::nullopt,
                                MaskResolution::scaled(1920, 1080), masks);
  }
}

void proto_masks(benchmark::State& state) {
  const MaskScene scene(40);
  ImageProcessor processor({ComputeBackend::kCpu});
  SegmentationList masks;
  for (auto _ : state) {
    processor.materialize_masks(scene.boxes, scene.protos, std::nullopt, {}, masks);
  }
}

void draw_protos(benchmark::State& state) {
  const MaskScene scene(40);
  ImageProcessor processor({ComputeBackend::kCpu});
  Tensor dst = noise_image(1280, 720, PixelFormat::kRgba);
  for (auto _ : state) processor.draw_proto_masks(dst, scene.boxes, scene.protos);
}

constexpr auto kAntialias = Filter::kAntialias;
constexpr auto kBilinear = Filter::kBilinear;

#define LETTERBOX(FROM, TO, DTYPE, FILTER)                                                 \
  BENCHMARK_CAPTURE(letterbox_frame, 1080p_##FROM##_##TO##_##DTYPE##_##FILTER, 1920, 1080, \
                    PixelFormat::k##FROM, PixelFormat::k##TO, DType::k##DTYPE, k##FILTER)  \
      ->Unit(benchmark::kMicrosecond)                                                      \
      ->UseRealTime()
#define LETTERBOXES(FROM)                     \
  LETTERBOX(FROM, Rgb, U8, Antialias);        \
  LETTERBOX(FROM, PlanarRgb, U8, Antialias);  \
  LETTERBOX(FROM, Rgb, I8, Antialias);        \
  LETTERBOX(FROM, PlanarRgb, F32, Antialias); \
  LETTERBOX(FROM, Rgb, U8, Bilinear)
LETTERBOXES(Nv12);
LETTERBOXES(Yuyv);
LETTERBOXES(Rgba);
LETTERBOXES(Rgb);
LETTERBOX(Rgb, PlanarRgb, F16, Antialias);
BENCHMARK_CAPTURE(letterbox_frame, 4k_Nv12_Rgb_U8_Antialias, 3840, 2160, PixelFormat::kNv12,
                  PixelFormat::kRgb, DType::kU8, kAntialias)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

#define MEASURE(FUNCTION, NAME, ...) \
  BENCHMARK_CAPTURE(FUNCTION, NAME, __VA_ARGS__)->Unit(benchmark::kMicrosecond)->UseRealTime()
MEASURE(resize_frame, 1080p_720p_Rgb, PixelFormat::kRgb, 1080, 720, kAntialias);
MEASURE(resize_frame, 1080p_720p_Rgb_Bilinear, PixelFormat::kRgb, 1080, 720, kBilinear);
MEASURE(resize_frame, 720p_1080p_Rgba, PixelFormat::kRgba, 720, 1080, kAntialias);
MEASURE(resize_frame, 720p_1080p_Rgba_Bilinear, PixelFormat::kRgba, 720, 1080, kBilinear);
MEASURE(copy_frame, Nv12_Rgb, PixelFormat::kNv12, PixelFormat::kRgb, DType::kU8);
MEASURE(copy_frame, Yuyv_Rgb, PixelFormat::kYuyv, PixelFormat::kRgb, DType::kU8);
MEASURE(copy_frame, Rgb_Nv12, PixelFormat::kRgb, PixelFormat::kNv12, DType::kU8);
MEASURE(copy_frame, Rgb_Nv16, PixelFormat::kRgb, PixelFormat::kNv16, DType::kU8);
MEASURE(copy_frame, Rgb_Yuyv, PixelFormat::kRgb, PixelFormat::kYuyv, DType::kU8);
MEASURE(copy_frame, Rgba_Nv12, PixelFormat::kRgba, PixelFormat::kNv12, DType::kU8);
MEASURE(copy_frame, Rgb_Grey, PixelFormat::kRgb, PixelFormat::kGrey, DType::kU8);
MEASURE(copy_frame, Rgba_Rgb, PixelFormat::kRgba, PixelFormat::kRgb, DType::kU8);
MEASURE(copy_frame, Rgb_Rgb, PixelFormat::kRgb, PixelFormat::kRgb, DType::kU8);
MEASURE(copy_frame, Rgb_PlanarRgb, PixelFormat::kRgb, PixelFormat::kPlanarRgb, DType::kU8);
MEASURE(copy_frame, Rgb_PlanarRgb_F32, PixelFormat::kRgb, PixelFormat::kPlanarRgb, DType::kF32);
MEASURE(turn_frame, Rgba_90, PixelFormat::kRgba, Rotation::kClockwise90);
MEASURE(turn_frame, Rgb_90, PixelFormat::kRgb, Rotation::kClockwise90);
MEASURE(turn_frame, Rgb_180, PixelFormat::kRgb, Rotation::kRotate180);
BENCHMARK(copy_memory)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(scaled_masks)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(proto_masks)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(draw_protos)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
}  // namespace edgefirst
