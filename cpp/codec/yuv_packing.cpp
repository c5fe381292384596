// SPDX-License-Identifier: Apache-2.0
#include "codec/yuv_packing.hpp"

#include <algorithm>

#include "codec/jpeg/encode_color.hpp"
#include "codec/pixel_output.hpp"

namespace edgefirst {
namespace {

constexpr std::size_t kSlack = 128;  // what the kernels read and write behind a row

void pack_pairs(const jpeg::YccRow& row, std::size_t pairs, PixelFormat format, std::uint8_t* out) {
  const std::uint8_t* y = row.y;
  const bool chroma_first = format == PixelFormat::kVyuy;
  for (std::size_t i = 0; i < pairs; ++i, y += 2, out += 4) {
    const std::uint8_t yuyv[4] = {y[0], row.cb[i], y[1], row.cr[i]};
    const std::uint8_t vyuy[4] = {row.cr[i], y[0], row.cb[i], y[1]};
    std::copy_n(chroma_first ? vyuy : yuyv, 4, out);
  }
}

void interleave(const jpeg::YccRow& row, std::size_t pairs, std::uint8_t* out) {
  for (std::size_t i = 0; i < pairs; ++i, out += 2) {
    out[0] = row.cb[i];
    out[1] = row.cr[i];
  }
}

}  // namespace

void YuvPacker::pack(const RgbBlock& block, PixelFormat format,
                     const PixelDestination& destination) {
  const PixelFormatInfo& info = pixel_format_info(format);
  const std::size_t rows_per_chroma = std::size_t{1} << info.chroma_shift_y;
  const bool is_packed = info.layout == PixelLayout::kPacked;
  const jpeg::EncodeKernels kernels = jpeg::encode_kernels();
  ConvertSamplesFn* const put = sample_conversion(1, destination.dtype);
  const std::size_t left = block.x * (is_packed ? 2 : 1) * dtype_size(destination.dtype);

  const std::size_t width = block.width;
  const std::size_t length = width + kSlack;
  std::uint8_t* buffer = scratch_.require(11 * length);
  const auto row_at = [&](std::size_t index) {
    std::uint8_t* first = buffer + 3 * index * length;
    return jpeg::YccRow{first, first + length, first + 2 * length};
  };
  jpeg::YccRow rows[] = {row_at(0), row_at(1)};
  jpeg::YccRow halved = row_at(2);
  std::uint8_t* line = buffer + 9 * length;  // 2 bytes a pixel

  for (std::size_t y = 0; y < block.height; y += rows_per_chroma) {
    for (std::size_t r = 0; r < rows_per_chroma; ++r) {
      kernels.from_rgb(block.pixels + (y + r) * block.stride, width, rows[r]);
    }
    const jpeg::YccRow& last = rows[rows_per_chroma - 1];
    kernels.halve(rows[0].cb, last.cb, halved.cb, width / 2);
    kernels.halve(rows[0].cr, last.cr, halved.cr, width / 2);
    std::uint8_t* target = destination.data + (block.y + y) * destination.row_stride + left;
    if (is_packed) {
      halved.y = rows[0].y;
      pack_pairs(halved, width / 2, format, line);
      put(line, target, 2 * width);
      continue;
    }
    for (std::size_t r = 0; r < rows_per_chroma; ++r, target += destination.row_stride) {
      put(rows[r].y, target, width);
    }
    interleave(halved, width / 2, line);
    const std::size_t chroma_row = (block.y + y) / rows_per_chroma;
    put(line, destination.chroma + chroma_row * destination.chroma_stride + left, width);
  }
}

}  // namespace edgefirst
