// SPDX-License-Identifier: Apache-2.0
// What a backend is: it answers whether it takes a request, and carries it out. Requests are valid
// by the time they get here. Implemented by cpu, gl and g2d; called by the dispatcher.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "edgefirst/error.hpp"

#include "image/draw_request.hpp"
#include "image/request.hpp"

namespace edgefirst {

/// A driver that could not carry out what its backend had taken: the next backend takes over.
class BackendRefusal : public Error {
 public:
  explicit BackendRefusal(const std::string& message)
      : Error(ErrorCode::kBackendUnavailable, message) {}
};

/// Work that a backend has handed to its device and that goes on without its caller. Landed or not,
/// it may be destroyed.
class Flight {
 public:
  virtual ~Flight() = default;
  /// Whether the work is over, waiting no longer than patience; what it writes is in place then.
  /// Throws BackendRefusal where the device failed: it must be done again elsewhere.
  virtual bool is_over(std::chrono::nanoseconds patience) = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual ComputeBackend kind() const = 0;
  /// nullptr: takes the request. Else a static reason why not. Pure and cheap.
  virtual const char* declines(const ConvertRequest& request) const = 0;
  virtual const char* declines(const DrawRequest& request) const = 0;

  /// Both may throw BackendRefusal, and the errors of mapping.
  virtual void convert(const ConvertRequest& request) = 0;
  virtual void draw(const DrawRequest& request) = 0;

  /// convert() that need not wait for its device: nullptr, or what is still under way. The request
  /// and its tensors outlive that.
  virtual std::unique_ptr<Flight> submit(const ConvertRequest& request) {
    convert(request);
    return nullptr;
  }
  /// A flight of that request was refused: decline its like from now on.
  virtual void decline_from_now_on(const ConvertRequest& /*request*/) {}

  /// Whether images in DMA-BUFs suit this backend better than those of its own create_image().
  virtual bool prefers_dma_buffers() const { return true; }
  /// A zero-filled image in memory that this backend reaches best, or none.
  virtual std::optional<Tensor> create_image(std::size_t /*width*/, std::size_t /*height*/,
                                             PixelFormat /*format*/, DType /*dtype*/) {
    return std::nullopt;
  }
};

std::unique_ptr<Backend> make_cpu_backend();
/// nullptr, and why, where OpenGL ES cannot be had.
std::unique_ptr<Backend> make_gl_backend(std::optional<EglDisplayKind> display,
                                         std::string& reason);
/// nullptr, and why, where NXP's blitter cannot be had.
std::unique_ptr<Backend> make_g2d_backend(std::string& reason);

}  // namespace edgefirst
