// SPDX-License-Identifier: Apache-2.0
// The inner loops of resampling, on bands of kBandRows rows. Fixed point: weights have 15
// fractional bits, intermediate samples 7, products are rounded; all targets agree bit by bit.
// They know neither formats nor colours. Called by the resampler only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefirst::cpu {

/// Rows that travel together: one vector of 16-bit lanes, or a few on smaller machines.
inline constexpr std::size_t kBandRows = 32;

/// One axis as the kernels see it: outputs with their taps.
struct TapTable {
  const std::uint32_t* starts;
  const std::int16_t* weights;
  std::size_t taps;
  std::size_t origin;  ///< the start that the first column at hand belongs to
};

/// Where the weights of output i for its pair of samples begin: 8 of them, four for each pixel
/// of the pair. Outputs four apart are neighbours, so that one load serves both.
inline std::size_t pair_position(std::size_t i, std::size_t pairs, std::size_t pair) {
  return (((i / 8 * 4 + i % 4) * pairs + pair) * 2 + i / 4 % 2) * 8;
}

/// An axis of few taps: weights at pair_position().
struct PairTable {
  const std::uint32_t* starts;
  const std::int16_t* weights;
  std::size_t pairs;
};

/// Taps up to which rounding every product costs less than an eighth of a level.
inline constexpr std::size_t kMostNarrowTaps = 32;

/// out[i] = sum over k < taps of weights[k] * rows[k][i], with 7 fractional bits.
using VerticalKernel = void (*)(const std::uint8_t* const* rows, const std::int16_t* weights,
                                std::size_t taps, std::size_t count, std::int16_t* out);
/// Output column i = the weighted sum of columns starts[i] + k, each step columns apart, rounded to
/// bytes.
using HorizontalKernel = void (*)(const std::int16_t* columns, std::size_t step,
                                  const TapTable& table, std::size_t outputs, std::uint8_t* out);

/// Output pixel i = the weighted sum of the pixels from starts[i] on, rounded to bytes. Rows hold
/// 16 readable samples after the last pixel. Gives the bits of HorizontalKernel.
using PackedKernel = void (*)(const std::int16_t* row, const PairTable& table, std::size_t outputs,
                              std::uint8_t* out);

/// Lane by lane.
struct FilterKernels {
  VerticalKernel vertical;
  VerticalKernel wide_vertical;  ///< for more than kMostNarrowTaps: rounds once
  HorizontalKernel horizontal;
  HorizontalKernel wide_horizontal;
};

/// In blocks of 16 bytes.
struct BandKernels {
  PackedKernel packed3, packed4;  ///< by samples in a pixel
  /// kBandRows rows, pitch samples apart, become `columns` columns of kBandRows samples each.
  /// columns is a multiple of 8; rows hold that many readable samples.
  void (*transpose_in)(const std::int16_t* rows, std::size_t pitch, std::size_t columns,
                       std::int16_t* out);
  /// `count` byte columns of kBandRows become kBandRows rows, pitch bytes apart. count is a
  /// multiple of 16.
  void (*transpose_out)(const std::uint8_t* columns, std::size_t count, std::uint8_t* out,
                        std::size_t pitch);
};

struct ResizeKernels : FilterKernels, BandKernels {
  VerticalKernel vertical_for(std::size_t taps) const {
    return taps > kMostNarrowTaps ? wide_vertical : vertical;
  }
  HorizontalKernel horizontal_for(std::size_t taps) const {
    return taps > kMostNarrowTaps ? wide_horizontal : horizontal;
  }
};

/// For the SIMD target in force.
ResizeKernels resize_kernels();
BandKernels band_kernels();

}  // namespace edgefirst::cpu
