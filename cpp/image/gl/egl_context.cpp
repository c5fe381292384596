// SPDX-License-Identifier: Apache-2.0
// The ways to a display, in order: ANGLE's platform where the library is ANGLE, then devices, GBM,
// Mesa's surfaceless platform, the default display.
#include "image/gl/egl_context.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <vector>

#include "base/at_exit.hpp"
#include "base/dynamic_library.hpp"
#include "base/env.hpp"
#include "base/message.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#if !defined(_WIN32)
#include <fcntl.h>
#include <unistd.h>
#endif

namespace edgefirst::gl {
namespace {

constexpr const char* kAllowSoftware = "EDGEFIRST_ALLOW_SOFTWARE_GL=1 allows it";
/// What changes the answer of a driver: a failure counts until one of them changes.
constexpr const char* kEnvironment[] = {"EGL_PLATFORM",
                                        "LIBGL_ALWAYS_SOFTWARE",
                                        "GALLIUM_DRIVER",
                                        "LIBGL_DRIVERS_PATH",
                                        "DISPLAY",
                                        "WAYLAND_DISPLAY",
                                        "GBM_BACKENDS_PATH",
                                        "VK_ICD_FILENAMES",
                                        "VK_DRIVER_FILES",
                                        "__EGL_VENDOR_LIBRARY_FILENAMES",
                                        "__EGL_VENDOR_LIBRARY_DIRS"};
constexpr const char* kRenderNodes[] = {"/dev/dri/renderD128", "/dev/dri/card0", "/dev/dri/card1"};
constexpr int kMostDevices = 10;

std::atomic<long> owner_process{0};  // that called a driver first

bool allows_software() { return env::is_on(env::Variable::kAllowSoftwareGl); }

std::string environment() {
  std::string text = env::get(env::Variable::kAnglePath).value_or("");
  text += allows_software() ? "\n1" : "\n0";
  for (const char* name : kEnvironment) {
    const char* value = std::getenv(name);
    text += '\n';
    if (value != nullptr) text += value;
  }
#if !defined(_WIN32)
  for (const char* node : kRenderNodes) text += ::access(node, R_OK | W_OK) == 0 ? "\n1" : "\n0";
#endif
  return text;
}

/// Tries one way after the other and keeps the first display that `accepts` likes.
class Search {
 public:
  using Accept = std::function<bool(const DisplayInfo&, std::string& reason)>;

  Search(const GlLibrary& library, std::optional<EglDisplayKind> wanted, const Accept& accept)
      : library_(library),
        egl_(library.egl),
        wanted_(wanted),
        accept_(accept),
        client_extensions_(egl_.QueryString(nullptr, kEglExtensions)) {}

  bool run() {
    if (has_client_extension("EGL_ANGLE_platform_angle")) return wants_default() && try_angle();
    const bool device = !wanted_ || *wanted_ == EglDisplayKind::kPlatformDevice;
    if (device && try_devices()) return true;
    if ((!wanted_ || *wanted_ == EglDisplayKind::kGbm) && try_gbm()) return true;
    if (!wants_default() || only_software_devices_) return false;
    return try_surfaceless() || try_default();
  }
  const std::string& reasons() const { return reasons_; }
  const DisplayInfo& found() const { return found_; }

 private:
  bool wants_default() const { return !wanted_ || *wanted_ == EglDisplayKind::kDefault; }
  bool has_client_extension(const char* name) const {
    return has_extension(client_extensions_, name);
  }
  void note(const std::string& way, const std::string& reason) {
    if (!reasons_.empty()) reasons_ += "; ";
    reasons_ += way + ": " + reason;
  }

  bool accept(EglDisplay display, EglDisplayKind kind, const std::string& description) {
    DisplayInfo info{&library_, display, kind, description, {}};
    std::string reason;
    if (is_complete(info, reason) && accept_(info, reason)) {
      found_ = info;
      return true;
    }
    note(description, reason);
    return false;
  }

