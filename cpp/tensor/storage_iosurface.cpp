// SPDX-License-Identifier: Apache-2.0
// macOS: IOSurface as the DMA memory kind, reached by dlopen so that no framework is linked.
// Elsewhere: the answer that there is none.
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
           size != nullptr && id != nullptr && retain != nullptr && release != nullptr &&
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

/// One row of bytes one-byte elements: IOSurfaces are images, tensors bring their own layout.
Reference create_surface(std::size_t bytes) {
  const Frameworks& f = frameworks();
  struct Property {
    const char* key;
    std::int64_t value;
  };
  const auto size = static_cast<std::int64_t>(bytes);
  const Property properties[] = {{"IOSurfaceWidth", size},
                                 {"IOSurfaceHeight", 1},
                                 {"IOSurfaceBytesPerElement", 1},
                                 {"IOSurfaceBytesPerRow", size},
                                 {"IOSurfaceAllocSize", size}};
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

}  // namespace

std::shared_ptr<Storage> make_dma_storage(std::size_t bytes, std::string name) {
  if (bytes == 0) raise(ErrorCode::kOutOfMemory, "an IOSurface of 0 bytes cannot be allocated");
  if (name.empty()) name = random_buffer_name();
  Reference surface = create_surface(bytes);
  if (surface == nullptr) {
    raise(ErrorCode::kOutOfMemory, "cannot allocate an IOSurface of ", bytes, " bytes");
  }
  return std::make_shared<IoSurfaceStorage>(std::move(surface), bytes, std::move(name));
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

}  // namespace edgefirst

#endif
