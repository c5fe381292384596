// SPDX-License-Identifier: Apache-2.0
// Failure records of the C functions, and the checks of their arguments.
#include "guard.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "edgefirst/hal.h"

#include "base/checked.hpp"
#include "base/log.hpp"
#include "base/sentence.hpp"
#include "base/utf8.hpp"

namespace edgefirst::capi {
namespace {

thread_local char g_last_error[kSentenceBytes + 1] = "";

/// "function: reason", cut where it does not fit. Allocates nothing: this also tells that memory is
/// short.
void keep_as_last_error(std::string_view function, std::string_view reason) noexcept {
  char* to = g_last_error;
  for (const std::string_view part : {function, std::string_view(": "), reason}) {
    const auto room = static_cast<std::size_t>(g_last_error + kSentenceBytes - to);
    to = std::copy_n(part.data(), std::min(part.size(), room), to);
  }
  *to = '\0';
}

void keep_as_last_error(std::string_view text) noexcept {
  *std::copy_n(text.data(), std::min(text.size(), kSentenceBytes), g_last_error) = '\0';
}

}  // namespace

int ErrnoRule::errno_of(const Error& error) const noexcept {
  if (system_error && error.os_error() != 0) return error.os_error();
  // Where EINVAL is all that is documented, it is a size of the caller's that cannot be addressed.
  if (error.code() == ErrorCode::kOutOfMemory && otherwise != EINVAL) return ENOMEM;
  const auto bit = 1U << static_cast<unsigned>(error.code());
  if (otherwise != 0 && (kept & bit) == 0) return otherwise;
  return error_info(error.code()).errno_value;
}

void fail(int errno_value, const char* function, const char* reason) noexcept {
  keep_as_last_error(function, reason);  // where no memory is left for the line below
  try {
    const std::string text = one_sentence(message(function, ": ", reason));
    log(LogLevel::kError, "edgefirst_hal::capi", text);  // first: its sink may fail at a call
    keep_as_last_error(text);
  } catch (...) {  // a record that finds no memory is dropped
  }
  errno = errno_value;
}

void fail_with_current_exception(const ErrnoRule& rule, const char* function) noexcept {
  try {
    throw;
  } catch (const BadCall& error) {
    fail(EINVAL, function, error.what());
  } catch (const Error& error) {
    fail(rule.errno_of(error), function, error.what());
  } catch (const std::bad_alloc&) {
    fail(ENOMEM, function, "out of memory");
  } catch (const std::length_error&) {  // a container of more than can be addressed
    fail(ENOMEM, function, "out of memory: more than can be addressed");
  } catch (const std::system_error& error) {
    fail(error.code().value() == ENOMEM ? ENOMEM : EIO, function, error.what());
  } catch (const std::exception& error) {
    fail(EIO, function, error.what());
  } catch (...) {
    fail(EIO, function, "unknown exception");
  }
}

const char* last_error() noexcept { return g_last_error; }

void require(std::initializer_list<NamedPointer> pointers) {
  for (const NamedPointer& named : pointers) {
    if (named.pointer == nullptr) throw BadCall(message(named.name, " is NULL"));
  }
}

void require_size(std::size_t width, std::size_t height) {
  if (width != 0 && height != 0) return;
  throw BadCall(message("an image of ", width, " x ", height, " is empty"));
}

void require_inside(const char* name, const hal_rect& rect, std::size_t width, std::size_t height) {
  const bool is_empty = rect.width == 0 || rect.height == 0;
  const bool inside =
      lies_within(rect.left, rect.width, width) && lies_within(rect.top, rect.height, height);
  if (inside && !is_empty) return;
  throw BadCall(message(name, " ", rect.width, "x", rect.height, "+", rect.left, "+", rect.top,
                        " is no rectangle inside ", width, "x", height));
}

void require_index(std::size_t index, std::size_t size) {
  if (index >= size) throw BadCall(message("index ", index, " is past the end of ", size));
}

std::string required_text(const char* name, const char* text) {
  return required_text(name, text, 0);
}

std::string required_text(const char* name, const char* text, std::size_t length) {
  require({{name, text}});
  std::string copy = length == 0 ? std::string(text) : std::string(text, length);
  if (!is_utf8(copy)) throw BadCall(message(name, " is not valid UTF-8"));
  return copy;
}

std::string optional_text(const char* text) {
  return text != nullptr && is_utf8(text) ? std::string(text) : std::string();
}

char* to_malloc(const std::string& text) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

}  // namespace edgefirst::capi

const char* hal_last_error(void) { return edgefirst::capi::last_error(); }
