// SPDX-License-Identifier: Apache-2.0
// The warnings that the library logs while a test looks.
#pragma once

#include <string>
#include <vector>

#include "edgefirst/runtime.hpp"

namespace edgefirst::testing {

/// Collects warnings of its lifetime; only one may live at a time.
class Warnings {
 public:
  Warnings() {
    set_log_sink(
        [](LogLevel, const char*, const char* text, void* lines) {
          static_cast<std::vector<std::string>*>(lines)->push_back(text);
        },
        &lines_, LogLevel::kWarn);
  }
  ~Warnings() { set_log_sink(nullptr, nullptr, LogLevel::kOff); }
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  /// What came since the last call.
  std::vector<std::string> take() {
    std::vector<std::string> lines;
    lines.swap(lines_);
    return lines;
  }

 private:
  std::vector<std::string> lines_;
};

}  // namespace edgefirst::testing
