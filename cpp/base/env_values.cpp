// SPDX-License-Identifier: Apache-2.0
// What the variables may hold. A value outside of it is told by a warning of the log where it is
// read, by build_info() and by `edgefirst-hal info`.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <initializer_list>

#include "base/env.hpp"
#include "base/log.hpp"
#include "base/message.hpp"
#include "base/simd.hpp"
#include "base/text.hpp"

namespace edgefirst::env {
namespace {

using Words = std::initializer_list<const char*>;

bool is_one_of(const std::string& value, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return lower_case(value) == word; });
}

std::string outside(const std::string& value, Words words, const char* meaning) {
  if (is_one_of(value, words)) return {};
  std::string text;
  for (const char* word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return message("is none of ", text, meaning);
}

std::string of_switch(const std::string& value) {
  if (value.empty() || is_one_of(value, {"0", "1", "false", "true", "yes", "on"})) return {};
  return "counts as on: 0 and false are off";
}

std::string of_number(const std::string& value) {
  char* end = nullptr;
  const bool is_number = std::strtoul(value.c_str(), &end, 10) != 0 && *end == '\0';
  return is_number ? std::string() : "is no number from 1 on";
}

std::string of_target(const std::string& value) {
  std::string names;
  for (const char* name : simd::available_targets()) {
    if (lower_case(name) == lower_case(value)) return {};
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return message("is no SIMD target of this build and processor, which are ", names);
}

std::string problem(Variable variable, const std::string& value) {
  switch (variable) {
    case Variable::kTensorForceMem:
    case Variable::kDisableGl:
    case Variable::kDisableG2d:
    case Variable::kDisableCpu:
    case Variable::kAllowSoftwareGl:
      return of_switch(value);
    case Variable::kForceBackend:
      return outside(value, {"cpu", "g2d", "opengl"}, "; no processor is made");
    case Variable::kForceTransfer:
      return outside(value, {"dmabuf", "dma", "pbo", "sync"}, " and ignored");
    case Variable::kOpenGlRenderSurface:
    case Variable::kProtoCompute:
      return outside(value, {"1", "0", "", "false"}, " and ignored: 1 switches it on");
    case Variable::kDecoderForceKernel:
      return outside(value, {"scalar", "neon", "neon_baseline", "neon_fp16"},
                     "; no per-scale decoder is made");
    case Variable::kSimd:
      return of_target(value);
    case Variable::kThreads:
      return of_number(value);
    case Variable::kAnglePath:
    case Variable::kOnnxRuntime:
    case Variable::kLiteRt:
    case Variable::kTfLite:
    case Variable::kOpenVino:
    case Variable::kEnginePath:
      break;  // whoever opens the file tells what is wrong with it
  }
  return {};
}

}  // namespace

std::string complaint(Variable variable) {
  const std::optional<std::string> value = get(variable);
  const std::string text = value ? problem(variable, *value) : std::string();
  if (text.empty()) return text;
  return message(table()[static_cast<std::size_t>(variable)].name, "=", *value, " ", text);
}

std::vector<std::string> complaints() {
  std::vector<std::string> texts;
  for (const VariableInfo& info : table()) {
    std::string text = complaint(info.variable);
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

void warn_once(Variable variable) {
  constexpr std::size_t kVariables = static_cast<std::size_t>(Variable::kEnginePath) + 1;
  static std::array<std::atomic<bool>, kVariables> warned{};
  if (!log_enabled(LogLevel::kWarn)) return;
  const std::string text = complaint(variable);
  if (text.empty() || warned[static_cast<std::size_t>(variable)].exchange(true)) return;
  log_write(LogLevel::kWarn, "edgefirst_hal::env", text);
}

}  // namespace edgefirst::env
