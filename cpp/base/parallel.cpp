// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "base/env.hpp"
#include "base/log.hpp"
#include "base/thread.hpp"
#include "base/trace.hpp"

#if !defined(_WIN32)
#include <pthread.h>
#endif
#if defined(__linux__)
#include <sched.h>
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

/// Processors that this process may use.
std::size_t machine_threads() {
#if defined(__linux__)
  cpu_set_t processors;
  if (::sched_getaffinity(0, sizeof processors, &processors) == 0) {
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&processors)));
  }
#endif
  return std::max(1U, std::thread::hardware_concurrency());
}

std::size_t configured_limit() {
#if !defined(_WIN32)
  ::pthread_atfork(nullptr, nullptr, [] { g_forked.store(true, std::memory_order_relaxed); });
#endif
  const std::size_t machine = machine_threads();
  const std::optional<std::string> wanted = env::get(env::Variable::kThreads);
  char* end = nullptr;
  const std::size_t limit = wanted ? std::strtoul(wanted->c_str(), &end, 10) : 0;
  if (wanted && (limit == 0 || *end != '\0')) {
    log(LogLevel::kWarn, "edgefirst_hal::parallel", env::complaint(env::Variable::kThreads),
        "; using ", limit == 0 ? machine : std::min(limit, machine));
  }
  return limit == 0 ? machine : std::min(limit, machine);
}

/// Threads that wait for each other until they are let go, and are joined then.
class Crowd {
 public:
  explicit Crowd(std::size_t most) : closed_(gate_) { threads_.reserve(most); }
  ~Crowd() {
    closed_.unlock();
    for (std::thread& thread : threads_) thread.join();
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  std::size_t size() const { return threads_.size(); }
  void add() {
    threads_.push_back(start_thread([this] { const std::lock_guard<std::mutex> wait(gate_); }));
  }

 private:
  std::mutex gate_;
  std::unique_lock<std::mutex> closed_;
  std::vector<std::thread> threads_;
};

/// How many of `wanted` threads, the caller among them, the system grants at the same time. oneTBB
/// ends the process where one of its threads cannot start another (private_worker::run is
/// noexcept), so this is asked before oneTBB is.
std::size_t granted_threads(std::size_t wanted) {
  Crowd crowd(wanted);
  try {
    while (crowd.size() + 1 < wanted) crowd.add();
  } catch (const Error& error) {
    log(LogLevel::kWarn, "edgefirst_hal::parallel", error.what(), ": calls use ", crowd.size() + 1,
        " of ", wanted, " threads");
  }
  return crowd.size() + 1;
}

/// Whether there is memory for what oneTBB keeps from its first use on. Where its first use fails
/// every later one waits for ever (atomic_do_once leaves its state at "pending").
bool has_memory_for_workers() {
  constexpr std::size_t kBlocks = 12;
  constexpr std::size_t kBlockBytes = 8 * 1024;  // returned to the heap, not to the system
  std::unique_ptr<char[]> blocks[kBlocks];
  for (auto& block : blocks) {
    block.reset(new (std::nothrow) char[kBlockBytes]);
    if (block == nullptr) return false;
  }
  return true;
}

/// Threads that oneTBB may have; 1: it is not to be called. Settled by the first call that finds
/// memory.
std::size_t worker_limit() noexcept {
  static std::atomic<std::size_t> settled{0};
  static std::once_flag once;
  const auto settle = [] {
    const std::size_t wanted = machine_threads();
    const std::size_t granted = granted_threads(wanted);
    if (granted > 1 && granted < wanted) {  // never destroyed: the limit holds for the process
      static_cast<void>(new oneapi::tbb::global_control(
          oneapi::tbb::global_control::max_allowed_parallelism, granted));
    }
    settled.store(granted, std::memory_order_release);
  };
  if (const std::size_t limit = settled.load(std::memory_order_acquire)) return limit;
  if (!has_memory_for_workers()) return 1;
  try {
    std::call_once(once, settle);
  } catch (...) {  // no memory: the next call asks again
    return 1;
  }
  return settled.load(std::memory_order_acquire);
}

/// The pieces of one loop, taken one after another by whoever is free, and what the first body that
/// failed threw.
class Pieces {
 public:
  Pieces(std::size_t count, std::size_t pieces, FunctionRef<void(std::size_t, std::size_t)> body)
      : count_(count), pieces_(pieces), body_(body) {}

  /// False where none is left.
  bool run_next() {
    const std::size_t i = next_.fetch_add(1, std::memory_order_relaxed);
    if (i >= pieces_) return false;
    try {
      body_(count_ * i / pieces_, count_ * (i + 1) / pieces_);
    } catch (...) {
      next_.store(pieces_, std::memory_order_relaxed);
      if (!has_failed_.exchange(true)) failure_ = std::current_exception();
    }
    return true;
  }
  /// Only once every thread is done.
  void rethrow() const {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
  }

 private:
  std::size_t count_;
  std::size_t pieces_;
  FunctionRef<void(std::size_t, std::size_t)> body_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> has_failed_{false};
  std::exception_ptr failure_;
};

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
  threads = std::min(threads, worker_limit());
  if (threads <= 1) {
    body(0, count);
    return;
  }
  // Two pieces a thread even out unequal rows without cutting caches short.
  Pieces pieces(count, std::min((count + grain - 1) / grain, threads * 2), body);
  const TraceHandoff handoff;
  char started = 0;
  char finished = 0;
  order_before(&started);
  try {
    oneapi::tbb::parallel_for(
        oneapi::tbb::blocked_range<std::size_t>(0, threads, 1),
        [&](const oneapi::tbb::blocked_range<std::size_t>&) {
          order_after(&started);
          const TraceSpan span("parallel.work", handoff);
          while (pieces.run_next()) {
          }
          order_before(&finished);
        },
        oneapi::tbb::simple_partitioner());
  } catch (const std::exception& error) {  // of oneTBB: no memory for a task, no thread
    log(LogLevel::kDebug, "edgefirst_hal::parallel", error.what(),
        ": the calling thread does the rest");
  }
  order_after(&finished);
  while (pieces.run_next()) {
  }
  pieces.rethrow();
}

}  // namespace edgefirst
