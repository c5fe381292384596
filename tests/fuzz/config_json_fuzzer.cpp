// SPDX-License-Identifier: Apache-2.0
// Any text as a JSON configuration: it builds a decoder or throws edgefirst::Error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "edgefirst/decoder.hpp"
#include "edgefirst/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    edgefirst::Decoder::from_json({reinterpret_cast<const char*>(data), size});
  } catch (const edgefirst::Error&) {
  }
  return 0;
}
