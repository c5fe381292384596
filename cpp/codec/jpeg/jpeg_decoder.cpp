// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg/jpeg_decoder.hpp"

#include "base/trace.hpp"
#include "codec/errors.hpp"
#include "codec/exif.hpp"

namespace edgefirst::jpeg {

const Header& JpegDecoder::read_header(Span<const std::uint8_t> data) {
  TraceSpan span("codec.decode_jpeg.parse_markers");
  data_ = data;
  parse_header(data, header_);
  return header_;
}

std::uint8_t JpegDecoder::orientation() const { return exif_orientation(header_.exif); }

namespace {

bool is_semi_planar(PixelFormat format) {
  return pixel_format_info(format).layout == PixelLayout::kSemiPlanar;
}

}  // namespace

bool JpegDecoder::supports(PixelFormat format) {
  return is_semi_planar(format) ||
         color_kernel(ColorModel::kYcc, packed_equivalent(format)) != nullptr;
}

void JpegDecoder::check_baseline() const {
  if (header_.extended) raise_unsupported_image("extended sequential JPEG (SOF1)");
  if (header_.progressive) raise_unsupported_image("progressive JPEG (SOF2)");
  if (!header_.is_single_scan()) raise_unsupported_image("multi-scan JPEG");
}

void JpegDecoder::check_format(PixelFormat format) const {
  if (!is_semi_planar(format)) return;
  const char* name = pixel_format_info(format).name;
  if (header_.color == ColorModel::kGrey) {
    raise_invalid_image("a grey JPEG has no chroma for ", name, "; decode to Grey");
  }
  if (header_.color != ColorModel::kYcc) {
    raise_unsupported_image("an RGB or CMYK JPEG to ", name, "; decode to Rgb and convert");
  }
  const bool odd_height = format == PixelFormat::kNv12 && header_.height % 2 != 0;
  if (header_.width % 2 != 0 || odd_height) {
    raise_invalid_image(name, " needs an even width and height, the picture has ", header_.width,
                        "×", header_.height);
  }
}

/// Two MCU rows of every component with margins on both sides.
void JpegDecoder::allocate_planes() {
  constexpr std::size_t kMargin = Plane::kMargin;
  std::size_t total = 0;
  for (std::size_t i = 0; i < header_.component_count; ++i) {
    const Component& component = header_.components[i];
    Plane& plane = planes_[i];
    plane.width = component.width;
    plane.height = component.height;
    plane.ring_rows = 16U * component.v;
    const std::size_t samples = header_.mcus_per_row * 8 * component.h;
    plane.stride = (samples + 3 * kMargin - 1) / kMargin * kMargin;
    total += plane.stride * plane.ring_rows;
  }
  std::uint8_t* memory = samples_.require(total);
  for (std::size_t i = 0; i < header_.component_count; ++i) {
    planes_[i].data = memory + kMargin;
    memory += planes_[i].stride * planes_[i].ring_rows;
  }
}

void JpegDecoder::decode(PixelFormat format, std::uint8_t orientation,
                         const PixelDestination& destination, std::size_t max_scans) {
  TraceSpan span("codec.decode_jpeg.mcu_loop");
  allocate_planes();
  is_single_scan_ = header_.is_single_scan();
  if (is_single_scan_) {
    scan_.start(header_, planes_.data(), data_.subspan(header_.entropy_begin));
  } else {
    frame_.decode_scans(data_, header_, max_scans);
  }
  if (is_semi_planar(format)) {
    decode_semi_planar(format, destination);
  } else {
    decode_packed(packed_equivalent(format), orientation, destination);
  }
}

void JpegDecoder::decode_mcu_row(std::size_t mcu_row) {
  if (is_single_scan_) {
    scan_.decode_row(mcu_row);
  } else {
    frame_.transform_row(mcu_row, header_, planes_.data());
  }
}

void JpegDecoder::decode_packed(PixelFormat format, std::uint8_t orientation,
                                const PixelDestination& destination) {
  const bool luma_only = format == PixelFormat::kGrey && header_.color == ColorModel::kYcc;
  renderer_.start(header_, planes_.data(), color_kernel(header_.color, format), luma_only);
  PixelSource source;
  source.width = header_.width;
  source.height = header_.height;
  source.channels = pixel_format_info(format).channels;
  source.orientation = orientation;
  output_.start(source, destination);
  std::size_t y = 0;
  for (std::size_t mcu_row = 0; mcu_row < header_.mcu_rows; ++mcu_row) {
    decode_mcu_row(mcu_row);
    renderer_.extend_edges(mcu_row);
    for (const std::size_t end = renderer_.rows_ready(mcu_row + 1); y < end; ++y) {
      renderer_.render(y, output_.row(y));
      output_.commit(y);
    }
  }
}

void JpegDecoder::decode_semi_planar(PixelFormat format, const PixelDestination& destination) {
  semi_planar_.start(header_, planes_.data(), format, destination);
  for (std::size_t mcu_row = 0; mcu_row < header_.mcu_rows; ++mcu_row) {
    decode_mcu_row(mcu_row);
    semi_planar_.write_mcu_row(mcu_row);
  }
}

}  // namespace edgefirst::jpeg
