// SPDX-License-Identifier: Apache-2.0
// macOS: IOSurface as the DMA memory kind, reached by dlopen so that no framework is linked.
// Elsewhere: the answer that there is none.
#include "base/checked.hpp"
#include "base/message.hpp"
#include "tensor/storage.hpp"

#if defined(__APPLE__)

#include "base/dynamic_library.hpp"

namespace edgefirst {
namespace {

constexpr const char* kCoreFoundationPath =
    "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation";
constexpr const char* kIoSurfacePath = "/System/Library/Frameworks/IOSurface.framework/IOSurface";
constexpr std::uint32_t kLockReadOnly = 1;           // kIOSurfaceLockReadOnly
constexpr long kNumberTypeSInt64 = 4;                // kCFNumberSInt64Type
constexpr std::uint32_t kEncodingUtf8 = 0x08000100;  // kCFStringEncodingUTF8

/// The functions used here; CFTypeRef and IOSurfaceRef are opaque pointers.
struct Frameworks {
  void* (*create)(void* properties);
  std::int32_t (*lock)(void* surface, std::uint32_t options, std::uint32_t* seed);
  std::int32_t (*unlock)(void* surface, std::uint32_t options, std::uint32_t* seed);
  void* (*base_address)(void* surface);
  std::size_t (*size)(void* surface);
  std::uint32_t (*id)(void* surface);
  std::size_t (*plane_count)(void* surface);  // 0: one plane, which counts as number 0
  std::size_t (*width)(void* surface, std::size_t plane);
  std::size_t (*height)(void* surface, std::size_t plane);
  std::size_t (*element_bytes)(void* surface, std::size_t plane);
  std::size_t (*row_bytes)(void* surface, std::size_t plane);
  void* (*plane_address)(void* surface, std::size_t plane);
  void* (*retain)(void* object);
  void (*release)(void* object);
  void* (*number)(void* allocator, long type, const void* value);
  void* (*string)(void* allocator, const char* text, std::uint32_t encoding);
  void* (*dictionary)(void* allocator, const void** keys, const void** values, long count,
                      const void* key_callbacks, const void* value_callbacks);
  const void* key_callbacks;
  const void* value_callbacks;

  bool is_complete() const {
    return create != nullptr && lock != nullptr && unlock != nullptr && base_address != nullptr &&
           size != nullptr && id != nullptr && plane_count != nullptr && width != nullptr &&
           height != nullptr && element_bytes != nullptr && row_bytes != nullptr &&
           plane_address != nullptr && retain != nullptr && release != nullptr &&
           number != nullptr && string != nullptr && dictionary != nullptr &&
           key_callbacks != nullptr && value_callbacks != nullptr;
  }
};

template <typename Function>
void load(const DynamicLibrary& library, const char* name, Function*& function) {
  function = library.function<Function*>(name);
}

Frameworks load_frameworks() {
  std::string error;
  const DynamicLibrary io = DynamicLibrary::open(kIoSurfacePath, error);
  const DynamicLibrary core = DynamicLibrary::open(kCoreFoundationPath, error);
  Frameworks f{};
  if (!io.is_open() || !core.is_open()) return f;
  load(io, "IOSurfaceCreate", f.create);
  load(io, "IOSurfaceLock", f.lock);
  load(io, "IOSurfaceUnlock", f.unlock);
  load(io, "IOSurfaceGetBaseAddress", f.base_address);
  load(io, "IOSurfaceGetAllocSize", f.size);
  load(io, "IOSurfaceGetID", f.id);
  load(io, "IOSurfaceGetPlaneCount", f.plane_count);
  load(io, "IOSurfaceGetWidthOfPlane", f.width);
  load(io, "IOSurfaceGetHeightOfPlane", f.height);
  load(io, "IOSurfaceGetBytesPerElementOfPlane", f.element_bytes);
  load(io, "IOSurfaceGetBytesPerRowOfPlane", f.row_bytes);
  load(io, "IOSurfaceGetBaseAddressOfPlane", f.plane_address);
  load(core, "CFRetain", f.retain);
  load(core, "CFRelease", f.release);
  load(core, "CFNumberCreate", f.number);
  load(core, "CFStringCreateWithCString", f.string);
  load(core, "CFDictionaryCreate", f.dictionary);
  f.key_callbacks = core.symbol("kCFTypeDictionaryKeyCallBacks");
  f.value_callbacks = core.symbol("kCFTypeDictionaryValueCallBacks");
  return f;
}

const Frameworks& frameworks() {
  static const Frameworks loaded = load_frameworks();
  if (!loaded.is_complete()) {
    raise(ErrorCode::kNotSupported, "IOSurface.framework cannot be loaded: use 'shm' or 'mem'");
  }
  return loaded;
}

/// Owns one reference of a CoreFoundation object.
struct Release {
  void operator()(void* object) const { frameworks().release(object); }
};
using Reference = std::unique_ptr<void, Release>;

class IoSurfaceStorage final : public Storage {
 public:
  IoSurfaceStorage(Reference surface, std::size_t capacity, std::string name)
      : Storage(TensorMemory::kDma, capacity, std::move(name)), surface_(std::move(surface)) {}

