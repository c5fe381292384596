// SPDX-License-Identifier: Apache-2.0
// TensorMap: element access, the buffer protocol and the with statement.
#include "tensor_map.hpp"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <vector>

#include "arguments.hpp"
#include "base/float16.hpp"
#include "base/message.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "ndarray.hpp"

namespace edgefirst::python {
namespace {

/// The bytes of a map in one dimension: what memoryview() is asked for by view().
struct ByteView {
  std::shared_ptr<TensorMap> map;
};

/// What a Py_buffer points into, alive from getbuffer to releasebuffer.
struct Export {
  std::shared_ptr<TensorMap> map;
  std::vector<Py_ssize_t> shape;
  std::vector<Py_ssize_t> strides;
  char format[2] = {'B', '\0'};
};

Export export_elements(const std::shared_ptr<TensorMap>& map) {
  Export result{map, {map->shape().begin(), map->shape().end()}, {}, {}};
  const auto strides = map->strides();
  result.strides.assign(strides.begin(), strides.begin() + result.shape.size());
  result.format[0] = dtype_info(map->dtype()).buffer_format;
  return result;
}

Export export_bytes(const std::shared_ptr<TensorMap>& map) {
  return {map, {static_cast<Py_ssize_t>(map->size_bytes())}, {1}, {'B', '\0'}};
}

/// Fills view as PEP 3118 asks for these flags.
void fill_view(Py_buffer* view, PyObject* self, int flags, Export source) {
  const std::size_t item = source.format[0] == 'B' ? 1 : dtype_size(source.map->dtype());
  view->itemsize = static_cast<Py_ssize_t>(item);
  view->len = view->itemsize;
  for (const Py_ssize_t extent : source.shape) view->len *= extent;
  auto* kept = new Export(std::move(source));
  view->internal = kept;
  view->buf = kept->map->data();
  view->readonly = 0;
  view->ndim = static_cast<int>(kept->shape.size());
  view->format = (flags & PyBUF_FORMAT) != 0 ? kept->format : nullptr;
  view->shape = kept->shape.data();
  view->strides = kept->strides.data();
  view->suboffsets = nullptr;
  const bool wants_c = (flags & PyBUF_STRIDES) != PyBUF_STRIDES ||
                       (flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS ||
                       (flags & PyBUF_ANY_CONTIGUOUS) == PyBUF_ANY_CONTIGUOUS;
  const bool wants_f = (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS;
  const bool refused = (wants_c && PyBuffer_IsContiguous(view, 'C') == 0) ||
                       (wants_f && PyBuffer_IsContiguous(view, 'F') == 0);
  if (refused) {
    delete kept;
    view->internal = nullptr;
    throw py::buffer_error("the rows are padded: ask for a strided buffer (numpy.asarray does)");
  }
  if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES) view->strides = nullptr;
  if ((flags & PyBUF_ND) != PyBUF_ND) view->shape = nullptr;
  view->obj = self;
  Py_INCREF(self);
}

template <typename Make>
int get_buffer(PyObject* self, Py_buffer* view, int flags, Make make) noexcept {
  view->obj = nullptr;
  try {
    fill_view(view, self, flags, make());
    return 0;
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_BufferError, error.what());
  }
  return -1;
}

int map_get_buffer(PyObject* self, Py_buffer* view, int flags) {
  return get_buffer(self, view, flags, [self] {
    return export_elements(py::cast<MapObject&>(py::handle(self)).mapping());
  });
}

int bytes_get_buffer(PyObject* self, Py_buffer* view, int flags) {
  return get_buffer(self, view, flags,
                    [self] { return export_bytes(py::cast<ByteView&>(py::handle(self)).map); });
}

void release_buffer(PyObject*, Py_buffer* view) { delete static_cast<Export*>(view->internal); }

py::custom_type_setup buffer_slots(getbufferproc get) {
  return py::custom_type_setup([get](PyHeapTypeObject* type) {
    type->ht_type.tp_as_buffer = &type->as_buffer;
    type->as_buffer.bf_getbuffer = get;
    type->as_buffer.bf_releasebuffer = release_buffer;
  });
}

template <typename T>
T load_as(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <typename T>
void store_as(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

py::object load_element(DType dtype, const std::byte* at) {
  switch (dtype) {
    case DType::kU8:
      return py::int_(load_as<std::uint8_t>(at));
    case DType::kI8:
      return py::int_(load_as<std::int8_t>(at));
    case DType::kU16:
      return py::int_(load_as<std::uint16_t>(at));
    case DType::kI16:
      return py::int_(load_as<std::int16_t>(at));
    case DType::kU32:
      return py::int_(load_as<std::uint32_t>(at));
    case DType::kI32:
      return py::int_(load_as<std::int32_t>(at));
    case DType::kU64:
      return py::int_(load_as<std::uint64_t>(at));
    case DType::kI64:
      return py::int_(load_as<std::int64_t>(at));
    case DType::kF16:
      return py::float_(to_float(load_as<Float16>(at)));
    case DType::kF32:
      return py::float_(load_as<float>(at));
    case DType::kF64:
      break;
  }
  return py::float_(load_as<double>(at));
}

void store_element(DType dtype, std::byte* at, py::handle value) {
  switch (dtype) {
    case DType::kU8:
      return store_as(at, integer_from<std::uint8_t>(value));
    case DType::kI8:
      return store_as(at, integer_from<std::int8_t>(value));
    case DType::kU16:
      return store_as(at, integer_from<std::uint16_t>(value));
    case DType::kI16:
      return store_as(at, integer_from<std::int16_t>(value));
    case DType::kU32:
      return store_as(at, integer_from<std::uint32_t>(value));
    case DType::kI32:
      return store_as(at, integer_from<std::int32_t>(value));
    case DType::kU64:
      return store_as(at, integer_from<std::uint64_t>(value));
    case DType::kI64:
      return store_as(at, integer_from<std::int64_t>(value));
    case DType::kF16:
      return store_as(at, to_float16(number_from<float>(value)));
    case DType::kF32:
      return store_as(at, number_from<float>(value));
    case DType::kF64:
      return store_as(at, number_from<double>(value));
  }
}

/// Iterates over the elements in C order.
class ElementIterator {
 public:
  explicit ElementIterator(py::object map)
      : map_(std::move(map)), count_(map_.cast<const MapObject&>().length()) {}
  py::object next() {
    if (index_ == count_) throw py::stop_iteration();
    return map_.cast<const MapObject&>().get(index_++);
  }

 private:
  py::object map_;
  std::size_t count_;
  std::size_t index_ = 0;
};

void bind_views(py::module_& module) {
  py::class_<ByteView>(module, "_ByteView", buffer_slots(bytes_get_buffer));
  py::class_<ElementIterator>(module, "_ElementIterator")
      .def("__iter__", [](const py::object& self) { return self; })
      .def("__next__", &ElementIterator::next);
}

}  // namespace

MapObject::MapObject(TensorMap map) : map_(std::make_shared<TensorMap>(std::move(map))) {
  element_count_ = map_->shape().element_count();
}

const std::shared_ptr<TensorMap>& MapObject::mapping() const {
  if (map_ == nullptr) raise(ErrorCode::kNotMapped, "Buffer not mapped: call Tensor.map() again");
  return map_;
}

std::byte* MapObject::element(std::size_t index) const {
  const TensorMap& map = *mapping();
  if (index >= element_count_) {
    throw py::buffer_error(
        message("index ", index, " is out of range: the map has ", element_count_, " elements"));
  }
  const auto strides = map.strides();
  std::ptrdiff_t offset = 0;
  for (std::size_t axis = map.shape().rank(); axis-- > 0;) {
    const std::size_t extent = map.shape()[axis];
    offset += static_cast<std::ptrdiff_t>(index % extent) * strides[axis];
    index /= extent;
  }
  return map.as<std::byte>() + offset;
}

py::object MapObject::get(std::size_t index) const {
  const std::byte* at = element(index);
  return load_element(map_->dtype(), at);
}

void MapObject::set(std::size_t index, py::handle value) const {
  std::byte* at = element(index);
  store_element(map_->dtype(), at, value);
}

py::object MapObject::bytes() const {
  const py::object source = py::cast(ByteView{mapping()});
  return py::reinterpret_steal<py::object>(PyMemoryView_FromObject(source.ptr()));
}

std::string MapObject::repr() const {
  if (map_ == nullptr) return "Unmapped Tensor";
  return message("TensorMap(dtype=", dtype_info(map_->dtype()).name,
                 ", shape=", map_->shape().to_string(), ")");
}

OpenMap open_map(const Tensor& tensor) {
  const Tensor source = tensor;
  const ReleaseGil release;
  try {
    return {source.map(Access::kReadWrite), false};
  } catch (const Error& error) {
    if (error.os_error() != EACCES) throw;
  }
  return {source.map(Access::kRead), true};
}

py::object ndarray_of(const Tensor& tensor) {
  OpenMap open = open_map(tensor);
  auto owner = std::make_unique<std::shared_ptr<TensorMap>>(
      std::make_shared<TensorMap>(std::move(open.map)));
  const TensorMap& map = **owner;
  const Export layout = export_elements(*owner);
  const py::capsule base(
      owner.get(), [](void* pointer) { delete static_cast<std::shared_ptr<TensorMap>*>(pointer); });
  static_cast<void>(owner.release());
  py::array array(numpy_dtype(map.dtype()), layout.shape, layout.strides, map.data(), base);
  if (open.read_only) array.attr("flags").attr("writeable") = false;
  return std::move(array);
}

void bind_tensor_map(py::module_& module) {
  bind_views(module);
  py::class_<MapObject>(module, "TensorMap", buffer_slots(map_get_buffer),
                        "CPU view of a tensor's memory in its dtype and shape.")
      .def("unmap", &MapObject::unmap, "Ends the access; views already taken stay valid.")
      .def("view", &MapObject::bytes, "A writable 1-D memoryview of bytes.")
      .def("__len__", &MapObject::length)
      .def(
          "__getitem__",
          [](const MapObject& self, Int<std::size_t> index) { return self.get(index); },
          py::arg("index"))
      .def(
          "__setitem__",
          [](const MapObject& self, Int<std::size_t> index, const py::object& value) {
            self.set(index, value);
          },
          py::arg("index"), py::arg("value"))
      .def(
          "__delitem__",
          [](const MapObject&, const py::object&) {
            PyErr_SetString(PyExc_NotImplementedError, "elements of a tensor cannot be deleted");
            throw py::error_already_set();
          },
          py::arg("index"))
      .def("__iter__", [](const py::object& self) { return ElementIterator(self); })
      .def("__enter__",
           [](const py::object& self) {
             self.cast<const MapObject&>().mapping();
             return self;
           })
      .def(
          "__exit__",
          [](MapObject& self, const py::object&, const py::object&, const py::object&) {
            self.unmap();
          },
          py::arg("exc_type"), py::arg("exc_value"), py::arg("traceback"))
      .def("__repr__", &MapObject::repr);
}

}  // namespace edgefirst::python
