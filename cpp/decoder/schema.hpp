// SPDX-License-Identifier: Apache-2.0
// The two generations of configuration documents. Grammar and document-level rules only; whether
// the outputs make a model is plan's business.
#pragma once

#include "decoder/description.hpp"
#include "decoder/document.hpp"

namespace edgefirst::decoding {

/// Reads the generation that schema_version names. Throws kInvalidConfig, kNotSupported.
Description read_document(const Json& root);

Description read_schema_v1(const Json& root);
Description read_schema_v2(const Json& root);

}  // namespace edgefirst::decoding
