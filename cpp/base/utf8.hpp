// SPDX-License-Identifier: Apache-2.0
// Whether text is UTF-8. Does not convert. Called for the texts that C callers pass in.
#pragma once

#include <string_view>

namespace edgefirst {

/// Well-formed by Unicode 15 table 3-7: no overlong forms, surrogates or values above U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

}  // namespace edgefirst
