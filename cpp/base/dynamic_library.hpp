// SPDX-License-Identifier: Apache-2.0
// A shared library opened at run time: drivers that may be absent. Never unloaded once a symbol of
// it was used, because drivers leave threads and exit handlers behind.
#pragma once

#include <string>

namespace edgefirst {

class DynamicLibrary {
 public:
  DynamicLibrary() = default;
  /// An empty object and the loader's text in error where it cannot be opened. Throws
  /// std::bad_alloc where the loader finds no memory, since the library may be there.
  static DynamicLibrary open(const std::string& name, std::string& error);

  bool is_open() const { return handle_ != nullptr; }
  /// nullptr where the symbol is missing.
  void* symbol(const char* name) const;
  template <typename Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(symbol(name));
  }

 private:
  explicit DynamicLibrary(void* handle) : handle_(handle) {}
  void* handle_ = nullptr;
};

}  // namespace edgefirst
