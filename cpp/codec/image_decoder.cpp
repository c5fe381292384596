// SPDX-License-Identifier: Apache-2.0
// The front door of decoding: recognises the file, validates options and destination once, then
// hands over to the format's decoder.
#include <cstring>
#include <optional>
#include <string>

#include "edgefirst/codec.hpp"

#include "base/checked.hpp"
#include "base/log.hpp"
#include "base/per_thread.hpp"
#include "base/trace.hpp"
#include "codec/errors.hpp"
#include "codec/file_bytes.hpp"
#include "codec/file_kind.hpp"
#include "codec/jpeg/jpeg_decoder.hpp"
#include "codec/pixel_output.hpp"
#include "codec/png.hpp"
#include "tensor/layout.hpp"

namespace edgefirst {
namespace {

using Bytes = Span<const std::uint8_t>;

void check_pixel_limit(std::size_t width, std::size_t height, const DecodeOptions& options) {
  if (checked_multiply(width, height) > options.max_pixels) {
    raise_invalid_image(width, "×", height, " pixels, more than the limit of ", options.max_pixels,
                        " (max_pixels)");
  }
}

/// What the file holds.
struct Picture {
  FileKind kind = FileKind::kJpeg;
  std::size_t width = 0;
  std::size_t height = 0;
  std::uint8_t orientation = 1;
  bool has_chroma = false;  ///< of a JPEG: YCbCr
};

std::uint8_t orientation_to_apply(const Picture& picture, const DecodeOptions& options) {
  return options.apply_exif ? picture.orientation : std::uint8_t{1};
}

/// YUV is made of Rgb rows, but for the chroma that a JPEG holds and no turn moves.
bool goes_through_rgb(const Picture& picture, PixelFormat format, const DecodeOptions& options) {
  const PixelFormatInfo& info = pixel_format_info(format);
  const bool keeps_chroma = info.layout == PixelLayout::kSemiPlanar && picture.has_chroma &&
                            orientation_to_apply(picture, options) == 1;
  return info.is_yuv && !keeps_chroma;
}

void check_yuv_size(const ImageInfo& info) {
  const PixelFormatInfo& format = pixel_format_info(info.format);
  const bool odd_width = format.chroma_shift_x != 0 && info.width % 2 != 0;
  const bool odd_height = format.chroma_shift_y != 0 && info.height % 2 != 0;
  if (!odd_width && !odd_height) return;
  raise_invalid_image(format.name, " needs an even width",
                      format.chroma_shift_y != 0 ? " and height" : "", ", the picture has ",
                      info.width, "×", info.height);
}

/// What it becomes: size after orientation, format, orientation found.
ImageInfo describe(const Picture& picture, const DecodeOptions& options) {
  check_pixel_limit(picture.width, picture.height, options);
  ImageInfo info;
  info.format = options.format.value_or(PixelFormat::kRgb);
  info.orientation = picture.orientation;
  info.valid_rows = picture.height;
  const bool swap = swaps_axes(orientation_to_apply(picture, options));
  info.width = swap ? picture.height : picture.width;
  info.height = swap ? picture.width : picture.height;
  const PixelFormatInfo& format = pixel_format_info(info.format);
  check_yuv_size(info);
  // Of planar formats: of all planes together.
  info.row_stride = checked_multiply(info.width, format.channels);
  return info;
}

/// A tensor as a destination: columns, rows and bytes from row to row.
struct Room {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t row_stride = 0;
  std::optional<PixelFormat> format;
};

/// What to do where the picture's own format does not fit, but the tensor's might.
std::string format_hint(const ImageInfo& info, const Room& room) {
  if (!room.format || *room.format == info.format) return {};
  const std::string name = pixel_format_info(*room.format).name;
  return "; the tensor is " + name + ": ask for the format " + name + " to convert";
}

Room room_of(const Tensor& tensor, PixelFormat format) {
  if (tensor.format()) {
    return {tensor.width(), tensor.height(), tensor.row_stride(), tensor.format()};
  }
  const Shape& shape = tensor.shape();
  const PixelFormatInfo& info = pixel_format_info(format);
  const std::size_t first = info.layout == PixelLayout::kPlanar ? 1 : 0;
  if (shape.rank() < first + 2) {
    raise(ErrorCode::kInsufficientCapacity, "a tensor of shape ", shape.to_string(),
          " has no rows and columns to decode ", info.name, " into");
  }
  const std::size_t samples = info.layout == PixelLayout::kPacked ? info.channels : 1;
  // An extent of 0 beside them may leave rows and columns as large as can be counted.
  const std::size_t width = shape[first + 1];
  const std::size_t pixel = checked_multiply(samples, dtype_size(tensor.dtype()));
  return {width, shape[first], checked_multiply(width, pixel), {}};
}

/// Throws kInsufficientCapacity unless every row of the picture lies within the mapped bytes.
/// Chroma rows count where they lie behind the luma.
void check_capacity(const ImageInfo& info, const Room& room, const TensorMap& map,
                    bool chroma_apart) {
  const auto refuse = [&](const auto&... reason) {
    raise(ErrorCode::kInsufficientCapacity, "Format error: image dimensions ", info.width, "×",
          info.height, " exceed tensor capacity", reason...);
  };
  if (info.width > room.width || info.height > room.height) {
    refuse(" ", room.width, "×", room.height);
  }
  const PixelFormatInfo& format = pixel_format_info(info.format);
  const std::size_t samples = format.layout == PixelLayout::kPacked ? format.channels : 1;
  const std::size_t row_bytes =
      checked_multiply(info.width, checked_multiply(samples, dtype_size(map.dtype())));
  std::size_t rows = info.height;
  if (format.layout == PixelLayout::kPlanar) {
    rows = checked_add(rows, checked_multiply(format.channels - 1U, room.height));
  }
  if (format.layout == PixelLayout::kSemiPlanar && !chroma_apart) {
    rows = checked_add(rows, info.height >> format.chroma_shift_y);
  }
  const std::size_t needed = padded_size(row_bytes, room.row_stride, rows);
  if (row_bytes > room.row_stride) {
    refuse(" ", room.width, "×", room.height, ": rows of ", format.name, " need ", row_bytes,
           " bytes each, the tensor's have ", room.row_stride, format_hint(info, room));
  }
  if (needed > map.size_bytes()) {
    refuse(": ", rows, " ", format.name, " rows at a pitch of ", room.row_stride, " bytes need ",
           needed, ", the tensor has ", map.size_bytes(), format_hint(info, room));
  }
}

void check_chroma(const ImageInfo& info, const Tensor& plane, const TensorMap& map) {
  const std::size_t rows = info.height >> pixel_format_info(info.format).chroma_shift_y;
  const std::size_t row_bytes = checked_multiply(info.width, dtype_size(map.dtype()));
  const std::size_t stride = plane.row_stride();
  if (row_bytes <= stride && padded_size(row_bytes, stride, rows) <= map.size_bytes()) return;
  raise(ErrorCode::kInsufficientCapacity, rows, " chroma rows of ", row_bytes,
        " bytes exceed the chroma plane's ", map.size_bytes(), " bytes");
}

void check_dtype(DType dtype) {
  if (is_codec_dtype(dtype)) return;
  raise(ErrorCode::kNotSupported, "unsupported tensor dtype ", dtype_info(dtype).name,
        " for decoding; use uint8, int8, uint16, int16, float16 or float32");
}

/// The decoders and all of their scratch.
struct Work {
  jpeg::JpegDecoder jpeg;
  PngDecoder png;
  Scratch file;

