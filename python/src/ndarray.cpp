// SPDX-License-Identifier: Apache-2.0
#include "ndarray.hpp"

#include <algorithm>
#include <cstring>

#include "base/message.hpp"
#include "calls.hpp"

namespace edgefirst::python {

/// By name, since the character "q" is long long and some libraries know 64 bits as long only.
py::dtype numpy_dtype(DType dtype) { return py::dtype(dtype_info(dtype).name); }

std::string dtype_text(const py::object& dtype) {
  return one_sentence(py::str(dtype).cast<std::string>(), 60);
}

std::optional<DType> core_dtype(const py::dtype& dtype) {
  const char order = dtype.byteorder();
  if (order != '=' && order != '|') return std::nullopt;
  for (const DTypeInfo& info : dtype_table()) {
    const char kind = info.kind == DTypeKind::kFloat      ? 'f'
                      : info.kind == DTypeKind::kUnsigned ? 'u'
                                                          : 'i';
    if (dtype.kind() == kind && dtype.itemsize() == info.size) return info.dtype;
  }
  return std::nullopt;
}

ArrayView::ArrayView(py::array array) : array_(std::move(array)) {
  const std::optional<DType> dtype = core_dtype(array_.dtype());
  if (!dtype) {
    throw type_error("numpy dtype ", dtype_text(array_.dtype()), " does not exist for tensors");
  }
  dtype_ = *dtype;
  shape_.assign(array_.shape(), array_.shape() + array_.ndim());
  strides_.assign(array_.strides(), array_.strides() + array_.ndim());
}

StridedArray<const void> ArrayView::source() const {
  return {array_.data(), dtype_, shape_, strides_};
}

StridedArray<void> ArrayView::destination() {
  if (!array_.writeable()) throw value_error("the array is read-only: pass a writable one");
  return {array_.mutable_data(), dtype_, shape_, strides_};
}

StridedMemory strided_memory(const StridedArray<void>& array) {
  StridedMemory memory{array.data, array.dtype, Shape(array.shape), {}};
  std::copy(array.strides.begin(), array.strides.end(), memory.strides.begin());
  return memory;
}

Tensor tensor_over(const py::array& array) {
  const ArrayView view(array);
  const StridedArray<const void> source = view.source();
  try {
    return Tensor::wrap(strided_memory({const_cast<void*>(source.data), source.dtype, source.shape,
                                        source.strides}),
                        std::nullopt, nullptr);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument) throw;
  }
  Tensor copy(Shape(source.shape), source.dtype, TensorMemory::kMem);
  copy_from(source, copy);
  return copy;
}

py::array array_from(const py::object& argument, const char* name) {
  if (py::isinstance<py::array>(argument)) return argument.cast<py::array>();
  throw type_error(name, " needs a numpy.ndarray, got ", type_name(argument));
}

py::array array_like_from(const py::object& argument, const char* name) {
  const bool has_dtype = py::hasattr(argument, "__array_interface__") ||
                         py::hasattr(argument, "__array__") ||
                         PyObject_CheckBuffer(argument.ptr()) != 0;
  if (py::isinstance<py::array>(argument) || !has_dtype) return array_from(argument, name);
  return py::module_::import("numpy").attr("asarray")(argument).cast<py::array>();
}

void require_rank(const py::array& array, int rank, const char* name) {
  if (array.ndim() == rank) return;
  throw type_error(name, " needs ", rank, " axes, got an array of ", array.ndim());
}

void require_array(const py::object& source, const py::dtype& dtype, int rank, const char* name) {
  const bool is_array = py::isinstance<py::array>(source);
  if (is_array && source.cast<py::array>().dtype().equal(dtype)) {
    return require_rank(source.cast<py::array>(), rank, name);
  }
  const std::string wanted = dtype_text(dtype);
  const std::string got = is_array ? dtype_text(source.attr("dtype")) : type_name(source);
  throw type_error(name, " needs an array of ", wanted, ", got ", got, ": pass numpy.asarray(",
                   name, ", numpy.", wanted, ")");
}

