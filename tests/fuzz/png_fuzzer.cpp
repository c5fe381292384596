// SPDX-License-Identifier: Apache-2.0
// Any bytes as a PNG, into a format and dtype and with options chosen by the first byte; on demand
// with the chunks' checksums put right, so that damage reaches what lies behind them. Run by
// libFuzzer.
#include <libdeflate.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "edgefirst/codec.hpp"

using namespace edgefirst;

namespace {

void mend_checksums(std::vector<std::uint8_t>& file) {
  for (std::size_t at = 8; file.size() > at && file.size() - at >= 12;) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | file[at + i];
    if (length > file.size() - at - 12) return;
    const std::uint32_t checksum = libdeflate_crc32(0, file.data() + at + 4, length + 4);
    for (std::size_t i = 0; i < 4; ++i) {
      file[at + 8 + length + i] = static_cast<std::uint8_t>(checksum >> (24 - 8 * i));
    }
    at += length + 12;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ImageDecoder decoder;
  static Tensor bytes = Tensor::image(256, 256, PixelFormat::kRgba, DType::kU8, TensorMemory::kMem);
  static Tensor words =
      Tensor::image(256, 256, PixelFormat::kRgba, DType::kI16, TensorMemory::kMem);
  static const PixelFormat formats[] = {PixelFormat::kRgb,  PixelFormat::kRgba, PixelFormat::kBgra,
                                        PixelFormat::kGrey, PixelFormat::kYuyv, PixelFormat::kVyuy,
                                        PixelFormat::kNv12, PixelFormat::kNv16};
  if (size == 0) return 0;
  DecodeOptions options;
  options.format = formats[(data[0] & 3U) | ((data[0] & 64U) != 0 ? 4U : 0U)];
  options.tolerant = (data[0] & 8U) != 0;
  options.apply_exif = (data[0] & 16U) != 0;
  options.strict = (data[0] & 128U) != 0;
  options.max_pixels = 1U << 20;
  std::vector<std::uint8_t> file(data + 1, data + size);
  if ((data[0] & 32U) == 0) mend_checksums(file);
  try {
    decoder.decode(file, (data[0] & 4U) != 0 ? words : bytes, options);
  } catch (const Error&) {
  }
  return 0;
}
