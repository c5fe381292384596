// SPDX-License-Identifier: Apache-2.0
// Both readers deliver grey, grey + alpha, RGB or RGBA rows of 8 or 16 bits; the rest is a choice
// of channels (png_channels.hpp). libpng's errors arrive by longjmp, so every call into it runs in
// a function that has nothing to destroy.
#include "codec/png.hpp"

#include <libdeflate.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "base/checked.hpp"
#include "codec/errors.hpp"
#include "codec/exif.hpp"
#include "codec/png_channels.hpp"
#include "codec/png_filters.hpp"

namespace edgefirst {
namespace {

/// Where libpng reads from and reports to.
struct Source {
  const std::uint8_t* next = nullptr;
  std::size_t left = 0;
  char error[160] = {};
};

void read_bytes(png_structp png, png_bytep out, std::size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (count > source->left) png_error(png, "file ends too early");
  std::memcpy(out, source->next, count);
  source->next += count;
  source->left -= count;
}

[[noreturn]] void on_error(png_structp png, png_const_charp text) {
  auto* source = static_cast<Source*>(png_get_error_ptr(png));
  std::strncpy(source->error, text, sizeof source->error - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

}  // namespace

/// One file in libpng.
class PngDecoder::Session {
 public:
  explicit Session(Span<const std::uint8_t> data) {
    source_.next = data.data();
    source_.left = data.size();
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source_, on_error, on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      raise(ErrorCode::kOutOfMemory, "no memory for the PNG reader");
    }
  }
  ~Session() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void read_info() {
    if (!try_read_info()) fail();
  }

  /// keep_16: deliver 16-bit samples as such instead of their high bytes.
  PngRowLayout start(bool keep_16) {
    PngRowLayout layout;
    if (!try_start(keep_16, layout)) fail();
    return layout;
  }

  /// False where the file is damaged; then nothing more can be read.
  bool read_row(std::uint8_t* row) { return try_read_row(row); }
  [[noreturn]] void fail() const { raise_invalid_image("PNG: ", source_.error); }

  std::size_t width() const { return png_get_image_width(png_, info_); }
  std::size_t height() const { return png_get_image_height(png_, info_); }

 private:
  bool try_read_info() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // the front door has limits
    png_set_read_fn(png_, &source_, read_bytes);
    png_read_info(png_, info_);
    return true;
  }

  bool try_start(bool keep_16, PngRowLayout& layout) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_expand(png_);  // palettes, small depths and tRNS
    if (!keep_16) png_set_strip_16(png_);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (keep_16) png_set_swap(png_);
#endif
    layout.interlaced = png_set_interlace_handling(png_) > 1;
    png_read_update_info(png_, info_);
    layout.channels = png_get_channels(png_, info_);
    layout.sample_bytes = png_get_bit_depth(png_, info_) / 8U;
    return true;
  }

  bool try_read_row(std::uint8_t* row) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_row(png_, row, nullptr);
    return true;
  }

  Source source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

PngDecoder::PngDecoder() = default;
PngDecoder::~PngDecoder() = default;

void PngDecoder::FreeInflater::operator()(libdeflate_decompressor* inflater) const {
  libdeflate_free_decompressor(inflater);
}

void PngDecoder::close() { session_.reset(); }

PngHeader PngDecoder::read_header(Span<const std::uint8_t> data) {
  file_ = data;
  session_.reset();
  read_png_chunks(data, chunks_);
  PngHeader header;
  header.orientation = exif_orientation(chunks_.exif).value_or(1);
  header.width = chunks_.width;
  header.height = chunks_.height;
  if (chunks_.is_plain) return header;
  session_ = std::make_unique<Session>(data);
  session_->read_info();
  header.width = session_->width();
  header.height = session_->height();
  return header;
}

/// The picture in the terms of both readers.
struct PngDecoder::Target {
  PixelFormat format;  // packed
  std::uint8_t orientation;
  const PixelDestination& destination;
  std::size_t width;
  std::size_t height;

  bool keep_16() const { return dtype_size(destination.dtype) > 1; }
  PixelSource source(std::size_t sample_bytes) const {
    PixelSource source;
    source.width = width;
    source.height = height;
    source.channels = pixel_format_info(format).channels;
    source.sample_bytes = sample_bytes;
    source.orientation = orientation;
    return source;
  }
};

std::size_t PngDecoder::decode(PixelFormat target, std::uint8_t orientation,
                               const PixelDestination& destination, bool tolerant) {
  const bool plain = chunks_.is_plain && inflate();
  if (chunks_.is_plain && !plain) {  // damaged in its data: libpng finds out where
    session_ = std::make_unique<Session>(file_);
    session_->read_info();
  }
  const std::size_t width = plain ? chunks_.width : session_->width();
  const std::size_t height = plain ? chunks_.height : session_->height();
  const Target what{packed_equivalent(target), orientation, destination, width, height};
  std::size_t valid_rows = height;
  if (plain) {
    decode_plain(what);
  } else {
    valid_rows = decode_with_libpng(what, tolerant);
  }
  close();
  return valid_rows;
}

