// SPDX-License-Identifier: Apache-2.0
// Baseline sequential encoding, T.81 F.1, with the choices of libjpeg: annex K tables scaled by
// quality, edges by repetition, blocks behind the image as DC copies of their neighbour.
#include "codec/jpeg/jpeg_encoder.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/checked.hpp"
#include "codec/jpeg/standard_tables.hpp"

namespace edgefirst::jpeg {
namespace {

std::size_t ceil_divide(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

/// libjpeg's scale: 50 keeps the tables, 100 makes them all ones.
std::array<std::uint8_t, kBlockSize> scaled_table(const std::array<std::uint8_t, kBlockSize>& table,
                                                  int quality) {
  const int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  std::array<std::uint8_t, kBlockSize> scaled{};
  for (std::size_t i = 0; i < kBlockSize; ++i) {
    scaled[i] = static_cast<std::uint8_t>(std::clamp((table[i] * percent + 50) / 100, 1, 255));
  }
  return scaled;
}

/// Appends segments to a file.
class SegmentWriter {
 public:
  explicit SegmentWriter(std::vector<std::uint8_t>& out) : out_(out) {}

  void begin(std::uint8_t marker, std::size_t payload_bytes) {
    byte(0xFF);
    byte(marker);
    word(payload_bytes + 2);
  }
  void byte(std::size_t value) { out_.push_back(static_cast<std::uint8_t>(value)); }
  void word(std::size_t value) {
    byte(value >> 8);
    byte(value);
  }
  void bytes(Span<const std::uint8_t> bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }

  void huffman_table(std::size_t class_and_id, const HuffmanSpec& spec) {
    begin(0xC4, 17 + spec.symbol_count);
    byte(class_and_id);
    bytes(spec.counts);
    bytes(Span<const std::uint8_t>(spec.symbols).subspan(0, spec.symbol_count));
  }

 private:
  std::vector<std::uint8_t>& out_;
};

/// Repeats the last of width samples up to padded.
void extend(std::uint8_t* row, std::size_t width, std::size_t padded) {
  std::memset(row + width, row[width - 1], padded - width);
}

}  // namespace

JpegEncoder::HuffmanCodes JpegEncoder::make_codes(const HuffmanSpec& spec) {
  HuffmanCodes codes{};
  std::uint32_t code = 0;
  std::size_t index = 0;
  for (std::uint32_t length = 1; length <= 16; ++length, code *= 2) {
    for (unsigned i = 0; i < spec.counts[length - 1]; ++i) {
      codes[spec.symbols[index++]] = code++ << 8 | length;
    }
  }
  return codes;
}

void JpegEncoder::plan(const EncodeSource& source, int quality, bool halve_chroma) {
  const bool grey = source.format == PixelFormat::kGrey;
  channel_count_ = grey ? 1 : 3;
  h_max_ = !grey && halve_chroma ? 2 : 1;
  mcus_per_row_ = ceil_divide(source.width, 8 * h_max_);
  mcu_rows_ = ceil_divide(source.height, 8 * h_max_);
  quant_ = {scaled_table(kLuminanceQuant, quality), scaled_table(kChrominanceQuant, quality)};
  for (std::size_t i = 0; i < 2; ++i) {
    divisors_[i] = make_divisors(quant_[i]);
    dc_[i] = make_codes(standard_dc_table(i));
    ac_[i] = make_codes(standard_ac_table(i));
  }
  kernels_ = encode_kernels();
  forward_ = forward_kernel();
  to_ycc_ = source.format == PixelFormat::kRgba   ? kernels_.from_rgba
            : source.format == PixelFormat::kBgra ? kernels_.from_bgra
            : grey                                ? nullptr
                                                  : kernels_.from_rgb;

  constexpr std::size_t kAlign = 64;  // also covers what kernels write beyond a row
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < channel_count_; ++i) {
    Channel& channel = channels_[i];
    channel.h = i == 0 ? h_max_ : 1;
    channel.table = i == 0 ? 0 : 1;
    channel.predictor = 0;
    channel.blocks_per_row = ceil_divide(source.width * channel.h, 8 * h_max_);
    channel.block_rows = ceil_divide(source.height * channel.h, 8 * h_max_);
    channel.coefficient_blocks = mcus_per_row_ * channel.h + kMaxForwardBatch;
    channel.stride = ceil_divide(mcus_per_row_ * channel.h * 8 + kAlign, kAlign) * kAlign;
    const std::size_t blocks = round_up(channel.coefficient_blocks * channel.h, 8);
    bytes += channel.stride * 8 * channel.h + blocks * (128 + 8);
  }
  const std::size_t full = ceil_divide(mcus_per_row_ * 8 * h_max_ + kAlign, kAlign) * kAlign;
  std::uint8_t* memory = scratch_.require(bytes + 4 * full);
  for (std::size_t i = 0; i < channel_count_; ++i) {
    Channel& channel = channels_[i];
    channel.samples = memory;
    memory += channel.stride * 8 * channel.h;
    const std::size_t blocks = round_up(channel.coefficient_blocks * channel.h, 8);
    channel.coefficients.values = reinterpret_cast<std::int16_t*>(memory);
    channel.coefficients.nonzero = memory + blocks * 128;
    memory += blocks * (128 + 8);
  }
  full_rows_[0] = {nullptr, memory, memory + full};
  full_rows_[1] = {nullptr, memory + 2 * full, memory + 3 * full};
}

void JpegEncoder::write_headers(const EncodeSource& source, std::vector<std::uint8_t>& out) const {
  constexpr std::uint8_t kJfif[] = {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
  SegmentWriter writer(out);
  writer.word(0xFFD8);
  writer.begin(0xE0, sizeof kJfif);
  writer.bytes(kJfif);
  const std::size_t tables = channel_count_ == 1 ? 1 : 2;
  for (std::size_t t = 0; t < tables; ++t) {
    writer.begin(0xDB, 1 + kBlockSize);
    writer.byte(t);
    for (std::size_t k = 0; k < kBlockSize; ++k) writer.byte(quant_[t][kZigzag[k]]);
  }
  writer.begin(0xC0, 6 + 3 * channel_count_);
  writer.byte(8);
  writer.word(source.height);
  writer.word(source.width);
  writer.byte(channel_count_);
  for (std::size_t i = 0; i < channel_count_; ++i) {
    writer.byte(i + 1);
    writer.byte(channels_[i].h << 4 | channels_[i].h);
    writer.byte(channels_[i].table);
  }
  for (std::size_t t = 0; t < tables; ++t) {
    writer.huffman_table(t, standard_dc_table(t));
    writer.huffman_table(0x10 | t, standard_ac_table(t));
  }
  writer.begin(0xDA, 4 + 2 * channel_count_);
  writer.byte(channel_count_);
  for (std::size_t i = 0; i < channel_count_; ++i) {
    writer.byte(i + 1);
    writer.byte(channels_[i].table << 4 | channels_[i].table);
  }
  writer.bytes({0, 63, 0});
}

void JpegEncoder::load_row_pair(const EncodeSource& source, std::size_t first,
                                std::size_t strip_row) {
  const std::size_t padded = mcus_per_row_ * 8 * h_max_;
  for (std::size_t i = 0; i < 2; ++i) {
    YccRow& row = full_rows_[i];
    row.y = channels_[0].samples + (strip_row + i) * channels_[0].stride;
    const std::size_t y = std::min(first + i, source.height - 1);
    to_ycc_(source.pixels + y * source.row_stride, source.width, row);
    for (std::uint8_t* samples : {row.y, row.cb, row.cr}) extend(samples, source.width, padded);
  }
  const std::size_t half = strip_row / 2;
  for (std::size_t i = 1; i < 3; ++i) {
    std::uint8_t* out = channels_[i].samples + half * channels_[i].stride;
    if (first >= source.height) {  // below the image it is the halved row that repeats
      std::memcpy(out, out - channels_[i].stride, padded / 2);
    } else if (i == 1) {
      kernels_.halve(full_rows_[0].cb, full_rows_[1].cb, out, padded / 2);
    } else {
      kernels_.halve(full_rows_[0].cr, full_rows_[1].cr, out, padded / 2);
    }
  }
}

void JpegEncoder::load_nv12_row(const EncodeSource& source, std::size_t y, std::size_t strip_row) {
  const std::size_t padded = mcus_per_row_ * 16;
  const std::size_t pairs = source.width / 2;
  const std::uint8_t* chroma = source.nv12.chroma + y / 2 * source.nv12.chroma_stride;
  std::uint8_t* luma = channels_[0].samples + strip_row * channels_[0].stride;
  nv12_.luma(source.pixels + y * source.row_stride, chroma, source.width, luma);
  extend(luma, source.width, padded);
  if (strip_row % 2 != 0) return;
  std::uint8_t* halves[2];
  for (std::size_t i = 0; i < 2; ++i) {
    halves[i] = channels_[1 + i].samples + strip_row / 2 * channels_[1 + i].stride;
  }
  nv12_.chroma(chroma, pairs, halves[0], halves[1]);
  for (std::uint8_t* half : halves) extend(half, pairs, padded / 2);
}

void JpegEncoder::load_mcu_row(const EncodeSource& source, std::size_t mcu_row) {
  const std::size_t rows = 8 * h_max_;
  const std::size_t padded = mcus_per_row_ * rows;
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t y = std::min(mcu_row * rows + r, source.height - 1);
    const std::uint8_t* pixels = source.pixels + y * source.row_stride;
    if (source.format == PixelFormat::kNv12) {
      load_nv12_row(source, y, r);
    } else if (to_ycc_ == nullptr) {
      std::uint8_t* samples = channels_[0].samples + r * channels_[0].stride;
      std::memcpy(samples, pixels, source.width);
      extend(samples, source.width, padded);
    } else if (h_max_ == 1) {
      std::uint8_t* samples[3];
      for (std::size_t i = 0; i < 3; ++i) {
        samples[i] = channels_[i].samples + r * channels_[i].stride;
      }
      to_ycc_(pixels, source.width, {samples[0], samples[1], samples[2]});
      for (std::uint8_t* row : samples) extend(row, source.width, padded);
    } else if (r % 2 == 0) {
      load_row_pair(source, mcu_row * rows + r, r);
    }
  }
}

/// Blocks that carry the image are transformed; those behind it repeat the DC of the block coded
/// before them, which costs the fewest bits.
void JpegEncoder::transform(Channel& channel, std::size_t mcu_row) {
  const std::size_t columns = mcus_per_row_ * channel.h;
  const CoefficientRow& all = channel.coefficients;
  for (std::size_t r = 0; r < channel.h; ++r) {
    const std::size_t first = r * channel.coefficient_blocks;
    std::size_t real = 0;
    if (mcu_row * channel.h + r < channel.block_rows) {
      real = channel.blocks_per_row;
      forward_(channel.samples + r * 8 * channel.stride, channel.stride, real,
               divisors_[channel.table],
               {all.values + first * kBlockSize, all.nonzero + first * 8});
    }
    for (std::size_t b = real; b < columns; ++b) {
      // In coding order: the left neighbour, or the last block of the MCU's row above.
      const std::size_t previous =
          real > 0 ? first + b - 1 : b / channel.h * channel.h + channel.h - 1;
      std::memset(all.nonzero + (first + b) * 8, 0, 8);
      all.values[(first + b) * kBlockSize] = all.values[previous * kBlockSize];
    }
  }
}

namespace {

/// Zigzag positions of the set bits of each half row: [8 * half + row][bits].
struct ZigzagMasks {
  std::array<std::array<std::uint64_t, 16>, 16> masks{};

