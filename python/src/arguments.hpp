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

#include "base/text.hpp"
#include "calls.hpp"

namespace edgefirst::python {

namespace py = pybind11;

/// A path: str, bytes or os.PathLike; ValueError where it holds a NUL.
struct Path : std::filesystem::path {};

/// A str. Bytes are data and no names: a message may quote a name.
struct Text {
  std::string value;
  operator const std::string&() const { return value; }
};

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

/// A file as bytes, or as an object whose read() gives them.
struct FileArgument {
  py::object source;
};

/// The bytes of a FileArgument, pinned or read for the call.
class FileBytes {
 public:
  /// Reads at most one byte more than max_bytes: the core then refuses the file by its size.
  FileBytes(const FileArgument& file, std::size_t max_bytes);
  Span<const std::uint8_t> span() const {
    return is_read_ ? Span<const std::uint8_t>(read_) : pinned_.span();
  }

 private:
  Bytes pinned_;
  std::vector<std::uint8_t> read_;
  bool is_read_ = false;
};

/// Names of classes by number, from a sequence or from a dict as models carry it, {0: "person"}.
/// A number that the dict leaves out is its own name.
struct ClassNames {
  std::vector<std::string> names;
};
ClassNames class_names_from(const py::dict& names);

inline bool is_list_like(py::handle object) {
  return PySequence_Check(object.ptr()) != 0 && !PyUnicode_Check(object.ptr());
}

/// An int as text; one of hundreds of digits is no help to anybody.
inline std::string digits_of(py::handle index) {
  constexpr std::size_t kMost = 40;
  PyObject* text = PyObject_Str(index.ptr());  // fails above 4300 digits
  if (text == nullptr) PyErr_Clear();
  const auto owned = py::reinterpret_steal<py::object>(text);
  const std::string digits = owned ? owned.cast<std::string>() : std::string(kMost + 1, '0');
  return digits.size() > kMost ? "an int of more than 40 digits" : digits;
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
  const std::string range = integer_text(Limits::min()) + "..." + integer_text(Limits::max());
  refuse_argument(object, PyExc_OverflowError,
                  digits_of(index) + " is out of range: expected an int of " + range);
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

template <typename T>
bool is_number(py::handle item) {
  if constexpr (std::is_floating_point_v<T>) {
    return PyNumber_Check(item.ptr()) != 0 && !PyComplex_Check(item.ptr());
  } else {
    return PyIndex_Check(item.ptr()) != 0;
  }
}

/// The items of a list-like object as numbers.
template <typename T>
std::vector<T> numbers_from(py::handle object) {
  return refusing(object, [&] {
    std::vector<T> values;
    for (const py::object item : py::reinterpret_borrow<py::sequence>(object)) {
      if (!is_number<T>(item)) {
        const char* kind = std::is_floating_point_v<T> ? "a number" : "an int";
        refuse_argument(
            item, PyExc_TypeError,
            message("item ", values.size(), " must be ", kind, ", not ", type_name(item)));
      }
      values.push_back(number_from<T>(item));
    }
    return values;
  });
}

}  // namespace edgefirst::python

namespace pybind11::detail {

template <typename T>
struct type_caster<edgefirst::python::Int<T>> {
  PYBIND11_TYPE_CASTER(edgefirst::python::Int<T>, const_name("int"));
  bool load(handle source, bool) {
    if (PyIndex_Check(source.ptr()) == 0) return false;
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
      edgefirst::python::refuse_argument(source, PyExc_ValueError,
                                         "expected " + edgefirst::integer_text(N) +
                                             " numbers, got " +
                                             edgefirst::integer_text(numbers.size()));
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
struct type_caster<edgefirst::python::Text> {
  PYBIND11_TYPE_CASTER(edgefirst::python::Text, const_name("str"));
  bool load(handle source, bool convert) {
    make_caster<std::string> inner;
    if (PyUnicode_Check(source.ptr()) == 0 || !inner.load(source, convert)) return false;
    value.value = cast_op<std::string&&>(std::move(inner));
    return true;
  }
};

template <>
struct type_caster<edgefirst::python::Path> {
  PYBIND11_TYPE_CASTER(edgefirst::python::Path, const_name("os.PathLike | str | bytes"));
  bool load(handle source, bool convert) {
    PyObject* path = PyOS_FSPath(source.ptr());
    if (path == nullptr) {
      if (hasattr(source, "__fspath__")) throw error_already_set();
      PyErr_Clear();
      return false;
    }
    const auto owned = reinterpret_steal<object>(path);
    const object nul = PyUnicode_Check(path) != 0 ? object(str("\0", 1)) : object(bytes("\0", 1));
    if (owned.contains(nul)) {
      edgefirst::python::refuse_argument(source, PyExc_ValueError,
                                         "a path cannot hold a NUL character");
    }
    if (PyBytes_Check(path) != 0 && PyBytes_GET_SIZE(path) > 4096) {  // data, taken for a name
      edgefirst::python::refuse_argument(
          source, PyExc_ValueError,
          "bytes of " + edgefirst::integer_text(PyBytes_GET_SIZE(path)) +
              " are no path: what a file holds goes to the function that takes data");
    }
    path_caster<std::filesystem::path> inner;
    if (!inner.load(owned, convert)) return false;
    static_cast<std::filesystem::path&>(value) = static_cast<std::filesystem::path&>(inner);
    return true;
  }
};

template <>
struct type_caster<edgefirst::python::Bytes> {
  static constexpr auto name = const_name("collections.abc.Buffer");
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

template <>
struct type_caster<edgefirst::python::FileArgument> {
  PYBIND11_TYPE_CASTER(edgefirst::python::FileArgument,
                       const_name("collections.abc.Buffer | typing.BinaryIO"));
  bool load(handle source, bool) {
    if (PyObject_CheckBuffer(source.ptr()) == 0 && !hasattr(source, "read")) return false;
    value.source = reinterpret_borrow<object>(source);
    return true;
  }
};

template <>
struct type_caster<edgefirst::python::ClassNames> {
  PYBIND11_TYPE_CASTER(edgefirst::python::ClassNames,
                       const_name("collections.abc.Sequence[str] | dict[int, str]"));
  bool load(handle source, bool convert) {
    if (PyDict_Check(source.ptr()) != 0) {
      value = edgefirst::python::refusing(source, [&] {
        return edgefirst::python::class_names_from(reinterpret_borrow<dict>(source));
      });
      return true;
    }
    make_caster<std::vector<std::string>> inner;
    if (!inner.load(source, convert)) return false;
    value.names = cast_op<std::vector<std::string>&&>(std::move(inner));
    return true;
  }
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
