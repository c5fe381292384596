// SPDX-License-Identifier: Apache-2.0
#include "base/dynamic_library.hpp"

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace edgefirst {

#if defined(_WIN32)
DynamicLibrary DynamicLibrary::open(const std::string& name, std::string& error) {
  void* handle = reinterpret_cast<void*>(LoadLibraryA(name.c_str()));
  if (handle == nullptr) error = name + ": error " + std::to_string(GetLastError());
  return DynamicLibrary(handle);
}

void* DynamicLibrary::symbol(const char* name) const {
  if (handle_ == nullptr) return nullptr;
  return reinterpret_cast<void*>(GetProcAddress(reinterpret_cast<HMODULE>(handle_), name));
}
#else
DynamicLibrary DynamicLibrary::open(const std::string& name, std::string& error) {
  void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = ::dlerror();
    error = reason != nullptr ? reason : name + ": cannot be opened";
  }
  return DynamicLibrary(handle);
}

void* DynamicLibrary::symbol(const char* name) const {
  return handle_ == nullptr ? nullptr : ::dlsym(handle_, name);
}
#endif

}  // namespace edgefirst
