// SPDX-License-Identifier: Apache-2.0
// Which memory kinds this machine offers.
#include "edgefirst/hal.h"
#include "edgefirst/tensor.hpp"

#include "guard.hpp"

using edgefirst::TensorMemory;

namespace {

bool is_available(TensorMemory memory) {
  return edgefirst::capi::guard([&]() -> int { return edgefirst::is_memory_available(memory); }) ==
         1;
}

}  // namespace

bool hal_is_dma_available(void) {
#if defined(__linux__)
  return is_available(TensorMemory::kDma);
#else
  return false;
#endif
}

bool hal_is_iosurface_available(void) {
#if defined(__APPLE__)
  return is_available(TensorMemory::kDma);
#else
  return false;
#endif
}

bool hal_is_gpu_buffer_available(void) {
  return hal_is_dma_available() || hal_is_iosurface_available();
}

bool hal_is_shm_available(void) { return is_available(TensorMemory::kShm); }
