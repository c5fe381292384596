// SPDX-License-Identifier: Apache-2.0
// A processor on G2D alone beside one on the CPU, DMA-BUF images, and the double's switches back at
// rest. Used by the G2D tests, which run with the doubles preloaded.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "g2d_double.hpp"
#include "image/convert_fixture.hpp"

namespace edgefirst::testing {

inline Tensor dma_image(std::size_t width, std::size_t height, PixelFormat format,
                        DType dtype = DType::kU8) {
  return Tensor::image(width, height, format, dtype, TensorMemory::kDma);
}

inline ProcessorOptions with_backend(ComputeBackend backend) {
  ProcessorOptions options;
  options.backend = backend;
  return options;
}

/// The same pixels and colorimetry elsewhere.
inline Tensor heap_copy(const Tensor& image) {
  Tensor copy = Tensor::image(image.width(), image.height(), *image.format(), image.dtype(),
                              TensorMemory::kMem);
  copy.set_colorimetry(image.colorimetry());
  const TensorMap from = image.map(CpuAccess::kRead);
  const TensorMap to = copy.map(CpuAccess::kWrite);
  std::memcpy(to.data(), from.data(), to.size_bytes());
  return copy;
}

class G2d : public ::testing::Test {
 protected:
  G2d() : cpu_(with_backend(ComputeBackend::kCpu)) {
    ::setenv("EDGEFIRST_FORCE_BACKEND", "g2d", 1);
    if (double_ != nullptr) reset();
  }
  ~G2d() override { ::unsetenv("EDGEFIRST_FORCE_BACKEND"); }

  void SetUp() override { ASSERT_NE(double_, nullptr) << "the double is not preloaded"; }
  void TearDown() override { EXPECT_EQ(double_->bad_calls, 0); }

  void reset() {
    double_->open_fails = false;
    double_->tells_addresses = true;
    double_->address_error = 0;
    for (auto* number :
         {&double_->blit_status, &double_->clear_status, &double_->finish_status, &double_->clears,
          &double_->blits, &double_->finishes, &double_->bad_calls}) {
      *number = 0;
    }
  }

  /// Largest difference in levels between G2D and the CPU from the same beginnings.
  double difference(const Tensor& src, Tensor& dst, const ConvertOptions& options = {}) {
    Tensor expected = heap_copy(dst);
    ImageProcessor g2d;
    g2d.convert(src, dst, options);
    cpu_.convert(src, expected, options);
    const TensorMap a = dst.map(CpuAccess::kRead);
    const TensorMap b = expected.map(CpuAccess::kRead);
    double worst = 0;
    for (std::size_t i = 0; i < b.size_bytes(); ++i) {
      worst = std::max(worst, std::abs(element(a, i) - element(b, i)));
    }
    return worst;
  }

  /// What G2D says to a conversion: "" where it takes it.
  static std::string answer(const Tensor& src, const Tensor& dst,
                            const ConvertOptions& options = {}) {
    return ImageProcessor().explain(src, dst, options)[0].reason;
  }

  G2dDouble* const double_ = g2d_double();
  ImageProcessor cpu_;
};

}  // namespace edgefirst::testing
