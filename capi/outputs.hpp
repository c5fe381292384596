// SPDX-License-Identifier: Apache-2.0
// An array of tensor handles as the core takes model outputs.
// Called by the functions that decode.
#pragma once

#include <cstddef>
#include <vector>

#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"

#include "guard.hpp"
#include "handles.hpp"

namespace edgefirst::capi {

class Outputs {
 public:
  Outputs(const hal_tensor* const* outputs, std::size_t count) {
    require({{"outputs", outputs}});
    if (count == 0) throw BadCall("num_outputs is 0");
    tensors_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      require({{"an element of outputs", outputs[i]}});
      tensors_.push_back(&outputs[i]->value);
    }
  }
  operator Span<const Tensor* const>() const { return tensors_; }

 private:
  std::vector<const Tensor*> tensors_;
};

}  // namespace edgefirst::capi
