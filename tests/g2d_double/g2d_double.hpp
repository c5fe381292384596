// SPDX-License-Identifier: Apache-2.0
// The switches and counters of the libg2d double, found at run time by the test program that it is
// preloaded into.
#pragma once

#include <dlfcn.h>

#include <atomic>

namespace edgefirst::testing {

struct G2dDouble {
  // What fails. Reset by the test.
  std::atomic<bool> open_fails{false};
  std::atomic<bool> tells_addresses{true};
  std::atomic<int> address_error{0};  // errno
  std::atomic<int> blit_status{0};
  std::atomic<int> clear_status{0};
  std::atomic<int> finish_status{0};
  // What happened.
  std::atomic<int> opened{0};
  std::atomic<int> closed{0};
  std::atomic<int> clears{0};
  std::atomic<int> blits{0};
  std::atomic<int> finishes{0};
  std::atomic<int> bad_calls{0};  // arguments that the hardware would not survive
};

/// nullptr where the double is not loaded.
inline G2dDouble* g2d_double() {
  using Get = G2dDouble*();
  auto* get = reinterpret_cast<Get*>(::dlsym(RTLD_DEFAULT, "edgefirst_g2d_double"));
  return get == nullptr ? nullptr : get();
}

}  // namespace edgefirst::testing
