// SPDX-License-Identifier: Apache-2.0
// Arithmetic-coded JPEGs (SOF9, SOF10) of any bytes, into a padded tensor in a format, dtype and
// with options chosen by the first byte. Run by libFuzzer.
#include "jpeg_kind_fuzzer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz_kind(data, size, [](std::uint8_t frame) { return frame == 0xC9 || frame == 0xCA; });
}
