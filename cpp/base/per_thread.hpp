// SPDX-License-Identifier: Apache-2.0
// An object for each thread, made with its first use and destroyed as the thread ends. A
// thread_local with a destructor would do, but where memory is short its registration ends the
// process (glibc, __cxa_thread_atexit_impl); here the first use throws std::bad_alloc.
//   JpegEncoder& encoder = PerThread<JpegEncoder>::get();
#pragma once

#include <memory>

#if !defined(_WIN32)
#include <pthread.h>

#include <new>
#endif

namespace edgefirst {

/// Tag tells objects of one type apart that belong to different callers.
#if defined(_WIN32)
template <typename T, typename Tag = T>
class PerThread {
 public:
  static T& get() {
    thread_local T value;
    return value;
  }
};
#else
template <typename T, typename Tag = T>
class PerThread {
 public:
  static T& get() {
    thread_local T* value = nullptr;
    if (value == nullptr) value = make();
    return *value;
  }

 private:
  /// Of the process; its destructor function frees what a thread made. The main thread's object
  /// stays until the process ends.
  class Key {
   public:
    Key() {
      if (::pthread_key_create(&key_, [](void* value) { delete static_cast<T*>(value); }) != 0) {
        throw std::bad_alloc();
      }
    }
    void set(T* value) const {
      if (::pthread_setspecific(key_, value) != 0) throw std::bad_alloc();
    }

   private:
    pthread_key_t key_{};
  };

  static T* make() {
    static const Key key;
    auto value = std::make_unique<T>();
    key.set(value.get());
    return value.release();
  }
};
#endif

}  // namespace edgefirst
