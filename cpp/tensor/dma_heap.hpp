// SPDX-License-Identifier: Apache-2.0
// Allocates DMA-BUFs: from whatever dma-heap the kernel offers, else through udmabuf.
// Does not map or synchronise them. Called by storage_dma.
#pragma once

#include <cstddef>

#include "base/unique_fd.hpp"

namespace edgefirst {

/// ioctl() that goes on after EINTR and EAGAIN, as the DMA-BUF interface asks for.
int retry_ioctl(int fd, unsigned long request, void* argument);

/// A zero-filled buffer of at least bytes. Throws kOutOfMemory (every source refused, or 0 bytes),
/// kNotSupported (the kernel offers none, or forbids its use).
UniqueFd allocate_dma_buffer(std::size_t bytes);

/// Bytes of the DMA-BUF behind fd; 0 where the kernel does not tell.
std::size_t dma_buffer_size(int fd);

}  // namespace edgefirst
