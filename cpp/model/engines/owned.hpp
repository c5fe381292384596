// SPDX-License-Identifier: Apache-2.0
// An object of a C interface with the function that releases it.
#pragma once

#include <utility>

namespace edgefirst::model {

template <typename T>
class Owned {
 public:
  explicit Owned(void (*release)(T*)) : release_(release) {}
  ~Owned() { reset(); }
  Owned(Owned&& other) noexcept
      : release_(other.release_), object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(release_, other.release_);
    std::swap(object_, other.object_);
    return *this;
  }

  T* get() const { return object_; }
  /// For a function that makes the object; releases the one before.
  T** out() {
    reset();
    return &object_;
  }
  void reset() {
    if (object_ != nullptr) release_(object_);
    object_ = nullptr;
  }

 private:
  void (*release_)(T*);
  T* object_ = nullptr;
};

}  // namespace edgefirst::model
