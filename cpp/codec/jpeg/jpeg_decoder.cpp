// SPDX-License-Identifier: Apache-2.0
#include "codec/jpeg/jpeg_decoder.hpp"

#include <algorithm>
#include <cstring>

#include "base/trace.hpp"
#include "codec/errors.hpp"
#include "codec/jpeg/deep_color.hpp"
#include "codec/jpeg/segments.hpp"
#include "codec/orientation.hpp"

namespace edgefirst::jpeg {

const Header& JpegDecoder::read_header(Span<const std::uint8_t> data, bool strict) {
  TraceSpan span("codec.decode_jpeg.parse_markers");
  data_ = data;
  parse_header(data, header_, strict);
  if (strict) check_baseline();
  return header_;
}

std::uint8_t JpegDecoder::orientation() const {
  OrientationTags tags;
  tags.add_exif({header_.exif.data(), header_.exif_count});
  tags.add_xmp(header_.xmp);
  return tags.value();
}

namespace {

bool is_semi_planar(PixelFormat format) {
  return pixel_format_info(format).layout == PixelLayout::kSemiPlanar;
}

bool is_deep(const Header& header) { return header.precision > 8; }

[[noreturn]] void raise_deep(const Header& header, const char* kind) {
  raise_unsupported_image(kind, "JPEG of ", header.precision, " bits a sample");
}

}  // namespace

void JpegDecoder::check_baseline() const {
  if (header_.lossless) raise_unsupported_image("lossless JPEG (SOF3)");
  if (header_.arithmetic) {
    raise_unsupported_image("arithmetic-coded JPEG (SOF", header_.progressive ? 10 : 9, ")");
  }
  if (is_deep(header_)) raise_deep(header_, "");
  if (header_.extended) raise_unsupported_image("extended sequential JPEG (SOF1)");
  if (header_.progressive) raise_unsupported_image("progressive JPEG (SOF2)");
  if (!header_.is_single_scan()) raise_unsupported_image("multi-scan JPEG");
  if (header_.component_count == 4) raise_unsupported_image("CMYK JPEG");
}

void JpegDecoder::check_format(PixelFormat format) const {
  if (!is_deep(header_)) return;
  if (header_.component_count == 4) raise_deep(header_, "CMYK ");
  if (pixel_format_info(format).is_yuv) {
    raise_unsupported_image("a JPEG of ", header_.precision, " bits a sample to ",
                            pixel_format_info(format).name, "; decode to Rgb or Grey");
  }
}

void JpegDecoder::check_dtype(DType dtype) const {
  if (!is_deep(header_) || dtype_size(dtype) > 1) return;
  raise_unsupported_image("a JPEG of ", header_.precision, " bits a sample to ",
                          dtype_info(dtype).name, "; decode to uint16, int16, float16 or float32");
}

/// Every block, and of lossless pictures every sample, takes a Huffman code of a bit or more. A
/// code of arithmetic coding may take less.
void JpegDecoder::check_data_size(const DecodeOptions& options) const {
  if (options.tolerant || header_.arithmetic) return;
  const std::size_t side = header_.lossless ? 1 : 8;
  std::size_t codes = 0;
  for (std::size_t i = 0; i < header_.component_count; ++i) {
    const Component& component = header_.components[i];
    const std::size_t across = (component.width + side - 1) / side;
    codes += across * ((component.height + side - 1) / side);  // 2^32 at most
  }
  if (codes / 8 <= data_.size()) return;
  raise_invalid_image("the data ends: ", data_.size(), " bytes cannot hold ", header_.width, "×",
                      header_.height, " pixels");
}

/// Decides who decodes what at the same time.
void JpegDecoder::plan(const DecodeOptions& options) {
  constexpr std::size_t kMinBlocks = 8192;      // smaller pictures do not pay for a second thread
  constexpr std::size_t kBlocksPerUnit = 1024;  // some 100 us of decoding
  schedule_ = Schedule{};
  schedule_.rows = header_.mcu_rows;
  std::size_t blocks_per_row = 0;
  for (std::size_t i = 0; i < header_.component_count; ++i) {
    const Component& component = header_.components[i];
    blocks_per_row += header_.mcus_per_row * component.h * component.v;
  }
  const std::size_t limit = thread_limit();
  const std::size_t threads = options.threads == 0 ? limit : std::min(options.threads, limit);
  if (threads == 1 || blocks_per_row * header_.mcu_rows < kMinBlocks) return;
  schedule_.threads = threads;
  schedule_.unit_rows = (kBlocksPerUnit + blocks_per_row - 1) / blocks_per_row;
  schedule_.units = std::min(2 * threads - 1, kMaxUnits);
  if (mode_ == Mode::kScans) return;
  if (header_.arithmetic || header_.lossless) {
    schedule_.units = 1;
    return;
  }
  constexpr std::size_t kMaxCursorRows = 8;  // rarer restarts would need most of the frame at once
  const std::size_t cursor_rows = scan_.rows_between_cursors();
  if (cursor_rows == 0 || cursor_rows > kMaxCursorRows) {
    mode_ = Mode::kAhead;
    schedule_.units = 1;
  } else {
    schedule_.unit_rows = (schedule_.unit_rows + cursor_rows - 1) / cursor_rows * cursor_rows;
  }
}

/// A ring of mcu_rows MCU rows of every component with margins on both sides.
void JpegDecoder::allocate_planes(std::size_t mcu_rows) {
  constexpr std::size_t kMargin = Plane::kMargin;
  std::size_t total = 0;
  for (std::size_t i = 0; i < header_.component_count; ++i) {
    const Component& component = header_.components[i];
    Plane& plane = planes_[i];
    plane.width = component.width;
    plane.height = component.height;
    plane.ring_rows = mcu_rows * 8 * component.v;
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

/// A ring of coefficient rows for two batches: one being decoded, one being emitted.
void JpegDecoder::allocate_ahead() {
  const std::size_t blocks = scan_.blocks_per_row() * 2 * schedule_.batch_rows();
  const std::size_t bytes = blocks * kBlockSize * sizeof(std::int16_t);
  std::memset(ahead_.require(bytes + blocks), 0, bytes);
}

CoefficientRow JpegDecoder::ahead_row(std::size_t mcu_row) const {
  const std::size_t ring_rows = 2 * schedule_.batch_rows();
  const std::size_t first = mcu_row % ring_rows * scan_.blocks_per_row();
  const std::size_t bytes = scan_.blocks_per_row() * ring_rows * kBlockSize * sizeof(std::int16_t);
  return {reinterpret_cast<std::int16_t*>(ahead_.data()) + first * kBlockSize,
          ahead_.data() + bytes + first};
}

JpegDecoder::Mode JpegDecoder::choose_mode() const {
  if (header_.lossless) return Mode::kLossless;
  if (!header_.is_single_scan()) return Mode::kScans;
  return header_.arithmetic ? Mode::kAhead : Mode::kRows;
}

/// Makes the entropy-coded data ready to be decoded, or decodes it: later scans change the header.
void JpegDecoder::start_mode(const DecodeOptions& options) {
  damages_.fill({});
  cursor_ = {};
  mode_ = choose_mode();
  const CoefficientFrame::Limits limits{options.max_scans, options.tolerant};
  const Span<const std::uint8_t> entropy = data_.subspan(header_.entropy_begin);
  if (mode_ == Mode::kLossless) {
    lossless_.start(data_, header_, limits);
  } else if (mode_ == Mode::kAhead) {
    scan_.lay_out(header_, planes_.data());
    arithmetic_.start(header_, entropy);
  } else if (mode_ == Mode::kRows) {
    scan_.start(header_, planes_.data(), entropy);
    check_picture_is_last(data_, header_.entropy_begin + scan_.consumed(), header_);
    cursor_ = scan_.cursor_at(0);
  } else {
    frame_.decode_scans(data_, header_, limits);
    damages_[0].mcu_row = frame_.valid_mcu_rows(header_);
  }
}

std::size_t JpegDecoder::decode(PixelFormat format, std::uint8_t orientation,
                                const PixelDestination& destination, const DecodeOptions& options) {
  TraceSpan span("codec.decode_jpeg.mcu_loop");
  if (!header_.is_single_scan()) check_data_size(options);  // it takes memory for all coefficients
  start_mode(options);
  if (is_deep(header_)) {
    const PixelFormat packed = packed_equivalent(format);
    return header_.lossless
               ? decode_deep_lossless(packed, orientation, destination, options.tolerant)
               : decode_deep(packed, orientation, destination, options.tolerant);
  }
  plan(options);
  // Emission looks back a row; units beside it write the batch ahead.
  const bool shares_planes = schedule_.threads > 1 && mode_ != Mode::kAhead;
  allocate_planes(shares_planes ? 3 * schedule_.batch_rows() : 2);
  if (mode_ == Mode::kAhead) allocate_ahead();
  for (BlockQueue& queue : queues_) queue.reset();
  lanes_.reset();
  if (is_semi_planar(format)) {
    decode_semi_planar(format, destination, options.tolerant);
  } else {
    decode_packed(packed_equivalent(format), orientation, destination, options.tolerant);
  }
  if (mode_ == Mode::kLossless) return lossless_.valid_rows();
  ScanDamage first;
  for (const ScanDamage& damage : damages_) first.merge(damage);
  const std::size_t intact = std::min(first.intact_rows(), header_.mcu_rows);
  return is_semi_planar(format) ? std::min(header_.height, intact * 8 * header_.v_max)
                                : renderer_.rows_ready(intact);
}

void JpegDecoder::decode_rows(std::size_t unit, RowRange rows) {
  if (rows.begin == rows.end) return;
  const bool starts_anew = schedule_.threads > 1 && mode_ == Mode::kRows;
  ScanCursor own;
  if (starts_anew) own = scan_.cursor_at(rows.begin);
  ScanCursor& cursor = starts_anew ? own : cursor_;
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    if (mode_ == Mode::kScans) {
      frame_.transform_row(row, header_, planes_.data(), queues_[unit]);
    } else if (mode_ == Mode::kLossless) {
      lossless_.decode_band(planes_.data());
    } else if (mode_ == Mode::kAhead && header_.arithmetic) {
      arithmetic_.decode_row_ahead(row, ahead_row(row));
    } else if (mode_ == Mode::kAhead) {
      scan_.decode_row_ahead(cursor, row, ahead_row(row));
    } else {
      scan_.decode_row(cursor, row, queues_[unit]);
    }
  }
  if (mode_ == Mode::kLossless) {
    damages_[unit].merge(lossless_.damage());
  } else if (mode_ == Mode::kAhead && header_.arithmetic) {
    damages_[unit].merge(arithmetic_.damage());
  } else {
    damages_[unit].merge(cursor.damage);
  }
}

template <class EmitRow>
void JpegDecoder::run(bool tolerant, EmitRow emit_row) {
  const auto decode = [this](std::size_t unit, RowRange rows) { decode_rows(unit, rows); };
  const auto check = [&] {
    if (tolerant || mode_ == Mode::kScans) return;
    ScanDamage first;
    for (const ScanDamage& damage : damages_) first.merge(damage);
    if (first.any()) raise_damage(first);
  };
  const auto emit = [&](RowRange rows) {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      if (mode_ == Mode::kAhead) scan_.transform_row(row, ahead_row(row), lanes_);
      emit_row(row);
    }
  };
  ScheduleRunner(schedule_, decode, check, emit).run();
}

void JpegDecoder::start_output(PixelFormat format, std::uint8_t orientation,
                               const PixelDestination& destination, std::size_t sample_bytes) {
  PixelSource source;
  source.width = header_.width;
  source.height = header_.height;
  source.channels = pixel_format_info(format).channels;
  source.sample_bytes = sample_bytes;
  source.orientation = orientation;
  output_.start(source, destination);
}

void JpegDecoder::decode_packed(PixelFormat format, std::uint8_t orientation,
                                const PixelDestination& destination, bool tolerant) {
  const bool luma_only = format == PixelFormat::kGrey && header_.color == ColorModel::kYcc;
  renderer_.start(header_, planes_.data(), color_kernel(header_.color, format), luma_only);
  start_output(format, orientation, destination, 1);
  std::size_t y = 0;
  run(tolerant, [&](std::size_t mcu_row) {
    renderer_.extend_edges(mcu_row);
    for (const std::size_t end = renderer_.rows_ready(mcu_row + 1); y < end; ++y) {
      renderer_.render(y, output_.row(y));
      output_.commit(y);
    }
  });
}

void JpegDecoder::decode_semi_planar(PixelFormat format, const PixelDestination& destination,
                                     bool tolerant) {
  semi_planar_.start(header_, planes_.data(), format, destination);
  run(tolerant, [&](std::size_t mcu_row) { semi_planar_.write_mcu_row(mcu_row); });
}

/// Where there is one scan, an MCU row of coefficients is decoded at a time.
void JpegDecoder::decode_deep_row(std::size_t mcu_row, bool tolerant) {
  if (mode_ == Mode::kScans) {
    deep_.transform_row(mcu_row, frame_);
    return;
  }
  const std::size_t blocks = scan_.blocks_per_row();
  const std::size_t bytes = blocks * kBlockSize * sizeof(std::int16_t);
  std::uint8_t* const memory = ahead_.require(bytes + blocks);
  std::memset(memory, 0, bytes);
  const CoefficientRow row{reinterpret_cast<std::int16_t*>(memory), memory + bytes};
  ScanDamage& damage = damages_[0];
  if (header_.arithmetic) {
    arithmetic_.decode_row_ahead(mcu_row, row);
    damage = arithmetic_.damage();
  } else {
    scan_.decode_row_ahead(cursor_, mcu_row, row);
    damage = cursor_.damage;
  }
  if (damage.any() && !tolerant) raise_damage(damage);
  deep_.transform_row(mcu_row, row.blocks);
}

std::size_t JpegDecoder::decode_deep(PixelFormat format, std::uint8_t orientation,
                                     const PixelDestination& destination, bool tolerant) {
  deep_.start(header_);
  start_output(format, orientation, destination, 2);
  std::size_t mcu_row = 0;
  for (std::size_t y = 0; y < header_.height; ++y) {
    while (mcu_row < deep_.rows_needed(y)) decode_deep_row(mcu_row++, tolerant);
    deep_.render(y, format, output_.row(y));
    output_.commit(y);
  }
  const std::size_t intact = std::min(damages_[0].intact_rows(), header_.mcu_rows);
  if (intact == header_.mcu_rows || intact == 0) return intact == 0 ? 0 : header_.height;
  return intact * 8 * header_.v_max - (header_.v_max > 1 ? 1 : 0);  // the filter looks a row down
}

std::size_t JpegDecoder::decode_deep_lossless(PixelFormat format, std::uint8_t orientation,
                                              const PixelDestination& destination, bool tolerant) {
  start_output(format, orientation, destination, 2);
  DeepRow pixels;
  pixels.channels = deep_channels(header_, format);
  pixels.width = header_.width;
  pixels.precision = header_.precision;
  pixels.color = header_.color;
  auto* const rows = reinterpret_cast<std::uint16_t*>(
      lossless_rows_.require(pixels.channels * header_.width * sizeof(std::uint16_t)));
  for (std::size_t y = 0; y < header_.height; ++y) {
    if (y % header_.v_max == 0) lossless_.decode_mcu_row();
    if (lossless_.damage().any() && !tolerant) raise_damage(lossless_.damage());
    for (std::size_t i = 0; i < pixels.channels; ++i) {
      const Component& component = header_.components[i];
      const std::size_t factor_x = header_.h_max / component.h;
      const std::uint16_t* const samples = lossless_.row(i, y / (header_.v_max / component.v));
      pixels.samples[i] = samples;
      if (factor_x == 1) continue;
      std::uint16_t* const out = rows + i * header_.width;
      for (std::size_t x = 0; x < header_.width; ++x) out[x] = samples[x / factor_x];
      pixels.samples[i] = out;
    }
    write_deep_row(pixels, format, output_.row(y));
    output_.commit(y);
  }
  return lossless_.valid_rows();
}

}  // namespace edgefirst::jpeg
