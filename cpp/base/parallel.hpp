// SPDX-License-Identifier: Apache-2.0
// Data-parallel loops on the process's threads (oneTBB). Serial after fork() in the child, where
// no worker exists, and wherever max_threads is 1.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace edgefirst {

/// A borrowed callable: two pointers, no allocation. Lives for the call it is passed to.
template <typename Signature>
class FunctionRef;

template <typename Result, typename... Args>
class FunctionRef<Result(Args...)> {
 public:
  template <typename Callable,
            typename = std::enable_if_t<!std::is_same_v<std::decay_t<Callable>, FunctionRef>>>
  FunctionRef(Callable&& callable)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, Args... args) -> Result {
          return (*static_cast<std::remove_reference_t<Callable>*>(object))(args...);
        }) {}

  Result operator()(Args... args) const { return call_(object_, args...); }

 private:
  void* object_;
  Result (*call_)(void*, Args...);
};

/// Threads that a call may use: the machine's, lowered by EDGEFIRST_THREADS; 1 in a forked child.
std::size_t thread_limit();

/// Calls body(begin, end) on disjoint ranges that cover [0, count), each of at least grain
/// (the last may be shorter). Exceptions of a body reach the caller.
void parallel_for(std::size_t count, std::size_t grain,
                  FunctionRef<void(std::size_t, std::size_t)> body, std::size_t max_threads = 0);

}  // namespace edgefirst
