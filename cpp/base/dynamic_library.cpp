// SPDX-License-Identifier: Apache-2.0
#include "base/dynamic_library.hpp"

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "base/text.hpp"
#endif

namespace edgefirst {

#if defined(_WIN32)
DynamicLibrary DynamicLibrary::open(const std::string& name, std::string& error) {
  void* handle = reinterpret_cast<void*>(LoadLibraryA(name.c_str()));
  if (handle == nullptr) error = name + ": error " + integer_text(GetLastError());
  return DynamicLibrary(handle);
}

void* DynamicLibrary::symbol(const char* name) const {
  if (handle_ == nullptr) return nullptr;
  return reinterpret_cast<void*>(GetProcAddress(reinterpret_cast<HMODULE>(handle_), name));
}
#else
namespace {

/// The loader keeps the text of a thread's last failure until dlerror() is called again.
struct DropLoaderText {
  ~DropLoaderText() { ::dlerror(); }
};

/// The loader tells no error number. Its text "name: reason" ends with the system's words for
/// ENOMEM. Where the loader could not copy the name, "out of memory" stands in its place; where
/// it could not put the two together, there is no colon.
bool is_short_of_memory(const char* reason) {
  return std::strstr(reason, std::strerror(ENOMEM)) != nullptr ||
         std::strncmp(reason, "out of memory", 13) == 0 || std::strchr(reason, ':') == nullptr;
}

}  // namespace

DynamicLibrary DynamicLibrary::open(const std::string& name, std::string& error) {
  void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const DropLoaderText drop;
    const char* reason = ::dlerror();
    if (reason != nullptr && is_short_of_memory(reason)) throw std::bad_alloc();
    error = reason != nullptr ? reason : name + ": cannot be opened";
  }
  return DynamicLibrary(handle);
}

void* DynamicLibrary::symbol(const char* name) const {
  return handle_ == nullptr ? nullptr : ::dlsym(handle_, name);
}
#endif

}  // namespace edgefirst
