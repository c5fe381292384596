// SPDX-License-Identifier: Apache-2.0
#include "image/gl/readback.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/message.hpp"
#include "image/backend.hpp"

namespace edgefirst::gl {

BufferPool::~BufferPool() {
  for (const Entry& entry : entries_) gl_.DeleteBuffers(1, &entry.buffer);
}

Name BufferPool::take(std::size_t bytes) {
  for (Entry& entry : entries_) {
    if (entry.is_taken || entry.bytes != bytes) continue;
    entry.is_taken = true;
    return entry.buffer;
  }
  Entry entry{0, bytes, true};
  gl_.GenBuffers(1, &entry.buffer);
  gl_.BindBuffer(kPixelPackBuffer, entry.buffer);
  gl_.BufferData(kPixelPackBuffer, static_cast<std::ptrdiff_t>(bytes), nullptr, kStreamRead);
  gl_.BindBuffer(kPixelPackBuffer, 0);
  if (gl_.GetError() != kNoError) {
    gl_.DeleteBuffers(1, &entry.buffer);
    throw BackendRefusal(message("the OpenGL driver refuses a pixel buffer of ", bytes, " bytes"));
  }
  entries_.push_back(entry);
  return entry.buffer;
}

void BufferPool::give_back(Name buffer) {
  std::size_t idle = 0;
  for (Entry& entry : entries_) {
    if (entry.buffer == buffer) entry.is_taken = false;
    if (!entry.is_taken) ++idle;
  }
  if (idle <= kMostIdle) return;
  const auto oldest = std::find_if(entries_.begin(), entries_.end(),
                                   [](const Entry& entry) { return !entry.is_taken; });
  gl_.DeleteBuffers(1, &oldest->buffer);
  entries_.erase(oldest);
}

void Readback::begin(const GlApi& gl, BufferPool& buffers, std::size_t words,
                     const Target& target) {
  target_ = target;
  pitch_ = words * 4;
  const std::size_t rows = target.rows * target.plane_count;
  buffer_ = buffers.take(pitch_ * rows);
  PlaneBytes bytes;
  bytes.buffer = buffer_;
  bytes.stride = pitch_;
  read_words(gl, {0, 0, static_cast<Size>(words), static_cast<Size>(rows)}, bytes);
}

void Readback::end(const GlApi& gl, BufferPool& buffers) {
  const std::size_t rows = target_.rows * target_.plane_count;
  gl.BindBuffer(kPixelPackBuffer, buffer_);
  const auto* data = static_cast<const std::byte*>(gl.MapBufferRange(
      kPixelPackBuffer, 0, static_cast<std::ptrdiff_t>(pitch_ * rows), kMapReadBit));
  for (std::size_t row = 0; row < rows && data != nullptr; ++row) {
    const PlaneBytes& plane = target_.planes[row / target_.rows];
    std::memcpy(plane.data + plane.offset + row % target_.rows * plane.stride, data + row * pitch_,
                target_.row_bytes);
  }
  const bool kept = data != nullptr && gl.UnmapBuffer(kPixelPackBuffer) != 0;
  gl.BindBuffer(kPixelPackBuffer, 0);
  cancel(buffers);
  if (kept) return;
  forget_gl_errors(gl);
  throw BackendRefusal("the OpenGL driver lost a picture on its way to memory");
}

void Readback::cancel(BufferPool& buffers) {
  if (is_pending()) buffers.give_back(std::exchange(buffer_, 0));
}

}  // namespace edgefirst::gl