  bool is_complete(DisplayInfo& info, std::string& reason) const {
    Int major = 0, minor = 0;
    if (info.display == nullptr || egl_.Initialize(info.display, &major, &minor) == 0) {
      reason = "no display here (EGL error " + integer_text(egl_.GetError()) + ")";
      return false;
    }
    const char* extensions = egl_.QueryString(info.display, kEglExtensions);
    info.extensions = extensions != nullptr ? extensions : "";
    for (const char* needed : {"EGL_KHR_surfaceless_context", "EGL_KHR_no_config_context"}) {
      if (has_extension(info.extensions.c_str(), needed)) continue;
      reason = std::string("lacks ") + needed;
      return false;
    }
    return true;
  }

  EglDisplay platform_display(Enum platform, void* native, const Int* attributes) const {
    if (egl_.GetPlatformDisplayEXT == nullptr) return nullptr;
    return egl_.GetPlatformDisplayEXT(platform, native, attributes);
  }

  /// Every device, not only the first: the one with the GPU may come later.
  bool try_devices() {
    const std::string way = "EGL platform device via EGL_EXT_device_enumeration";
    const bool offered = (has_client_extension("EGL_EXT_device_enumeration") ||
                          has_client_extension("EGL_EXT_device_base")) &&
                         has_client_extension("EGL_EXT_platform_device") &&
                         egl_.QueryDevicesEXT != nullptr;
    EglDevice devices[kMostDevices] = {};
    Int count = 0;
    if (!offered || egl_.QueryDevicesEXT(kMostDevices, devices, &count) == 0 || count == 0) {
      note(way, "no devices");
      return false;
    }
    only_software_devices_ = !allows_software();
    for (Int i = 0; i < count; ++i) {
      const char* extensions = egl_.QueryDeviceStringEXT != nullptr
                                   ? egl_.QueryDeviceStringEXT(devices[i], kEglExtensions)
                                   : nullptr;
      const std::string name = way + ", device " + integer_text(i);
      if (has_extension(extensions, "EGL_MESA_device_software") && !allows_software()) {
        note(name, std::string("renders in software; ") + kAllowSoftware);
        continue;
      }
      only_software_devices_ = false;
      const EglDisplay display = platform_display(kEglPlatformDevice, devices[i], nullptr);
      if (accept(display, EglDisplayKind::kPlatformDevice, i == 0 ? way : name)) return true;
    }
    return false;
  }

  bool try_gbm() {
#if defined(__linux__)
    std::string error;
    static const DynamicLibrary gbm = DynamicLibrary::open("libgbm.so.1", error);
    const auto create = gbm.function<void* (*)(int)>("gbm_create_device");
    if (create == nullptr) {
      note("GBM", "no libgbm.so.1");
      return false;
    }
    for (const char* node : kRenderNodes) {
      const int fd = ::open(node, O_RDWR | O_CLOEXEC);
      if (fd < 0) continue;
      void* device = create(fd);
      const std::string way = std::string("GBM via ") + node;
      if (device != nullptr &&
          accept(platform_display(kEglPlatformGbm, device, nullptr), EglDisplayKind::kGbm, way)) {
        return true;  // the device stays open as long as the display: for good
      }
      if (device == nullptr) ::close(fd);
    }
#endif
    note("GBM", "no device in /dev/dri can be opened");
    return false;
  }

  bool try_surfaceless() {
    if (!has_client_extension("EGL_MESA_platform_surfaceless")) return false;
    return accept(platform_display(kEglPlatformSurfaceless, nullptr, nullptr),
                  EglDisplayKind::kDefault, "EGL surfaceless platform");
  }

  bool try_default() {
    return accept(egl_.GetDisplay(nullptr), EglDisplayKind::kDefault, "EGL default display");
  }