  Picture read_header(const Recognised& file, const DecodeOptions& options) {
    Picture picture;
    picture.kind = file.kind;
    if (picture.kind == FileKind::kJpeg) {
      const jpeg::Header& header = jpeg.read_header(file.picture, options.strict);
      picture.width = header.width;
      picture.height = header.height;
      picture.orientation = jpeg.orientation();
      picture.has_chroma = jpeg.is_ycc();
    } else {
      const PngHeader header = png.read_header(file.picture, options.strict);
      picture.width = header.width;
      picture.height = header.height;
      picture.orientation = header.orientation;
    }
    return picture;
  }

  /// The valid rows.
  std::size_t decode_rows(const Picture& picture, PixelFormat format,
                          const PixelDestination& destination, const DecodeOptions& options) {
    const std::uint8_t orientation = orientation_to_apply(picture, options);
    if (picture.kind == FileKind::kJpeg) {
      return jpeg.decode(format, orientation, destination, options);
    }
    return png.decode(format, orientation, destination, options);
  }

  ImageInfo decode(Bytes data, Tensor& dst, const DecodeOptions& options);
  ImageInfo peek(Bytes data, const DecodeOptions& options);
  Tensor load(Bytes data, const DecodeOptions& options, std::optional<TensorMemory> memory);
};

ImageInfo Work::decode(Bytes data, Tensor& dst, const DecodeOptions& options) {
  const Recognised file = recognise(data, options);
  const bool is_png = file.kind == FileKind::kPng;
  TraceSpan span(is_png ? "codec.decode_png" : "codec.decode_jpeg");
  span.field("dtype", dtype_info(dst.dtype()).name).field("n_bytes", data.size());
  check_dtype(dst.dtype());
  const Picture picture = read_header(file, options);
  ImageInfo info = describe(picture, options);
  log(LogLevel::kDebug, "edgefirst_codec", is_png ? "PNG " : "JPEG ", info.width, " x ",
      info.height, " of ", data.size(), " bytes");
  if (!is_png) {
    jpeg.check_format(info.format);
    jpeg.check_dtype(dst.dtype());
  }
  const Room room = room_of(dst, info.format);
  const TensorMap map = dst.map(CpuAccess::kReadWrite);
  const bool chroma_apart = dst.chroma() != nullptr;
  check_capacity(info, room, map, chroma_apart);
  info.row_stride = room.row_stride;
  const PixelLayout layout = pixel_format_info(info.format).layout;
  PixelDestination destination;
  destination.data = map.as<std::uint8_t>();
  destination.row_stride = room.row_stride;
  destination.dtype = dst.dtype();
  if (layout == PixelLayout::kPlanar) {
    destination.plane_stride = checked_multiply(room.height, room.row_stride);
  }
  std::optional<TensorMap> chroma;
  if (layout == PixelLayout::kSemiPlanar) {
    destination.chroma = destination.data + checked_multiply(info.height, room.row_stride);
    destination.chroma_stride = room.row_stride;
  }
  if (chroma_apart && layout == PixelLayout::kSemiPlanar) {
    chroma = dst.chroma()->map(CpuAccess::kReadWrite);
    check_chroma(info, *dst.chroma(), *chroma);
    destination.chroma = chroma->as<std::uint8_t>();
    destination.chroma_stride = dst.chroma()->row_stride();
  }
  if (goes_through_rgb(picture, info.format, options)) destination.yuv = info.format;
  info.valid_rows =
      decode_rows(picture, destination.yuv ? PixelFormat::kRgb : info.format, destination, options);
  if (pixel_format_info(info.format).is_yuv) {
    dst.set_colorimetry(Colorimetry{ColorEncoding::kBt601, ColorRange::kFull});
  }
  return info;
}

ImageInfo Work::peek(Bytes data, const DecodeOptions& options) {
  const Picture picture = read_header(recognise(data, options), options);
  const ImageInfo info = describe(picture, options);
  if (picture.kind == FileKind::kJpeg) jpeg.check_format(info.format);
  return info;
}

Tensor Work::load(Bytes data, const DecodeOptions& options, std::optional<TensorMemory> memory) {
  const ImageInfo info = peek(data, options);
  if (recognise(data, options).kind == FileKind::kPng) {
    png.check_data_size(options);
  } else {
    jpeg.check_data_size(options);
  }
  const Shape shape = image_shape(info.width, info.height, info.format);
  const bool is_packed = pixel_format_info(info.format).layout == PixelLayout::kPacked;
  Tensor tensor = memory == TensorMemory::kDma && is_packed
                      ? Tensor::image_with_stride(info.width, info.height, info.format,
                                                  gpu_row_stride(shape, info.format, DType::kU8),
                                                  DType::kU8, memory)
                      : Tensor::image(info.width, info.height, info.format, DType::kU8, memory);
  decode(data, tensor, options);
  return tensor;
}

}  // namespace

struct ImageDecoder::Impl {
  std::unique_ptr<Work> work;  // made where it is needed
  ScratchLedger ledger;
  bool is_busy = false;

