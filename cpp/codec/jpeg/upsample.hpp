// SPDX-License-Identifier: Apache-2.0
// Brings subsampled rows to full resolution: libjpeg's "fancy" triangle filter where it uses it
// (factor 2), replication elsewhere. Knows no colours; the renderer asks row by row.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefirst::jpeg {

/// One output row from the nearest input row and the one on the other side of it. width counts
/// input samples. Reads near[-1] and near[width] (far alike); writes whole vectors, up to
/// Plane::kMargin bytes behind the last sample. is_lower: the output row lies below the
/// centre of near (only h1v2 rounds by it).
using UpsampleFn = void(const std::uint8_t* near, const std::uint8_t* far, std::uint8_t* out,
                        std::size_t width, bool is_lower);

struct UpsampleKernels {
  UpsampleFn* h2v1 = nullptr;  ///< ignores far
  UpsampleFn* h1v2 = nullptr;
  UpsampleFn* h2v2 = nullptr;
};
UpsampleKernels upsample_kernels();

/// Each sample factor times.
void replicate_row(const std::uint8_t* in, std::uint8_t* out, std::size_t width, unsigned factor);

}  // namespace edgefirst::jpeg
