// SPDX-License-Identifier: Apache-2.0
// Configuration text becomes a tree of values. Untrusted input: size, depth and the expansion of
// YAML aliases are limited. Knows nothing of models; called by decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decoder/json.hpp"

namespace edgefirst::decoding {

constexpr std::size_t kMaxDocumentBytes = std::size_t{4} << 20;
constexpr std::size_t kMaxDocumentDepth = 64;
constexpr std::size_t kMaxDocumentNodes = std::size_t{1} << 18;

/// What plain scalars of YAML become: values of the core schema, or the text as it is written.
enum class Scalars : std::uint8_t { kValues, kText };

/// Both throw kInvalidConfig naming the place.
Json parse_json(std::string_view text);
Json parse_yaml(std::string_view text, Scalars scalars = Scalars::kValues);

/// The first character that is not blank is "{".
bool looks_like_json(std::string_view text);

}  // namespace edgefirst::decoding
