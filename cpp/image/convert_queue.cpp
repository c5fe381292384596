// SPDX-License-Identifier: Apache-2.0
// The thread behind convert_async(). It waits for a device only when there is nothing to start, and
// then in slices, so that what comes next starts soon.
#include "image/convert_queue.hpp"

#include <algorithm>
#include <atomic>
#include <initializer_list>
#include <set>
#include <utility>

#include "base/at_exit.hpp"
#include "base/log.hpp"
#include "base/thread.hpp"
#include "image/fence_state.hpp"

namespace edgefirst {
namespace {

constexpr std::size_t kMostQueued = 64;
constexpr std::size_t kMostStarted = 8;
constexpr std::chrono::nanoseconds kSlice = std::chrono::milliseconds(1);
constexpr std::chrono::nanoseconds kNoWait{0};

/// A pixel buffer serves one conversion at a time, whatever part of it.
bool share_pixel_buffer(const Tensor& a, const Tensor& b) {
  using Planes = std::initializer_list<const Tensor*>;
  for (const Tensor* x : Planes{&a, a.chroma().get()}) {
    for (const Tensor* y : Planes{&b, b.chroma().get()}) {
      const bool both = x != nullptr && y != nullptr && x->memory() == TensorMemory::kPbo;
      if (both && x->storage() == y->storage()) return true;
    }
  }
  return false;
}

}  // namespace

/// The request points to the tensors beside it.
struct ConvertQueue::Job {
  Job(const Tensor& from, const Tensor& to, const ConvertOptions& options)
      : src(from), dst(to), request(check_convert(src, dst, options)) {}

  bool is_flying() const { return submission.flight != nullptr; }
  /// Whether it may not start before another one, which is flying, has landed.
  bool depends_on(const Job& other) const {
    return src.aliases(other.dst) || dst.aliases(other.dst) || dst.aliases(other.src) ||
           share_pixel_buffer(src, other.dst) || share_pixel_buffer(dst, other.dst);
  }
  void fail(std::exception_ptr reason) {
    submission.flight.reset();
    error = std::move(reason);
  }

  const Tensor src, dst;
  const ConvertRequest request;
  Submission submission;
  std::exception_ptr error;
  bool is_lost = false;  // its device failed: another backend takes over
  std::shared_ptr<Fence::State> state = std::make_shared<Fence::State>();
};

/// Ends the work of every queue before the process destroys what that work stands on. A child of
/// fork() has an instance of its own: its parent's may be locked for ever.
class ConvertQueue::AtExit {
 public:
  static AtExit& instance() {
    static std::atomic<AtExit*> current{nullptr};
    AtExit* known = current.load();
    while (known == nullptr || known->process_ != process_id()) {
      std::unique_ptr<AtExit> fresh(new AtExit);
      fresh->inherited_ = known;
      if (!current.compare_exchange_strong(known, fresh.get())) continue;
      const bool is_first = known == nullptr;
      known = fresh.release();
      if (is_first) run_at_exit([] { instance().drain(); });
    }
    return *known;
  }
  void add(ConvertQueue& queue) {
    const std::lock_guard<std::mutex> lock(mutex_);
    queues_.insert(&queue);
  }
  void remove(ConvertQueue& queue) {
    const std::lock_guard<std::mutex> lock(mutex_);
    queues_.erase(&queue);
  }

 private:
  AtExit() = default;
  void drain() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (ConvertQueue* queue : queues_) queue->drain();
  }

  std::mutex mutex_;
  std::set<ConvertQueue*> queues_;
  const long process_ = process_id();
  AtExit* inherited_ = nullptr;  ///< the parent's, never freed: another thread may have held it
};

ConvertQueue::ConvertQueue(Dispatcher& dispatcher, std::mutex& turn)
    : dispatcher_(dispatcher), turn_(turn) {
  started_.reserve(kMostStarted + 1);
}

ConvertQueue::~ConvertQueue() {
  if (!has_thread_) return;
  AtExit::instance().remove(*this);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_stopping_ = true;
    has_work_.notify_one();
  }
  thread_.join();
}

/// False where the system grants no thread now.
bool ConvertQueue::start_thread() {
  const auto start = [this] {
    AtExit::instance().add(*this);
    try {
      thread_ = edgefirst::start_thread([this] { serve(); });
    } catch (...) {
      AtExit::instance().remove(*this);
      throw;
    }
    has_thread_ = true;
  };
  try {
    std::call_once(start_, start);  // once it has succeeded
  } catch (const Error& error) {
    log(LogLevel::kWarn, "edgefirst_image", "convert_async converts at once: ", error.what());
    return false;
  }
  return true;
}

Fence ConvertQueue::submit(const Tensor& src, const Tensor& dst, const ConvertOptions& options) {
  auto job = std::make_unique<Job>(src, dst, options);
  if (is_forked() || !start_thread()) return convert_now(std::move(job));
  const std::shared_ptr<Fence::State> state = job->state;
  std::shared_ptr<Fence::State> previous = state;
  Fence::State::Ended ended;
  std::unique_lock<std::mutex> lock(mutex_);
  has_room_.wait(lock, [&] { return queued_.size() < kMostQueued; });
  queued_.push_back(std::move(job));
  previous.swap(last_);
  ended.swap(ended_);
  has_work_.notify_one();
  lock.unlock();
  return Fence(state);
}

