// SPDX-License-Identifier: Apache-2.0
// A processor that runs on OpenGL, or a visible skip, and the comparison with the CPU. Software
// drivers are allowed. Used by the GL tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "edgefirst/runtime.hpp"

#include "image/convert_fixture.hpp"
#include "support/environment.hpp"

namespace edgefirst::testing {

inline bool has_opengl(const ImageProcessor& processor) {
  const auto backends = processor.backends();
  return !backends.empty() && backends[0] == ComputeBackend::kOpenGl;
}

/// Why OpenGL is absent, as explain() tells it.
inline std::string absence(const ImageProcessor& processor) {
  const Tensor src = make_image(4, 4, PixelFormat::kRgb);
  const Tensor dst = make_image(4, 4, PixelFormat::kRgba);
  for (const BackendAnswer& answer : processor.explain(src, dst)) {
    if (answer.backend == ComputeBackend::kOpenGl) return answer.reason;
  }
  return "no answer";
}

inline ProcessorOptions opengl() {
  ProcessorOptions options;
  options.backend = ComputeBackend::kOpenGl;
  return options;
}

class Gl : public ::testing::Test {
 protected:
  Gl() : allow_("EDGEFIRST_ALLOW_SOFTWARE_GL", "1"), cpu_(cpu_options()) {
    const LogSink print = [](LogLevel, const char* target, const char* text, void*) {
      std::cerr << target << ": " << text << "\n";
    };
    set_log_sink(print, nullptr, LogLevel::kWarn);
  }
  ~Gl() override { set_log_sink(nullptr, nullptr, LogLevel::kOff); }

  void SetUp() override {
    gl_ = std::make_unique<ImageProcessor>(opengl());
    if (has_opengl(*gl_)) return;
    const std::string reason = absence(*gl_);
    if (std::getenv("EDGEFIRST_TEST_NEEDS_GL") != nullptr) FAIL() << reason;
    GTEST_SKIP() << "no OpenGL ES here: " << reason;
  }

  static ProcessorOptions cpu_options() {
    ProcessorOptions options;
    options.backend = ComputeBackend::kCpu;
    return options;
  }

  /// What OpenGL says to a conversion: "" where it takes it.
  std::string answer(const Tensor& src, const Tensor& dst, const ConvertOptions& options = {}) {
    return gl_->explain(src, dst, options)[0].reason;
  }

  /// Converts on OpenGL and on the CPU from the same beginnings. Returns the largest difference in
  /// levels; what neither may touch must be equal to the byte.
  double difference(const Tensor& src, Tensor& dst, const ConvertOptions& options = {}) {
    Tensor expected = copy_of(dst);
    const std::uint64_t before = taken(*gl_);
    gl_->convert(src, dst, options);
    EXPECT_EQ(taken(*gl_), before + 1)
        << describe(src, dst) << ": OpenGL did not take it: " << answer(src, dst, options);
    cpu_.convert(src, expected, options);
    return compare(dst, expected, options);
  }

  static std::uint64_t taken(const ImageProcessor& processor) {
    std::uint64_t count = 0;
    for (const RequestCount& entry : processor.request_counts()) {
      const bool took = entry.backend == ComputeBackend::kOpenGl && entry.reason[0] == '\0';
      const bool failed = std::string(entry.reason).rfind("its driver failed", 0) == 0;
      if (took) count += entry.count;
      if (failed) count -= entry.count;
    }
    return count;
  }

  /// The same bytes and metadata in heap memory.
  static Tensor copy_of(const Tensor& tensor) {
    const TensorMap map = tensor.map(CpuAccess::kRead);
    auto memory = std::make_shared<std::vector<std::uint8_t>>(
        map.as<std::uint8_t>(), map.as<std::uint8_t>() + map.size_bytes());
    Tensor copy =
        Tensor::wrap(memory->data(), memory->size(), tensor.shape(), tensor.dtype(), memory);
    copy.set_format(*tensor.format());
    if (const auto stride = tensor.explicit_row_stride()) copy.set_row_stride(*stride);
    copy.set_colorimetry(tensor.colorimetry());
    return copy;
  }

  static double compare(const Tensor& got, const Tensor& expected, const ConvertOptions& options) {
    const PixelFormatInfo& info = pixel_format_info(*got.format());
    const TensorMap a = got.map(CpuAccess::kRead);
    const TensorMap b = expected.map(CpuAccess::kRead);
    const std::size_t planes = info.layout == PixelLayout::kPlanar ? info.channels : 1;
    const std::size_t channels = info.layout == PixelLayout::kPlanar ? 1 : info.channels;
    const std::size_t size = dtype_size(got.dtype());
    const std::size_t stride = got.row_stride();
    const std::size_t row_bytes = got.width() * channels * size;
    const bool bgr = *got.format() == PixelFormat::kBgra;
    double worst = 0;
    for (std::size_t row = 0; row < planes * got.height(); ++row) {
      for (std::size_t i = 0; i < got.width() * channels; ++i) {
        std::size_t c = planes > 1 ? row / got.height() : i % channels;
        if (bgr && c != 3) c = 2 - c;
        const std::size_t at = row * stride + i * size;
        const double x = level(element(a, at), got.dtype(), c, options);
        const double y = level(element(b, at), got.dtype(), c, options);
        worst = std::max(worst, std::abs(x - y));
      }
      if (row_bytes < stride && (row + 1) * stride <= a.size_bytes()) {  // the padding stays
        EXPECT_EQ(std::memcmp(a.as<char>() + row * stride + row_bytes,
                              b.as<char>() + row * stride + row_bytes, stride - row_bytes),
                  0)
            << "padding of row " << row;
      }
    }
    return worst;
  }

  ScopedVariable allow_;
  std::unique_ptr<ImageProcessor> gl_;
  ImageProcessor cpu_;
};

/// Levels by which OpenGL may differ from the CPU.
inline constexpr double kMostLevels = 2;

}  // namespace edgefirst::testing