  /// What a call does with the decoders. A call out of a call, which a callback of logging may
  /// make, has decoders of its own.
  template <typename Call>
  auto run(const Call& call) -> decltype(call(*work)) {
    if (is_busy) return Impl().run(call);
    if (work == nullptr) work = std::make_unique<Work>();  // end() found no memory for them
    is_busy = true;
    ledger.begin();
    try {
      auto result = call(*work);
      end(false);
      return result;
    } catch (...) {
      end(true);
      throw;
    }
  }

 private:
  void end(bool failed) {
    is_busy = false;
    if (ledger.end(failed)) work.reset();
  }
};

ImageDecoder::ImageDecoder() : impl_(std::make_unique<Impl>()) {}
ImageDecoder::~ImageDecoder() = default;
ImageDecoder::ImageDecoder(ImageDecoder&&) noexcept = default;
ImageDecoder& ImageDecoder::operator=(ImageDecoder&&) noexcept = default;

ImageDecoder& ImageDecoder::of_this_thread() { return PerThread<ImageDecoder>::get(); }

ImageInfo ImageDecoder::decode(Bytes data, Tensor& dst, const DecodeOptions& options) {
  return impl_->run([&](Work& work) { return work.decode(data, dst, options); });
}

ImageInfo ImageDecoder::decode_file(const std::string& path, Tensor& dst,
                                    const DecodeOptions& options) {
  return impl_->run([&](Work& work) {
    const Bytes data = read_file(path, options, work.file);
    return naming(path, [&] { return work.decode(data, dst, options); });
  });
}

ImageInfo ImageDecoder::peek(Bytes data, const DecodeOptions& options) {
  TraceSpan span("codec.peek");
  span.field("n_bytes", data.size());
  return impl_->run([&](Work& work) { return work.peek(data, options); });
}

ImageInfo ImageDecoder::peek_file(const std::string& path, const DecodeOptions& options) {
  return impl_->run([&](Work& work) {
    const Bytes data = read_file(path, options, work.file);
    return naming(path, [&] { return work.peek(data, options); });
  });
}

Tensor ImageDecoder::load(Bytes data, const DecodeOptions& options,
                          std::optional<TensorMemory> memory) {
  return impl_->run([&](Work& work) { return work.load(data, options, memory); });
}

Tensor ImageDecoder::load_file(const std::string& path, const DecodeOptions& options,
                               std::optional<TensorMemory> memory) {
  return impl_->run([&](Work& work) {
    Scratch bytes;  // freed with the call: files are large, and a decoder of a thread stays
    const Bytes data = read_file(path, options, bytes);
    return naming(path, [&] { return work.load(data, options, memory); });
  });
}

Tensor ImageDecoder::load_stream(std::istream& stream, const DecodeOptions& options,
                                 std::optional<TensorMemory> memory) {
  return impl_->run([&](Work& work) {
    Scratch bytes;
    return work.load(read_stream(stream, options, bytes), options, memory);
  });
}

ImageInfo ImageDecoder::decode_stream(std::istream& stream, Tensor& dst,
                                      const DecodeOptions& options) {
  return impl_->run([&](Work& work) {
    return work.decode(read_stream(stream, options, work.file), dst, options);
  });
}

Tensor load_image(Bytes data, const DecodeOptions& options, std::optional<TensorMemory> memory) {
  return ImageDecoder::of_this_thread().load(data, options, memory);
}

Tensor load_image(std::istream& stream, const DecodeOptions& options,
                  std::optional<TensorMemory> memory) {
  return ImageDecoder::of_this_thread().load_stream(stream, options, memory);
}

Tensor load_image_file(const std::string& path, const DecodeOptions& options,
                       std::optional<TensorMemory> memory) {
  return ImageDecoder::of_this_thread().load_file(path, options, memory);
}

}  // namespace edgefirst
