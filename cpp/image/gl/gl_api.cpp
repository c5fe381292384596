// SPDX-License-Identifier: Apache-2.0
// Opening EGL and OpenGL ES. Functions come from the library that exports them, and from
// eglGetProcAddress where it exports none.
#include "image/gl/gl_api.hpp"

#include <cstring>

#include "base/dynamic_library.hpp"

namespace edgefirst::gl {
namespace {

#if defined(__APPLE__)
constexpr const char* kEglNames[] = {"libEGL.dylib"};
constexpr const char* kGlNames[] = {"libGLESv2.dylib"};
#elif defined(_WIN32)
constexpr const char* kEglNames[] = {"libEGL.dll"};
constexpr const char* kGlNames[] = {"libGLESv2.dll"};
#else
constexpr const char* kEglNames[] = {"libEGL.so.1", "libEGL.so"};
constexpr const char* kGlNames[] = {"libGLESv2.so.2", "libGLESv2.so"};
#endif

/// Where ANGLE is looked for without a folder (macOS), in this order.
#if defined(__APPLE__)
constexpr const char* kFolders[] = {"/opt/homebrew/opt/angle/lib/", "/usr/local/opt/angle/lib/",
                                    "@loader_path/", "@executable_path/", ""};
#else
constexpr const char* kFolders[] = {""};
#endif

template <std::size_t kCount>
DynamicLibrary open_any(const std::string& folder, const char* const (&names)[kCount],
                        std::string& error) {
  std::string first;
  const auto attempt = [&](const std::string& path) {
    DynamicLibrary library = DynamicLibrary::open(path, error);
    if (!library.is_open() && first.empty()) first = error;
    return library;
  };
  for (const char* name : names) {
    if (!folder.empty()) {
      DynamicLibrary library = attempt(folder + "/" + name);
      if (library.is_open()) return library;
      continue;
    }
    for (const char* prefix : kFolders) {
      DynamicLibrary library = attempt(std::string(prefix) + name);
      if (library.is_open()) return library;
    }
  }
  error = first;
  return {};
}

/// Looks functions up and remembers the first one that is missing.
class Loader {
 public:
  Loader(const DynamicLibrary& library, Proc (*get_proc)(const char*))
      : library_(library), get_proc_(get_proc) {}

  template <typename Function>
  void load(Function& function, const char* name) {
    if (!load_optional(function, name) && missing_.empty()) missing_ = name;
  }
  template <typename Function>
  bool load_optional(Function& function, const char* name) {
    function = library_.function<Function>(name);
    if (function == nullptr && get_proc_ != nullptr) {
      function = reinterpret_cast<Function>(get_proc_(name));
    }
    return function != nullptr;
  }
  const std::string& missing() const { return missing_; }

 private:
  const DynamicLibrary& library_;
  Proc (*get_proc_)(const char*);
  std::string missing_;
};

}  // namespace

std::unique_ptr<GlLibrary> open_gl_library(const std::string& folder, std::string& error) {
  const DynamicLibrary egl = open_any(folder, kEglNames, error);
  if (!egl.is_open()) return nullptr;
  const DynamicLibrary gl = open_any(folder, kGlNames, error);
  if (!gl.is_open()) return nullptr;
  auto library = std::make_unique<GlLibrary>();
  library->origin = folder;
  EglApi& e = library->egl;
  GlApi& g = library->gl;

  Loader first(egl, nullptr);
#define EDGEFIRST_LOAD(result, name, parameters) first.load(e.name, "egl" #name);
  EDGEFIRST_EGL_FUNCTIONS(EDGEFIRST_LOAD)
#undef EDGEFIRST_LOAD
  Loader second(gl, e.GetProcAddress);
#define EDGEFIRST_LOAD(result, name, parameters) second.load(g.name, "gl" #name);
  if (first.missing().empty()) {
    EDGEFIRST_GL_FUNCTIONS(EDGEFIRST_LOAD)
  }
#undef EDGEFIRST_LOAD
  const std::string& missing = first.missing().empty() ? second.missing() : first.missing();
  if (!missing.empty()) {
    error = "the OpenGL ES libraries lack " + missing;
    return nullptr;
  }
#define EDGEFIRST_LOAD(result, name, parameters) second.load_optional(e.name, "egl" #name);
  EDGEFIRST_EGL_EXTENSIONS(EDGEFIRST_LOAD)
#undef EDGEFIRST_LOAD
#define EDGEFIRST_LOAD(result, name, parameters) second.load_optional(g.name, "gl" #name);
  EDGEFIRST_GL_EXTENSIONS(EDGEFIRST_LOAD)
#undef EDGEFIRST_LOAD
  return library;
}

bool has_extension(const char* list, const char* extension) {
  if (list == nullptr) return false;
  const std::size_t length = std::strlen(extension);
  for (const char* at = std::strstr(list, extension); at != nullptr;
       at = std::strstr(at + length, extension)) {
    const bool begins = at == list || at[-1] == ' ';
    const bool ends = at[length] == ' ' || at[length] == '\0';
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace edgefirst::gl
