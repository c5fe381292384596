// SPDX-License-Identifier: Apache-2.0
// TensorMap: element access, the buffer protocol and the with statement.
//
// The one type that is written against CPython instead of pybind11: a map is opened and closed
// around every look at a tensor, and pybind11's dispatch took nine tenths of that time
// (BENCHMARKS.md). Nothing is allocated but the object itself; exports point into it.
#include "tensor_map.hpp"

#include <array>
#include <new>

#include "arguments.hpp"
#include "base/message.hpp"
#include "bindings.hpp"
#include "elements.hpp"
#include "enums.hpp"
#include "gil.hpp"

namespace edgefirst::python {
namespace {

PyTypeObject* g_map_type = nullptr;    // kept to the end of the process
PyTypeObject* g_bytes_type = nullptr;  // likewise
PyObject* g_index_error = nullptr;     // likewise

/// What a Py_buffer points to; a member of the exporter, which every Py_buffer keeps alive.
struct Layout {
  std::array<Py_ssize_t, Shape::kMaxRank> shape;
  std::array<Py_ssize_t, Shape::kMaxRank> strides;
  int rank;
  Py_ssize_t item;
  Py_ssize_t bytes;
  char format[2];
};

struct MapObject {
  PyObject ob_base;  // what PyObject_HEAD declares
  TensorMap map;
  bool may_wait;        // see may_wait()
  bool is_settling;     // see settle()
  std::size_t exports;  // views that still look at the bytes
  bool is_open;         // unmap() has not been called
  bool is_read_only;
  bool has_layout;
  Layout layout;  // of the elements; made by the first view of them
};

/// The bytes of a map in one dimension: what view() asks a memoryview of.
struct BytesObject {
  PyObject ob_base;
  MapObject* source;
  Layout layout;
};

MapObject* as_map(PyObject* object) { return reinterpret_cast<MapObject*>(object); }
BytesObject* as_bytes(PyObject* object) { return reinterpret_cast<BytesObject*>(object); }

template <typename Object>
PyObject* as_object(Object* object) {
  return reinterpret_cast<PyObject*>(object);
}

PyObject* new_reference(PyObject* object) {
  Py_INCREF(object);
  return object;
}

/// Runs body and turns what it throws into a Python error.
template <typename Result, typename Body>
Result guarded(Result failure, Body body) noexcept {
  try {
    return body();
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (...) {
    py::detail::try_translate_exceptions();
  }
  return failure;
}

MapObject* require_open(PyObject* self) {
  if (as_map(self)->is_open) return as_map(self);
  raise(ErrorCode::kNotMapped, "Buffer not mapped: call Tensor.map() again");
}

// Opening and ending -----------------------------------------------------------------------------

/// Objects of closed maps, kept for the next ones. Guarded by the GIL.
class FreeMaps {
 public:
  MapObject* take() {
    if (count_ == 0) return PyObject_New(MapObject, g_map_type);
    return reinterpret_cast<MapObject*>(PyObject_Init(as_object(all_[--count_]), g_map_type));
  }
  void give(MapObject* object) {
    Py_DECREF(g_map_type);
    if (count_ == all_.size()) return PyObject_Free(object);
    all_[count_++] = object;
  }

 private:
  std::array<MapObject*, 8> all_;
  std::size_t count_ = 0;
} g_free_maps;

/// Puts what open() returns into a new object without moving it.
template <typename Open>
PyObject* make_map_object(Open open, bool is_read_only, bool may_wait) {
  MapObject* self = g_free_maps.take();
  if (self == nullptr) throw py::error_already_set();
  try {
    new (&self->map) TensorMap(open());
  } catch (...) {
    g_free_maps.give(self);
    throw;
  }
  self->may_wait = may_wait;
  self->is_settling = false;
  self->exports = 0;
  self->is_open = true;
  self->is_read_only = is_read_only;
  self->has_layout = false;
  return as_object(self);
}

void end_now(MapObject* self) { self->exports == 0 ? self->map.unmap() : self->map.end_access(); }

/// end_now() while other threads run. Views may go meanwhile, and nothing else happen to the map:
/// is_settling keeps the others from settling it too.
void end_without_gil(MapObject* self) {
  self->is_settling = true;
  bool is_last = false;
  do {
    is_last = self->exports == 0;
    const ReleaseGil release;
    is_last ? self->map.unmap() : self->map.end_access();
  } while (!is_last && self->exports == 0);
  self->is_settling = false;
}

/// Ends a map that is no longer open as far as its views allow.
void settle(MapObject* self) {
  if (self->is_open || self->is_settling || !self->map.is_mapped()) return;
  self->may_wait ? end_without_gil(self) : end_now(self);
}

void drop_export(MapObject* self) {
  --self->exports;
  settle(self);
}

void unmap(MapObject* self) {
  self->is_open = false;
  settle(self);
}

void map_dealloc(PyObject* self) {
  unmap(as_map(self));
  as_map(self)->map.~TensorMap();
  g_free_maps.give(as_map(self));
}

/// The tensor inside a Python object of its class; nullptr where __init__ never ran.
const Tensor* tensor_in(PyObject* self) {
  auto* instance = reinterpret_cast<py::detail::instance*>(self);
  if (instance->simple_layout) return static_cast<Tensor*>(instance->simple_value_holder[0]);
  return py::cast<const Tensor*>(py::handle(self));
}

CpuAccess access_from(PyObject* const* arguments, Py_ssize_t count, PyObject* names) {
  const Py_ssize_t named = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
  if (count + named > 1) throw type_error("map() takes one argument, access");
  const bool is_other =
      named == 1 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "access") != 0;
  if (is_other || !py::isinstance<CpuAccess>(arguments[0])) {
    throw type_error("map() takes one argument, access: a CpuAccess");
  }
  return py::cast<CpuAccess>(py::handle(arguments[0]));
}

PyObject* tensor_map(PyObject* self, PyObject* const* arguments, Py_ssize_t count,
                     PyObject* names) {
  PyObject* map = guarded<PyObject*>(nullptr, [&] {
    CpuAccess access = CpuAccess::kReadWrite;
    if (count != 0 || names != nullptr) access = access_from(arguments, count, names);
    const Tensor* tensor = tensor_in(self);
    if (tensor == nullptr) throw type_error("Tensor.__init__() was not called");
    const bool is_read_only = access == CpuAccess::kRead;
    if (!may_wait(tensor->memory())) {
      return make_map_object([&] { return tensor->map(access); }, is_read_only, false);
    }
    const Tensor source = *tensor;  // another thread may change the original meanwhile
    const auto open = [&] {
      const ReleaseGil release;
      return source.map(access);
    };
    return make_map_object(open, is_read_only, true);
  });
  deliver_messages();
  return map;
}

// The buffer protocol ----------------------------------------------------------------------------

void lay_out_elements(MapObject* self) {
  if (self->has_layout) return;
  Layout& layout = self->layout;
  const auto strides = self->map.strides();
  layout.rank = static_cast<int>(self->map.shape().rank());
  layout.item = static_cast<Py_ssize_t>(dtype_size(self->map.dtype()));
  layout.bytes = layout.item;
  for (std::size_t axis = 0; axis < self->map.shape().rank(); ++axis) {
    layout.shape[axis] = static_cast<Py_ssize_t>(self->map.shape()[axis]);
    layout.strides[axis] = strides[axis];
    layout.bytes *= layout.shape[axis];
  }
  layout.format[0] = dtype_info(self->map.dtype()).buffer_format;
  layout.format[1] = '\0';
  self->has_layout = true;
}

void lay_out_bytes(BytesObject* self) {
  Layout& layout = self->layout;
  layout.bytes = static_cast<Py_ssize_t>(self->source->map.size_bytes());
  layout.shape[0] = layout.bytes;
  layout.strides[0] = layout.item = 1;
  layout.rank = 1;
  layout.format[0] = 'B';
  layout.format[1] = '\0';
}

/// Fills view as PEP 3118 asks for these flags.
void fill_view(Py_buffer* view, const MapObject* source, Layout& layout, int flags) {
  if ((flags & PyBUF_WRITABLE) != 0 && source->is_read_only) {
    throw py::buffer_error("the tensor is mapped for reading only");
  }
  view->buf = source->map.data();
  view->len = layout.bytes;
  view->itemsize = layout.item;
  view->readonly = source->is_read_only ? 1 : 0;
  view->ndim = layout.rank;
  view->format = (flags & PyBUF_FORMAT) != 0 ? layout.format : nullptr;
  view->shape = layout.shape.data();
  view->strides = layout.strides.data();
  view->suboffsets = nullptr;
  view->internal = nullptr;
  const bool wants_c = (flags & PyBUF_STRIDES) != PyBUF_STRIDES ||
                       (flags & PyBUF_C_CONTIGUOUS) == PyBUF_C_CONTIGUOUS ||
                       (flags & PyBUF_ANY_CONTIGUOUS) == PyBUF_ANY_CONTIGUOUS;
  const bool wants_f = (flags & PyBUF_F_CONTIGUOUS) == PyBUF_F_CONTIGUOUS;
  if ((wants_c && PyBuffer_IsContiguous(view, 'C') == 0) ||
      (wants_f && PyBuffer_IsContiguous(view, 'F') == 0)) {
    throw py::buffer_error("the rows are padded: ask for a strided buffer (numpy.asarray does)");
  }
  if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES) view->strides = nullptr;
  if ((flags & PyBUF_ND) != PyBUF_ND) view->shape = nullptr;
}

int map_get_buffer(PyObject* self, Py_buffer* view, int flags) {
  view->obj = nullptr;
  return guarded(-1, [&] {
    MapObject* source = require_open(self);
    lay_out_elements(source);
    fill_view(view, source, source->layout, flags);
    ++source->exports;
    view->obj = new_reference(self);
    return 0;
  });
}

void map_release_buffer(PyObject* self, Py_buffer*) { drop_export(as_map(self)); }

int bytes_get_buffer(PyObject* self, Py_buffer* view, int flags) {
  view->obj = nullptr;
  return guarded(-1, [&] {
    fill_view(view, as_bytes(self)->source, as_bytes(self)->layout, flags);
    view->obj = new_reference(self);
    return 0;
  });
}

void bytes_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  MapObject* source = as_bytes(self)->source;
  drop_export(source);
  Py_DECREF(source);
  PyObject_Free(self);
  Py_DECREF(type);
}

