// SPDX-License-Identifier: Apache-2.0
// Any bytes as TIFF data: the orientation is 1...8, whatever they say. Run by libFuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "codec/exif.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::uint8_t orientation = edgefirst::exif_orientation({data, size});
  if (orientation < 1 || orientation > 8) std::abort();
  return 0;
}
