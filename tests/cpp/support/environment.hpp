// SPDX-License-Identifier: Apache-2.0
// Environment variables in tests, on every system.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace edgefirst::testing {

#if defined(_WIN32)
inline void set_variable(const char* name, const std::string& value) {
  ::_putenv_s(name, value.c_str());  // an empty value removes it
}
inline void unset_variable(const char* name) { ::_putenv_s(name, ""); }
#else
inline void set_variable(const char* name, const std::string& value) {
  ::setenv(name, value.c_str(), 1);
}
inline void unset_variable(const char* name) { ::unsetenv(name); }
#endif

/// Sets a variable for a scope, and puts back what stood there.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set_variable(name, value);
  }
  ~ScopedVariable() {
    if (old_) {
      set_variable(name_, *old_);
    } else {
      unset_variable(name_);
    }
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

}  // namespace edgefirst::testing