py::object bytes_view(MapObject* source) {
  BytesObject* bytes = PyObject_New(BytesObject, g_bytes_type);
  if (bytes == nullptr) throw py::error_already_set();
  const auto owner = py::reinterpret_steal<py::object>(as_object(bytes));
  Py_INCREF(source);
  ++source->exports;
  bytes->source = source;
  lay_out_bytes(bytes);
  PyObject* view = PyMemoryView_FromObject(owner.ptr());
  if (view == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(view);
}

// Elements ---------------------------------------------------------------------------------------

/// Counts as a view for a scope.
class Export {
 public:
  explicit Export(MapObject* map) : map_(map) { ++map_->exports; }
  ~Export() { drop_export(map_); }
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;

 private:
  MapObject* map_;
};

Py_ssize_t map_length(PyObject* self) {
  if (!as_map(self)->is_open) return 0;
  return static_cast<Py_ssize_t>(as_map(self)->map.shape().element_count());
}

std::byte* element_at(MapObject* self, Py_ssize_t index) {
  const TensorMap& map = self->map;
  const auto count = static_cast<Py_ssize_t>(map.shape().element_count());
  const Py_ssize_t position = index < 0 ? index + count : index;
  if (position < 0 || position >= count) {
    PyErr_SetString(
        g_index_error,
        message("index ", index, " is out of range: the map has ", count, " elements").c_str());
    throw py::error_already_set();
  }
  const auto strides = map.strides();
  std::ptrdiff_t offset = 0;
  auto rest = static_cast<std::size_t>(position);
  for (std::size_t axis = map.shape().rank(); axis-- > 0;) {
    const std::size_t extent = map.shape()[axis];
    offset += static_cast<std::ptrdiff_t>(rest % extent) * strides[axis];
    rest /= extent;
  }
  return map.as<std::byte>() + offset;
}

PyObject* map_item(PyObject* self, Py_ssize_t index) {
  return guarded<PyObject*>(nullptr, [&] {
    MapObject* source = require_open(self);
    return load_element(source->map.dtype(), element_at(source, index)).release().ptr();
  });
}

/// Huge numbers become the largest index, which is out of range.
Py_ssize_t index_from(PyObject* key) {
  const Py_ssize_t index = PyNumber_AsSsize_t(key, nullptr);
  if (index == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return index;
}

PyObject* map_subscript(PyObject* self, PyObject* key) {
  Py_ssize_t index = 0;
  const bool is_index = guarded(false, [&] {
    index = index_from(key);
    return true;
  });
  return is_index ? map_item(self, index) : nullptr;
}

int map_store(PyObject* self, PyObject* key, PyObject* value) {
  if (value == nullptr) {
    PyErr_SetString(PyExc_NotImplementedError, "elements of a tensor cannot be deleted");
    return -1;
  }
  return guarded(-1, [&] {
    MapObject* target = require_open(self);
    if (target->is_read_only) throw py::buffer_error("the tensor is mapped for reading only");
    const Export pin(target);  // the number's own code runs in between and may unmap
    store_element(target->map.dtype(), element_at(target, index_from(key)), value);
    return 0;
  });
}

// Methods ----------------------------------------------------------------------------------------

PyObject* map_unmap(PyObject* self, PyObject*) {
  unmap(as_map(self));
  deliver_messages();
  Py_RETURN_NONE;
}

PyObject* map_view(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr,
                            [&] { return bytes_view(require_open(self)).release().ptr(); });
}

PyObject* map_enter(PyObject* self, PyObject*) {
  return guarded<PyObject*>(nullptr, [&] {
    require_open(self);
    return new_reference(self);
  });
}

PyObject* map_exit(PyObject* self, PyObject* const*, Py_ssize_t count) {
  if (count != 3) {
    return PyErr_Format(PyExc_TypeError, "__exit__() takes 3 arguments, got %zd", count);
  }
  unmap(as_map(self));
  deliver_messages();
  Py_RETURN_NONE;
}

PyObject* map_repr(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&] {
    if (!as_map(self)->is_open) return PyUnicode_FromString("Unmapped Tensor");
    const TensorMap& map = as_map(self)->map;
    const std::string text = message("TensorMap(dtype=", dtype_info(map.dtype()).name,
                                     ", shape=", map.shape().to_string(), ")");
    return PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
  });
}

