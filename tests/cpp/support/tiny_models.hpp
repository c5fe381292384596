// SPDX-License-Identifier: Apache-2.0
// Models of one operator, y = Relu(x), small enough to stand in a source file.
#pragma once

#include <string>

namespace edgefirst::testing {

/// 8 floats, [1, 8]; its metadata has names.
inline constexpr const char* kReluOnnx =
    "CAgSBGhhbmQ6OwoMCgF4EgF5IgRSZWx1EgFnWhMKAXgSDgoMCAESCAoCCAEKAggIYhMKAXkSDgoMCAESCAoCCAEKAg"
    "gIQgQKABANchEKBW5hbWVzEgh7MDogJ2EnfQ==";
/// Floats of [batch, 3, h, w], all but the 3 open.
inline constexpr const char* kOpenReluOnnx =
    "CAgSBGhhbmQ6WQoMCgF4EgF5IgRSZWx1EgFnWiIKAXgSHQobCAESFwoHEgViYXRjaAoCCAMKAxIBaAoDEgF3YiIKAX"
    "kSHQobCAESFwoHEgViYXRjaAoCCAMKAxIBaAoDEgF3QgQKABANchEKBW5hbWVzEgh7MDogJ2EnfQ==";
/// 8 floats, [1, 8].
inline constexpr const char* kReluTfLite =
    "CAAAAFRGTDPC////FAAAACAAAAAoAAAADAEAAAMAAAABAAAACAAAAAQABAAEAAAABAAAAGhhbmQAAAAAAQAAABQAAA"
    "AAAA4AGAAUABAADAAIAAQADgAAABQAAAAcAAAASAAAAEwAAABQAAAABAAAAG1haW4AAAAAAQAAABAAAAAAAAoADAAA"
    "AAgABAAKAAAACAAAAAwAAAABAAAAAQAAAAEAAAAAAAAAAQAAAAEAAAABAAAAAAAAAAIAAABEAAAABAAAANr///8AAA"
    "ABCAAAAAwAAAABAAAAeQAAAAIAAAABAAAACAAAAAAAFgAQAAwAAAAAAAgAAAAAAAAAAAAHABYAAAAAAAABCAAAAAwA"
    "AAABAAAAeAAAAAIAAAABAAAACAAAAAEAAAAQAAAADAAMAAsAAAAAAAQADAAAABMAAAAAAAAT";

inline std::string from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned value = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = digits.find(c);
    if (digit == std::string::npos) break;  // "="
    value = value << 6U | static_cast<unsigned>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(value >> static_cast<unsigned>(bits) & 0xFFU);
  }
  return bytes;
}

}  // namespace edgefirst::testing
