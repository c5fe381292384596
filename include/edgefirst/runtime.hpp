// SPDX-License-Identifier: Apache-2.0
// What belongs to the process rather than to a picture: version, logging, tracing.
// All functions are thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "edgefirst/export.hpp"

namespace edgefirst {

/// The library's version by semantic versioning, "1.0.0".
EDGEFIRST_API const char* version();
/// The EdgeFirst HAL whose programs run unchanged on this library, "0.24.2".
EDGEFIRST_API const char* compatible_version();
/// A few lines: version, SIMD target in use and those to choose from, threads, and a line that
/// begins with "environment: " for each variable whose value is none that it may hold.
EDGEFIRST_API std::string build_info();
/// The SIMD target that kernels run on ("AVX2"); EDGEFIRST_SIMD, in any case, can lower it.
EDGEFIRST_API const char* simd_target();

// Logging ------------------------------------------------------------------------------------
// The library never writes by itself: records go to the sink, and without one nowhere.

enum class LogLevel : int { kOff = 0, kError = 1, kWarn = 2, kInfo = 3, kDebug = 4, kTrace = 5 };

/// target names the component, "edgefirst_image::gl": edgefirst_codec, _decoder, _image, _tensor,
/// _tracker or _hal, and a module in it. Both strings live for the call only. Called from any
/// thread, possibly from several at once; must not throw. What it calls of the library is not
/// logged. It runs in the middle of a call, whose objects it must not use.
using LogSink = void (*)(LogLevel level, const char* target, const char* message, void* userdata);

/// Replaces the sink; nullptr removes it. userdata must stay valid until the next replacement and
/// until calls in progress have returned. Throws kBusy inside a sink.
EDGEFIRST_API void set_log_sink(LogSink sink, void* userdata, LogLevel max_level);

/// Chooses the sink's records by target, in the place of max_level, until the next sink:
///   set_log_filter("warn,edgefirst_codec=trace,edgefirst_image::gl=off");
/// The syntax is RUST_LOG's. Commas separate the rules. A level (off, error, warn, info, debug,
/// trace, or 0 to 5) applies to all targets. A target without a level lets all its records pass.
/// Where several rules fit a record, the one with the longest target decides. "/regex" behind the
/// rules lets only matching texts pass. Targets of other libraries are allowed and choose nothing.
/// Throws kInvalidArgument for anything else and where no sink is set, kBusy inside a sink.
EDGEFIRST_API void set_log_filter(const std::string& filter);

// Tracing ------------------------------------------------------------------------------------
// Timed spans of the internal steps as Chrome trace-event JSON, which ui.perfetto.dev opens.
// A span costs one relaxed atomic load while no session is active. One session runs at a time, any
// number may follow one another. A child of fork() has no part in its parent's session.

/// Receives one event, a JSON object on one line, from any thread, but one at a time. The text
/// lives for the call only. Must not throw; spans that end inside it are left out, and it can
/// neither start nor stop a session. It may use the library and its threads, but it runs in the
/// middle of the call whose step it tells: it must neither use the objects of that call nor wait
/// for another call that may be about to tell a step.
using TraceSink = void (*)(const char* event, void* userdata);

/// Writes to a file of at most max_bytes bytes (0: no limit). Spans that do not fit are left out,
/// and the last event, "trace.full", tells how many. Throws kAlreadyActive while a session runs,
/// kIo where the file cannot be created, kInvalidArgument for a limit below 1024.
EDGEFIRST_API void start_tracing(const std::string& path, std::size_t max_bytes = 0);
/// The same to a function. userdata must stay valid until stop_tracing() has returned.
EDGEFIRST_API void start_tracing(TraceSink sink, void* userdata, std::size_t max_bytes = 0);
/// Completes the file, or has called the sink for the last time. No-op without a session. Throws
/// kIo where the file has not taken everything, and removes it; the session has ended all the same.
EDGEFIRST_API void stop_tracing();
EDGEFIRST_API bool is_tracing_active();

}  // namespace edgefirst