// Types ------------------------------------------------------------------------------------------

template <typename Function>
PyCFunction method(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

template <typename Function>
void* slot(Function function) {
  return reinterpret_cast<void*>(function);
}

PyMethodDef g_map_methods[] = {
    {"unmap", map_unmap, METH_NOARGS,
     "unmap($self)\n--\n\nEnds the access; views already taken stay valid."},
    {"view", map_view, METH_NOARGS, "view($self)\n--\n\nA 1-D memoryview of bytes."},
    {"__enter__", map_enter, METH_NOARGS, "__enter__($self)\n--\n\n"},
    {"__exit__", method(map_exit), METH_FASTCALL,
     "__exit__($self, exc_type, exc_value, traceback, /)\n--\n\n"},
    {nullptr, nullptr, 0, nullptr},
};

PyType_Slot g_map_slots[] = {
    {Py_tp_doc, const_cast<char*>("CPU view of a tensor's memory in its dtype and shape.")},
    {Py_tp_dealloc, slot(map_dealloc)},
    {Py_tp_repr, slot(map_repr)},
    {Py_tp_iter, slot(PySeqIter_New)},
    {Py_tp_methods, g_map_methods},
    {Py_sq_length, slot(map_length)},
    {Py_sq_item, slot(map_item)},
    {Py_mp_length, slot(map_length)},
    {Py_mp_subscript, slot(map_subscript)},
    {Py_mp_ass_subscript, slot(map_store)},
    {Py_bf_getbuffer, slot(map_get_buffer)},
    {Py_bf_releasebuffer, slot(map_release_buffer)},
    {0, nullptr},
};

PyType_Slot g_bytes_slots[] = {
    {Py_tp_dealloc, slot(bytes_dealloc)},
    {Py_bf_getbuffer, slot(bytes_get_buffer)},
    {0, nullptr},
};

PyMethodDef g_tensor_map_method = {
    "map", method(tensor_map), METH_FASTCALL | METH_KEYWORDS,
    "map($self, access=CpuAccess.ReadWrite)\n--\n\nOpens the memory for the CPU."};

PyTypeObject* make_type(const char* name, std::size_t size, PyType_Slot* slots) {
  PyType_Spec spec{name, static_cast<int>(size), 0, Py_TPFLAGS_DEFAULT, slots};
  PyObject* type = PyType_FromSpec(&spec);
  if (type == nullptr) throw py::error_already_set();
  reinterpret_cast<PyTypeObject*>(type)->tp_new = nullptr;  // only Tensor.map() makes them
  return reinterpret_cast<PyTypeObject*>(type);
}

void make_index_error(py::module_& module) {
  const py::tuple bases = py::make_tuple(module.attr("Error"), py::handle(PyExc_IndexError),
                                         py::handle(PyExc_BufferError));
  py::dict members;
  members["code"] = "ElementIndex";
  g_index_error =
      PyErr_NewExceptionWithDoc("edgefirst_hal.ElementIndexError",
                                "An element beyond the end of a map.", bases.ptr(), members.ptr());
  if (g_index_error == nullptr) throw py::error_already_set();
  module.attr("ElementIndexError") = py::handle(g_index_error);
}

}  // namespace

py::object bytes_of(OpenMap open) {
  const bool waits = may_wait(open.map.memory());
  const auto map = py::reinterpret_steal<py::object>(
      make_map_object([&] { return std::move(open.map); }, open.read_only, waits));
  return bytes_view(as_map(map.ptr()));
}

void bind_tensor_map(py::module_& module) {
  make_index_error(module);
  g_map_type = make_type("edgefirst_hal._core.TensorMap", sizeof(MapObject), g_map_slots);
  g_bytes_type = make_type("edgefirst_hal._core._ByteView", sizeof(BytesObject), g_bytes_slots);
  module.attr("TensorMap") = py::handle(as_object(g_map_type));
  auto* tensor = reinterpret_cast<PyTypeObject*>(py::object(module.attr("Tensor")).ptr());
  PyObject* descriptor = PyDescr_NewMethod(tensor, &g_tensor_map_method);
  if (descriptor == nullptr) throw py::error_already_set();
  module.attr("Tensor").attr("map") = py::reinterpret_steal<py::object>(descriptor);
}

}  // namespace edgefirst::python
