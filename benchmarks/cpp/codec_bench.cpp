// SPDX-License-Identifier: Apache-2.0
// JPEG decoding and encoding beside libjpeg-turbo's accurate path, in one process. The pictures are
// generated with the spectrum of photographs (midpoint noise over gradients and edges), or read
// from EDGEFIRST_BENCH_JPEG, so that both contestants see the same files.
#include <benchmark/benchmark.h>
#include <turbojpeg.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "edgefirst/codec.hpp"

namespace {

using edgefirst::DecodeOptions;
using edgefirst::DType;
using edgefirst::EncodeOptions;
using edgefirst::ImageDecoder;
using edgefirst::PixelFormat;
using edgefirst::Tensor;
using edgefirst::TensorMemory;
using Bytes = std::vector<std::uint8_t>;

struct Scene {
  const char* name;
  int width;
  int height;
  int subsampling;
  int quality;
  const char* variable = nullptr;  ///< what libjpeg-turbo's encoder is told by its environment
};
const Scene kScenes[] = {{"720p_420_q88", 1280, 720, TJSAMP_420, 88},
                         {"4k_420_q88", 3840, 2160, TJSAMP_420, 88},
                         {"1.2Mpx_444_q90", 1280, 960, TJSAMP_444, 90},
                         {"720p_422_q85", 1280, 720, TJSAMP_422, 85},
                         {"4k_420_q88_restarts", 3840, 2160, TJSAMP_420, 88, "TJ_RESTART"},
                         {"720p_420_q88_progressive", 1280, 720, TJSAMP_420, 88, "TJ_PROGRESSIVE"},
                         {"720p_420_q88_arithmetic", 1280, 720, TJSAMP_420, 88, "TJ_ARITHMETIC"}};

/// Smooth shading, hard edges and noise whose strength varies over the picture.
Bytes make_pixels(int width, int height) {
  std::mt19937 random(7);
  Bytes pixels;
  pixels.reserve(static_cast<std::size_t>(width) * height * 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double shade = 90 + 60 * std::sin(x * 0.011) * std::cos(y * 0.017);
      const double texture = 14 * std::sin(x * 0.9 + y * 0.35) * std::sin(y * 0.021 + x * 0.003);
      const bool edge = (x / 97 + y / 61) % 3 == 0;
      const double noise = static_cast<double>(random() % 13) * (0.3 + 0.7 * std::sin(x * 0.004));
      for (int c = 0; c < 3; ++c) {
        const double value = shade + texture + noise + (edge ? 35 - 20 * c : 8 * c);
        pixels.push_back(static_cast<std::uint8_t>(std::min(255.0, std::max(0.0, value))));
      }
    }
  }
  return pixels;
}

Bytes encode_reference(const Scene& scene, const Bytes& pixels) {
  if (scene.variable != nullptr) ::setenv(scene.variable, "1", 1);
  tjhandle handle = tjInitCompress();
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  tjCompress2(handle, pixels.data(), scene.width, 0, scene.height, TJPF_RGB, &memory, &size,
              scene.subsampling, scene.quality, TJFLAG_ACCURATEDCT);
  if (scene.variable != nullptr) ::unsetenv(scene.variable);
  Bytes file(memory, memory + size);
  tjFree(memory);
  tjDestroy(handle);
  return file;
}

/// The file of a scene, or the one the environment names.
const Bytes& scene_file(std::size_t index) {
  static std::vector<Bytes> files(std::size(kScenes));
  Bytes& file = files[index];
  if (!file.empty()) return file;
  if (const char* path = std::getenv("EDGEFIRST_BENCH_JPEG")) {
    std::ifstream stream(path, std::ios::binary);
    file.assign(std::istreambuf_iterator<char>(stream), {});
  } else {
    const Scene& scene = kScenes[index];
    file = encode_reference(scene, make_pixels(scene.width, scene.height));
  }
  return file;
}

void count_pixels(benchmark::State& state, std::size_t width, std::size_t height) {
  state.counters["Mpx/s"] = benchmark::Counter(static_cast<double>(width * height) / 1e6,
                                               benchmark::Counter::kIsIterationInvariantRate);
}

template <std::size_t kThreads>
void decode_edgefirst(benchmark::State& state, std::size_t index) {
  const Bytes& file = scene_file(index);
  ImageDecoder decoder;
  DecodeOptions options;
  options.threads = kThreads;
  const auto info = decoder.peek(file);
  Tensor tensor =
      Tensor::image(info.width, info.height, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  for (auto _ : state) decoder.decode(file, tensor, options);
  count_pixels(state, info.width, info.height);
}

void decode_turbo(benchmark::State& state, std::size_t index) {
  const Bytes& file = scene_file(index);
  tjhandle handle = tjInitDecompress();
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colorspace = 0;
  tjDecompressHeader3(handle, file.data(), file.size(), &width, &height, &subsampling, &colorspace);
  Bytes pixels(static_cast<std::size_t>(width) * height * 3);
  for (auto _ : state) {
    tjDecompress2(handle, file.data(), file.size(), pixels.data(), width, 0, height, TJPF_RGB,
                  TJFLAG_ACCURATEDCT);
  }
  tjDestroy(handle);
  count_pixels(state, static_cast<std::size_t>(width), static_cast<std::size_t>(height));
}

void encode_edgefirst(benchmark::State& state, std::size_t index) {
  const Scene& scene = kScenes[index];
  const Bytes pixels = make_pixels(scene.width, scene.height);
  const auto width = static_cast<std::size_t>(scene.width);
  const auto height = static_cast<std::size_t>(scene.height);
  Tensor tensor = Tensor::image(width, height, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  std::copy(pixels.begin(), pixels.end(), tensor.map().as<std::uint8_t>());
  EncodeOptions options;
  options.quality = scene.quality;
  options.subsampling = scene.subsampling == TJSAMP_420 ? edgefirst::ChromaSubsampling::k420
                                                        : edgefirst::ChromaSubsampling::k444;
  Bytes out;
  for (auto _ : state) encode_jpeg(tensor, out, options);
  count_pixels(state, width, height);
}

void encode_turbo(benchmark::State& state, std::size_t index) {
  const Scene& scene = kScenes[index];
  const Bytes pixels = make_pixels(scene.width, scene.height);
  tjhandle handle = tjInitCompress();
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  for (auto _ : state) {
    tjCompress2(handle, pixels.data(), scene.width, 0, scene.height, TJPF_RGB, &memory, &size,
                scene.subsampling, scene.quality, TJFLAG_ACCURATEDCT);
  }
  tjFree(memory);
  tjDestroy(handle);
  count_pixels(state, static_cast<std::size_t>(scene.width),
               static_cast<std::size_t>(scene.height));
}

}  // namespace

int main(int argc, char** argv) {
  for (std::size_t i = 0; i < std::size(kScenes); ++i) {
    const std::string name = kScenes[i].name;
    const auto add = [&](const std::string& what, void (*run)(benchmark::State&, std::size_t)) {
      benchmark::RegisterBenchmark((what + "/" + name).c_str(), run, i)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    };
    add("decode_jpeg/edgefirst", decode_edgefirst<1>);
    add("decode_jpeg/edgefirst-2-threads", decode_edgefirst<2>);
    add("decode_jpeg/libjpeg-turbo", decode_turbo);
    if (kScenes[i].subsampling == TJSAMP_422 || kScenes[i].variable != nullptr) continue;
    add("encode_jpeg/edgefirst", encode_edgefirst);
    add("encode_jpeg/libjpeg-turbo", encode_turbo);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
