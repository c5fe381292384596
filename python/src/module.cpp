// SPDX-License-Identifier: Apache-2.0
// The extension module edgefirst_hal._core; the package edgefirst_hal re-exports it.
#include "bindings.hpp"

PYBIND11_MODULE(_core, module) {
  module.doc() = "Native part of edgefirst_hal: import edgefirst_hal instead.";
  using namespace edgefirst::python;
  bind_exceptions(module);
  bind_enums(module);
  bind_geometry(module);
  bind_tensor(module);
  bind_tensor_map(module);
  bind_sharing(module);
  bind_views(module);
  bind_dlpack(module);
  bind_array_interface(module);
  bind_codec(module);
  bind_tracker(module);
  bind_decoder(module);
  bind_image(module);
  bind_runtime(module);
}