  bool try_angle() {
#if defined(__APPLE__)
    const Int metal[] = {kEglAngleType, kEglAngleTypeMetal, kEglNone};
    return accept(platform_display(kEglPlatformAngle, nullptr, metal), EglDisplayKind::kDefault,
                  "ANGLE on Metal");
#else
    // Without a native platform ANGLE asks for a window system.
    const Int vulkan[] = {kEglAngleType, kEglAngleTypeVulkan, kEglAngleNativePlatform,
                          static_cast<Int>(kEglPlatformSurfaceless), kEglNone};
    return accept(platform_display(kEglPlatformAngle, nullptr, vulkan), EglDisplayKind::kDefault,
                  "ANGLE on Vulkan");
#endif
  }

  const GlLibrary& library_;
  const EglApi& egl_;
  std::optional<EglDisplayKind> wanted_;
  const Accept& accept_;
  const char* client_extensions_;
  bool only_software_devices_ = false;
  std::string reasons_;
  DisplayInfo found_;
};

/// What this process knows of displays. Never destroyed: drivers outlive us.
struct Registry {
  std::mutex mutex;
  std::vector<std::unique_ptr<GlLibrary>> libraries;
  std::optional<DisplayInfo> display;  // in use by a context, or found

  struct Failure {
    std::string environment;
    std::optional<EglDisplayKind> wanted;
    std::string reason;
    bool is_missing;
  };
  std::vector<Failure> failures;  // of the environment that counts now
};

Registry& registry() {
  static auto* instance = new Registry;
  return *instance;
}

const GlLibrary* library_of(Registry& known, std::string& error) {
  const std::string folder = env::get(env::Variable::kAnglePath).value_or("");
  for (const auto& library : known.libraries) {
    if (library->origin == folder) return library.get();
  }
  std::unique_ptr<GlLibrary> library = open_gl_library(folder, error);
  if (library == nullptr) return nullptr;
  known.libraries.push_back(std::move(library));
  return known.libraries.back().get();
}

/// The failure that is known for this environment, if any.
const Registry::Failure* known_failure(const Registry& known,
                                       std::optional<EglDisplayKind> wanted) {
  const std::string now = environment();
  for (const Registry::Failure& failure : known.failures) {
    if (failure.environment == now && failure.wanted == wanted) return &failure;
  }
  return nullptr;
}

void remember_failure(Registry& known, std::optional<EglDisplayKind> wanted,
                      const std::string& reason, bool is_missing) {
  const std::string now = environment();
  const auto old = std::remove_if(known.failures.begin(), known.failures.end(),
                                  [&](const auto& f) { return f.environment != now; });
  known.failures.erase(old, known.failures.end());
  known.failures.push_back({now, wanted, reason, is_missing});
}

/// Holds the registry's mutex. From before it is taken a child of fork() leaves the registry alone,
/// unless there is no driver that this process could have called.
class RegistryLock {
 public:
  explicit RegistryLock(Registry& known) : known_(known) {
    owner_process.store(process_id());
    known_.mutex.lock();
  }
  ~RegistryLock() {
    if (known_.libraries.empty()) owner_process.store(0);
    known_.mutex.unlock();
  }
  RegistryLock(const RegistryLock&) = delete;
  RegistryLock& operator=(const RegistryLock&) = delete;

