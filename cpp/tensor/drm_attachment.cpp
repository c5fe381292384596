// SPDX-License-Identifier: Apache-2.0
// PRIME import into the first DRM render node that takes a buffer.
#if defined(__linux__)

#include "tensor/drm_attachment.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>

#include "base/log.hpp"
#include "base/text.hpp"
#include "tensor/dma_heap.hpp"

namespace edgefirst {
namespace {

// The minor numbers of render nodes.
constexpr int kFirstNode = 128;
constexpr int kLastNode = 191;

// The kernel's interface (drm.h of libdrm, which builds without a GPU do not have).
struct PrimeHandle {
  std::uint32_t handle;
  std::uint32_t flags;
  std::int32_t fd;
};
struct GemClose {
  std::uint32_t handle;
  std::uint32_t padding;
};
constexpr unsigned long kPrimeFdToHandle = _IOWR('d', 0x2e, PrimeHandle);
constexpr unsigned long kGemClose = _IOW('d', 0x09, GemClose);

/// 0 where the node does not take the buffer.
std::uint32_t import_into(int node, int dma_buffer) {
  PrimeHandle prime{};
  prime.fd = dma_buffer;
  return retry_ioctl(node, kPrimeFdToHandle, &prime) == 0 ? prime.handle : 0;
}

void close_handle(int node, std::uint32_t handle) noexcept {
  GemClose close{handle, 0};
  if (retry_ioctl(node, kGemClose, &close) != 0) {
    log(LogLevel::kWarn, "edgefirst_tensor::dma", "cannot close PRIME handle ", handle, ", errno ",
        errno);
  }
}

/// The node that took the first buffer serves the process; -1 where none did.
int open_node(int dma_buffer) {
  for (int number = kFirstNode; number <= kLastNode; ++number) {
    const std::string path = "/dev/dri/renderD" + integer_text(number);
    UniqueFd node(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!node.is_valid()) continue;
    const std::uint32_t handle = import_into(node.get(), dma_buffer);
    if (handle == 0) continue;
    close_handle(node.get(), handle);
    return node.release();
  }
  log(LogLevel::kDebug, "edgefirst_tensor::dma", "no DRM render node takes DMA-BUFs: not attached");
  return -1;
}

/// The render node of a process: handles made through an inherited one would belong to the parent
/// and outlive a child that ends without destructors. -1: none takes buffers.
struct alignas(8) Node {  // of its own size: Clang asks libatomic for anything less
  std::int32_t process = 0;
  std::int32_t fd = -1;
};
std::atomic<Node> g_node{Node{}};
static_assert(std::atomic<Node>::is_always_lock_free);  // hence usable in a forked child

int node_for(int dma_buffer) {
  Node known = g_node.load(std::memory_order_acquire);
  const Node own{static_cast<std::int32_t>(::getpid()), -1};
  if (known.process == own.process) return known.fd;
  const Node opened{own.process, open_node(dma_buffer)};
  if (g_node.compare_exchange_strong(known, opened, std::memory_order_acq_rel)) return opened.fd;
  UniqueFd(opened.fd).reset();  // another thread was first
  return known.process == own.process ? known.fd : -1;
}

}  // namespace

DrmAttachment DrmAttachment::attach(int dma_buffer) noexcept {
  DrmAttachment attachment;
  try {
    const int node = node_for(dma_buffer);
    if (node < 0) return attachment;
    attachment.handle_ = import_into(node, dma_buffer);
    attachment.process_ = ::getpid();
    if (!attachment.is_attached()) {
      log(LogLevel::kWarn, "edgefirst_tensor::dma", "DRM render node refused a DMA-BUF, errno ",
          errno);
    }
  } catch (...) {  // out of memory for names: the buffer works without an attachment
  }
  return attachment;
}

DrmAttachment::~DrmAttachment() {
  if (!is_attached() || process_ != ::getpid()) return;
  close_handle(g_node.load(std::memory_order_acquire).fd, handle_);
}

}  // namespace edgefirst

#endif
