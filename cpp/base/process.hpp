// SPDX-License-Identifier: Apache-2.0
// Which process this is: threads and drivers stay behind in the one that started them when it
// forks. Used by what owns a thread.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#if !defined(_WIN32)
#include <unistd.h>
#endif

namespace edgefirst {

inline long process_id() {
#if defined(_WIN32)
  return 1;  // there is no fork()
#else
  return static_cast<long>(::getpid());
#endif
}

/// Takes a value and never destroys it: in a child of fork() a thread of the parent may have been
/// in the middle of changing what it owns. Allocates nothing.
template <typename T>
void abandon(T&& value) noexcept {
  using Value = std::decay_t<T>;
  alignas(Value) unsigned char kept[sizeof(Value)];
  ::new (static_cast<void*>(kept)) Value(std::forward<T>(value));
}

}  // namespace edgefirst