  constexpr ZigzagMasks() {
    for (std::size_t k = 0; k < kBlockSize; ++k) {
      const std::size_t row = kZigzag[k] / 8;
      const std::size_t column = kZigzag[k] % 8;
      for (std::size_t bits = 0; bits < 16; ++bits) {
        const bool is_set = (bits >> column % 4 & 1U) != 0;
        if (is_set) masks[column / 4 * 8 + row][bits] |= std::uint64_t{1} << k;
      }
    }
  }
  std::uint64_t operator()(const std::uint8_t* rows) const {
    std::uint64_t mask = 0;
    for (std::size_t r = 0; r < 8; ++r) {
      mask |= masks[r][rows[r] & 15U] | masks[8 + r][rows[r] >> 4];
    }
    return mask;
  }
};
constexpr ZigzagMasks kZigzagMasks;

/// A value is sent as its size and size bits; negative ones as value - 1 (T.81 F.1.2.1).
class SentValues {
 public:
  constexpr SentValues() {
    for (int value = -kMax; value <= kMax; ++value) {
      std::uint32_t size = 0;
      for (int rest = value < 0 ? -value : value; rest != 0; rest /= 2) ++size;
      const auto bits = static_cast<std::uint32_t>(value < 0 ? value - 1 : value);
      sent_[static_cast<std::size_t>(value + kMax)] =
          static_cast<std::uint16_t>((bits & ((1U << size) - 1)) << 4 | size);
    }
  }
  /// bits << 4 | size
  std::uint32_t operator()(int value) const {
    return sent_[static_cast<std::size_t>(value + kMax)];
  }

