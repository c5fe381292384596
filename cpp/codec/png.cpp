// SPDX-License-Identifier: Apache-2.0
// PNG specification, clauses 8 (interlacing) and 9 (filters).
#include "codec/png.hpp"

#include <algorithm>
#include <cstring>

#include "base/checked.hpp"
#include "codec/errors.hpp"
#include "codec/png_filters.hpp"

namespace edgefirst {

PngHeader PngDecoder::read_header(Span<const std::uint8_t> data, bool strict) {
  file_ = data;
  read_png_chunks(data, chunks_);
  if (strict) check_png_strictly(data);
  return {chunks_.width, chunks_.height, png_orientation(data, texts_)};
}

PngDecoder::Pass PngDecoder::pass(std::size_t number) const {
  if (!chunks_.interlaced) return {chunks_.width, chunks_.height};
  constexpr std::uint8_t kGrids[7][4] = {// first x, first y, step x, step y
                                         {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                         {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  const std::uint8_t* grid = kGrids[number];
  Pass pass{0, 0, grid[0], grid[1], grid[2], grid[3]};
  const auto count = [](std::size_t size, std::size_t first, std::size_t step) {
    return size > first ? (size - first - 1) / step + 1 : 0;
  };
  pass.width = count(chunks_.width, pass.first_x, pass.step_x);
  pass.height = pass.width == 0 ? 0 : count(chunks_.height, pass.first_y, pass.step_y);
  return pass;
}

/// Two rows, without their filters: the last one and the one that is coming.
struct PngDecoder::Ring {
  std::uint8_t* above;
  std::uint8_t* row;
  PngUnfilters unfilters;
};

/// Takes the next row of the data and undoes its filter into ring.row. False at damage.
bool PngDecoder::undo_row(Ring& ring, std::size_t row_bytes) {
  const std::uint8_t* filtered = data_.take(row_bytes + 1);
  if (filtered == nullptr) {
    damage_ = data_.damage();
    return false;
  }
  if (filtered[0] > 4) {
    damage_ = "the data (IDAT) are damaged: a row has an unknown filter";
    return false;
  }
  std::swap(ring.above, ring.row);
  PngRow row;
  row.filtered = filtered + 1;
  row.above = ring.above;
  row.out = ring.row;
  row.bytes = row_bytes;
  ring.unfilters.types[filtered[0]](row);
  return true;
}

/// A row of the picture, which goes straight into the destination where that is possible.
std::uint8_t* PngDecoder::picture_row(std::uint8_t* picture, std::size_t stride, std::size_t y) {
  return picture == nullptr ? output_.row(y) : picture + y * stride;
}

/// Makes a row of the output black, opaque where it has alpha.
void PngDecoder::blacken(std::uint8_t* row) const {
  std::memset(row, 0, chunks_.width * pixel_bytes_);
  if (!pixel_format_info(format_).has_alpha) return;
  const std::size_t sample = pixel_bytes_ / 4;
  for (std::size_t x = 0; x < chunks_.width; ++x, row += pixel_bytes_) {
    std::memset(row + 3 * sample, 0xFF, sample);
  }
}

/// The undamaged rows of a pass, written to their pixels; picture is nullptr where that is the
/// destination. Rows of a whole picture are committed.
std::size_t PngDecoder::read_pass(const Pass& pass, std::uint8_t* picture, std::size_t stride) {
  const std::size_t row_bytes = chunks_.row_bytes(pass.width);
  const std::size_t ring_stride = row_bytes + kPngRowMargin;
  std::uint8_t* memory = ring_.require(checked_multiply(2, ring_stride));
  Ring ring{memory, memory + ring_stride,
            png_unfilters(std::max<std::size_t>(chunks_.channels() * chunks_.depth / 8, 1))};
  std::memset(ring.row, 0, row_bytes);
  for (std::size_t y = 0; y < pass.height; ++y) {
    if (!undo_row(ring, row_bytes)) return y;
    if (!chunks_.interlaced) {
      channels_.choose(ring.row, output_.row(y), pass.width);
      output_.commit(y);
      continue;
    }
    std::uint8_t* line = line_.require(pass.width * pixel_bytes_);
    channels_.choose(ring.row, line, pass.width);
    std::uint8_t* to =
        picture_row(picture, stride, pass.first_y + y * pass.step_y) + pass.first_x * pixel_bytes_;
    for (std::size_t x = 0; x < pass.width; ++x, line += pixel_bytes_) {
      std::memcpy(to + x * pass.step_x * pixel_bytes_, line, pixel_bytes_);
    }
  }
  return pass.height;
}

/// Completes rows over seven passes; the last one holds every second row. Answers how many rows
/// from the top are whole.
std::size_t PngDecoder::decode_interlaced(bool tolerant) {
  const std::size_t stride = checked_multiply(chunks_.width, pixel_bytes_);
  std::uint8_t* picture =
      output_.is_direct() ? nullptr : picture_.require(checked_multiply(stride, chunks_.height));
  for (std::size_t y = 0; tolerant && y < chunks_.height; ++y) {
    blacken(picture_row(picture, stride, y));
  }
  std::size_t valid_rows = chunks_.height;
  for (std::size_t number = 0; number < pass_count() && valid_rows == chunks_.height; ++number) {
    const Pass now = pass(number);
    const std::size_t rows = read_pass(now, picture, stride);
    if (rows == now.height) continue;
    const bool is_last = number + 1 == pass_count();
    valid_rows = is_last ? now.first_y + rows * now.step_y : 0;
  }
  if (valid_rows < chunks_.height && !tolerant) return valid_rows;
  for (std::size_t y = 0; picture != nullptr && y < chunks_.height; ++y) {
    std::memcpy(output_.row(y), picture + y * stride, stride);
    output_.commit(y);
  }
  return valid_rows;
}

std::size_t PngDecoder::decode_rows() { return read_pass(pass(0), nullptr, 0); }

PngData::Request PngDecoder::request(const DecodeOptions& options) const {
  PngData::Request request;
  for (std::size_t number = 0; number < pass_count(); ++number) {
    const Pass now = pass(number);
    const std::size_t row = 1 + chunks_.row_bytes(now.width);
    request.bytes = checked_add(request.bytes, checked_multiply(row, now.height));
    request.longest_row = std::max(request.longest_row, row);
  }
  request.every_run = options.tolerant;
  return request;
}

void PngDecoder::check_data_size(const DecodeOptions& options) const {
  constexpr std::size_t kMostPerByte = 1032;  // of deflate: 258 bytes for 2 bits
  if (options.tolerant || request(options).bytes / kMostPerByte <= chunks_.data_bytes) return;
  raise_invalid_image("PNG: the file ends too early: ", chunks_.data_bytes,
                      " bytes of data cannot hold ", chunks_.width, "×", chunks_.height, " pixels");
}

void PngDecoder::check_ending(const DecodeOptions& options) {
  const PngData::Ending ending = data_.ending();
  if (ending == PngData::Ending::kRight) return;
  if (ending == PngData::Ending::kWrongChecksum && !options.tolerant) {
    raise_invalid_image("PNG: the data (IDAT) are damaged: their checksum is wrong");
  }
  if (!options.strict) return;
  raise_invalid_image(
      "PNG: the data (IDAT) ",
      ending == PngData::Ending::kMore ? "go on behind the picture" : "have no right checksum",
      " (refused by strict)");
}

std::size_t PngDecoder::decode(PixelFormat target, std::uint8_t orientation,
                               const PixelDestination& destination, const DecodeOptions& options) {
  check_data_size(options);
  data_.open(file_, chunks_, request(options));
  format_ = packed_equivalent(target);
  PixelSource source;
  source.width = chunks_.width;
  source.height = chunks_.height;
  source.channels = pixel_format_info(format_).channels;
  const bool keeps_depth = dtype_size(destination.dtype) > 1 && !destination.yuv;
  source.sample_bytes = keeps_depth && chunks_.depth == 16 ? 2 : 1;
  source.orientation = orientation;
  pixel_bytes_ = source.channels * source.sample_bytes;
  output_.start(source, destination);
  channels_.start(chunks_, source.sample_bytes, format_, chunks_.width);
  const std::size_t valid_rows =
      chunks_.interlaced ? decode_interlaced(options.tolerant) : decode_rows();
  if (valid_rows == chunks_.height) {
    check_ending(options);
    return valid_rows;
  }
  if (!options.tolerant) raise_invalid_image("PNG: ", damage_);
  for (std::size_t y = valid_rows; !chunks_.interlaced && y < chunks_.height; ++y) {
    blacken(output_.row(y));
    output_.commit(y);
  }
  return valid_rows;
}

}  // namespace edgefirst
