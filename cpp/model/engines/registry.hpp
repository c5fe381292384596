// SPDX-License-Identifier: Apache-2.0
// Which engines there are, what each opens, and the ones that this process has loaded.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "edgefirst/span.hpp"

#include "model/engines/engine.hpp"

namespace edgefirst::model {

/// One row of the table of engines.
struct EngineInfo {
  const char* name;      ///< "onnxruntime", "litert", "tflite", "openvino"
  const char* suffixes;  ///< what it opens, apart by blanks: ".onnx .xml"
  bool has_delegates;
  std::unique_ptr<Engine> (*open)(const std::string& library);
};

/// In order of preference.
Span<const EngineInfo> engine_table();

/// The engine of that name, from the library given or the first one found (library_search.hpp). A
/// name outside the table is a plug-in's: libedgefirst_engine_NAME.so in EDGEFIRST_ENGINE_PATH,
/// unless a library is given. Loaded once a process and library. Throws kInvalidArgument (no such
/// engine), kEngineUnavailable. Thread-safe.
Engine& engine(const std::string& name, const std::string& library = {});

/// The names of the engines that open a file's suffix, best first. Engines of the table go before
/// plug-ins, which are named where the table has none. With a delegate only engines that take one
/// are named. Throws kNotSupported where no engine is left.
std::vector<std::string> engines_for(const std::string& path, bool with_delegate);

/// The names of the plug-ins in EDGEFIRST_ENGINE_PATH, sorted.
std::vector<std::string> plugin_names();

}  // namespace edgefirst::model
