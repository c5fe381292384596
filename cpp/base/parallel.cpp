// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "base/env.hpp"
#include "base/log.hpp"
#include "base/trace.hpp"

#if !defined(_WIN32)
#include <pthread.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace edgefirst {
namespace {

std::atomic<bool> g_forked{false};

// oneTBB is not built with ThreadSanitizer, which has to be told what its hand-overs order.
#if defined(__SANITIZE_THREAD__)
void order_before(void* event) { __tsan_release(event); }
void order_after(void* event) { __tsan_acquire(event); }
#else
void order_before(void*) {}
void order_after(void*) {}
#endif

std::size_t configured_limit() {
#if !defined(_WIN32)
  ::pthread_atfork(nullptr, nullptr, [] { g_forked.store(true, std::memory_order_relaxed); });
#endif
  const auto machine = static_cast<std::size_t>(oneapi::tbb::info::default_concurrency());
  const std::optional<std::string> wanted = env::get(env::Variable::kThreads);
  char* end = nullptr;
  const std::size_t limit = wanted ? std::strtoul(wanted->c_str(), &end, 10) : 0;
  if (wanted && (limit == 0 || *end != '\0')) {
    log(LogLevel::kWarn, "edgefirst_hal::parallel", env::complaint(env::Variable::kThreads),
        "; using ", limit == 0 ? machine : std::min(limit, machine));
  }
  return limit == 0 ? machine : std::min(limit, machine);
}

}  // namespace

std::size_t thread_limit() {
  static const std::size_t limit = configured_limit();
  return g_forked.load(std::memory_order_relaxed) ? 1 : limit;
}

void parallel_for(std::size_t count, std::size_t grain,
                  FunctionRef<void(std::size_t, std::size_t)> body, std::size_t max_threads) {
  if (count == 0) return;
  grain = std::max<std::size_t>(grain, 1);
  std::size_t threads = thread_limit();
  if (max_threads != 0) threads = std::min(threads, max_threads);
  threads = std::min(threads, (count + grain - 1) / grain);
  if (threads <= 1) {
    body(0, count);
    return;
  }
  // Two ranges a thread even out unequal rows without cutting caches short.
  const std::size_t pieces = std::min((count + grain - 1) / grain, threads * 2);
  const TraceHandoff handoff;
  char started = 0;
  char finished = 0;
  order_before(&started);
  oneapi::tbb::parallel_for(
      oneapi::tbb::blocked_range<std::size_t>(0, pieces, 1),
      [&](const oneapi::tbb::blocked_range<std::size_t>& range) {
        order_after(&started);
        const TraceSpan span("parallel.work", handoff);
        for (std::size_t i = range.begin(); i != range.end(); ++i) {
          body(count * i / pieces, count * (i + 1) / pieces);
        }
        order_before(&finished);
      },
      oneapi::tbb::simple_partitioner());
  order_after(&finished);
}

}  // namespace edgefirst