Fence ConvertQueue::convert_now(std::unique_ptr<Job> job) {
  const std::shared_ptr<Fence::State> state = job->state;
  try {
    const Turn turn = take_turn();
    dispatcher_.convert(job->request);
  } catch (...) {
    job->error = std::current_exception();
  }
  state->settle(job->error, Fence::State::nothing());
  return Fence(state);
}

void ConvertQueue::drain() {
  if (!has_thread_ || is_forked()) return;
  std::shared_ptr<Fence::State> last;
  Fence::State::Ended ended;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    last = last_;
  }
  if (last != nullptr) last->await(std::nullopt);
  const std::lock_guard<std::mutex> lock(mutex_);
  ended.swap(ended_);
}

ConvertQueue::Turn::Turn(ConvertQueue& queue) : queue_(queue), is_counted_(!queue.is_forked()) {
  if (is_counted_) ++queue_.users_;
  queue_.turn_.lock();
}

ConvertQueue::Turn::~Turn() {
  queue_.turn_.unlock();
  if (is_counted_) --queue_.users_;
}

ConvertQueue::Turn ConvertQueue::take_turn() {
  drain();
  if (is_forked() && users_ > 0) {
    raise(ErrorCode::kDisconnected,
          "the image processor was at work in the process that forked this one: make a new one");
  }
  return Turn(*this);
}

void ConvertQueue::serve() {
  while (true) {
    bool makes_room = false;
    std::unique_ptr<Job> job = next_job(makes_room);
    if (job != nullptr) {
      start(std::move(job));
      retire(nullptr);
    } else if (!started_.empty()) {
      // With the newest all are over; the oldest makes room for one that is queued.
      retire(makes_room ? started_.front().get() : started_.back().get());
    } else {
      return;
    }
  }
}

/// Waits for one only where none is started. nullptr: see to those that are, or end without any;
/// makes_room: one would be there, but too many are started.
std::unique_ptr<ConvertQueue::Job> ConvertQueue::next_job(bool& makes_room) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (started_.empty()) has_work_.wait(lock, [&] { return !queued_.empty() || is_stopping_; });
  if (queued_.empty()) return nullptr;
  makes_room = started_.size() >= kMostStarted;
  if (makes_room) return nullptr;
  std::unique_ptr<Job> job = std::move(queued_.front());
  queued_.pop_front();
  has_room_.notify_one();
  return job;
}

template <typename Body>
void ConvertQueue::in_turn(Job& job, const Body& body) {
  try {
    const Turn turn(*this);
    body();
  } catch (...) {
    job.fail(std::current_exception());
  }
}

void ConvertQueue::start(std::unique_ptr<Job> job) {
  const auto must_wait = [&](const auto& other) {
    return other->is_flying() && job->depends_on(*other);
  };
  while (true) {
    const auto awaited = std::find_if(started_.rbegin(), started_.rend(), must_wait);
    if (awaited == started_.rend()) break;
    retire(awaited->get());
  }
  in_turn(*job, [&] { dispatcher_.submit(job->request, job->submission); });
  started_.push_back(std::move(job));
}

/// Waits a slice for one, or for none, and ends those that are over, in order.
void ConvertQueue::retire(Job* awaited) {
  if (awaited != nullptr) is_over(*awaited, kSlice);
  while (!started_.empty() && is_over(*started_.front(), kNoWait)) {
    std::unique_ptr<Job> job = std::move(started_.front());
    started_.erase(started_.begin());
    finish(std::move(job));
  }
}

bool ConvertQueue::is_over(Job& job, std::chrono::nanoseconds patience) {
  if (!job.is_flying()) return true;
  try {
    if (!job.submission.flight->is_over(patience)) return false;
    job.submission.flight.reset();
  } catch (const BackendRefusal&) {
    // The device works in order: what is behind is lost with it, and done again in order.
    for (const auto& started : started_) {
      if (!started->is_flying()) continue;
      started->is_lost = true;
      started->fail(std::current_exception());
    }
  } catch (...) {
    job.fail(std::current_exception());
  }
  return true;
}

void ConvertQueue::finish(std::unique_ptr<Job> job) {
  if (job->is_lost) {
    const std::exception_ptr refusal = std::exchange(job->error, nullptr);
    in_turn(*job, [&] { dispatcher_.take_over(job->request, job->submission, refusal); });
  }
  std::shared_ptr<Fence::State> state = std::move(job->state);
  const std::exception_ptr error = job->error;
  const auto destroy = [](void* needed) { delete static_cast<Job*>(needed); };
  state->settle(error, {job.release(), destroy});
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_.add(std::move(state));
}

}  // namespace edgefirst
