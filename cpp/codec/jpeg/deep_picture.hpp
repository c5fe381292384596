// SPDX-License-Identifier: Apache-2.0
// Pictures of 12 bits a sample (T.81 4.7): inverse DCT and upsampling by libjpeg's formulas for
// that precision; deep_color.cpp has the colour. They are rare, so clarity comes before speed: no
// vectors, no threads. Called by the JPEG decoder; 8-bit pictures never come here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "edgefirst/pixel_format.hpp"

#include "codec/jpeg/coefficient_frame.hpp"
#include "codec/jpeg/types.hpp"
#include "codec/scratch.hpp"

namespace edgefirst::jpeg {

/// Keeps two MCU rows of samples. The caller transforms MCU rows in order, and renders row y once
/// rows_needed(y) of them are transformed.
class DeepPicture {
 public:
  /// header must outlive the rendering.
  void start(const Header& header);
  /// Transforms an MCU row of a frame whose scans were collected.
  void transform_row(std::size_t mcu_row, const CoefficientFrame& frame);
  /// Transforms the blocks of an MCU row in coding order.
  void transform_row(std::size_t mcu_row, const std::int16_t* blocks);
  /// How many MCU rows row y of the picture needs from the top: the filter looks a sample down.
  std::size_t rows_needed(std::size_t y) const;
  /// Writes row y as packed Rgb, Rgba, Bgra or Grey of native 16-bit samples: 4095 becomes 65535.
  void render(std::size_t y, PixelFormat format, std::uint8_t* out);

 private:
  struct Channel {
    std::uint16_t* samples = nullptr;
    std::size_t stride = 0;
    std::size_t width = 0;  ///< samples that carry the image
    std::size_t height = 0;
    std::size_t ring_rows = 0;  ///< of samples
    std::size_t factor_x = 1;
    std::size_t factor_y = 1;
    std::uint16_t* row = nullptr;  ///< one row at full resolution

    const std::uint16_t* clamped_row(std::ptrdiff_t y) const;
  };

  static constexpr std::size_t kRingMcuRows = 2;

  // get_block(x, y): the block of the component at this place of the MCU row, or nullptr for zeros.
  template <class GetBlock>
  void transform_component(std::size_t index, std::size_t mcu_row, const std::int16_t* divisors,
                           const GetBlock& get_block);
  void upsample(const Channel& channel, std::size_t y);

  const Header* header_ = nullptr;
  std::array<Channel, kMaxComponents> channels_{};
  std::size_t channel_count_ = 0;
  std::size_t width_ = 0;
  Scratch memory_;
  Scratch sums_;
};

}  // namespace edgefirst::jpeg
