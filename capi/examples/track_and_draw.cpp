// SPDX-License-Identifier: Apache-2.0
// Model outputs become tracked boxes and an overlay, in C++: letterbox, decode and track, draw.
//
//   c++ -std=c++17 track_and_draw.cpp -ledgefirst_hal -o track_and_draw
//   ./track_and_draw photo.jpg    writes overlay.jpg
//
// The model is played by a function that finds one object, a little further right in every frame;
// yours fills `output` from `input`.
#include <cstdint>
#include <cstdio>
#include <string>

#include <edgefirst/hal.hpp>

namespace {

using namespace edgefirst;

constexpr std::size_t kInput = 320;
constexpr std::size_t kAnchors = 100;
constexpr std::uint64_t kFrameNs = 33'000'000;
const std::string kNames[] = {"circle", "square"};

/// YOLOv8's layout: centre x, y, width, height (0...1) and a score per class, for every anchor.
void run_model(const Tensor& /*input*/, const Tensor& output, int frame) {
  const TensorMap map = output.map(CpuAccess::kWrite);
  const float column[] = {0.3F + 0.02F * static_cast<float>(frame), 0.5F, 0.2F, 0.3F, 0, 0.9F};
  for (std::size_t row = 0; row < std::size(column); ++row) {
    map.as<float>()[row * kAnchors + 7] = column[row];
  }
}

Decoder make_decoder() {
  OutputSpec spec;
  spec.type = OutputType::kDetection;
  spec.shape = {1, 4 + std::size(kNames), kAnchors};
  spec.normalized = true;
  DecoderOptions options;
  options.score_threshold = 0.5F;
  return Decoder::from_outputs({&spec, 1}, options, DecoderVersion::kYolov8);
}

}  // namespace

int main(int argc, char** argv) try {
  const Tensor photo = load_image_file(argc > 1 ? argv[1] : "photo.jpg");
  const Letterbox fit = letterbox(photo.width(), photo.height(), kInput, kInput);
  ImageProcessor processor;  // made once, like everything here: frames then allocate nothing
  Tensor input = processor.create_image(kInput, kInput, PixelFormat::kRgb);
  const Tensor output({1, 4 + std::size(kNames), kAnchors}, DType::kF32, TensorMemory::kMem);
  const Decoder decoder = make_decoder();
  ByteTrack tracker;
  ConvertOptions into_input;
  into_input.crop.dst_rect = fit.content;
  into_input.crop.dst_color = Color{114, 114, 114, 255};

  Detections found;
  const Tensor* outputs[] = {&output};
  for (int frame = 0; frame < 10; ++frame) {
    processor.convert(photo, input, into_input);
    run_model(input, output, frame);
    decoder.decode_tracked(outputs, tracker, frame * kFrameNs, found);
  }
  for (std::size_t i = 0; i < found.boxes.size(); ++i) {
    const BoundingBox box = fit.to_source(found.boxes[i].box);
    std::printf("%s, seen %d times, at %.0f %.0f %.0f %.0f\n", kNames[found.boxes[i].label].c_str(),
                found.tracks[i].count, box.xmin, box.ymin, box.xmax, box.ymax);
  }

  Tensor canvas = processor.create_image(photo.width(), photo.height(), PixelFormat::kRgb);
  OverlayOptions look;
  look.background = &photo;
  look.letterbox = fit.normalized();
  look.tracks = found.tracks;
  look.labels = true;
  look.class_names = kNames;
  processor.draw_decoded_masks(canvas, found.boxes, found.masks, look);
  save_jpeg(canvas, "overlay.jpg");
  return found.boxes.size() == 1 ? 0 : 1;
} catch (const edgefirst::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
