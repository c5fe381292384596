// SPDX-License-Identifier: Apache-2.0
// Component planes to packed pixel rows: upsampling, then colour. Decodes nothing and knows no
// destination; the JPEG decoder tells it where each row goes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/jpeg/color.hpp"
#include "codec/jpeg/plane.hpp"
#include "codec/jpeg/types.hpp"
#include "codec/jpeg/upsample.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

class Renderer {
 public:
  /// color as color_kernel() gave it. planes must outlive the frame.
  void start(const Header& header, const Plane* planes, ColorFn* color, bool luma_only);

  /// Makes a decoded MCU row ready to be read: repeats the first and last sample of its rows.
  void extend_edges(std::size_t mcu_row) const;
  /// Image rows that can be rendered once the first mcu_rows MCU rows are decoded.
  std::size_t rows_ready(std::size_t mcu_rows) const;
  /// Renders image row y to out.
  void render(std::size_t y, std::uint8_t* out);

 private:
  enum class Method : std::uint8_t { kCopy, kH2V1, kH1V2, kH2V2, kReplicate };
  struct Channel {
    Method method = Method::kCopy;
    unsigned factor_x = 1;
    unsigned factor_y = 1;
    std::uint8_t* row = nullptr;  // one upsampled row
  };
  static Method choose_method(const Channel& channel, const Plane& plane);
  const std::uint8_t* full_row(std::size_t channel, std::size_t y);

  const Header* header_ = nullptr;
  const Plane* planes_ = nullptr;
  ColorFn* color_ = nullptr;
  UpsampleKernels kernels_;
  std::array<Channel, kMaxComponents> channels_{};
  std::size_t channel_count_ = 0;
  bool needs_row_below_ = false;
  Scratch rows_;
};

}  // namespace edgefirst::jpeg
