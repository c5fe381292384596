// SPDX-License-Identifier: Apache-2.0
// One thread that owns a GL context, and the queue of work for it. Callers wait for their work or
// leave it behind; exceptions come back to who waits. Knows neither EGL nor pixels.
// Used by the GL backend and by its pixel buffers.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <thread>

#include "base/trace.hpp"

namespace edgefirst::gl {

class GlDevice;

class GlThread {
 public:
  /// Starts the thread, which makes its device by `make` and destroys it at the end. Throws kIo
  /// where the system grants no thread, and what make throws. The thread serves for as long as this
  /// object lives.
  explicit GlThread(std::function<std::unique_ptr<GlDevice>()> make);
  /// Does what is queued, then ends the thread. In a child of fork() it leaves everything alone.
  ~GlThread();
  GlThread(const GlThread&) = delete;
  GlThread& operator=(const GlThread&) = delete;

  /// body(device) on the thread; waits, and rethrows what it throws. Allocates nothing. On the
  /// thread itself it runs at once. Throws kDisconnected in a child of fork() and once the process
  /// exits.
  template <typename Body>
  void run(const Body& body) {
    BodyJob<Body> job(body);
    run_job(job);
  }

  /// Queues body(device) and returns; what it throws is lost. Dropped where run() throws.
  void post(std::function<void(GlDevice&)> body);

  /// False in a child of fork(), which has no such thread.
  bool is_alive() const;

 private:
  /// Work that lies on the stack of who waits for it.
  struct Job {
    virtual ~Job() = default;
    virtual void execute(GlDevice& device) = 0;
    Job* next = nullptr;
    TraceHandoff handoff;
    std::exception_ptr error;
    bool is_owned = false;  ///< by the queue: nobody waits
    bool is_done = false;
  };
  template <typename Body>
  struct BodyJob final : Job {
    explicit BodyJob(const Body& work) : body(work) {}
    void execute(GlDevice& device) override { body(device); }
    const Body& body;
  };
  struct PostedJob;
  struct Queue;

  void run_job(Job& job);
  static void serve(Queue& queue, GlDevice& device);
  static void execute(Queue& queue, Job& job, GlDevice& device);

  std::shared_ptr<Queue> queue_;
  std::thread thread_;
  long process_ = 0;
};

}  // namespace edgefirst::gl
