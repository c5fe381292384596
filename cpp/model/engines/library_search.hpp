// SPDX-License-Identifier: Apache-2.0
// Where the shared library of an engine is looked for: the caller's choice, the environment
// variable, what a surface knows (the Python package's own library), the loader's path.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/dynamic_library.hpp"
#include "base/env.hpp"

namespace edgefirst::model {

struct LibraryNames {
  const char* engine;              ///< "onnxruntime", the key of hints
  env::Variable variable;          ///< names the library's path
  std::vector<std::string> names;  ///< to try in the loader's path, best first
  const char* advice;              ///< what to install
};

/// What is wrong with an opened library, empty where nothing is: a symbol that is missing, or a
/// version too old.
using LibraryCheck = std::function<std::string(const DynamicLibrary&)>;

struct FoundLibrary {
  DynamicLibrary library;
  std::string path;  ///< as it was opened
};

/// The first library that opens and passes. A wanted path, or the one that the variable names, is
/// the only one tried. Throws kEngineUnavailable with every place and what to install.
FoundLibrary find_library(const LibraryNames& names, const std::string& wanted,
                          const LibraryCheck& check);

/// A path to try before the loader's own, kept for the process; empty forgets. Thread-safe.
void set_library_hint(const std::string& engine, const std::string& path);

}  // namespace edgefirst::model