bool holds_nothing(const py::object& source) {
  if (!py::isinstance<py::array>(source)) {
    return (PyList_Check(source.ptr()) != 0 || PyTuple_Check(source.ptr()) != 0) &&
           PySequence_Size(source.ptr()) == 0;
  }
  const auto array = source.cast<py::array>();
  return array.size() == 0 && (array.ndim() == 1 || (array.ndim() == 2 && array.shape(1) == 4));
}

std::vector<DetectBox> boxes_from(const py::object& bbox, const py::object& confidences,
                                  const py::object& classes) {
  const auto boxes = exact_or_empty<float>(bbox, 4, "bbox");
  const auto scores = exact_or_empty<float>(confidences, 0, "scores");
  const auto labels = exact_or_empty<std::size_t>(classes, 0, "classes");
  if (boxes.shape(1) != 4) {
    raise(ErrorCode::kInvalidShape, "bbox has ", boxes.shape(1), " columns, expected 4");
  }
  const py::ssize_t count = boxes.shape(0);
  if (scores.shape(0) != count || labels.shape(0) != count) {
    raise(ErrorCode::kInvalidShape, "lengths differ: ", count, " boxes, ", scores.shape(0),
          " scores, ", labels.shape(0), " classes");
  }
  std::vector<DetectBox> result;
  result.reserve(static_cast<std::size_t>(count));
  for (py::ssize_t i = 0; i < count; ++i) {
    result.push_back({{boxes.at(i, 0), boxes.at(i, 1), boxes.at(i, 2), boxes.at(i, 3)},
                      scores.at(i),
                      labels.at(i)});
  }
  return result;
}

py::tuple arrays_from(const std::vector<DetectBox>& boxes) {
  const auto count = static_cast<py::ssize_t>(boxes.size());
  py::array_t<float> corners({count, py::ssize_t{4}});
  py::array_t<float> scores(count);
  py::array_t<std::uint64_t> labels(count);
  float* corner = corners.mutable_data();
  for (py::ssize_t i = 0; i < count; ++i) {
    const DetectBox& box = boxes[static_cast<std::size_t>(i)];
    *corner++ = box.box.xmin;
    *corner++ = box.box.ymin;
    *corner++ = box.box.xmax;
    *corner++ = box.box.ymax;
    scores.mutable_data()[i] = box.score;
    labels.mutable_data()[i] = box.label;
  }
  return py::make_tuple(std::move(corners), std::move(scores), std::move(labels));
}

namespace {

constexpr const char* kMaskOwner = "edgefirst_hal.masks";

}  // namespace

py::list views_of(SegmentationList masks) {
  auto owned = std::make_unique<SegmentationList>(std::move(masks));
  SegmentationList& list = *owned;
  const py::capsule owner(owned.release(), kMaskOwner, [](PyObject* capsule) {
    delete static_cast<SegmentationList*>(PyCapsule_GetPointer(capsule, kMaskOwner));
  });
  py::list result;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Segmentation mask = list[i];
    result.append(
        py::array_t<std::uint8_t>({mask.height, mask.width, mask.channels}, list.data(i), owner));
  }
  return result;
}

py::list arrays_from(const SegmentationList& masks) {
  py::list result;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const Segmentation mask = masks[i];
    SegmentationList single;
    std::copy_n(mask.data, mask.height * mask.width * mask.channels,
                single.append(mask.region, mask.height, mask.width, mask.channels));
    result.append(views_of(std::move(single))[0]);
  }
  return result;
}

std::optional<BoundingBox> region_of(const py::array& array) {
  py::object owner = array.base();
  while (owner && py::isinstance<py::array>(owner)) owner = owner.cast<py::array>().base();
  const bool whole = (array.flags() & py::array::c_style) != 0 && array.ndim() == 3;
  if (!owner || !whole || PyCapsule_IsValid(owner.ptr(), kMaskOwner) == 0) return std::nullopt;
  const auto& list = *static_cast<SegmentationList*>(PyCapsule_GetPointer(owner.ptr(), kMaskOwner));
  const auto extent = [&](int axis) { return static_cast<std::size_t>(array.shape(axis)); };
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Segmentation mask = list[i];
    const bool same = mask.data == array.data() && mask.height == extent(0) &&
                      mask.width == extent(1) && mask.channels == extent(2);
    if (same) return mask.region;
  }
  return std::nullopt;
}

}  // namespace edgefirst::python
