// SPDX-License-Identifier: Apache-2.0
// Source rows of every pixel format.
#include "image/cpu/row_reader.hpp"

#include <algorithm>
#include <cstring>

namespace edgefirst::cpu {
namespace {

Model choose_model(const ImageLayout& source, const ImageLayout& destination) {
  if (source.format == PixelFormat::kGrey) return Model::kGrey;
  if (source.is_yuv()) {
    if (destination.format == PixelFormat::kGrey) return Model::kGrey;
    const bool same = destination.is_yuv() && source.color == destination.color;
    return same ? Model::kYuv : Model::kRgb;
  }
  return source.has_alpha() && destination.has_alpha() ? Model::kRgba : Model::kRgb;
}

/// The same conversion for pairs that hold V before U: red and blue change places.
YuvToRgb exchange_chroma(const YuvToRgb& m) {
  return {m.black, m.luma, m.luma_bias, m.blue_u, m.green_v, m.green_u, m.red_v};
}

/// Pixels at[0] ... at[n - 1] of a row, side by side.
template <std::size_t kBytes>
void pick(const std::uint8_t* row, const std::uint32_t* at, std::size_t n, std::uint8_t* out) {
  for (std::size_t i = 0; i < n; ++i) {
    std::memcpy(out + i * kBytes, row + std::size_t{at[i]} * kBytes, kBytes);
  }
}

}  // namespace

std::size_t chroma_row_elements(const ImageLayout& image, std::size_t chroma_bytes) {
  const std::size_t width = image.width;
  const std::size_t element = dtype_size(image.dtype);
  if (width % 2 == 0 || image.planes[1].stride < (width + 1) * element) return width;
  const std::size_t rows = image.height >> pixel_format_info(image.format).chroma_shift_y;
  const std::size_t end = (rows - 1) * image.planes[1].stride + (width + 1) * element;
  return end <= chroma_bytes ? width + 1 : width;
}

void RowReader::configure(const ConvertRequest& request,
                          const MappedPlanes<const std::uint8_t>& source) {
  kernels_ = color_kernels();
  image_ = request.source;
  destination_ = request.destination.format;
  source_ = source;
  left_ = request.src_rect.left;
  top_ = request.src_rect.top;
  model_ = choose_model(image_, request.destination);
  raw_ = !image_.is_yuv();
  planar_ = image_.layout() == PixelLayout::kPlanar;
  paired_ = image_.is_yuv();
  step_ = pixel_format_info(image_.format).channels;
  const bool bgr = image_.format == PixelFormat::kBgra;
  positions_[0] = bgr ? 2 : 0;
  positions_[2] = bgr ? 0 : 2;
  if (!image_.is_yuv()) return;
  chroma_elements_ = chroma_row_elements(image_, source.chroma_bytes);
  matrix_ = yuv_to_rgb(image_.color, image_.layout() == PixelLayout::kSemiPlanar);
  if (image_.format == PixelFormat::kVyuy) matrix_ = exchange_chroma(matrix_);
}

const std::uint8_t* RowReader::raw_row(std::size_t piece, std::size_t y) const {
  return source_.planes[piece] + (top_ + y) * image_.planes[piece].stride + left_ * raw_step();
}

void RowReader::read(std::size_t x, std::size_t y, std::size_t n, std::uint8_t* const* channels,
                     std::uint8_t* scratch) const {
  if (image_.is_yuv()) return read_yuv(x, y, n, channels, scratch);
  if (planar_ || step_ == 1) {
    for (std::size_t c = 0; c < this->channels(); ++c) {
      std::memcpy(channels[c], raw_row(c, y) + x, n);
    }
    return;
  }
  split(raw_row(0, y) + x * step_, n, channels, scratch);
}

void RowReader::split(const std::uint8_t* from, std::size_t n, std::uint8_t* const* channels,
                      std::uint8_t* scratch) const {
  std::uint8_t* ordered[4] = {};
  for (std::size_t c = 0; c < 4; ++c) {
    ordered[positions_[c]] = c < this->channels() ? channels[c] : scratch;
  }
  if (step_ == 3) {
    kernels_.split3(from, n, ordered);
  } else {
    kernels_.split4(from, n, ordered);
  }
}

bool RowReader::reads_packed(const ImageLayout& destination) const {
  return image_.is_yuv() && model_ == Model::kRgb && destination.dtype == DType::kU8 &&
         destination.layout() == PixelLayout::kPacked && !destination.is_yuv() && left_ % 2 == 0;
}

void RowReader::read_packed(std::size_t x, std::size_t y, std::size_t n, std::uint8_t* out,
                            std::uint8_t* scratch) const {
  // V before U: red and blue change places, in the matrix and in the pixels.
  const bool swapped = image_.format == PixelFormat::kVyuy;
  const bool bgr = destination_ == PixelFormat::kBgra;
  const auto choose = [&](const ColorKernels::YuvToPacked& to) {
    if (destination_ == PixelFormat::kRgb) return swapped ? to.bgr : to.rgb;
    return swapped != bgr ? to.bgra : to.rgba;
  };
  if (image_.layout() == PixelLayout::kPacked) {
    const std::uint8_t* row = source_.planes[0] + (top_ + y) * image_.planes[0].stride;
    const std::size_t whole = n / 2 * 2;
    const auto& kernels = swapped ? kernels_.chroma_first : kernels_.luma_first;
    choose(kernels)(row + 2 * (left_ + x), nullptr, whole, matrix_, out);
    if (whole == n) return;
    x += whole;
    out += whole * (destination_ == PixelFormat::kRgb ? 3 : 4);
    n = 1;
  }
  const YuvRow row = yuv_row(left_ + x, n, y, scratch);
  choose(kernels_.semi_planar)(row.luma, row.chroma, n, matrix_, out);
}

RowReader::YuvRow RowReader::yuv_row(std::size_t begin, std::size_t count, std::size_t y,
                                     std::uint8_t* scratch) const {
  const std::size_t row = top_ + y;
  const std::uint8_t* luma = source_.planes[0] + row * image_.planes[0].stride;
  if (image_.layout() == PixelLayout::kSemiPlanar) {
    const std::size_t line = row >> pixel_format_info(image_.format).chroma_shift_y;
    const std::uint8_t* chroma = source_.planes[1] + line * image_.planes[1].stride + begin;
    const bool whole = chroma_elements_ - begin >= count + count % 2;
    return {luma + begin, whole ? chroma : complete_pair(chroma, begin, count, 1, scratch)};
  }
  const std::size_t available = std::min(count + count % 2, image_.width - begin);
  std::uint8_t* even = scratch;
  std::uint8_t* odd = scratch + count + 2;
  const std::uint8_t* from = luma + 2 * begin;
  kernels_.split2(from, available, even, odd);
  const bool chroma_first = image_.format == PixelFormat::kVyuy;
  std::uint8_t* chroma = chroma_first ? even : odd;
  if (available % 2 == 1) complete_pair(from + (chroma_first ? 0 : 1), begin, count, 2, chroma);
  return {chroma_first ? odd : even, chroma};
}

const std::uint8_t* RowReader::complete_pair(const std::uint8_t* chroma, std::size_t begin,
                                             std::size_t count, std::size_t step,
                                             std::uint8_t* out) const {
  for (std::size_t i = 0; i + 1 < count; ++i) out[i] = chroma[i * step];
  const bool has_neighbour = begin + count > 1;
  const std::uint8_t* neighbour = chroma + (count - 1) * step;  // two samples back is its pair
  out[count - 1] = has_neighbour ? neighbour[-2 * static_cast<std::ptrdiff_t>(step)] : 128;
  out[count] = has_neighbour ? neighbour[-static_cast<std::ptrdiff_t>(step)] : 128;
  return out;
}

void RowReader::read_yuv(std::size_t x, std::size_t y, std::size_t n, std::uint8_t* const* channels,
                         std::uint8_t* scratch) const {
  const std::size_t begin = (left_ + x) / 2 * 2;
  const std::size_t count = left_ + x + n - begin;
  const YuvRow row = yuv_row(begin, count, y, scratch);
  if (model_ == Model::kGrey) {
    const bool limited = image_.color.range == ColorRange::kLimited;
    if (limited) return kernels_.luma_to_grey(row.luma, count, channels[0]);
    std::memcpy(channels[0], row.luma, count);
    return;
  }
  const bool swapped = image_.format == PixelFormat::kVyuy;
  if (model_ == Model::kYuv) {
    std::memcpy(channels[0], row.luma, count);
    kernels_.spread_chroma(row.chroma, count, channels[swapped ? 2 : 1], channels[swapped ? 1 : 2]);
    return;
  }
  std::uint8_t* const reversed[3] = {channels[2], channels[1], channels[0]};
  kernels_.yuv_to_rgb(row.luma, row.chroma, count, matrix_, swapped ? reversed : channels);
}

void RowReader::read_points(const std::uint32_t* at, std::size_t n, std::size_t y,
                            std::uint8_t* const* channels, std::uint8_t* scratch) const {
  if (image_.is_yuv()) return read_yuv_points(at, n, y, channels, scratch);
  if (planar_ || step_ == 1) {
    for (std::size_t c = 0; c < this->channels(); ++c) pick<1>(raw_row(c, y), at, n, channels[c]);
    return;
  }
  (step_ == 3 ? pick<3> : pick<4>)(raw_row(0, y), at, n, scratch);
  split(scratch, n, channels, scratch + 4 * n);
}

/// The chroma pairs of pixels at[i], in the order of memory; one that memory lacks repeats the one
/// before.
void RowReader::pick_chroma(const std::uint32_t* at, std::size_t n, std::size_t y,
                            std::uint8_t* uv) const {
  const std::size_t row = top_ + y;
  const bool packed = image_.layout() == PixelLayout::kPacked;
  const std::size_t pairs = (packed ? image_.width : chroma_elements_) / 2;
  if (pairs == 0) {
    std::memset(uv, 128, 2 * n);
    return;
  }
  const auto pair_at = [&](std::size_t i) { return std::min((left_ + at[i]) / 2, pairs - 1); };
  if (!packed) {
    const std::size_t line = row >> pixel_format_info(image_.format).chroma_shift_y;
    const std::uint8_t* from = source_.planes[1] + line * image_.planes[1].stride;
    for (std::size_t i = 0; i < n; ++i) std::memcpy(uv + 2 * i, from + 2 * pair_at(i), 2);
    return;
  }
  const bool chroma_first = image_.format == PixelFormat::kVyuy;
  const std::uint8_t* from =
      source_.planes[0] + row * image_.planes[0].stride + (chroma_first ? 0 : 1);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint8_t* pair = from + 4 * pair_at(i);
    uv[2 * i] = pair[0];
    uv[2 * i + 1] = pair[2];
  }
}

