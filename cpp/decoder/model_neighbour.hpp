// SPDX-License-Identifier: Apache-2.0
// Whether a configuration that lies beside several models is that of this one. Called by model_head
// and by tools.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "decoder/document.hpp"
#include "decoder/model_file.hpp"

namespace edgefirst::decoding {

/// The number that a name of a member spells, of six digits at most.
std::optional<std::size_t> class_number(const std::string& name);

/// Class names in order: of a list, or of a mapping from number to name. Empty for anything else.
std::vector<std::string> texts_of(const Json& names);

/// Why the document belongs to another model than the file of that name; empty: it fits. `names`
/// are the model's own. Throws kInvalidConfig where only the classes differ, which may be meant,
/// and for a document that is none.
std::string reason_against(const Json& document, const std::string& model, const ModelFile& file,
                           const std::vector<std::string>& names);

}  // namespace edgefirst::decoding
