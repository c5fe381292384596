// SPDX-License-Identifier: Apache-2.0
// Files that models and their configurations come in. Called by decoder.
#pragma once

#include <string>

namespace edgefirst::decoding {

/// The whole text. Throws kNotFound, kIo.
std::string read_file(const std::string& path);

bool ends_with(const std::string& text, const char* ending);

}  // namespace edgefirst::decoding