 private:
  static constexpr int kMax = 2047;  // of DC differences of 8-bit samples: T.81 table F.1
  std::array<std::uint16_t, 2 * kMax + 1> sent_{};
};
constexpr SentValues kSentValues;

}  // namespace

__attribute__((always_inline)) inline void JpegEncoder::code_block(BitWriter& writer,
                                                                   std::size_t index,
                                                                   Channel& channel) const {
  const std::int16_t* block = channel.coefficients.values + index * kBlockSize;
  const auto put_value = [&](const HuffmanCodes& codes, unsigned run, int value) {
    const std::uint32_t sent = kSentValues(value);
    const std::uint32_t size = sent & 15U;
    const std::uint32_t code = codes[run << 4 | size];
    writer.put((code >> 8) << size | sent >> 4, (code & 0xFFU) + size);
  };
  const auto put_symbol = [&](std::uint32_t code) { writer.put(code >> 8, code & 0xFFU); };
  writer.begin_block();
  put_value(dc_[channel.table], 0, block[0] - channel.predictor);
  channel.predictor = block[0];

  const HuffmanCodes& ac = ac_[channel.table];
  std::uint64_t nonzero =
      kZigzagMasks(channel.coefficients.nonzero + index * 8) & ~std::uint64_t{1};
  unsigned previous = 0;
  for (; nonzero != 0; nonzero &= nonzero - 1) {
    const auto k = static_cast<unsigned>(__builtin_ctzll(nonzero));
    unsigned run = k - previous - 1;
    for (; run > 15; run -= 16) put_symbol(ac[0xF0]);
    put_value(ac, run, block[kZigzag[k]]);
    previous = k;
  }
  if (previous != 63) put_symbol(ac[0]);
}

void JpegEncoder::code_mcu_row(BitWriter& shared_writer) {
  BitWriter writer = shared_writer;  // in registers for the loop
  for (std::size_t mcu = 0; mcu < mcus_per_row_; ++mcu) {
    for (std::size_t i = 0; i < channel_count_; ++i) {
      Channel& channel = channels_[i];
      for (std::size_t row = 0; row < channel.h; ++row) {
        const std::size_t first = row * channel.coefficient_blocks + mcu * channel.h;
        for (std::size_t b = 0; b < channel.h; ++b) code_block(writer, first + b, channel);
      }
    }
  }
  shared_writer = writer;
}

void JpegEncoder::encode(const EncodeSource& source, int quality, bool halve_chroma,
                         std::vector<std::uint8_t>& out) {
  nv12_ = Nv12Rows(source.nv12.color);
  plan(source, quality, halve_chroma || source.format == PixelFormat::kNv12);
  write_headers(source, out);
  BitWriter writer(bits_.data(), out);
  for (std::size_t mcu_row = 0; mcu_row < mcu_rows_; ++mcu_row) {
    load_mcu_row(source, mcu_row);
    for (std::size_t i = 0; i < channel_count_; ++i) transform(channels_[i], mcu_row);
    code_mcu_row(writer);
  }
  writer.finish();
  out.insert(out.end(), {0xFF, 0xD9});
}

}  // namespace edgefirst::jpeg
