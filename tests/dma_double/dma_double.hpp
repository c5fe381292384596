// SPDX-License-Identifier: Apache-2.0
// A test double for the kernel's DMA-BUF devices, preloaded into a test program. A memfd plays the
// buffer; ioctls are checked as the kernel checks them, counted, and made to fail on demand.
// The proof is the same suite on a real kernel (tests/qemu); this one runs under sanitizers.
#pragma once

#include <dlfcn.h>

#include <atomic>
#include <cstdint>

namespace edgefirst::testing {

struct DmaDouble {
  // Which devices exist.
  std::atomic<bool> has_cma{true};
  std::atomic<bool> has_system{true};
  std::atomic<bool> has_udmabuf{true};
  std::atomic<bool> has_render_node{true};
  // The ioctl with this number fails, counted from 0 by ioctls; -1: none.
  std::atomic<int> fail_at{-1};
  std::atomic<int> fail_errno{0};
  // What happened. Reset by the test.
  std::atomic<int> ioctls{0};
  std::atomic<int> starts{0};
  std::atomic<int> ends{0};           // attempts: a failing END counts
  std::atomic<int> bad_requests{0};   // arguments a kernel would refuse
  std::atomic<int> prime_handles{0};  // open now
  std::atomic<std::uint64_t> last_sync_flags{0};
};

/// nullptr where the double is not loaded.
inline DmaDouble* dma_double() {
  using Get = DmaDouble*();
  auto* get = reinterpret_cast<Get*>(::dlsym(RTLD_DEFAULT, "edgefirst_dma_double"));
  return get == nullptr ? nullptr : get();
}

}  // namespace edgefirst::testing
