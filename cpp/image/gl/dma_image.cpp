// SPDX-License-Identifier: Apache-2.0
// Imports by buffer: the key is the buffer itself (st_dev, st_ino), not a tensor over it.
#include "image/gl/dma_image.hpp"

#include <algorithm>
#include <cstring>

#include "base/checked.hpp"
#include "base/log.hpp"
#include "image/backend.hpp"
#include "image/gl/iosurface_image.hpp"

#if defined(__linux__)
#include <unistd.h>
#endif

namespace edgefirst::gl {
namespace {

/// How long an import outlives its last tensor: a camera's pool keeps its imports where every frame
/// comes as a new tensor.
constexpr std::uint64_t kStaleJobs = 64;
constexpr std::size_t kMostStale = 16;
constexpr std::uint64_t kIdleJobs = 256;
constexpr std::size_t kMostIdle = 64;
constexpr std::size_t kTrialSize = 64;
constexpr std::size_t kPageBytes = 4096;

Enum internal_format(Fourcc fourcc) {
  switch (fourcc) {
    case Fourcc::kAbgr8888:
      return kRgba8;
    case Fourcc::kGr88:
      return kRg8;
    case Fourcc::kR8:
      break;
  }
  return kR8;
}

/// The buffer as it is now: it may have shrunk since its tensor was made.
std::size_t buffer_bytes(const Storage& storage) {
#if defined(__linux__)
  const off_t end = ::lseek(storage.fd(), 0, SEEK_END);
  if (end > 0) return std::min<std::size_t>(static_cast<std::size_t>(end), storage.capacity());
#endif
  return storage.capacity();
}

/// Where the last block of 4 x 4 texels ends.
std::size_t block_end(const ImportGeometry& geometry) {
  const std::size_t rows = checked_multiply(round_up(geometry.height, 4) - 1, geometry.pitch);
  const std::size_t row =
      checked_multiply(round_up(geometry.width, 4), texel_bytes(geometry.fourcc));
  return checked_add(checked_add(geometry.offset, rows), row);
}

/// A texel of the trial picture; neighbours differ in every byte.
std::uint8_t trial_byte(std::size_t at) {
  return static_cast<std::uint8_t>(at * 37 + at / 64 * 11);
}

}  // namespace

std::size_t texel_bytes(Fourcc fourcc) {
  switch (fourcc) {
    case Fourcc::kAbgr8888:
      return 4;
    case Fourcc::kGr88:
      return 2;
    case Fourcc::kR8:
      break;
  }
  return 1;
}

const char* refuse_import(const ImportGeometry& geometry, std::size_t buffer_bytes,
                          std::size_t max_texture_size) {
  const std::size_t texel = texel_bytes(geometry.fourcc);
  if (geometry.width == 0 || geometry.height == 0) return "the picture is empty";
  if (geometry.width > max_texture_size || geometry.height > max_texture_size) {
    return "the picture exceeds the driver's texture size";
  }
  if (geometry.pitch < checked_multiply(geometry.width, texel)) return "the pitch is below a row";
  if (geometry.pitch % 4 != 0 || geometry.offset % 4 != 0) {
    return "rows do not start at multiples of 4 bytes";
  }
  if (geometry.pitch > 0x7FFFFFFF || geometry.offset > 0x7FFFFFFF) return "the buffer is too large";
  const bool fits = geometry.offset <= buffer_bytes &&
                    geometry.height <= (buffer_bytes - geometry.offset) / geometry.pitch;
  return fits ? nullptr : "rows reach past the end of the buffer";
}

DmaImages::~DmaImages() {
  for (Entry& entry : entries_) destroy(entry);
}

void DmaImages::destroy(Entry& entry) {
  delete_texture(context_.gl(), entry.texture);
  const EglDisplay display = context_.display().display;
  if (entry.image != nullptr) context_.egl().DestroyImageKHR(display, entry.image);
  if (entry.surface != nullptr) release_iosurface(context_.egl(), display, entry.surface);
  entry.image = nullptr;
  entry.surface = nullptr;
}

void DmaImages::log_once(const char* reason) {
  if (std::find(logged_.begin(), logged_.end(), reason) != logged_.end()) return;
  logged_.push_back(reason);
  log(LogLevel::kInfo, "edgefirst_image::gl", "a DMA-BUF is copied instead of imported: ", reason);
}

Texture* DmaImages::get(const Storage& storage, const ImportGeometry& geometry, bool as_target) {
  const char* reason = refuse_import(geometry, buffer_bytes(storage),
                                     static_cast<std::size_t>(caps_.max_texture_size));
  if (reason == nullptr && as_target && caps_.writes_blocks &&
      block_end(geometry) > round_up(buffer_bytes(storage), kPageBytes)) {
    reason = "the driver would write past the end of the buffer";
  }
  if (reason != nullptr) {
    log_once(reason);
    return nullptr;
  }
  if (!works(geometry.fourcc, as_target)) return nullptr;
  const StorageLocation location = storage.location();
  for (Entry& entry : entries_) {
    const bool hit = entry.location.device == location.device &&
                     entry.location.node == location.node && entry.geometry == geometry &&
                     entry.as_target == as_target;
    if (!hit) continue;
    entry.last_use = clock_;
    entry.guard = storage.identity().guard();
    return entry.is_imported() ? &entry.texture : nullptr;
  }
  Entry* entry = import(storage, geometry, as_target);
  return entry->is_imported() ? &entry->texture : nullptr;
}

/// Makes the buffer the pixels of the entry's texture, which is bound; nothing where that fails.
void DmaImages::attach(Entry& entry, const Storage& storage) {
  const EglApi& egl = context_.egl();
  const EglDisplay display = context_.display().display;
  const ImportGeometry& geometry = entry.geometry;
  if (void* iosurface = storage.iosurface()) {
    const auto plane = plane_of(iosurface_planes(iosurface), geometry);
    if (plane) entry.surface = bind_iosurface(egl, display, iosurface, *plane, geometry);
    return;
  }
  const Int attributes[] = {kEglWidth,
                            static_cast<Int>(geometry.width),
                            kEglHeight,
                            static_cast<Int>(geometry.height),
                            kEglDmaFourcc,
                            static_cast<Int>(geometry.fourcc),
                            kEglDmaPlane0Fd,
                            storage.fd(),
                            kEglDmaPlane0Offset,
                            static_cast<Int>(geometry.offset),
                            kEglDmaPlane0Pitch,
                            static_cast<Int>(geometry.pitch),
                            kEglImagePreserved,
                            1,
                            kEglNone};
  entry.image = egl.CreateImageKHR(display, nullptr, kEglLinuxDmaBuf, nullptr, attributes);
  if (entry.image != nullptr) context_.gl().EGLImageTargetTexture2DOES(kTexture2d, entry.image);
}

/// An entry that is not imported where the driver refuses: it is not asked again for that buffer.
DmaImages::Entry* DmaImages::import(const Storage& storage, const ImportGeometry& geometry,
                                    bool as_target) {
  const GlApi& gl = context_.gl();
  entries_.emplace_back();
  Entry& entry = entries_.back();
  entry.location = storage.location();
  entry.geometry = geometry;
  entry.as_target = as_target;
  entry.guard = storage.identity().guard();
  entry.last_use = clock_;
  forget_gl_errors(gl);
  Texture& texture = entry.texture;
  texture.format = internal_format(geometry.fourcc);
  texture.width = static_cast<Int>(geometry.width);
  texture.height = static_cast<Int>(geometry.height);
  gl.GenTextures(1, &texture.name);
  gl.ActiveTexture(kTexture0);
  gl.BindTexture(kTexture2d, texture.name);
  attach(entry, storage);
  if (!entry.is_imported()) {
    destroy(entry);
    log_once("the driver refuses the import");
    return &entry;
  }
  ++imports_;
  log(LogLevel::kDebug, "edgefirst_image::gl", "imports a DMA-BUF");
  set_texel_sampling(gl);
  if (as_target && renderbuffers_ && caps_.has_renderbuffer_import && entry.image != nullptr) {
    gl.GenRenderbuffers(1, &texture.renderbuffer);
    gl.BindRenderbuffer(kRenderbuffer, texture.renderbuffer);
    gl.EGLImageTargetRenderbufferStorageOES(kRenderbuffer, entry.image);
  }
  if (gl.GetError() != kNoError) {
    destroy(entry);
    log_once("the driver makes no texture of the import");
  }
  return &entry;
}

bool DmaImages::works(Fourcc fourcc, bool as_target) {
  for (const Trial& trial : trials_) {
    if (trial.fourcc == fourcc && trial.as_target == as_target) return trial.works;
  }
  trials_.push_back({fourcc, as_target, false});  // what fails halfway stays false
  const std::size_t at = trials_.size() - 1;
  const bool works = try_out(fourcc, as_target);
  trials_[at].works = works;
  if (!works) log_once("the driver does not pass the trial of its format");
  return works;
}

/// Renders the picture of a buffer of our own, or into it, and compares every byte.
bool DmaImages::try_out(Fourcc fourcc, bool as_target) try {
  const GlApi& gl = context_.gl();
  const std::size_t pitch = kTrialSize * 4;
  const std::size_t texel = texel_bytes(fourcc);
  const Tensor buffer(make_surface_storage({0, pitch, pitch / texel, kTrialSize, texel}),
                      {kTrialSize, pitch}, DType::kU8);
  {
    const TensorMap map = buffer.map(CpuAccess::kWrite);
    for (std::size_t i = 0; i < map.size_bytes(); ++i) map.as<std::uint8_t>()[i] = trial_byte(i);
  }
  const ImportGeometry geometry{fourcc, 0, pitch, kTrialSize, kTrialSize};
  Entry* entry = import(*buffer.storage(), geometry, as_target);
  bool passes = entry->is_imported();
  if (passes) {
    // Each format that we import can be rendered to and read in OpenGL ES 3.0 as RGBA8.
    std::vector<std::uint8_t> read(kTrialSize * kTrialSize * 4);
    render_to(gl, entry->texture);
    if (as_target) {
      gl.ClearColor(51.0F / 255, 102.0F / 255, 153.0F / 255, 204.0F / 255);
      gl.Clear(kColorBufferBit);
    }
    read_words(gl, {0, 0, kTrialSize, kTrialSize},
               {reinterpret_cast<std::byte*>(read.data()), 0, 0, kTrialSize * 4});
    const TensorMap map = buffer.map(CpuAccess::kRead);
    const auto* bytes = map.as<const std::uint8_t>();
    for (std::size_t i = 0; i < kTrialSize * kTrialSize && passes; ++i) {
      const std::size_t row = i / kTrialSize, column = i % kTrialSize;
      const std::uint8_t* stored = bytes + row * pitch + column * texel;
      passes = std::memcmp(stored, &read[i * 4], texel) == 0;
      for (std::size_t c = 0; c < texel && as_target; ++c)
        passes = passes && stored[c] == 51 * (c + 1);
    }
    passes = passes && gl.GetError() == kNoError;
  }
  destroy(*entry);
  entries_.remove_if([&](const Entry& e) { return &e == entry; });
  return passes;
} catch (const Error& error) {
  log(LogLevel::kInfo, "edgefirst_image::gl", "no trial of DMA-BUF imports: ", error.what());
  return false;
}

void DmaImages::drop_stale() {
  ++clock_;
  const auto is_stale = [](const Entry& entry) { return entry.guard.expired(); };
  while (drop_oldest(is_stale, kMostStale, kStaleJobs)) {
  }
  // A long-lived buffer of which ever other parts are converted.
  const auto any = [](const Entry&) { return true; };
  while (entries_.size() > kMostIdle && drop_oldest(any, entries_.size(), kIdleJobs)) {
  }
}

/// Drops the longest unused of those that are meant, where there are more than most or nobody used
/// it for so many jobs.
template <typename Meant>
bool DmaImages::drop_oldest(const Meant& is_meant, std::size_t most, std::uint64_t jobs) {
  std::size_t count = 0;
  auto oldest = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (!is_meant(*entry)) continue;
    ++count;
    if (oldest == entries_.end() || entry->last_use < oldest->last_use) oldest = entry;
  }
  if (count == 0 || (count <= most && clock_ - oldest->last_use <= jobs)) return false;
  destroy(*oldest);
  entries_.erase(oldest);
  return true;
}

}  // namespace edgefirst::gl
