// SPDX-License-Identifier: Apache-2.0
// DMA-BUFs, on macOS IOSurfaces, as textures: checked by one function, tried out once per format,
// imported once per buffer and geometry. Lives on the GL thread. Used by the passes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "image/gl/gl_caps.hpp"
#include "image/gl/gl_image.hpp"
#include "image/gl/program.hpp"
#include "tensor/storage.hpp"

namespace edgefirst::gl {

/// DRM formats we import: plain bytes, so that colours are computed by our shaders on every driver.
enum class Fourcc : std::uint32_t {
  kAbgr8888 = 0x34324241,  ///< "AB24": four bytes, the first is red
  kGr88 = 0x38385247,      ///< "GR88": two bytes, the first is red
  kR8 = 0x20203852,        ///< "R8  "
};

std::size_t texel_bytes(Fourcc fourcc);

/// Part of a buffer as a picture of texels.
struct ImportGeometry {
  Fourcc fourcc = Fourcc::kAbgr8888;
  std::size_t offset = 0;
  std::size_t pitch = 0;
  std::size_t width = 0;
  std::size_t height = 0;
};
inline bool operator==(const ImportGeometry& a, const ImportGeometry& b) {
  return a.fourcc == b.fourcc && a.offset == b.offset && a.pitch == b.pitch && a.width == b.width &&
         a.height == b.height;
}

/// nullptr where a buffer of that many bytes can be imported so; else why not. Drivers do not
/// check: llvmpipe ends the process for rows past the end of the buffer. Only linear buffers get
/// here (no modifier is passed).
const char* refuse_import(const ImportGeometry& geometry, std::size_t buffer_bytes,
                          std::size_t max_texture_size);

class DmaImages {
 public:
  DmaImages(const EglContext& context, const GlCaps& caps) : context_(context), caps_(caps) {}
  ~DmaImages();
  DmaImages(const DmaImages&) = delete;
  DmaImages& operator=(const DmaImages&) = delete;

  /// The texture over a DMA-BUF, imported now or before. nullptr, once logged, where the driver or
  /// the buffer does not allow it. as_target: to be rendered into.
  Texture* get(const Storage& storage, const ImportGeometry& geometry, bool as_target);
  /// Whether four-byte pixels can be read from DMA-BUFs and rendered into them.
  bool passes_trial() { return works(Fourcc::kAbgr8888, false) && works(Fourcc::kAbgr8888, true); }
  /// Drops what nobody can use any more. Called at the end of every job.
  void drop_stale();

  std::size_t size() const { return entries_.size(); }
  std::uint64_t import_count() const { return imports_; }
  void use_renderbuffers(bool on) { renderbuffers_ = on; }

 private:
  struct Entry {
    StorageLocation location;
    ImportGeometry geometry;
    bool as_target = false;
    std::weak_ptr<const void> guard;  // dies with the last tensor over the buffer
    std::uint64_t last_use = 0;
    EglImage image = nullptr;  // the one of a DMA-BUF, the other of an IOSurface
    EglSurface surface = nullptr;
    Texture texture;

    bool is_imported() const { return image != nullptr || surface != nullptr; }
  };
  /// Whether a format has been tried out, and how it went.
  struct Trial {
    Fourcc fourcc;
    bool as_target;
    bool works;
  };
  bool works(Fourcc fourcc, bool as_target);
  bool try_out(Fourcc fourcc, bool as_target);
  Entry* import(const Storage& storage, const ImportGeometry& geometry, bool as_target);
  void attach(Entry& entry, const Storage& storage);
  void destroy(Entry& entry);
  template <typename Meant>
  bool drop_oldest(const Meant& is_meant, std::size_t most, std::uint64_t jobs);
  void log_once(const char* reason);

  const EglContext& context_;
  const GlCaps& caps_;
  std::list<Entry> entries_;  // textures stay where they are
  std::vector<Trial> trials_;
  std::vector<const char*> logged_;
  std::uint64_t clock_ = 0;
  std::uint64_t imports_ = 0;
  bool renderbuffers_ = false;
};

}  // namespace edgefirst::gl
