// SPDX-License-Identifier: Apache-2.0
// Where does the time go? A trace of decoding and letterboxing one picture a few times: to a file
// for ui.perfetto.dev, then to a function that counts steps.
//
//   c++ -std=c++17 trace_frames.cpp -ledgefirst_hal -o trace_frames
//   ./trace_frames photo.jpg trace.json
#include <cstdio>
#include <string_view>

#include <edgefirst/hal.hpp>

namespace {

using namespace edgefirst;

constexpr int kFrames = 20;
constexpr std::size_t kInput = 640;

void letterbox_frames(const Tensor& photo) {
  ImageProcessor processor;
  Tensor input = processor.create_image(kInput, kInput, PixelFormat::kRgb);
  ConvertOptions options;
  options.crop.dst_rect = letterbox(photo.width(), photo.height(), kInput, kInput).content;
  options.crop.dst_color = Color{114, 114, 114, 255};
  for (int frame = 0; frame < kFrames; ++frame) processor.convert(photo, input, options);
}

/// One JSON object a call; a real program would parse it.
void count_conversions(const char* event, void* count) {
  constexpr std::string_view kEnd = R"("ph":"E","name":"image.convert")";
  if (std::string_view(event).find(kEnd) != std::string_view::npos) ++*static_cast<int*>(count);
}

}  // namespace

int main(int argc, char** argv) try {
  const char* trace = argc > 2 ? argv[2] : "trace.json";
  const Tensor photo = load_image_file(argc > 1 ? argv[1] : "photo.jpg");
  start_tracing(trace, 16 << 20);
  letterbox_frames(photo);
  stop_tracing();
  int converted = 0;
  start_tracing(count_conversions, &converted);
  letterbox_frames(photo);
  stop_tracing();
  std::printf("%s holds the spans of %d frames\n", trace, converted);
  return converted == kFrames ? 0 : 1;
} catch (const edgefirst::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
