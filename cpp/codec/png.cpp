// SPDX-License-Identifier: Apache-2.0
// libpng delivers grey, grey + alpha, RGB or RGBA rows of 8 or 16 bits; the rest is a choice of
// channels. Its errors arrive by longjmp, so every call into it runs in a function that has
// nothing to destroy.
#include "codec/png.hpp"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "codec/errors.hpp"
#include "codec/exif.hpp"

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

/// The channels that libpng delivers, and their width.
struct RowLayout {
  std::size_t channels = 0;
  std::size_t sample_bytes = 1;
  bool interlaced = false;
};

std::uint32_t load_sample(const std::uint8_t* row, std::size_t index, std::size_t sample_bytes) {
  if (sample_bytes == 1) return row[index];
  std::uint16_t value = 0;
  std::memcpy(&value, row + 2 * index, sizeof value);
  return value;
}

void store_sample(std::uint8_t* row, std::size_t index, std::uint32_t value,
                  std::size_t sample_bytes) {
  const auto wide = static_cast<std::uint16_t>(value);
  if (sample_bytes == 1) {
    row[index] = static_cast<std::uint8_t>(value);
  } else {
    std::memcpy(row + 2 * index, &wide, sizeof wide);
  }
}

/// BT.709 luma with 16 fraction bits, as conversion to grey computes it elsewhere.
std::uint32_t luma(std::uint32_t r, std::uint32_t g, std::uint32_t b) {
  return (13933U * r + 46871U * g + 4732U * b + 32768U) >> 16;
}

/// Rows of layout become rows of format.
template <std::size_t kSampleBytes>
void choose_channels(const std::uint8_t* from, std::size_t channels, PixelFormat format,
                     std::uint8_t* to, std::size_t width) {
  constexpr std::uint32_t kOpaque = kSampleBytes == 1 ? 0xFF : 0xFFFF;
  const bool from_grey = channels < 3;
  const bool has_alpha = channels % 2 == 0;
  const std::size_t to_channels = pixel_format_info(format).channels;
  const std::size_t red = format == PixelFormat::kBgra ? 2 : 0;
  for (std::size_t x = 0; x < width; ++x) {
    const std::size_t at = x * channels;
    const std::size_t out = x * to_channels;
    const std::uint32_t r = load_sample(from, at, kSampleBytes);
    const std::uint32_t g = from_grey ? r : load_sample(from, at + 1, kSampleBytes);
    const std::uint32_t b = from_grey ? r : load_sample(from, at + 2, kSampleBytes);
    if (to_channels == 1) {
      store_sample(to, out, from_grey ? r : luma(r, g, b), kSampleBytes);
      continue;
    }
    store_sample(to, out + red, r, kSampleBytes);
    store_sample(to, out + 1, g, kSampleBytes);
    store_sample(to, out + 2 - red, b, kSampleBytes);
    if (to_channels == 3) continue;
    const std::uint32_t alpha =
        has_alpha ? load_sample(from, at + channels - 1, kSampleBytes) : kOpaque;
    store_sample(to, out + 3, alpha, kSampleBytes);
  }
}

/// Whether rows of layout already are rows of format.
bool is_native(const RowLayout& layout, PixelFormat format) {
  return format != PixelFormat::kBgra && layout.channels == pixel_format_info(format).channels;
}

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

  PngHeader read_info() {
    if (!try_read_info()) fail();
    PngHeader header;
    header.width = png_get_image_width(png_, info_);
    header.height = png_get_image_height(png_, info_);
    png_bytep exif = nullptr;
    png_uint_32 size = 0;
    if (png_get_eXIf_1(png_, info_, &size, &exif) != 0) {
      header.orientation = exif_orientation({exif, size});
    }
    return header;
  }

  /// keep_16: deliver 16-bit samples as such instead of their high bytes.
  RowLayout start(bool keep_16) {
    RowLayout layout;
    if (!try_start(keep_16, layout)) fail();
    return layout;
  }

  void read_row(std::uint8_t* row) {
    if (!try_read_row(row)) fail();
  }

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

  bool try_start(bool keep_16, RowLayout& layout) {
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

  [[noreturn]] void fail() const { raise_invalid_image("PNG: ", source_.error); }

  Source source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

PngDecoder::PngDecoder() = default;
PngDecoder::~PngDecoder() = default;

void PngDecoder::close() { session_.reset(); }

bool PngDecoder::supports(PixelFormat format) {
  const PixelFormatInfo& info = pixel_format_info(format);
  return info.layout != PixelLayout::kSemiPlanar && !info.is_yuv;
}

PngHeader PngDecoder::read_header(Span<const std::uint8_t> data) {
  session_ = std::make_unique<Session>(data);
  return session_->read_info();
}

void PngDecoder::decode(PixelFormat target, std::uint8_t orientation,
                        const PixelDestination& destination) {
  const PixelFormat format = packed_equivalent(target);
  const bool keep_16 = dtype_size(destination.dtype) > 1;
  const RowLayout layout = session_->start(keep_16);
  const std::size_t width = session_->width();
  const std::size_t height = session_->height();
  PixelSource source;
  source.width = width;
  source.height = height;
  source.channels = pixel_format_info(format).channels;
  source.sample_bytes = layout.sample_bytes;
  source.orientation = orientation;
  output_.start(source, destination);

  const std::size_t row_bytes = width * layout.channels * layout.sample_bytes;
  const bool native = is_native(layout, format);
  // Interlaced rows are completed over seven passes and need the whole picture.
  std::uint8_t* rows = rows_.require(row_bytes * (layout.interlaced ? height : 1));
  if (layout.interlaced) {
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; ++pass) {
      for (std::size_t y = 0; y < height; ++y) session_->read_row(rows + y * row_bytes);
    }
  }
  const auto map = layout.sample_bytes == 1 ? choose_channels<1> : choose_channels<2>;
  for (std::size_t y = 0; y < height; ++y) {
    std::uint8_t* row = layout.interlaced ? rows + y * row_bytes : rows;
    if (!layout.interlaced) session_->read_row(native ? output_.row(y) : row);
    if (!native) {
      map(row, layout.channels, format, output_.row(y), width);
    } else if (layout.interlaced) {
      std::memcpy(output_.row(y), row, row_bytes);
    }
    output_.commit(y);
  }
  close();
}

}  // namespace edgefirst
