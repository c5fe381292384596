// SPDX-License-Identifier: Apache-2.0
// What belongs to the process rather than to a picture: version, logging, tracing.
// All functions are thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "edgefirst/export.hpp"

namespace edgefirst {

/// "0.24.2"
EDGEFIRST_API const char* version();
/// A few lines: version, SIMD target in use, dependencies.
EDGEFIRST_API std::string build_info();
/// The SIMD target that kernels run on ("AVX2"); EDGEFIRST_SIMD can lower it.
EDGEFIRST_API const char* simd_target();

// Logging ------------------------------------------------------------------------------------
// The library never writes by itself: records go to the sink, and without one nowhere.

enum class LogLevel : int { kOff = 0, kError = 1, kWarn = 2, kInfo = 3, kDebug = 4, kTrace = 5 };

/// target names the component ("image.gl"); both strings live for the call only. Called from any
/// thread, possibly from several at once; must not throw.
using LogSink = void (*)(LogLevel level, const char* target, const char* message, void* userdata);

/// Replaces the sink; nullptr removes it. userdata must stay valid until the next replacement and
/// until calls in progress have returned.
EDGEFIRST_API void set_log_sink(LogSink sink, void* userdata, LogLevel max_level);

// Tracing ------------------------------------------------------------------------------------
// Timed spans of the internal steps as Chrome trace-event JSON, which ui.perfetto.dev opens.
// A span costs one relaxed atomic load while no session is active.

/// Throws kAlreadyActive while a session runs, kIo when the file cannot be created.
/// Any number of sessions may follow one another.
EDGEFIRST_API void start_tracing(const std::string& path);
/// Completes the file. No-op without a session.
EDGEFIRST_API void stop_tracing();
EDGEFIRST_API bool is_tracing_active();

}  // namespace edgefirst
