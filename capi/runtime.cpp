// SPDX-License-Identifier: Apache-2.0
// Version, logging and tracing.
#include "edgefirst/runtime.hpp"

#include <atomic>
#include <cstdio>

#include "edgefirst/hal.h"

#include "base/message.hpp"
#include "convert.hpp"
#include "guard.hpp"

namespace capi = edgefirst::capi;
using capi::guard;
using capi::require;
using edgefirst::LogLevel;

namespace {

struct LogTarget {
  hal_log_callback callback = nullptr;
  void* userdata = nullptr;
};
LogTarget g_log_target;  // written once, before the sink that reads it is installed

void write_line(LogLevel level, const char* target, const char* text, void* stream) {
  static constexpr const char* kNames[] = {"OFF", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"};
  auto* file = static_cast<std::FILE*>(stream);
  std::fprintf(file, "[%s] %s: %s\n", kNames[static_cast<int>(level)], target, text);
  std::fflush(file);
}

void call_back(LogLevel level, const char* target, const char* text, void*) {
  g_log_target.callback(static_cast<hal_log_level>(level), target, text, g_log_target.userdata);
}

/// The first caller in the process gets through, all others raise kAlreadyActive.
void claim_logging() {
  static std::atomic<bool> claimed{false};
  if (claimed.exchange(true)) {
    edgefirst::raise(edgefirst::ErrorCode::kAlreadyActive, "logging was initialised before");
  }
}

}  // namespace

const char* hal_version(void) { return edgefirst::version(); }

const char* hal_compatible_version(void) { return edgefirst::compatible_version(); }

char* hal_build_info(void) {
  return guard([] { return capi::to_malloc(edgefirst::build_info()); });
}

int hal_log_init_file(FILE* stream, hal_log_level max_level) {
  return guard([&] {
    require({{"stream", stream}});
    const LogLevel level = capi::to_core(max_level);
    claim_logging();
    edgefirst::set_log_sink(write_line, stream, level);
  });
}

int hal_log_init_callback(hal_log_callback cb, void* userdata, hal_log_level max_level) {
  return guard([&] {
    require({{"cb", reinterpret_cast<const void*>(cb)}});
    const LogLevel level = capi::to_core(max_level);
    claim_logging();
    g_log_target = {cb, userdata};
    edgefirst::set_log_sink(call_back, nullptr, level);
  });
}

int hal_log_set_filter(const char* filter) {
  return guard([&] { edgefirst::set_log_filter(capi::required_text("filter", filter)); });
}

int hal_start_tracing(const char* path) {
  return guard(capi::ErrnoRule::system(),
               [&] { edgefirst::start_tracing(capi::required_text("path", path)); });
}

int hal_start_tracing_file(const char* path, size_t max_bytes) {
  return guard(capi::ErrnoRule::system(),
               [&] { edgefirst::start_tracing(capi::required_text("path", path), max_bytes); });
}

int hal_start_tracing_callback(hal_trace_callback cb, void* userdata, size_t max_bytes) {
  return guard([&] {
    require({{"cb", reinterpret_cast<const void*>(cb)}});
    edgefirst::start_tracing(cb, userdata, max_bytes);
  });
}

void hal_stop_tracing(void) {
  guard(capi::ErrnoRule::system(), [] { edgefirst::stop_tracing(); });
}

int hal_is_tracing_active(void) { return edgefirst::is_tracing_active() ? 1 : 0; }
