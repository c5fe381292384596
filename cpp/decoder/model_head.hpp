// SPDX-License-Identifier: Apache-2.0
// From a model file to a description of its outputs, with an account of why. Does not guess: shapes
// that could mean several things are an error that says what to give. Called by decoder.
#pragma once

#include <string>
#include <vector>

#include "decoder/description.hpp"
#include "decoder/model_facts.hpp"

namespace edgefirst::decoding {

using Account = std::vector<std::string>;

/// Adds "subject: what was found, and where" to the account. Throws kInvalidConfig.
Description describe_model(const ModelFile& file, const ModelFacts& facts, Account& account);

/// The outputs of models whose boxes come in tables. Called by describe_model.
void describe_flat(const ModelFile& file, const ModelFacts& facts, Description& description,
                   Account& account);

/// The outputs of models whose heads come one tensor per stride. Called by describe_model.
void describe_levels(const ModelFile& file, const ModelFacts& facts, Description& description,
                     Account& account);

/// "name float32 [1, 84, 8400]"
std::string text_of(const FileTensor& tensor);
/// What every error of this area ends with.
[[noreturn]] void cannot_tell(const ModelFile& file, const std::string& reason);
/// The largest and smallest real number that an integer tensor can hold; none for floats.
std::optional<std::pair<float, float>> range_of(const FileTensor& tensor);
/// Whether so many anchors are one (or three) a cell of the input at the strides of a head: 8, 16
/// and 32, or with 4, 64 or 128 besides, or without one end. False for an open input.
bool has_cells(const std::optional<std::pair<std::size_t, std::size_t>>& input_dims,
               std::size_t anchors, std::size_t anchors_per_cell);

}  // namespace edgefirst::decoding
