// SPDX-License-Identifier: Apache-2.0
// Any bytes as a JPEG on every SIMD target, kept as far as they go where the first byte is odd:
// outcome and pixels must agree. Run by libFuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "edgefirst/codec.hpp"

#include "base/simd.hpp"

using namespace edgefirst;

namespace {

/// 0, or 1 + the error code.
int decode(ImageDecoder& decoder, Span<const std::uint8_t> data, Tensor& tensor) {
  DecodeOptions options;
  options.max_pixels = 1U << 16;
  options.tolerant = data[0] % 2 == 1;
  try {
    decoder.decode(data.subspan(1), tensor, options);
  } catch (const Error& error) {
    return 1 + static_cast<int>(error.code());
  }
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static ImageDecoder decoder;
  static Tensor first = Tensor::image(128, 128, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  static Tensor other = Tensor::image(128, 128, PixelFormat::kRgb, DType::kU8, TensorMemory::kMem);
  const TensorMap first_map = first.map();
  const TensorMap other_map = other.map();
  std::memset(first_map.data(), 0, first_map.size_bytes());
  simd::reset_target();
  const int expected = decode(decoder, {data, size}, first);
  for (const char* target : simd::available_targets()) {
    simd::force_target(target);
    std::memset(other_map.data(), 0, other_map.size_bytes());
    if (decode(decoder, {data, size}, other) != expected) std::abort();
    if (std::memcmp(first_map.data(), other_map.data(), first_map.size_bytes()) != 0) std::abort();
  }
  return 0;
}
