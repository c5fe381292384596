// SPDX-License-Identifier: Apache-2.0
// The front door of encoding: validates the image once, then hands over to the JPEG encoder.
#include <algorithm>

#include "edgefirst/codec.hpp"

#include "base/checked.hpp"
#include "base/per_thread.hpp"
#include "base/trace.hpp"
#include "codec/file_bytes.hpp"
#include "codec/jpeg/jpeg_encoder.hpp"

namespace edgefirst {
namespace {

constexpr std::size_t kMaxSide = 65535;  // T.81 B.2.2: 16-bit fields

PixelFormat encodable_format(const Tensor& image) {
  if (!image.format()) {
    raise(ErrorCode::kNotAnImage, "a tensor of shape ", image.shape().to_string(),
          " without pixel format cannot be encoded; set its format");
  }
  const PixelFormat format = *image.format();
  const PixelFormatInfo& info = pixel_format_info(format);
  if (image.dtype() != DType::kU8) {
    raise(ErrorCode::kNotSupported, "unsupported tensor dtype ", dtype_info(image.dtype()).name,
          " for JPEG encoding; convert to uint8");
  }
  if (format == PixelFormat::kNv12) return format;
  if (info.layout != PixelLayout::kPacked) {
    raise(ErrorCode::kNotSupported, "Saving planar images is not supported (", info.name,
          "); convert to Rgb, Rgba, Bgra, Grey or Nv12");
  }
  if (info.is_yuv) {
    raise(ErrorCode::kNotSupported, "Unsupported image format for saving: ", info.name,
          "; convert to Rgb, Rgba, Bgra, Grey or Nv12");
  }
  return format;
}

/// The chroma rows of an NV12 image: behind the luma rows, or in a plane of their own.
jpeg::Nv12Source chroma_of(const Tensor& image, const TensorMap& map, const TensorMap* plane) {
  jpeg::Nv12Source source;
  source.color = image.colorimetry().value_or(Colorimetry{});
  source.chroma_stride = plane != nullptr ? image.chroma()->row_stride() : image.row_stride();
  source.chroma = plane != nullptr ? plane->as<const std::uint8_t>()
                                   : map.as<const std::uint8_t>() +
                                         checked_multiply(image.height(), image.row_stride());
  return source;
}

void check_sides(const Tensor& image) {
  const auto fits = [](std::size_t side) { return side >= 1 && side <= kMaxSide; };
  if (fits(image.width()) && fits(image.height())) return;
  raise(ErrorCode::kInvalidArgument, "a JPEG of ", image.width(), "×", image.height(),
        " pixels cannot be written; sides are 1 to ", kMaxSide);
}

bool halves_chroma(const EncodeOptions& options, int quality) {
  if (options.subsampling == ChromaSubsampling::kAuto) return quality < 90;
  return options.subsampling == ChromaSubsampling::k420;
}

}  // namespace

void encode_jpeg(const Tensor& image, std::vector<std::uint8_t>& out,
                 const EncodeOptions& options) {
  jpeg::JpegEncoder& encoder = PerThread<jpeg::JpegEncoder>::get();
  jpeg::EncodeSource source;
  source.format = encodable_format(image);
  check_sides(image);
  TraceSpan span("codec.encode_jpeg");
  const TensorMap map = image.map(CpuAccess::kRead);
  source.pixels = map.as<const std::uint8_t>();
  source.row_stride = image.row_stride();
  source.width = image.width();
  source.height = image.height();
  std::optional<TensorMap> chroma;
  if (source.format == PixelFormat::kNv12) {
    if (image.width() % 2 != 0) {
      raise(ErrorCode::kInvalidArgument, "Nv12 of odd width ", image.width(),
            " has no chroma rows");
    }
    if (image.chroma()) chroma = image.chroma()->map(CpuAccess::kRead);
    source.nv12 = chroma_of(image, map, chroma ? &*chroma : nullptr);
  }
  const int quality = std::clamp(options.quality, 1, 100);
  out.clear();
  encoder.encode(source, quality, halves_chroma(options, quality), out);
}

void save_jpeg(const Tensor& image, const std::string& path, const EncodeOptions& options) {
  std::vector<std::uint8_t> bytes;
  encode_jpeg(image, bytes, options);
  write_file(path, bytes);
}

}  // namespace edgefirst
