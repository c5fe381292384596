// SPDX-License-Identifier: Apache-2.0
// Any bytes as a JPEG, into a padded tensor in a format, dtype and with options chosen by the
// first byte. Run by libFuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "edgefirst/codec.hpp"

using namespace edgefirst;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ImageDecoder decoder;
  static Tensor bytes = Tensor::image_with_stride(256, 256, PixelFormat::kRgba, 256 * 4 + 24,
                                                  DType::kU8, TensorMemory::kMem);
  static Tensor floats =
      Tensor::image(256, 256, PixelFormat::kRgba, DType::kF32, TensorMemory::kMem);
  static const PixelFormat formats[] = {PixelFormat::kRgb,  PixelFormat::kRgba, PixelFormat::kBgra,
                                        PixelFormat::kGrey, PixelFormat::kNv12, PixelFormat::kNv16,
                                        PixelFormat::kYuyv, PixelFormat::kVyuy};
  if (size == 0) return 0;
  DecodeOptions options;
  options.format = formats[data[0] & 7U];
  options.apply_exif = (data[0] & 8U) != 0;
  options.tolerant = (data[0] & 32U) != 0;
  options.threads = (data[0] & 64U) != 0 ? 2 : 1;
  options.strict = (data[0] & 128U) != 0;
  options.max_pixels = 1U << 20;
  try {
    const ImageInfo info =
        decoder.decode({data + 1, size - 1}, (data[0] & 16U) != 0 ? floats : bytes, options);
    if (info.valid_rows > 256) std::abort();
  } catch (const Error&) {
  }
  return 0;
}
