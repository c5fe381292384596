// SPDX-License-Identifier: Apache-2.0
// Gives the GIL to other threads while the core works. Every heavy call opens with
//   ReleaseGil release;
// after it has copied what it needs from Python objects. A Tensor is copied too (it is a cheap
// value over shared storage), so another thread may change or drop the original meanwhile.
//
// Rule against deadlock: a lock of the core or of a binding is only waited for without the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>

namespace edgefirst::python {

/// Hands queued log records to Python's logging. Needs the GIL; never throws.
void deliver_log_records() noexcept;

class ReleaseGil {
 public:
  ReleaseGil() : release_(std::in_place) {}
  ~ReleaseGil() {
    release_.reset();
    deliver_log_records();
  }
  ReleaseGil(const ReleaseGil&) = delete;
  ReleaseGil& operator=(const ReleaseGil&) = delete;

 private:
  std::optional<pybind11::gil_scoped_release> release_;
};

}  // namespace edgefirst::python
