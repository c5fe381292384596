// SPDX-License-Identifier: Apache-2.0
#include "mapping.hpp"

#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include "gil.hpp"
#include "ndarray.hpp"

namespace edgefirst::python {

bool may_wait(TensorMemory memory) {
  return memory == TensorMemory::kDma || memory == TensorMemory::kPbo;
}

OpenMap open_map(const Tensor& tensor) {
  const Tensor source = tensor;
  const ReleaseGil release;
  try {
    return {source.map(CpuAccess::kReadWrite), false};
  } catch (const Error& error) {
    if (error.os_error() != EACCES) throw;
  }
  return {source.map(CpuAccess::kRead), true};
}

void close_map(TensorMap* map) noexcept {
  const std::unique_ptr<TensorMap> owned(map);
  const bool waits = map->is_mapped() && may_wait(map->memory()) && Py_IsInitialized() != 0 &&
                     PyGILState_Check() != 0;
  std::optional<ReleaseGil> release;
  if (waits) release.emplace();
  map->unmap();
}

py::object ndarray_of(const Tensor& tensor) {
  OpenMap open = open_map(tensor);
  auto owner = std::make_unique<TensorMap>(std::move(open.map));
  const TensorMap& map = *owner;
  const std::vector<py::ssize_t> shape(map.shape().begin(), map.shape().end());
  const auto all = map.strides();
  const std::vector<py::ssize_t> strides(all.begin(), all.begin() + shape.size());
  const py::capsule base(owner.get(),
                         [](void* pointer) { close_map(static_cast<TensorMap*>(pointer)); });
  static_cast<void>(owner.release());
  py::array array(numpy_dtype(map.dtype()), shape, strides, map.data(), base);
  if (open.read_only) array.attr("flags").attr("writeable") = false;
  return std::move(array);
}

}  // namespace edgefirst::python
