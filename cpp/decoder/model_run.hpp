// SPDX-License-Identifier: Apache-2.0
// Between a model and its description: a run becomes what a model file says, and a description
// becomes a configuration again. Called by decoder.
#pragma once

#include "decoder/description.hpp"
#include "decoder/document.hpp"
#include "decoder/model_file.hpp"

namespace edgefirst::decoding {

/// The outputs with their values, and the metadata. Throws kInvalidConfig for a missing tensor.
ModelFile file_of(const ModelRun& run);

/// A configuration of generation 2 that read_document reads as the description.
Json document_of(const Description& description,
                 const std::optional<std::pair<std::size_t, std::size_t>>& input_dims);

}  // namespace edgefirst::decoding
