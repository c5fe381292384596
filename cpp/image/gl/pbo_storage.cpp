// SPDX-License-Identifier: Apache-2.0
// glGenBuffers, glMapBufferRange and glDeleteBuffers, on the thread that owns the context.
#include "image/gl/pbo_storage.hpp"

#include <cstring>

#include "base/log.hpp"
#include "base/message.hpp"
#include "image/backend.hpp"
#include "image/gl/gl_device.hpp"

namespace edgefirst::gl {

std::shared_ptr<Storage> PixelBuffers::create(std::size_t bytes) {
  Name buffer = 0;
  thread_->run([&](GlDevice& device) {
    const GlDevice::Job job(device);
    const GlApi& gl = device.gl();
    const auto size = static_cast<std::ptrdiff_t>(bytes + kSlackBytes);
    gl.GenBuffers(1, &buffer);
    gl.BindBuffer(kPixelPackBuffer, buffer);
    gl.BufferData(kPixelPackBuffer, size, nullptr, kStreamCopy);
    void* data = gl.MapBufferRange(kPixelPackBuffer, 0, size, kMapWriteBit);
    const bool zeroed = data != nullptr && (std::memset(data, 0, bytes + kSlackBytes),
                                            gl.UnmapBuffer(kPixelPackBuffer) != 0);
    gl.BindBuffer(kPixelPackBuffer, 0);
    if (zeroed && gl.GetError() == kNoError) return;
    gl.DeleteBuffers(1, &buffer);
    forget_gl_errors(gl);
    throw BackendRefusal(message("the OpenGL driver refuses a pixel buffer of ", bytes, " bytes"));
  });
  return make_pixel_buffer_storage(buffer, bytes, weak_from_this());
}

std::byte* PixelBuffers::map(std::uint32_t buffer, std::size_t bytes) {
  void* data = nullptr;
  thread_->run([&](GlDevice& device) {
    const GlDevice::Job job(device);
    const GlApi& gl = device.gl();
    gl.BindBuffer(kPixelPackBuffer, buffer);
    data = gl.MapBufferRange(kPixelPackBuffer, 0, static_cast<std::ptrdiff_t>(bytes),
                             kMapReadBit | kMapWriteBit);
    gl.BindBuffer(kPixelPackBuffer, 0);
    forget_gl_errors(gl);
  });
  if (data == nullptr) {
    raise(ErrorCode::kIo, "the OpenGL driver does not map pixel buffer ", buffer, " of ", bytes,
          " bytes");
  }
  return static_cast<std::byte*>(data);
}

bool PixelBuffers::unmap(std::uint32_t buffer) noexcept try {
  bool kept = false;
  thread_->run([&](GlDevice& device) {
    const GlDevice::Job job(device);
    const GlApi& gl = device.gl();
    gl.BindBuffer(kPixelPackBuffer, buffer);
    kept = gl.UnmapBuffer(kPixelPackBuffer) != 0;
    gl.BindBuffer(kPixelPackBuffer, 0);
  });
  return kept;
} catch (const std::exception& error) {
  log(LogLevel::kWarn, "edgefirst_image::gl", "pixel buffer ", buffer,
      " stays mapped: ", error.what());
  return true;
}

void PixelBuffers::destroy(std::uint32_t buffer) noexcept try {
  thread_->post([buffer](GlDevice& device) {
    const GlDevice::Job job(device);
    const Name name = buffer;
    device.gl().DeleteBuffers(1, &name);
  });
} catch (const std::exception& error) {
  log(LogLevel::kWarn, "edgefirst_image::gl", "pixel buffer ", buffer,
      " is not deleted: ", error.what());
}

}  // namespace edgefirst::gl