/// Joins and inflates the data into filtered_; false where anything in it is wrong.
bool PngDecoder::inflate() {
  if (inflater_ == nullptr) inflater_.reset(libdeflate_alloc_decompressor());
  if (inflater_ == nullptr) raise(ErrorCode::kOutOfMemory, "no memory for the PNG reader");
  std::size_t offset = chunks_.first_data;
  Span<const std::uint8_t> data = take_png_data(file_, offset);
  if (data.size() != chunks_.data_bytes) {
    std::uint8_t* joined = compressed_.require(chunks_.data_bytes);
    std::size_t size = 0;
    while (size < chunks_.data_bytes) {
      if (data.empty()) return false;
      std::memcpy(joined + size, data.data(), data.size());
      size += data.size();
      if (size < chunks_.data_bytes) data = take_png_data(file_, offset);
    }
    data = {joined, size};
  }
  const std::size_t row_bytes = 1 + chunks_.width * chunks_.channels() * chunks_.depth / 8;
  const std::size_t bytes = checked_multiply(chunks_.height, row_bytes);
  // Deflate shrinks by 1032 at most: less data cannot fill the picture and need not be tried.
  if (bytes / 1032 > data.size()) return false;
  std::uint8_t* rows = filtered_.require(checked_add(bytes, kPngRowMargin));
  std::size_t size = 0;
  if (libdeflate_zlib_decompress(inflater_.get(), data.data(), data.size(), rows, bytes, &size) !=
          LIBDEFLATE_SUCCESS ||
      size != bytes) {
    return false;
  }
  for (std::size_t y = 0; y < chunks_.height; ++y) {
    if (rows[y * row_bytes] > 4) return false;  // no such filter
  }
  return true;
}

void PngDecoder::decode_plain(const Target& target) {
  const std::size_t sample_bytes = target.keep_16() && chunks_.depth == 16 ? 2 : 1;
  output_.start(target.source(sample_bytes), target.destination);
  const PngUnfilters unfilters = png_unfilters(chunks_.channels() * chunks_.depth / 8);
  const PngChannels channels(chunks_, sample_bytes, target.format);
  const std::size_t row_bytes = target.width * chunks_.channels() * chunks_.depth / 8;
  const std::size_t stride = row_bytes + kPngRowMargin;
  std::uint8_t* ring = rows_.require(2 * stride);
  std::memset(ring + stride, 0, row_bytes);
  for (std::size_t y = 0; y < target.height; ++y) {
    const std::uint8_t* filtered = filtered_.data() + y * (row_bytes + 1);
    PngRow row;
    row.filtered = filtered + 1;
    row.above = ring + (y + 1) % 2 * stride;
    row.out = ring + y % 2 * stride;
    row.bytes = row_bytes;
    unfilters.types[filtered[0]](row);
    channels.choose(row.out, output_.row(y), target.width);
    output_.commit(y);
  }
}

/// Completes rows over seven passes; the last one holds every second row.
void PngDecoder::read_interlaced(std::uint8_t* rows, std::size_t row_bytes,
                                 std::size_t& valid_rows) {
  const std::size_t height = valid_rows;
  std::memset(rows, 0, row_bytes * height);
  for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; ++pass) {
    for (std::size_t y = 0; y < height; ++y) {
      if (session_->read_row(rows + y * row_bytes)) continue;
      valid_rows = pass + 1 < PNG_INTERLACE_ADAM7_PASSES ? 0 : y;
      return;
    }
  }
}

std::size_t PngDecoder::decode_with_libpng(const Target& target, bool tolerant) {
  const PngRowLayout layout = session_->start(target.keep_16());
  output_.start(target.source(layout.sample_bytes), target.destination);
  const std::size_t row_bytes = target.width * layout.channels * layout.sample_bytes;
  const PngChannels channels(layout, target.format);
  // Interlaced rows need the whole picture.
  std::uint8_t* rows =
      rows_.require(checked_multiply(row_bytes, layout.interlaced ? target.height : 1));
  std::size_t valid_rows = target.height;
  if (layout.interlaced) {
    read_interlaced(rows, row_bytes, valid_rows);
    if (valid_rows < target.height && !tolerant) session_->fail();
  }
  for (std::size_t y = 0; y < target.height; ++y) {
    std::uint8_t* row = layout.interlaced ? rows + y * row_bytes : rows;
    if (!layout.interlaced && y < valid_rows && !session_->read_row(row)) {
      if (!tolerant) session_->fail();
      valid_rows = y;
    }
    if (!layout.interlaced && y >= valid_rows) std::memset(row, 0, row_bytes);
    channels.choose(row, output_.row(y), target.width);
    output_.commit(y);
  }
  return valid_rows;
}

}  // namespace edgefirst