  std::byte* map(CpuAccess access) override {
    if (frameworks().lock(surface_.get(), options(access), nullptr) != 0) {
      raise(ErrorCode::kIo, "cannot lock IOSurface '", name(), "' for CPU access");
    }
    return static_cast<std::byte*>(frameworks().base_address(surface_.get()));
  }
  void unmap(CpuAccess access) noexcept override {
    frameworks().unlock(surface_.get(), options(access), nullptr);
  }
  StorageLocation location() const override {
    return {~std::uint64_t{0}, frameworks().id(surface_.get()), 0};
  }
  void* iosurface() const override { return surface_.get(); }

 private:
  static std::uint32_t options(CpuAccess access) {
    return access == CpuAccess::kRead ? kLockReadOnly : 0;
  }

  Reference surface_;
};

Reference create_surface(const SurfacePlane& plane) {
  const Frameworks& f = frameworks();
  struct Property {
    const char* key;
    std::int64_t value;
  };
  const Property properties[] = {
      {"IOSurfaceWidth", static_cast<std::int64_t>(plane.width)},
      {"IOSurfaceHeight", static_cast<std::int64_t>(plane.height)},
      {"IOSurfaceBytesPerElement", static_cast<std::int64_t>(plane.element_bytes)},
      {"IOSurfaceBytesPerRow", static_cast<std::int64_t>(plane.pitch)},
      {"IOSurfaceAllocSize",
       static_cast<std::int64_t>(checked_multiply(plane.pitch, plane.height))}};
  Reference keys[std::size(properties)];
  Reference values[std::size(properties)];
  const void* key_pointers[std::size(properties)];
  const void* value_pointers[std::size(properties)];
  for (std::size_t i = 0; i < std::size(properties); ++i) {
    keys[i].reset(f.string(nullptr, properties[i].key, kEncodingUtf8));
    values[i].reset(f.number(nullptr, kNumberTypeSInt64, &properties[i].value));
    key_pointers[i] = keys[i].get();
    value_pointers[i] = values[i].get();
  }
  const Reference dictionary(f.dictionary(nullptr, key_pointers, value_pointers,
                                          static_cast<long>(std::size(properties)), f.key_callbacks,
                                          f.value_callbacks));
  return Reference(f.create(dictionary.get()));
}

std::shared_ptr<Storage> make_surface(const SurfacePlane& plane, std::string name) {
  const std::size_t bytes = checked_multiply(plane.pitch, plane.height);
  Reference surface = create_surface(plane);
  if (surface == nullptr) {
    raise(ErrorCode::kOutOfMemory, "cannot allocate an IOSurface of ", bytes, " bytes");
  }
  return std::make_shared<IoSurfaceStorage>(std::move(surface), bytes, std::move(name));
}

}  // namespace

/// One row of one-byte elements: the tensor brings its own layout.
std::shared_ptr<Storage> make_dma_storage(std::size_t bytes, std::string name) {
  if (bytes == 0) raise(ErrorCode::kOutOfMemory, "an IOSurface of 0 bytes cannot be allocated");
  if (name.empty()) name = random_buffer_name();
  return make_surface({0, bytes, bytes, 1, 1}, std::move(name));
}

std::shared_ptr<Storage> make_surface_storage(const SurfacePlane& plane) {
  return make_surface(plane, random_buffer_name());
}

/// Offsets are told by addresses only, which count under a lock.
std::vector<SurfacePlane> iosurface_planes(void* surface) {
  const Frameworks& f = frameworks();
  if (f.lock(surface, kLockReadOnly, nullptr) != 0) {
    raise(ErrorCode::kIo, "cannot lock IOSurface ", f.id(surface), " to see its planes");
  }
  const auto* base = static_cast<const std::byte*>(f.base_address(surface));
  const std::size_t count = f.plane_count(surface);
  std::vector<SurfacePlane> planes(count == 0 ? 1 : count);
  for (std::size_t i = 0; i < planes.size(); ++i) {
    const auto* address = static_cast<const std::byte*>(f.plane_address(surface, i));
    planes[i].offset = static_cast<std::size_t>(address - base);
    planes[i].pitch = f.row_bytes(surface, i);
    planes[i].width = f.width(surface, i);
    planes[i].height = f.height(surface, i);
    planes[i].element_bytes = f.element_bytes(surface, i);
  }
  f.unlock(surface, kLockReadOnly, nullptr);
  return planes;
}

std::shared_ptr<Storage> import_iosurface(void* surface, std::string name) {
  if (surface == nullptr) raise(ErrorCode::kInvalidArgument, "the IOSurfaceRef is null");
  const Frameworks& f = frameworks();
  Reference own(f.retain(surface));
  const std::size_t bytes = f.size(surface);
  return std::make_shared<IoSurfaceStorage>(std::move(own), bytes, std::move(name));
}

std::uint32_t iosurface_id_of(void* surface) { return frameworks().id(surface); }

}  // namespace edgefirst

#else

namespace edgefirst {

std::shared_ptr<Storage> import_iosurface(void*, std::string) {
  raise(ErrorCode::kNotSupported, "IOSurfaces exist on macOS only; import a descriptor instead");
}

std::uint32_t iosurface_id_of(void*) { return 0; }

std::shared_ptr<Storage> make_surface_storage(const SurfacePlane& plane) {
  return make_dma_storage(checked_multiply(plane.pitch, plane.height), {});
}

std::vector<SurfacePlane> iosurface_planes(void*) { return {}; }

}  // namespace edgefirst

#endif
