// SPDX-License-Identifier: Apache-2.0
// Which memory kinds this machine offers.
#include "edgefirst/export.hpp"
#include "edgefirst/tensor.hpp"

extern "C" {

EDGEFIRST_API bool hal_is_dma_available(void) {
  return edgefirst::is_memory_available(edgefirst::TensorMemory::kDma);
}

EDGEFIRST_API bool hal_is_shm_available(void) {
  return edgefirst::is_memory_available(edgefirst::TensorMemory::kShm);
}

}  // extern "C"
