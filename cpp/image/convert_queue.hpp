// SPDX-License-Identifier: Apache-2.0
// Conversions that were submitted: one thread a processor carries them out in order and ends their
// fences in order. What a backend leaves to its device goes on while the next is started, as long
// as they share no buffer. Knows no backend. Owned by ImageProcessor.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "edgefirst/fence.hpp"

#include "base/process.hpp"
#include "image/dispatcher.hpp"
#include "image/fence_state.hpp"

namespace edgefirst {

class ConvertQueue {
 public:
  /// turn is held for every call of the dispatcher.
  ConvertQueue(Dispatcher& dispatcher, std::mutex& turn);
  /// Does what was submitted. Not in a child of fork(), where nothing here may be touched.
  ~ConvertQueue();
  ConvertQueue(const ConvertQueue&) = delete;
  ConvertQueue& operator=(const ConvertQueue&) = delete;

  /// Throws what check_convert() throws; later failures are the fence's. The first call starts the
  /// thread; in a child of fork(), and where the system grants no thread, the conversion is done at
  /// once.
  Fence submit(const Tensor& src, const Tensor& dst, const ConvertOptions& options);
  /// Holds the dispatcher for its lifetime.
  class Turn {
   public:
    /// queue.users_ counts it first, so that a child of fork() knows whether someone held it.
    explicit Turn(ConvertQueue& queue);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    ConvertQueue& queue_;
    const bool is_counted_;
  };
  /// Waits for what was submitted so far, then takes the turn. Throws kDisconnected in a child of
  /// fork() where another thread was at work during it.
  Turn take_turn();

  /// In a child of fork(), which has no such thread.
  bool is_forked() const { return process_ != process_id(); }

 private:
  struct Job;
  class AtExit;

  Fence convert_now(std::unique_ptr<Job> job);
  void drain();
  bool start_thread();

  // On the thread:
  void serve();
  std::unique_ptr<Job> next_job(bool& makes_room);
  void start(std::unique_ptr<Job> job);
  void retire(Job* awaited);
  bool is_over(Job& job, std::chrono::nanoseconds patience);
  void finish(std::unique_ptr<Job> job);
  template <typename Body>
  void in_turn(Job& job, const Body& body);

  Dispatcher& dispatcher_;
  std::mutex& turn_;
  const long process_ = process_id();
  std::atomic<bool> has_thread_{false};
  std::atomic<int> users_{0};  // threads that hold the turn or wait for it; at fork(), in a child
  std::once_flag start_;

  std::mutex mutex_;
  std::condition_variable has_work_;
  std::condition_variable has_room_;
  std::deque<std::unique_ptr<Job>> queued_;
  std::shared_ptr<Fence::State> last_;  // of what was submitted
  // Ended; their tensors go in a caller's thread, since the owner of memory may want a lock that
  // a caller who waits for this thread holds.
  Fence::State::Ended ended_;
  bool is_stopping_ = false;

  // Touched by the thread alone, which must not allocate: nobody could be told that it failed.
  std::vector<std::unique_ptr<Job>> started_;
  std::thread thread_;
};

}  // namespace edgefirst
