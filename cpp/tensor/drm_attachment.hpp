// SPDX-License-Identifier: Apache-2.0
// Attaches a DMA-BUF to a DRM render node. The heaps' cache maintenance walks a buffer's
// attachments; without any, DMA_BUF_IOCTL_SYNC on a cached CMA heap does nothing.
// One per self-allocated buffer, owned by its storage: no two owners ever share a PRIME handle, so
// closing one detaches nobody else.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <utility>

namespace edgefirst {

class DrmAttachment {
 public:
  /// Empty where no render node takes the buffer; that is logged.
  static DrmAttachment attach(int dma_buffer) noexcept;

  DrmAttachment() = default;
  DrmAttachment(DrmAttachment&& other) noexcept
      : handle_(std::exchange(other.handle_, 0)), process_(other.process_) {}
  DrmAttachment& operator=(DrmAttachment&&) = delete;
  ~DrmAttachment();

  bool is_attached() const { return handle_ != 0; }

 private:
  std::uint32_t handle_ = 0;
  pid_t process_ = 0;  // handles are its alone: a forked child shares the node's open file
};

}  // namespace edgefirst