void RowReader::read_yuv_points(const std::uint32_t* at, std::size_t n, std::size_t y,
                                std::uint8_t* const* channels, std::uint8_t* scratch) const {
  const bool packed = image_.layout() == PixelLayout::kPacked;
  const bool swapped = image_.format == PixelFormat::kVyuy;
  std::uint8_t* luma = model_ == Model::kRgb ? scratch : channels[0];
  std::uint8_t* uv = scratch + n;
  const std::uint8_t* row = source_.planes[0] + (top_ + y) * image_.planes[0].stride;
  if (packed) {
    row += 2 * left_ + (swapped ? 1 : 0);
    for (std::size_t i = 0; i < n; ++i) luma[i] = row[2 * std::size_t{at[i]}];
  } else {
    pick<1>(row + left_, at, n, luma);
  }
  if (model_ == Model::kGrey) {
    if (image_.color.range == ColorRange::kLimited) kernels_.luma_to_grey(luma, n, luma);
    return;
  }
  pick_chroma(at, n, y, uv);
  if (model_ == Model::kYuv) {
    return kernels_.split2(uv, n, channels[swapped ? 2 : 1], channels[swapped ? 1 : 2]);
  }
  std::uint8_t* const reversed[3] = {channels[2], channels[1], channels[0]};
  kernels_.yuv_points_to_rgb(luma, uv, n, matrix_, swapped ? reversed : channels);
}

}  // namespace edgefirst::cpu
