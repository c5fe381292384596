// SPDX-License-Identifier: Apache-2.0
#include "base/at_exit.hpp"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <vector>

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
