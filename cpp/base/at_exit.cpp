// SPDX-License-Identifier: Apache-2.0
#include "base/at_exit.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>

#include "base/message.hpp"

#if defined(__APPLE__)
#include <pthread.h>
#elif defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace edgefirst {
namespace {

std::atomic<bool> exiting{false};

/// Filled from the front. Needs no mutex, which a child of fork() could find locked.
std::array<std::atomic<void (*)()>, 8> all_work{};

void run_all() {
  if (exiting.load()) return;
  for (const auto& place : all_work) {
    if (void (*const work)() = place.load()) work();
  }
  exiting.store(true);
}

bool is_main_thread() {
#if defined(__APPLE__)
  return ::pthread_main_np() != 0;
#elif defined(__linux__)
  return ::syscall(SYS_gettid) == ::getpid();
#else
  return false;
#endif
}

/// exit(3) destroys the objects of the thread that calls it before it runs any handler: not even
/// one that a driver registers at this very moment in another thread comes first.
struct EndOfMainThread {
  ~EndOfMainThread() {
    if (is_main_thread()) run_all();
  }
};

/// The main thread loads the library, but for programs that do so in another; those, and an exit
/// from another thread, have the handlers alone.
[[maybe_unused]] const bool g_armed = [] {
  thread_local EndOfMainThread end;  // made as control passes
  return true;
}();

}  // namespace

void run_at_exit(void (*work)()) {
  const auto take = [work](auto& place) {
    void (*nothing)() = nullptr;
    return place.compare_exchange_strong(nothing, work);
  };
  if (std::none_of(all_work.begin(), all_work.end(), take)) {
    raise(ErrorCode::kInternal, "more than ", all_work.size(), " callers have work at exit");
  }
  run_before_newer_handlers();
}

void run_before_newer_handlers() { std::atexit(run_all); }

bool is_exiting() { return exiting.load(); }

}  // namespace edgefirst
