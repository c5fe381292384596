// SPDX-License-Identifier: Apache-2.0
// A processor that imports DMA-BUFs, or a visible skip; how often it imports, and how often a CPU
// touches a buffer. Used by the tests of DMA-BUFs and of cameras.
#pragma once

#include <atomic>
#include <cstring>

#include "../../dma_double/dma_double.hpp"
#include "gl/gl_fixture.hpp"
#include "image/gl/gl_device.hpp"
#include "image/gl/gl_thread.hpp"

namespace edgefirst::testing {

/// Imports from its making on, in the whole process, as the log tells.
class ImportCounter {
 public:
  ImportCounter() { set_log_sink(&ImportCounter::count, this, LogLevel::kDebug); }
  ~ImportCounter() { set_log_sink(nullptr, nullptr, LogLevel::kOff); }
  ImportCounter(const ImportCounter&) = delete;
  ImportCounter& operator=(const ImportCounter&) = delete;
  int imports() const { return imports_; }

 private:
  static void count(LogLevel, const char*, const char* text, void* self) {
    if (std::strcmp(text, "imports a DMA-BUF") == 0) ++static_cast<ImportCounter*>(self)->imports_;
  }
  std::atomic<int> imports_{0};
};

class GlDma : public Gl {
 protected:
  void SetUp() override {
    Gl::SetUp();
    if (gl_ == nullptr || IsSkipped() || HasFatalFailure()) return;
    const bool imports =
        is_memory_available(TensorMemory::kDma) &&
        gl_->create_image(16, 16, PixelFormat::kRgba).memory() == TensorMemory::kDma &&
        device_transfer() == gl::Transfer::kDmaBuf;
    if (imports) return;
    if (std::getenv("EDGEFIRST_TEST_NEEDS_IMPORT") != nullptr) FAIL() << "nothing is imported";
    GTEST_SKIP() << "no DMA-BUFs, or a driver that does not import them";
  }

  static gl::Transfer device_transfer() {
    gl::GlThread thread([] { return gl::GlDevice::create(std::nullopt); });
    gl::Transfer transfer{};
    thread.run([&](gl::GlDevice& device) { transfer = device.transfer(); });
    return transfer;
  }

  Tensor dma_image(std::size_t width, std::size_t height, PixelFormat format,
                   DType dtype = DType::kU8) {
    Tensor image = gl_->create_image(width, height, format, dtype);
    EXPECT_EQ(image.memory(), TensorMemory::kDma);
    return image;
  }

  /// CPU accesses to DMA-BUFs so far; 0 where nobody counts.
  static int cpu_accesses() {
    DmaDouble* dma = dma_double();
    return dma != nullptr ? dma->starts.load() : 0;
  }
};

}  // namespace edgefirst::testing
