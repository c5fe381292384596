// SPDX-License-Identifier: Apache-2.0
#include "image/gl/gl_flight.hpp"

#include <utility>

#include "base/log.hpp"
#include "image/gl/convert_pass.hpp"

namespace edgefirst::gl {
namespace {

constexpr std::chrono::nanoseconds kNoWait{0};

}  // namespace

GlFlight::GlFlight(std::shared_ptr<PixelBuffers> buffers, const ConvertRequest& request,
                   Transfer transfer)
    : buffers_(std::move(buffers)),
      destination_(*request.dst, request.destination, written_access(request), *buffers_,
                   transfer) {}

GlFlight::~GlFlight() {
  if (fence_ == nullptr && !readback_.is_pending()) return;
  buffers_->thread().post([fence = fence_, readback = readback_](GlDevice& device) mutable {
    const GlDevice::Serial serial = device.serialize();
    device.gl().DeleteSync(fence);  // nullptr: nothing
    readback.cancel(device.readbacks());
  });
}

void GlFlight::launch(GlDevice& device, const ConvertRequest& request, Operand& source) {
  const GlDevice::Serial serial = device.serialize();
  convert(device, request, {source, destination_, &readback_});
  fence_ = device.raise_fence();
}

bool GlFlight::is_over(std::chrono::nanoseconds patience) {
  bool is_over = false;
  buffers_->thread().run([&](GlDevice& device) { is_over = land(device, patience); });
  return is_over;
}

bool GlFlight::land(GlDevice& device, std::chrono::nanoseconds patience) {
  const GlDevice::Serial serial = device.serialize();
  const auto now = std::chrono::steady_clock::now();
  if (patience > kNoWait && first_wait_ == decltype(first_wait_){}) {
    first_wait_ = now;
    log(LogLevel::kTrace, "edgefirst_image::gl", "waits for the GPU");
  }
  if (!device.has_reached(fence_, patience)) {
    if (patience > kNoWait && now - first_wait_ > kLongestWait) throw GpuHangs();
    return false;
  }
  device.gl().DeleteSync(std::exchange(fence_, nullptr));
  if (readback_.is_pending()) {
    const GlDevice::Job job(device);
    readback_.end(device.gl(), device.readbacks());
  }
  return true;
}

}  // namespace edgefirst::gl
