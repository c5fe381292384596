// SPDX-License-Identifier: Apache-2.0
// What a backend is: it answers whether it takes a request, and carries it out. Requests are valid
// by the time they get here. Implemented by cpu, gl and g2d; called by the dispatcher.
#pragma once

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
