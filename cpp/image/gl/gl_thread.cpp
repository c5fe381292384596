// SPDX-License-Identifier: Apache-2.0
// The queue is a list of jobs under one mutex; the thread and every caller share it, so that the
// last owner may be on either side.
#include "image/gl/gl_thread.hpp"

#include <condition_variable>
#include <mutex>

#include "base/message.hpp"
#include "base/process.hpp"
#include "base/thread.hpp"
#include "image/gl/egl_context.hpp"
#include "image/gl/gl_device.hpp"

namespace edgefirst::gl {

struct GlThread::Queue {
  std::mutex mutex;
  std::condition_variable has_work;
  std::condition_variable has_finished;
  Job* first = nullptr;
  Job** end = &first;
  bool is_stopping = false;
  GlDevice* device = nullptr;  // once the thread has made it
  std::exception_ptr failure;  // of making it
  std::thread::id thread;

  void push(Job& job) {
    *end = &job;
    end = &job.next;
  }
  Job* pop() {
    Job* job = first;
    if (job == nullptr) return nullptr;
    first = job->next;
    if (first == nullptr) end = &first;
    return job;
  }
};

struct GlThread::PostedJob final : Job {
  explicit PostedJob(std::function<void(GlDevice&)> work) : body(std::move(work)) {
    is_owned = true;
  }
  void execute(GlDevice& device) override { body(device); }
  std::function<void(GlDevice&)> body;
};

GlThread::GlThread(std::function<std::unique_ptr<GlDevice>()> make)
    : queue_(std::make_shared<Queue>()), process_(process_id()) {
  const auto main = [queue = queue_, make = std::move(make)] {
    std::unique_ptr<GlDevice> device;
    std::exception_ptr failure;
    try {
      device = make();
    } catch (...) {
      failure = std::current_exception();
    }
    {
      const std::lock_guard<std::mutex> lock(queue->mutex);
      queue->device = device.get();
      queue->failure = failure;
      queue->thread = std::this_thread::get_id();
      queue->has_finished.notify_all();
    }
    if (device != nullptr) serve(*queue, *device);
  };
  thread_ = start_thread(main);
  std::unique_lock<std::mutex> lock(queue_->mutex);
  queue_->has_finished.wait(
      lock, [&] { return queue_->device != nullptr || queue_->failure != nullptr; });
  if (queue_->failure == nullptr) return;
  lock.unlock();
  thread_.join();
  std::rethrow_exception(queue_->failure);
}

GlThread::~GlThread() {
  if (!is_alive()) {
    // The thread stayed in the parent, perhaps with the mutex locked: nothing here can be freed.
    abandon(std::move(thread_));
    abandon(std::move(queue_));
    return;
  }
  {
    const std::lock_guard<std::mutex> lock(queue_->mutex);
    queue_->is_stopping = true;
    queue_->has_work.notify_one();
  }
  if (queue_->thread == std::this_thread::get_id()) {
    thread_.detach();  // the last owner was work on the thread itself, which now ends
  } else {
    thread_.join();
  }
}

bool GlThread::is_alive() const { return process_ == process_id(); }

void GlThread::serve(Queue& queue, GlDevice& device) {
  std::unique_lock<std::mutex> lock(queue.mutex);
  while (true) {
    queue.has_work.wait(lock, [&] { return queue.first != nullptr || queue.is_stopping; });
    Job* job = queue.pop();
    if (job == nullptr) return;
    lock.unlock();
    execute(queue, *job, device);
    lock.lock();
  }
}

void GlThread::execute(Queue& queue, Job& job, GlDevice& device) {
  const bool is_owned = job.is_owned;
  try {
    const TraceSpan span("image.gl", job.handoff);
    if (!is_owned || may_call_drivers()) job.execute(device);
  } catch (...) {
    job.error = std::current_exception();
  }
  if (is_owned) {
    delete static_cast<PostedJob*>(&job);
    return;
  }
  const std::lock_guard<std::mutex> lock(queue.mutex);
  job.is_done = true;
  queue.has_finished.notify_all();
}

void GlThread::run_job(Job& job) {
  if (!is_alive()) {
    raise(ErrorCode::kDisconnected,
          "the OpenGL thread stayed in the process that forked this one: make a new processor");
  }
  if (!may_call_drivers()) {
    raise(ErrorCode::kDisconnected, "the process is exiting: OpenGL is not called any more");
  }
  if (queue_->thread == std::this_thread::get_id()) return job.execute(*queue_->device);
  std::unique_lock<std::mutex> lock(queue_->mutex);
  queue_->push(job);
  queue_->has_work.notify_one();
  queue_->has_finished.wait(lock, [&] { return job.is_done; });
  lock.unlock();
  if (job.error != nullptr) std::rethrow_exception(job.error);
}

void GlThread::post(std::function<void(GlDevice&)> body) {
  if (!is_alive()) return;
  auto job = std::make_unique<PostedJob>(std::move(body));
  const std::lock_guard<std::mutex> lock(queue_->mutex);
  queue_->push(*job.release());
  queue_->has_work.notify_one();
}

}  // namespace edgefirst::gl
