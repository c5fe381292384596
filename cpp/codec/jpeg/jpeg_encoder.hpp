// SPDX-License-Identifier: Apache-2.0
// Packed 8-bit pixels to a baseline JPEG file, MCU row by MCU row. Validates nothing; the front
// door in image_encoder.cpp does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "edgefirst/pixel_format.hpp"

#include "codec/jpeg/bit_writer.hpp"
#include "codec/jpeg/encode_color.hpp"
#include "codec/jpeg/fdct.hpp"
#include "codec/jpeg/nv12_rows.hpp"
#include "codec/jpeg/types.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

struct EncodeSource {
  const std::uint8_t* pixels = nullptr;
  std::size_t row_stride = 0;
  std::size_t width = 0;   ///< 1...65535
  std::size_t height = 0;  ///< 1...65535
  PixelFormat format = PixelFormat::kRgb;
  Nv12Source nv12;  ///< of Nv12; its chroma stays halved
};

/// Owns the scratch memory of encoding; reuse it. One per thread.
class JpegEncoder {
 public:
  /// Appends a whole file to out. quality 1...100.
  void encode(const EncodeSource& source, int quality, bool halve_chroma,
              std::vector<std::uint8_t>& out);

 private:
  /// Code << 8 | length per symbol.
  using HuffmanCodes = std::array<std::uint32_t, 256>;
  struct Channel {
    std::size_t h = 1;  // sampling factors; both are equal
    std::size_t table = 0;
    std::size_t blocks_per_row = 0;  // that carry the image
    std::size_t block_rows = 0;
    std::size_t stride = 0;
    std::uint8_t* samples = nullptr;     // one MCU row
    CoefficientRow coefficients;         // of the MCU row's block rows, one behind the other
    std::size_t coefficient_blocks = 0;  // per block row
    std::int16_t predictor = 0;
  };

  void plan(const EncodeSource& source, int quality, bool halve_chroma);
  void write_headers(const EncodeSource& source, std::vector<std::uint8_t>& out) const;
  void load_mcu_row(const EncodeSource& source, std::size_t mcu_row);
  void load_nv12_row(const EncodeSource& source, std::size_t y, std::size_t strip_row);
  void load_row_pair(const EncodeSource& source, std::size_t first, std::size_t strip_row);
  void transform(Channel& channel, std::size_t mcu_row);
  void code_mcu_row(BitWriter& shared_writer);
  void code_block(BitWriter& writer, std::size_t block, Channel& channel) const;
  static HuffmanCodes make_codes(const HuffmanSpec& spec);

  std::array<std::array<std::uint8_t, kBlockSize>, 2> quant_{};
  std::array<Divisors, 2> divisors_{};
  std::array<HuffmanCodes, 2> dc_{};
  std::array<HuffmanCodes, 2> ac_{};
  std::array<Channel, 3> channels_{};
  std::size_t channel_count_ = 0;
  std::size_t h_max_ = 1;
  std::size_t mcus_per_row_ = 0;
  std::size_t mcu_rows_ = 0;
  ToYccFn* to_ycc_ = nullptr;  // nullptr for grey
  Nv12Rows nv12_;
  EncodeKernels kernels_;
  ForwardFn* forward_ = nullptr;
  std::array<YccRow, 2> full_rows_{};  // before chroma is halved
  std::array<std::uint8_t, BitWriter::kBufferBytes> bits_{};
  Scratch scratch_;
};

}  // namespace edgefirst::jpeg
