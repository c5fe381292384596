// SPDX-License-Identifier: Apache-2.0
// Destination rows of every pixel format and element type.
#include "image/cpu/packer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "image/cpu/row_reader.hpp"

namespace edgefirst::cpu {
namespace {

using OpaqueRow = std::array<std::uint8_t, kMaxBlockWidth>;
const OpaqueRow& opaque_row() {
  static const OpaqueRow row = [] {
    OpaqueRow filled;
    filled.fill(255);
    return filled;
  }();
  return row;
}

/// Which factor (R, G, B, A or Y, U, V) each element of a plane's rows takes.
ElementPattern plane_pattern(PixelFormat format, std::size_t plane, const ConvertRequest& request) {
  const auto make = [&](std::initializer_list<std::size_t> factors) {
    std::array<ElementPattern::Entry, ElementPattern::kMaxPeriod> entries;
    std::size_t count = 0;
    for (const std::size_t factor : factors) {
      entries[count++] = {request.scale[factor], request.offset[factor], factor != 3};
    }
    ElementPattern pattern;
    pattern.set({entries.data(), count});
    return pattern;
  };
  switch (format) {
    case PixelFormat::kRgb:
      return make({0, 1, 2});
    case PixelFormat::kRgba:
      return make({0, 1, 2, 3});
    case PixelFormat::kBgra:
      return make({2, 1, 0, 3});
    case PixelFormat::kYuyv:
      return make({0, 1, 0, 2});
    case PixelFormat::kVyuy:
      return make({2, 0, 1, 0});
    case PixelFormat::kNv12:
    case PixelFormat::kNv16:
      return plane == 0 ? make({0}) : make({1, 2});
    case PixelFormat::kGrey:
    case PixelFormat::kPlanarRgb:
    case PixelFormat::kPlanarRgba:
      break;
  }
  return make({plane});
}

bool is_packed_rgb(const ImageLayout& image) {
  return image.layout() == PixelLayout::kPacked && !image.is_yuv() &&
         image.format != PixelFormat::kGrey;
}

/// The same conversion of pixels that hold blue before red.
RgbToYuv exchange_red(RgbToYuv m) {
  for (std::int16_t* weights : {m.luma, m.u, m.v}) std::swap(weights[0], weights[2]);
  return m;
}

/// Kernels that need no planar rows, where the pair has them.
YuvKernels::Source rgb_kernels(const ConvertRequest& request) {
  const ImageLayout& to = request.destination;
  const bool takes_luma = to.is_yuv() || to.format == PixelFormat::kGrey;
  const bool splits_pair = to.is_yuv() && request.dst_rect.left % 2 == 1;
  if (!takes_luma || splits_pair || to.dtype != DType::kU8 || !is_packed_rgb(request.source)) {
    return {};
  }
  const YuvKernels kernels = yuv_kernels();
  return request.source.format == PixelFormat::kRgb ? kernels.rgb : kernels.rgba;
}

}  // namespace

void Packer::configure(const ConvertRequest& request,
                       const MappedPlanes<std::uint8_t>& destination) {
  kernels_ = color_kernels();
  image_ = request.destination;
  destination_ = destination;
  convert_ = element_kernel(image_.dtype);
  element_size_ = dtype_size(image_.dtype);
  matrix_ = image_.is_yuv() ? rgb_to_yuv(image_.color) : rgb_to_grey();
  chroma_elements_ = image_.layout() == PixelLayout::kSemiPlanar
                         ? chroma_row_elements(image_, destination.chroma_bytes)
                         : 2 * image_.width;
  from_rgb_ = rgb_kernels(request);
  rgb_matrix_ = request.source.format == PixelFormat::kBgra ? exchange_red(matrix_) : matrix_;
  for (std::size_t plane = 0; plane < image_.plane_count(); ++plane) {
    patterns_[plane] = plane_pattern(image_.format, plane, request);
  }
}

void Packer::write(const PixelBlock& block, std::size_t x, std::size_t y,
                   PackScratch& scratch) const {
  if (image_.is_yuv()) return write_yuv(block, x, y, scratch);
  for (std::size_t i = 0; i < block.height; ++i) {
    const Row row = row_of(block, i);
    if (image_.format == PixelFormat::kGrey) {
      emit(luma_of(row, block.model, scratch.luma[0]), row.width, 0, x, y + i);
    } else if (image_.layout() == PixelLayout::kPlanar) {
      const std::size_t planes = image_.has_alpha() ? 4 : 3;
      for (std::size_t c = 0; c < planes; ++c) emit(row.channels[c], row.width, c, x, y + i);
    } else {
      write_packed(row, x, y + i, scratch);
    }
  }
}

Packer::Row Packer::row_of(const PixelBlock& block, std::size_t row) const {
  Row result{{}, block.width};
  for (std::size_t c = 0; c < 4; ++c) {
    const bool present = c < channel_count(block.model);
    const std::size_t channel = present || block.model != Model::kGrey ? c : 0;
    result.channels[c] =
        c == 3 && !present ? opaque_row().data() : block.channels[channel] + row * block.pitch;
  }
  return result;
}

void Packer::emit(const std::uint8_t* bytes, std::size_t n, std::size_t plane, std::size_t element,
                  std::size_t y) const {
  if (n == 0) return;
  std::uint8_t* out =
      destination_.planes[plane] + y * image_.planes[plane].stride + element * element_size_;
  const ElementPattern& pattern = patterns_[plane];
  convert_(bytes, n, pattern, element % pattern.period, out);
}

std::uint8_t* Packer::packed_row(std::size_t x, std::size_t y) const {
  return destination_.planes[0] + y * image_.planes[0].stride +
         x * pixel_format_info(image_.format).channels;
}

std::size_t Packer::write_rgb(const std::uint8_t* const* rows, std::size_t row_count,
                              std::size_t width, std::size_t x, std::size_t y) const {
  const bool packed = image_.layout() == PixelLayout::kPacked && image_.is_yuv();
  const std::size_t columns = image_.is_yuv() ? width / 2 * 2 : width;
  PackedRows parts{};
  for (std::size_t k = 0; k < row_count; ++k) {
    parts.in[k] = rows[k];
    parts.luma[k] = plane_row(0, packed ? 2 * x : x, y + k);
  }
  PackedToYuv convert = row_count == 2 ? from_rgb_.two_rows : from_rgb_.semi_planar;
  if (image_.layout() == PixelLayout::kSemiPlanar) {
    parts.chroma = plane_row(1, x, y >> pixel_format_info(image_.format).chroma_shift_y);
  } else if (packed) {
    convert = image_.format == PixelFormat::kVyuy ? from_rgb_.vyuy : from_rgb_.yuyv;
  } else {
    convert = from_rgb_.grey;
  }
  convert(parts, columns, rgb_matrix_);
  return columns;
}

bool Packer::takes_planes(Model model) const {
  return image_.layout() == PixelLayout::kPlanar && image_.dtype == DType::kU8 &&
         model == (image_.has_alpha() ? Model::kRgba : Model::kRgb);
}

void Packer::write_packed(const Row& row, std::size_t x, std::size_t y,
                          PackScratch& scratch) const {
  const bool bgr = image_.format == PixelFormat::kBgra;
  const std::size_t channels = image_.has_alpha() ? 4 : 3;
  const std::uint8_t* ordered[4] = {row.channels[bgr ? 2 : 0], row.channels[1],
                                    row.channels[bgr ? 0 : 2], row.channels[3]};
  const bool direct = image_.dtype == DType::kU8;
  std::uint8_t* out =
      direct ? destination_.planes[0] + y * image_.planes[0].stride + x * channels : scratch.packed;
  (channels == 4 ? kernels_.merge4 : kernels_.merge3)(ordered, row.width, out);
  if (!direct) emit(scratch.packed, row.width * channels, 0, x * channels, y);
}

const std::uint8_t* Packer::luma_of(const Row& row, Model model, std::uint8_t* storage) const {
  const bool is_luma = model == Model::kYuv || (model == Model::kGrey && !image_.is_yuv());
  if (is_luma) return row.channels[0];
  kernels_.rgb_to_luma(row.channels, row.width, matrix_, storage);
  return storage;
}

Packer::Row Packer::widen(const Row& row, std::size_t lead,
                          std::uint8_t (*storage)[PackScratch::kRow]) const {
  if (lead == 0 && row.width % 2 == 0) return row;
  Row wide{{}, (lead + row.width + 1) / 2 * 2};
  for (std::size_t c = 0; c < 3; ++c) {
    std::uint8_t* to = storage[c];
    to[0] = row.channels[c][0];
    std::memcpy(to + lead, row.channels[c], row.width);
    to[wide.width - 1] = row.channels[c][row.width - 1];
    wide.channels[c] = to;
  }
  return wide;
}

void Packer::write_yuv(const PixelBlock& block, std::size_t x, std::size_t y,
                       PackScratch& scratch) const {
  const std::size_t lead = x % 2;
  const bool halves_rows = image_.format == PixelFormat::kNv12;
  std::size_t i = 0;
  while (i < block.height) {
    const bool pair = halves_rows && (y + i) % 2 == 0 && i + 1 < block.height;
    const std::size_t rows = pair ? 2 : 1;
    Row wide[2];
    const std::uint8_t* luma[2];
    for (std::size_t k = 0; k < rows; ++k) {
      wide[k] = widen(row_of(block, i + k), lead, scratch.rows[k]);
      luma[k] = luma_of(wide[k], block.model, scratch.luma[k]);
    }
    chroma_of(wide[0], wide[rows - 1], block.model, scratch);
    if (image_.layout() == PixelLayout::kPacked) {
      write_macropixels(block.width, luma[0], x, y + i, scratch);
    } else {
      for (std::size_t k = 0; k < rows; ++k) emit(luma[k] + lead, block.width, 0, x, y + i + k);
      write_chroma(wide[0].width / 2, x - lead, halves_rows ? (y + i) / 2 : y + i, scratch);
    }
    i += rows;
  }
}

/// U and V of the rows' pairs into scratch.chroma[0] and [1].
void Packer::chroma_of(const Row& top, const Row& bottom, Model model, PackScratch& scratch) const {
  const std::size_t pairs = top.width / 2;
  std::uint8_t* u = scratch.chroma[0];
  std::uint8_t* v = scratch.chroma[1];
  if (model == Model::kYuv) {
    kernels_.halve(top.channels[1], bottom.channels[1], pairs, u);
    kernels_.halve(top.channels[2], bottom.channels[2], pairs, v);
  } else {
    kernels_.rgb_to_chroma(top.channels, bottom.channels, pairs, matrix_, u, v);
  }
}

void Packer::write_chroma(std::size_t pairs, std::size_t x, std::size_t y,
                          PackScratch& scratch) const {
  kernels_.merge2(scratch.chroma[0], scratch.chroma[1], pairs, scratch.packed);
  emit(scratch.packed, std::min(2 * pairs, chroma_elements_ - x), 1, x, y);
}

/// width pixels from x on; luma starts at the pair that holds x. The luma of a neighbour that
/// shares the first or last pair stays.
void Packer::write_macropixels(std::size_t width, const std::uint8_t* luma, std::size_t x,
                               std::size_t y, PackScratch& scratch) const {
  const bool chroma_first = image_.format == PixelFormat::kVyuy;
  const std::size_t lead = x % 2;
  const std::size_t pairs = (lead + width + 1) / 2;
  std::uint8_t* chroma = scratch.chroma[2];
  kernels_.merge2(scratch.chroma[chroma_first ? 1 : 0], scratch.chroma[chroma_first ? 0 : 1], pairs,
                  chroma);
  kernels_.merge2(chroma_first ? chroma : luma, chroma_first ? luma : chroma, 2 * pairs,
                  scratch.packed);
  const std::size_t base = 2 * (x - lead);
  std::size_t first = 0;
  if (lead == 1) {  // V Y0 U Y1 keeps Y0, Y0 U Y1 V likewise
    if (chroma_first) emit(scratch.packed, 1, 0, base, y);
    first = chroma_first ? 2 : 1;
  }
  const std::size_t end = std::min(4 * pairs, 2 * image_.width - base);
  const bool splits_last = (lead + width) % 2 == 1 && end == 4 * pairs;
  if (!splits_last) return emit(scratch.packed + first, end - first, 0, base + first, y);
  const std::size_t kept = chroma_first ? end - 1 : end - 2;
  if (first < kept) emit(scratch.packed + first, kept - first, 0, base + first, y);
  if (!chroma_first) emit(scratch.packed + end - 1, 1, 0, base + end - 1, y);
}

void Packer::fill(const Rect& rect, const Color& color, PackScratch& scratch) const {
  std::uint8_t rows[4][kMaxBlockWidth];
  PixelBlock block;
  block.model = Model::kRgba;
  for (std::size_t c = 0; c < 4; ++c) {
    std::memset(rows[c], color[c], kMaxBlockWidth);
    block.channels[c] = rows[c];
  }
  if (rect.width == 0 || rect.height == 0) return;
  const AlignedParts parts{rect.left, rect.width, kMaxBlockWidth};
  block.height = image_.is_yuv() ? rect.height : 1;
  for (std::size_t i = 0; i < parts.parts(); ++i) {
    block.width = parts.end(i) - parts.begin(i);
    write(block, rect.left + parts.begin(i), rect.top, scratch);
  }
  if (!image_.is_yuv()) repeat_row(rect);
}

/// Copies the first row of a rectangle, whose pixels share nothing with their neighbours, to the
/// others.
void Packer::repeat_row(const Rect& rect) const {
  const bool planar = image_.layout() == PixelLayout::kPlanar;
  const std::size_t channels = pixel_format_info(image_.format).channels;
  const std::size_t pixel_bytes = (planar ? 1 : channels) * element_size_;
  for (std::size_t plane = 0; plane < (planar ? channels : 1); ++plane) {
    const std::size_t stride = image_.planes[plane].stride;
    std::uint8_t* first = destination_.planes[plane] + rect.top * stride + rect.left * pixel_bytes;
    for (std::size_t y = 1; y < rect.height; ++y) {
      std::memcpy(first + y * stride, first, rect.width * pixel_bytes);
    }
  }
}

}  // namespace edgefirst::cpu
