// SPDX-License-Identifier: Apache-2.0
// Between numpy arrays and the core's parameter types. Copies nothing unless its name says so.
// Called by the bindings of tensor, image, decoder and tracker.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <vector>

#include "edgefirst/detection.hpp"
#include "edgefirst/tensor.hpp"

#include "tensor/strided_copy.hpp"

namespace edgefirst::python {

namespace py = pybind11;

py::dtype numpy_dtype(DType dtype);
/// The dtype of a native-order array of one of the eleven types.
std::optional<DType> core_dtype(const py::dtype& dtype);

/// A dtype as numpy prints it, cut short where it has many fields.
std::string dtype_text(const py::object& dtype);

/// An array's layout; lives as long as it, and pins the object.
class ArrayView {
 public:
  /// Throws TypeError for a dtype that tensors do not have.
  explicit ArrayView(py::array array);
  StridedArray<const void> source() const;
  /// Throws ValueError for a read-only array.
  StridedArray<void> destination();

 private:
  py::array array_;
  DType dtype_;
  std::vector<std::size_t> shape_;
  std::vector<std::ptrdiff_t> strides_;
};

/// The same description in the core's public type. Throws kInvalidShape for too many axes.
StridedMemory strided_memory(const StridedArray<void>& array);

/// A tensor to read from, over the array's memory while that lives, or a copy of an array whose
/// layout no tensor has. Throws TypeError for a dtype that tensors do not have.
Tensor tensor_over(const py::array& array);

/// Throws TypeError naming the argument unless it is an array.
py::array array_from(const py::object& argument, const char* name);
/// The same for what numpy.asarray() takes without guessing a dtype: pictures of Pillow, tensors of
/// other libraries, buffers.
py::array array_like_from(const py::object& argument, const char* name);
/// Throws TypeError naming the argument unless array has that many axes.
void require_rank(const py::array& array, int rank, const char* name);
/// Throws TypeError naming the argument unless source is an array of that dtype and rank.
void require_array(const py::object& source, const py::dtype& dtype, int rank, const char* name);

/// Whether source is an array of one axis or a list without elements, or an array of shape [0, 4].
bool holds_nothing(const py::object& source);

/// An argument that has to be an array of exactly this dtype and rank, with any strides.
template <typename T>
py::array_t<T, 0> exact_array(const py::object& source, int rank, const char* name) {
  require_array(source, py::dtype::of<T>(), rank, name);
  return py::reinterpret_borrow<py::array_t<T, 0>>(source);
}

/// The same, or an array without elements of any dtype and shape, which becomes [0, columns] or,
/// for 0 columns, [0]: no boxes.
template <typename T>
py::array_t<T, 0> exact_or_empty(const py::object& source, int columns, const char* name) {
  const bool is_empty = holds_nothing(source);
  if (!is_empty) return exact_array<T>(source, columns == 0 ? 1 : 2, name);
  if (columns == 0) return py::array_t<T, 0>(py::ssize_t{0});
  return py::array_t<T, 0>(std::vector<py::ssize_t>{0, columns});
}

/// N boxes from float32 [N, 4], float32 [N] and uint64 [N]; no boxes from arrays without elements.
/// Throws TypeError for other dtypes and ranks, kInvalidShape for lengths or columns that do not
/// fit.
std::vector<DetectBox> boxes_from(const py::object& bbox, const py::object& scores,
                                  const py::object& classes);

/// (boxes float32 [N, 4], scores float32 [N], classes uint64 [N])
py::tuple arrays_from(const std::vector<DetectBox>& boxes);

/// One uint8 [h, w, channels] array per mask.
py::list arrays_from(const SegmentationList& masks);
/// The same without a copy: the arrays keep the list alive.
py::list views_of(SegmentationList masks);
/// Where a whole mask of arrays_from() or views_of() lies; none for other arrays.
std::optional<BoundingBox> region_of(const py::array& array);

}  // namespace edgefirst::python
