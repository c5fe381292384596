// SPDX-License-Identifier: Apache-2.0
// What an error test asks: which code does this call throw, and with which text?
#pragma once

#include <optional>
#include <string>

#include "edgefirst/error.hpp"

namespace edgefirst::testing {

/// The code that call throws; none where it returns.
template <typename Call>
std::optional<ErrorCode> code_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

/// The message that call throws; empty where it returns.
template <typename Call>
std::string text_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace edgefirst::testing