 private:
  Registry& known_;
};

/// Holds the registry's mutex. accept judges displays that are complete.
std::optional<DisplayInfo> search(Registry& known, std::optional<EglDisplayKind> wanted,
                                  const Search::Accept& accept, std::string& reason,
                                  bool& is_missing) {
  is_missing = false;
  const GlLibrary* library = library_of(known, reason);
  if (library == nullptr) {
    is_missing = true;
  } else {
    Search ways(*library, wanted, accept);
    if (ways.run()) return ways.found();
    reason = ways.reasons();
  }
  remember_failure(known, wanted, reason, is_missing);
  return std::nullopt;
}

}  // namespace

bool is_software_renderer(const std::string& renderer) {
  const std::string name = lower_case(renderer);
  for (const char* part :
       {"llvmpipe", "softpipe", "swrast", "software rasterizer", "swiftshader"}) {
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

bool may_call_drivers() {
  const long owner = owner_process.load();
  return !is_exiting() && (owner == 0 || owner == process_id());
}

std::optional<DisplayInfo> find_display(std::optional<EglDisplayKind> wanted, std::string& reason,
                                        bool& is_missing) {
  is_missing = false;
  if (!may_call_drivers()) {
    reason = "this process was forked after OpenGL had started";
    return std::nullopt;
  }
  Registry& known = registry();
  const RegistryLock lock(known);
  if (known.display) return known.display;
  if (const Registry::Failure* failure = known_failure(known, wanted)) {
    reason = failure->reason;
    is_missing = failure->is_missing;
    return std::nullopt;
  }
  known.display = search(
      known, wanted, [](const DisplayInfo&, std::string&) { return true; }, reason, is_missing);
  return known.display;
}

std::unique_ptr<EglContext> EglContext::create_on(const DisplayInfo& info, std::string& reason) {
  const EglApi& egl = info.library->egl;
  egl.BindAPI(kEglOpenGlEsApi);
  EglContextHandle handle = nullptr;
  for (const Int minor : {1, 0}) {
    const Int attributes[] = {kEglContextMajor, 3, kEglContextMinor, minor, kEglNone};
    handle = egl.CreateContext(info.display, nullptr, nullptr, attributes);
    if (handle != nullptr) break;
  }
  if (handle == nullptr) {
    reason = "no OpenGL ES 3 context (EGL error " + integer_text(egl.GetError()) + ")";
    return nullptr;
  }
  std::unique_ptr<EglContext> context(new EglContext(info, handle));
  if (egl.MakeCurrent(info.display, nullptr, nullptr, handle) == 0) {
    reason = "the context cannot be made current (EGL error " + integer_text(egl.GetError()) + ")";
    return nullptr;
  }
  const auto* renderer = reinterpret_cast<const char*>(info.library->gl.GetString(kRenderer));
  if (renderer == nullptr) {
    reason = "the context has no renderer";
    return nullptr;
  }
  if (is_software_renderer(renderer) && !allows_software()) {
    reason = std::string(renderer) + " renders in software; " + kAllowSoftware;
    return nullptr;
  }
  return context;
}

std::unique_ptr<EglContext> EglContext::create(std::optional<EglDisplayKind> wanted,
                                               std::string& reason) {
  Registry& known = registry();
  const RegistryLock lock(known);
  if (const Registry::Failure* failure = known_failure(known, wanted)) {
    reason = failure->reason;
    return nullptr;
  }
  std::unique_ptr<EglContext> context;
  if (known.display && wanted && *wanted != known.display->kind) {
    reason = "this process uses the " + known.display->description + " already";
  } else if (known.display) {
    context = create_on(*known.display, reason);
    if (context == nullptr) remember_failure(known, wanted, reason, false);
  } else {
    const auto accept = [&](const DisplayInfo& info, std::string& why) {
      context = create_on(info, why);
      return context != nullptr;
    };
    bool is_missing = false;
    known.display = search(known, wanted, accept, reason, is_missing);
  }
  return context;
}

EglContext::~EglContext() {
  if (!may_call_drivers()) return;
  const EglApi& api = egl();
  api.MakeCurrent(info_.display, nullptr, nullptr, nullptr);
  api.DestroyContext(info_.display, handle_);
}

}  // namespace edgefirst::gl

namespace edgefirst {

std::vector<EglDisplayInfo> probe_egl_displays() {
  std::string reason;
  bool is_missing = false;
  const auto display = gl::find_display(std::nullopt, reason, is_missing);
  if (is_missing) raise(ErrorCode::kNotFound, "no EGL library: ", reason);
  if (!display) return {};
  return {{display->kind, display->description}};
}

}  // namespace edgefirst
