// SPDX-License-Identifier: Apache-2.0
// A conversion that the GPU was told and that nobody has waited for yet: its fence, and what is to
// be done behind it. Made by the GL backend, asked by the dispatcher's queue.
#pragma once

#include <memory>

#include "image/backend.hpp"
#include "image/gl/gl_device.hpp"
#include "image/gl/operand.hpp"
#include "image/gl/pbo_storage.hpp"
#include "image/gl/readback.hpp"

namespace edgefirst::gl {

class GlFlight final : public Flight {
 public:
  /// Takes the destination of the request, which outlives it. Throws as Operand.
  GlFlight(std::shared_ptr<PixelBuffers> buffers, const ConvertRequest& request, Transfer transfer);
  ~GlFlight() override;

  /// On the GL thread: tells the GPU everything, and to raise the fence after it.
  void launch(GlDevice& device, const ConvertRequest& request, Operand& source);
  bool is_over(std::chrono::nanoseconds patience) override;

 private:
  bool land(GlDevice& device, std::chrono::nanoseconds patience);

  std::shared_ptr<PixelBuffers> buffers_;
  Operand destination_;
  Readback readback_;
  Sync fence_ = nullptr;
  std::chrono::steady_clock::time_point first_wait_{};
};

}  // namespace edgefirst::gl
