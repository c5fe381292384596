// SPDX-License-Identifier: Apache-2.0
// ByteTrack updates of N objects on smooth paths with 10 % dropouts, in the compatible mode (one
// dense problem a frame) and the optimal one (connected groups).
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <vector>

#include "edgefirst/tracker.hpp"

namespace edgefirst {
namespace {

/// Frames whose boxes cover about the same share of the picture whatever their number.
std::vector<std::vector<DetectBox>> make_frames(std::size_t objects, float cover) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> unit(0.0F, 1.0F);
  const float size = std::sqrt(cover / static_cast<float>(objects));
  std::vector<std::vector<DetectBox>> frames(60);
  for (std::size_t object = 0; object < objects; ++object) {
    float x = unit(random);
    float y = unit(random);
    const float dx = 0.05F * size * (unit(random) - 0.5F);
    const float dy = 0.05F * size * (unit(random) - 0.5F);
    for (auto& frame : frames) {
      x += dx;
      y += dy;
      if (unit(random) < 0.1F) continue;
      const float jitter = 0.03F * size * (unit(random) - 0.5F);
      const float score = 0.3F + 0.7F * unit(random);
      frame.push_back({{x + jitter, y, x + jitter + size, y + size}, score, 0});
    }
  }
  return frames;
}

void update(benchmark::State& state, bool optimal) {
  const auto frames = make_frames(static_cast<std::size_t>(state.range(0)),
                                  static_cast<float>(state.range(1)) / 100.0F);
  ByteTrackOptions options;
  options.optimal_assignment = optimal;
  ByteTrack tracker(options);
  std::vector<std::optional<TrackInfo>> results;
  std::uint64_t now = 0;
  std::size_t frame = 0;
  for (auto _ : state) {
    tracker.update(frames[frame], now += 33'000'000, results);
    frame = (frame + 1) % frames.size();
  }
}

void compatible(benchmark::State& state) { update(state, false); }
void optimal(benchmark::State& state) { update(state, true); }

void sizes(benchmark::internal::Benchmark* bench) {
  for (const int objects : {10, 100, 300, 1000}) {
    for (const int cover_percent : {20, 100}) bench->Args({objects, cover_percent});
  }
}

BENCHMARK(compatible)->Apply(sizes)->Unit(benchmark::kMicrosecond);
BENCHMARK(optimal)->Apply(sizes)->Args({2000, 20})->Args({4000, 20})->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace edgefirst
