// SPDX-License-Identifier: Apache-2.0
// Parameter types with the coercion rules of the Python interface: what pybind11's own casters
// would let through or turn into the wrong exception. Included by every binding file.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "edgefirst/geometry.hpp"
#include "edgefirst/span.hpp"
#include "edgefirst/tensor.hpp"

namespace edgefirst::python {

namespace py = pybind11;

/// A path: str or os.PathLike.
using Path = std::filesystem::path;

/// An int or anything with __index__; out of range raises OverflowError.
template <typename T>
struct Int {
  T value{};
  operator T() const { return value; }
};

/// A sequence of exactly N numbers; another length raises ValueError.
template <typename T, std::size_t N>
struct Fixed {
  std::array<T, N> values{};
};

/// A list-like of any length.
template <typename T>
struct Numbers {
  std::vector<T> values;
};
using ColorArgument = Fixed<std::uint8_t, 4>;
using CornersArgument = Fixed<float, 4>;

inline BoundingBox to_box(const CornersArgument& corners) {
  const auto& v = corners.values;
  return {v[0], v[1], v[2], v[3]};
}

/// The bytes of any object with a contiguous buffer, pinned for the call.
class Bytes {
 public:
  Bytes() = default;
  ~Bytes() {
    if (view_.obj != nullptr) PyBuffer_Release(&view_);
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  void acquire(py::handle object) {
    if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  }
  Span<const std::uint8_t> span() const {
    return {static_cast<const std::uint8_t*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
};

inline bool is_list_like(py::handle object) {
  return PySequence_Check(object.ptr()) != 0 && !PyUnicode_Check(object.ptr());
}

/// The int of an object with __index__; OverflowError, which names the range, where T lacks it.
template <typename T>
T integer_from(py::handle object) {
  using Limits = std::numeric_limits<T>;
  const auto index = py::reinterpret_steal<py::object>(PyNumber_Index(object.ptr()));
  if (!index) throw py::error_already_set();
  if constexpr (std::is_unsigned_v<T>) {
    const unsigned long long value = PyLong_AsUnsignedLongLong(index.ptr());
    const bool is_lost = PyErr_Occurred() != nullptr;
    if (!is_lost && value <= Limits::max()) return static_cast<T>(value);
  } else {
    const long long value = PyLong_AsLongLong(index.ptr());
    const bool is_lost = value == -1 && PyErr_Occurred() != nullptr;
    if (!is_lost && value >= Limits::min() && value <= Limits::max()) return static_cast<T>(value);
  }
  PyErr_Clear();
  PyErr_Format(PyExc_OverflowError, "%S is out of range: expected an int of %s...%s", index.ptr(),
               std::to_string(Limits::min()).c_str(), std::to_string(Limits::max()).c_str());
  throw py::error_already_set();
}

template <typename T>
T number_from(py::handle object) {
  if constexpr (std::is_floating_point_v<T>) {
    const double value = PyFloat_AsDouble(object.ptr());
    if (value == -1.0 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    return static_cast<T>(value);
  } else {
    return integer_from<T>(object);
  }
}

/// The items of a list-like object as numbers.
template <typename T>
std::vector<T> numbers_from(py::handle object) {
  std::vector<T> values;
  for (const py::object item : py::reinterpret_borrow<py::sequence>(object)) {
    values.push_back(number_from<T>(item));
  }
  return values;
}

}  // namespace edgefirst::python

namespace pybind11::detail {

template <typename T>
struct type_caster<edgefirst::python::Int<T>> {
  PYBIND11_TYPE_CASTER(edgefirst::python::Int<T>, const_name("int"));
  bool load(handle source, bool) {
    value.value = edgefirst::python::integer_from<T>(source);
    return true;
  }
  static handle cast(edgefirst::python::Int<T> source, return_value_policy policy, handle parent) {
    return make_caster<T>::cast(source.value, policy, parent);
  }
};

template <typename T, std::size_t N>
struct type_caster<edgefirst::python::Fixed<T, N>> {
  using Value = edgefirst::python::Fixed<T, N>;
  PYBIND11_TYPE_CASTER(Value, const_name("Sequence"));
  bool load(handle source, bool) {
    if (!edgefirst::python::is_list_like(source)) return false;
    const std::vector<T> numbers = edgefirst::python::numbers_from<T>(source);
    if (numbers.size() != N) {
      PyErr_Format(PyExc_ValueError, "expected %zu numbers, got %zu", N, numbers.size());
      throw error_already_set();
    }
    std::copy(numbers.begin(), numbers.end(), value.values.begin());
    return true;
  }
  static handle cast(const Value& source, return_value_policy policy, handle parent) {
    return make_caster<std::array<T, N>>::cast(source.values, policy, parent);
  }
};

template <typename T>
struct type_caster<edgefirst::python::Numbers<T>> {
  PYBIND11_TYPE_CASTER(edgefirst::python::Numbers<T>, const_name("Sequence"));
  bool load(handle source, bool) {
    if (!edgefirst::python::is_list_like(source)) return false;
    value.values = edgefirst::python::numbers_from<T>(source);
    return true;
  }
};

template <>
struct type_caster<edgefirst::python::Bytes> {
  static constexpr auto name = const_name("bytes");
  template <typename>
  using cast_op_type = edgefirst::python::Bytes&;
  operator edgefirst::python::Bytes&() { return value_; }
  bool load(handle source, bool) {
    if (PyObject_CheckBuffer(source.ptr()) == 0) return false;
    value_.acquire(source);
    return true;
  }

 private:
  edgefirst::python::Bytes value_;
};

/// Any sequence of non-negative ints; comes back as a fresh list.
template <>
struct type_caster<edgefirst::Shape> {
  PYBIND11_TYPE_CASTER(edgefirst::Shape, const_name("Sequence[int]"));
  bool load(handle source, bool) {
    if (!edgefirst::python::is_list_like(source)) return false;
    const auto extents = edgefirst::python::numbers_from<std::size_t>(source);
    value = edgefirst::Shape(edgefirst::Span<const std::size_t>(extents));
    return true;
  }
  static handle cast(const edgefirst::Shape& shape, return_value_policy, handle) {
    list result(shape.rank());
    for (std::size_t i = 0; i < shape.rank(); ++i) result[i] = shape[i];
    return result.release();
  }
};

}  // namespace pybind11::detail
