// SPDX-License-Identifier: Apache-2.0
// NV12 rows to JPEG's YCbCr (BT.601 full range): split where they already are that, else through
// the matrix between the two. Called by the JPEG encoder only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/pixel_format.hpp"

namespace edgefirst::jpeg {

struct Nv12Source {
  const std::uint8_t* chroma = nullptr;  ///< Cb Cr pairs, one row per two luma rows
  std::size_t chroma_stride = 0;
  Colorimetry color;
};

class Nv12Rows {
 public:
  explicit Nv12Rows(Colorimetry from = {ColorEncoding::kBt601, ColorRange::kFull});

  /// width luma samples, with the chroma row that covers them.
  void luma(const std::uint8_t* y, const std::uint8_t* pairs, std::size_t width,
            std::uint8_t* out) const;
  /// count pairs.
  void chroma(const std::uint8_t* pairs, std::size_t count, std::uint8_t* cb,
              std::uint8_t* cr) const;

 private:
  using Row = std::array<std::int32_t, 4>;  // factors of y, cb, cr and a constant, 16 fraction bits
  Row y_{};
  Row cb_{};
  Row cr_{};
  bool is_same_ = false;
};

}  // namespace edgefirst::jpeg
