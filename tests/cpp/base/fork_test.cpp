// SPDX-License-Identifier: Apache-2.0
// What a child of fork() finds of locks and objects that other threads of its parent held.
#if !defined(_WIN32)
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "base/fork_safe.hpp"
#include "base/log.hpp"
#include "base/per_thread.hpp"

namespace edgefirst {
namespace {

/// Whether body ends in a child within seconds, by returning true.
template <typename Body>
bool ends_in_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// A thread that is inside something until it is let go.
class Occupant {
 public:
  template <typename Enter>
  explicit Occupant(const Enter& enter) : thread_([this, enter] { enter(*this); }) {
    while (!is_inside_) std::this_thread::yield();
  }
  ~Occupant() {
    is_done_ = true;
    thread_.join();
  }
  void stay() {
    is_inside_ = true;
    while (!is_done_) std::this_thread::yield();
  }

 private:
  std::atomic<bool> is_inside_{false};
  std::atomic<bool> is_done_{false};
  std::thread thread_;
};

TEST(Fork, TheChildFindsAForkSafeMutexFree) {
  ForkSafe<std::mutex> mutex;
  const Occupant occupant([&](Occupant& self) {
    const std::lock_guard lock(mutex);
    self.stay();
  });
  EXPECT_TRUE(ends_in_child([&] {
    const std::lock_guard lock(mutex);
    return true;
  }));
}

TEST(Fork, TheChildMayWriteWhatTheParentReads) {
  ForkSafe<std::shared_mutex> mutex;
  const Occupant occupant([&](Occupant& self) {
    const std::shared_lock lock(mutex);
    self.stay();
  });
  EXPECT_TRUE(ends_in_child([&] {
    { const std::unique_lock lock(mutex); }
    const std::shared_lock again(mutex);
    return true;
  }));
}

void stay_inside(LogLevel, const char*, const char*, void* occupant) {
  static_cast<Occupant*>(occupant)->stay();
}
void count(LogLevel, const char*, const char*, void* number) { ++*static_cast<int*>(number); }

TEST(Fork, TheChildMayReplaceTheLogSinkThatTheParentIsIn) {
  {
    const Occupant occupant([](Occupant& self) {
      set_log_sink(stay_inside, &self, LogLevel::kInfo);
      log(LogLevel::kWarn, "test", "the sink keeps this thread");
    });
    EXPECT_TRUE(ends_in_child([] {
      int records = 0;
      set_log_sink(count, &records, LogLevel::kInfo);
      log(LogLevel::kWarn, "test", "of the child");
      return records == 1;
    }));
  }
  set_log_sink(nullptr, nullptr, LogLevel::kOff);
}

struct Counted {
  static std::atomic<int> alive;
  Counted() { ++alive; }
  ~Counted() { --alive; }
};
std::atomic<int> Counted::alive{0};

TEST(PerThread, LivesAsLongAsItsThread) {
  std::thread([] {
    EXPECT_EQ(&PerThread<Counted>::get(), &PerThread<Counted>::get());
    Counted* const mine = &PerThread<Counted>::get();
    std::thread([mine] { EXPECT_NE(&PerThread<Counted>::get(), mine); }).join();
    EXPECT_EQ(Counted::alive, 1);
  }).join();
  EXPECT_EQ(Counted::alive, 0);
}

}  // namespace
}  // namespace edgefirst
#endif
