// SPDX-License-Identifier: Apache-2.0
// The EGL display of this process, found once and never terminated, and contexts on it. Every way
// that was tried and failed is remembered with its reason until the environment changes.
// Knows nothing of pixels. Used by the GL threads and by probe_egl_displays().
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "edgefirst/image.hpp"

#include "image/gl/gl_api.hpp"

namespace edgefirst::gl {

/// A display that answered with everything we need.
struct DisplayInfo {
  const GlLibrary* library = nullptr;
  EglDisplay display = nullptr;
  EglDisplayKind kind = EglDisplayKind::kDefault;
  std::string description;
  std::string extensions;
};

/// The display that a context would use, without making one. None, and the reasons, where no
/// display answers. is_missing tells that the libraries cannot be opened at all.
std::optional<DisplayInfo> find_display(std::optional<EglDisplayKind> wanted, std::string& reason,
                                        bool& is_missing);

/// GL_RENDERER names that mean the CPU.
bool is_software_renderer(const std::string& renderer);

/// False in a child of fork(), where drivers have lost their threads, and once the process exits.
bool may_call_drivers();

/// A surfaceless OpenGL ES context, current on the thread that made it and destroyed there.
class EglContext {
 public:
  /// nullptr, and the reasons way by way, where none can be had.
  static std::unique_ptr<EglContext> create(std::optional<EglDisplayKind> wanted,
                                            std::string& reason);
  ~EglContext();
  EglContext(const EglContext&) = delete;
  EglContext& operator=(const EglContext&) = delete;

  const GlApi& gl() const { return info_.library->gl; }
  const EglApi& egl() const { return info_.library->egl; }
  const DisplayInfo& display() const { return info_; }

 private:
  EglContext(DisplayInfo info, EglContextHandle handle) : info_(std::move(info)), handle_(handle) {}
  static std::unique_ptr<EglContext> create_on(const DisplayInfo& info, std::string& reason);

  DisplayInfo info_;
  EglContextHandle handle_;
};

}  // namespace edgefirst::gl
