// SPDX-License-Identifier: Apache-2.0
// Component planes to NV12 or NV16 without leaving YCbCr: luma copied, chroma averaged or repeated
// to the target's subsampling and interleaved. Called by the JPEG decoder only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "edgefirst/pixel_format.hpp"

#include "codec/jpeg/plane.hpp"
#include "codec/jpeg/types.hpp"
#include "codec/pixel_output.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

class SemiPlanarWriter {
 public:
  /// header and planes must outlive the frame. Chroma goes where destination says.
  void start(const Header& header, const Plane* planes, PixelFormat format,
             const PixelDestination& destination);
  /// The planes hold this MCU row.
  void write_mcu_row(std::size_t mcu_row);

 private:
  void write_luma(std::size_t y);
  bool is_same_chroma() const;
  void write_chroma(std::size_t chroma_y);
  void fill_chroma(std::size_t component, std::size_t chroma_y, std::uint8_t* out) const;

  const Header* header_ = nullptr;
  const Plane* planes_ = nullptr;
  PixelDestination destination_;
  ConvertSamplesFn* convert_ = nullptr;
  std::size_t luma_rows_per_chroma_ = 2;
  Scratch row_;
};

}  // namespace edgefirst::jpeg
