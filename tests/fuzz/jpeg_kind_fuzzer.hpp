// SPDX-License-Identifier: Apache-2.0
// What the fuzzers of single kinds of JPEG share: inputs of other kinds are left to jpeg_fuzzer,
// and what decodes at all decodes to the same pixels where damage would be tolerated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "edgefirst/codec.hpp"

struct FuzzOutcome {
  int code = 0;  ///< 0, or 1 + the error code
  std::size_t valid_rows = 0;
};

inline FuzzOutcome fuzz_decode(edgefirst::ImageDecoder& decoder,
                               edgefirst::Span<const std::uint8_t> file, edgefirst::Tensor& tensor,
                               const edgefirst::DecodeOptions& options) {
  try {
    return {0, decoder.decode(file, tensor, options).valid_rows};
  } catch (const edgefirst::Error& error) {
    return {1 + static_cast<int>(error.code()), 0};
  }
}

/// The code of the first marker from SOF0 to SOF15; 0 where there is none.
inline std::uint8_t frame_marker(edgefirst::Span<const std::uint8_t> file) {
  for (std::size_t i = 0; i + 1 < file.size(); ++i) {
    const std::uint8_t code = file[i + 1];
    const bool is_frame = (code & 0xF0U) == 0xC0U && code != 0xC4 && code != 0xC8 && code != 0xCC;
    if (file[i] == 0xFF && is_frame) return code;
  }
  return 0;
}

template <class IsWanted>
int fuzz_kind(const std::uint8_t* data, std::size_t size, IsWanted is_wanted) {
  using namespace edgefirst;
  static ImageDecoder decoder;
  static const PixelFormat formats[] = {PixelFormat::kRgb,  PixelFormat::kRgba, PixelFormat::kGrey,
                                        PixelFormat::kNv12, PixelFormat::kNv16, PixelFormat::kYuyv,
                                        PixelFormat::kBgra, PixelFormat::kRgb};
  static Tensor bytes = Tensor::image_with_stride(96, 96, PixelFormat::kRgba, 96 * 4 + 24,
                                                  DType::kU8, TensorMemory::kMem);
  static Tensor words = Tensor::image(96, 96, PixelFormat::kRgba, DType::kU16, TensorMemory::kMem);
  if (size == 0) return -1;
  const Span<const std::uint8_t> file{data + 1, size - 1};
  if (!is_wanted(frame_marker(file))) return -1;
  DecodeOptions options;
  options.format = formats[data[0] & 7U];
  options.apply_exif = (data[0] & 16U) != 0;
  options.max_pixels = 1U << 13;
  Tensor& tensor = (data[0] & 32U) != 0 ? words : bytes;
  const TensorMap map = tensor.map();
  std::memset(map.data(), 0, map.size_bytes());
  const FuzzOutcome whole = fuzz_decode(decoder, file, tensor, options);
  const auto* const now = map.as<std::uint8_t>();
  const std::vector<std::uint8_t> pixels(now, now + map.size_bytes());
  options.tolerant = true;
  std::memset(map.data(), 0, map.size_bytes());
  const FuzzOutcome kept = fuzz_decode(decoder, file, tensor, options);
  if (whole.code != 0) return 0;
  if (kept.code != 0 || kept.valid_rows != whole.valid_rows) std::abort();
  if (std::memcmp(now, pixels.data(), pixels.size()) != 0) std::abort();
  return 0;
}
