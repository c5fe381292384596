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

/// Fills pointers to functions by name and remembers the first name that the library lacks.
class FunctionLoader {
 public:
  explicit FunctionLoader(const DynamicLibrary& library) : library_(library) {}
  template <typename Function>
  void operator()(Function& function, const char* name) {
    function = library_.function<Function>(name);
    if (function == nullptr && missing_ == nullptr) missing_ = name;
  }
  const char* missing() const { return missing_; }

 private:
  const DynamicLibrary& library_;
  const char* missing_ = nullptr;
};

}  // namespace edgefirst
