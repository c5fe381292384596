// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <edgefirst/hal.hpp>

int main(int argc, char** argv) try {
  using namespace edgefirst;
  const Tensor photo = load_image_file(argc > 1 ? argv[1] : "photo.jpg");
  ImageProcessor processor;
  Tensor input = processor.create_image(320, 320, PixelFormat::kRgb);
  ConvertOptions options;
  options.crop.dst_rect = letterbox(photo.width(), photo.height(), 320, 320).content;
  options.crop.dst_color = Color{114, 114, 114, 255};
  processor.convert(photo, input, options);
  save_jpeg(input, "letterboxed.jpg");
  std::cout << photo.width() << " x " << photo.height() << " -> " << input.width() << " x "
            << input.height() << "\n";
  return 0;
} catch (const edgefirst::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
