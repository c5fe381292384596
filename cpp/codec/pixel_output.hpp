// SPDX-License-Identifier: Apache-2.0
// Takes packed rows of unsigned samples and puts them into the destination: EXIF orientation, dtype
// conversion, row stride, YUV of Rgb. Where none changes anything the decoder renders into the
// destination itself. Keeps at most two strips of rows, never a frame.
#pragma once

#include <cstddef>
#include <cstdint>

#include "edgefirst/dtype.hpp"
#include "edgefirst/pixel_format.hpp"

#include "codec/pixel_destination.hpp"
#include "codec/scratch.hpp"
#include "codec/yuv_packing.hpp"

namespace edgefirst {

/// The picture as the file stores it.
struct PixelSource {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t channels = 0;      ///< of the output format; of YUV: 3, as rows come as Rgb
  std::size_t sample_bytes = 1;  ///< 1, or 2 for native 16-bit samples
  std::uint8_t orientation = 1;  ///< to apply: EXIF 1...8
};

/// The packed format whose channels are the planes of a planar one; format itself otherwise.
PixelFormat packed_equivalent(PixelFormat format);

/// Whether samples can be converted to dtype.
bool is_codec_dtype(DType dtype);
/// Converts a run of unsigned samples of sample_bytes (1 or 2) each to dtype.
using ConvertSamplesFn = void(const std::uint8_t* from, std::uint8_t* to, std::size_t samples);
ConvertSamplesFn* sample_conversion(std::size_t sample_bytes, DType dtype);
inline bool swaps_axes(std::uint8_t orientation) { return orientation >= 5 && orientation <= 8; }

class PixelOutput {
 public:
  void start(const PixelSource& source, const PixelDestination& destination);
  /// Where source row y is to be written: width * channels * sample_bytes bytes.
  std::uint8_t* row(std::size_t y);
  /// Row y is written. Rows come in order.
  void commit(std::size_t y);
  /// Whether row() lies in the destination, where rows may be written in any order.
  bool is_direct() const { return is_direct_; }

 private:
  void place_row(std::size_t y);
  void place(const std::uint8_t* pixels, std::ptrdiff_t step, std::size_t count, std::uint8_t* to);
  void place_columns(std::size_t first, std::size_t last);
  void pack_strip(std::size_t first, std::size_t last);

  static constexpr std::size_t kStripRows = 16;
  PixelSource source_;
  PixelDestination destination_;
  ConvertSamplesFn* convert_ = nullptr;
  bool is_direct_ = false;
  std::size_t pixel_bytes_ = 0;
  std::size_t planes_ = 1;
  std::size_t strip_stride_ = 0;
  std::uint8_t* strip_ = nullptr;
  std::uint8_t* line_ = nullptr;  // pixels in destination order, not yet converted
  Scratch scratch_;
  YuvPacker packer_;
  Scratch turned_;  // a strip in destination order, to be packed
};

}  // namespace edgefirst
