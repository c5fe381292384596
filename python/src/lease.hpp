// SPDX-License-Identifier: Apache-2.0
// Memory for the results of one call, reused by later calls of the thread.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/per_thread.hpp"

namespace edgefirst::python {

/// A T that nobody else uses until the end of the scope. Python code may run inside the scope (the
/// garbage collector's, for one) and use the library itself: its calls then get a T of their own.
template <typename T>
class Lease {
 public:
  Lease() {
    if (spare().empty()) {
      object_ = std::make_unique<T>();
    } else {
      object_ = std::move(spare().back());
      spare().pop_back();
    }
  }
  ~Lease() {
    try {
      spare().push_back(std::move(object_));
    } catch (...) {  // what finds no room is freed
    }
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  T& operator*() const { return *object_; }
  T* operator->() const { return object_.get(); }

 private:
  static std::vector<std::unique_ptr<T>>& spare() {
    return PerThread<std::vector<std::unique_ptr<T>>, Lease>::get();
  }

  std::unique_ptr<T> object_;
};

}  // namespace edgefirst::python
