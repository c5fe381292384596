// SPDX-License-Identifier: Apache-2.0
// Gives the GIL to other threads while the core works. Every heavy call opens with
//   ReleaseGil release;
// after it has copied what it needs from Python objects. A Tensor is copied too (it is a cheap
// value over shared storage), so another thread may change or drop the original meanwhile.
//
// Rule against deadlock: a lock of the core or of a binding is only waited for without the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <thread>

namespace edgefirst::python {

/// Hands queued log records to Python's logging and trace events to the function that wants them.
/// Needs the GIL; never throws. Runs Python code that may use the library: call it where no result
/// of the call in progress lies in memory that another call would use.
void deliver_messages() noexcept;

/// A daemon thread that wants the GIL while Python shuts down is ended by pthread_exit, whose
/// unwinding must not reach destructors: it sleeps until the process is gone, as from Python 3.14
/// on.
[[noreturn]] inline void sleep_until_exit() noexcept {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

/// The GIL for a destructor that runs in any thread, with or without it.
class AcquireGil {
 public:
  AcquireGil() noexcept : state_(ensure()) {}
  ~AcquireGil() { PyGILState_Release(state_); }
  AcquireGil(const AcquireGil&) = delete;
  AcquireGil& operator=(const AcquireGil&) = delete;

 private:
  static PyGILState_STATE ensure() noexcept {
    try {
      return PyGILState_Ensure();
    } catch (...) {
      sleep_until_exit();
    }
  }

  PyGILState_STATE state_;
};

class ReleaseGil {
 public:
  ReleaseGil() : state_(PyEval_SaveThread()) {}
  ~ReleaseGil() { reacquire(); }
  ReleaseGil(const ReleaseGil&) = delete;
  ReleaseGil& operator=(const ReleaseGil&) = delete;

 private:
  void reacquire() noexcept {
    try {
      PyEval_RestoreThread(state_);
    } catch (...) {
      sleep_until_exit();
    }
  }

  PyThreadState* state_;
};

}  // namespace edgefirst::python
