// SPDX-License-Identifier: Apache-2.0
// Dot products of mask coefficients with prototype cells. Knows no boxes and no quantization: the
// caller folds scales and zero points into coefficients and bias. Called by masks.
#pragma once

#include <cstddef>

#include "edgefirst/detection.hpp"

namespace edgefirst::cpu {

/// A run of prototype cells in one row.
struct ProtoRun {
  const void* cells = nullptr;  ///< channel 0 of the first cell
  std::size_t count = 0;
  std::size_t channels = 0;
  std::size_t channel_stride = 0;  ///< elements between channels (kNchw); cells are adjacent then
};

/// out[i] = (sum over k of coefficients[k] * cell i's channel k - bias) * scale.
using LogitKernel = void (*)(const ProtoRun& run, const float* coefficients, float bias,
                             float scale, float* out);

/// nullptr for dtypes other than i8, u8, f16 and f32. For the SIMD target in force.
LogitKernel logit_kernel(DType dtype, ProtoLayout layout);

/// Pixels [begin, end) of a row between cells `cell` and `cell` + 1 of a line of logits.
struct ThresholdRun {
  std::uint32_t begin, end, cell;
};
/// The runs of a row in order, and how far each of its pixels lies on the way to the next cell.
struct RunTable {
  const ThresholdRun* runs;
  std::size_t count;
  const float* fractions;
  std::size_t width;
};
/// out[i] = 255 where the interpolated logit is positive, else 0.
using ThresholdKernel = void (*)(const float* line, const RunTable& table, std::uint8_t* out);

/// For the SIMD target in force.
ThresholdKernel threshold_kernel();

}  // namespace edgefirst::cpu
