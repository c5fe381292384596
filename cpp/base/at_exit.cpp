// SPDX-License-Identifier: Apache-2.0
#include "base/at_exit.hpp"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <vector>

#if defined(__APPLE__)
#include <pthread.h>
#elif defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace edgefirst {
namespace {

std::atomic<bool> exiting{false};

struct Work {
  std::mutex mutex;
  std::vector<void (*)()> items;
};

Work& all_work() {
  static auto* work = new Work;  // handlers may run after destructors
  return *work;
}

void run_all() {
  if (exiting.load()) return;
  std::vector<void (*)()> items;
  {
    const std::lock_guard<std::mutex> lock(all_work().mutex);
    items = all_work().items;
  }
  for (const auto item : items) item();
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
  {
    const std::lock_guard<std::mutex> lock(all_work().mutex);
    all_work().items.push_back(work);
  }
  run_before_newer_handlers();
}

void run_before_newer_handlers() { std::atexit(run_all); }

bool is_exiting() { return exiting.load(); }

}  // namespace edgefirst
