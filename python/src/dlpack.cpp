// SPDX-License-Identifier: Apache-2.0
// Tensors to and from other array libraries by DLPack, without a copy wherever memory allows it.
// Memory of other devices is refused, never fetched. Numpy's own protocols are in array_interface.
#include "dlpack.hpp"

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "arguments.hpp"
#include "base/message.hpp"
#include "bindings.hpp"
#include "gil.hpp"
#include "mapping.hpp"
#include "tensor/strided_copy.hpp"

namespace edgefirst::python {
namespace {

using dlpack::CapsuleName;
using Copy = std::optional<bool>;
using Pair = std::pair<Int<int>, Int<int>>;

PyObject* g_exchange_error = nullptr;  // kept to the end of the process

template <typename... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  PyErr_SetString(g_exchange_error, message(parts...).c_str());
  throw py::error_already_set();
}

void make_exchange_error(py::module_& module) {
  py::dict members;
  members["code"] = "Exchange";
  const py::tuple bases =
      py::make_tuple(module.attr("Error"), py::reinterpret_borrow<py::object>(PyExc_BufferError));
  g_exchange_error = PyErr_NewExceptionWithDoc(
      "edgefirst_hal.ExchangeError",
      "Memory that two libraries cannot share as asked: its device, its dtype, or without a copy.",
      bases.ptr(), members.ptr());
  if (g_exchange_error == nullptr) throw py::error_already_set();
  module.attr("ExchangeError") = py::handle(g_exchange_error);
}

// Export ----------------------------------------------------------------------------------------

dlpack::DataType exported_dtype(DType dtype) {
  const DTypeInfo& info = dtype_info(dtype);
  const std::uint8_t code = info.kind == DTypeKind::kFloat    ? dlpack::kFloat
                            : info.kind == DTypeKind::kSigned ? dlpack::kInt
                                                              : dlpack::kUnsigned;
  return {code, static_cast<std::uint8_t>(info.size * 8), 1};
}

/// What a capsule's consumer holds. Freeing it needs no GIL, hence no living interpreter.
template <typename Managed>
struct Exported {
  Managed managed{};
  std::unique_ptr<TensorMap, void (*)(TensorMap*)> map{nullptr, &close_map};
  std::array<std::int64_t, Shape::kMaxRank> shape{};
  std::array<std::int64_t, Shape::kMaxRank> strides{};
};

template <typename Managed>
void drop_unconsumed(PyObject* capsule) {
  if (PyCapsule_IsValid(capsule, CapsuleName<Managed>::kFresh) == 0) return;
  auto* managed =
      static_cast<Managed*>(PyCapsule_GetPointer(capsule, CapsuleName<Managed>::kFresh));
  managed->deleter(managed);
}

template <typename Managed>
py::object export_map(TensorMap map, std::uint64_t flags) {
  auto exported = std::make_unique<Exported<Managed>>();
  const Shape& shape = map.shape();
  const auto strides = map.strides();
  const auto item = static_cast<std::ptrdiff_t>(dtype_size(map.dtype()));
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    exported->shape[axis] = static_cast<std::int64_t>(shape[axis]);
    exported->strides[axis] = strides[axis] / item;
  }
  Managed& managed = exported->managed;
  managed.array.data = shape.element_count() == 0 ? nullptr : map.data();
  managed.array.device = {dlpack::kCpu, 0};
  managed.array.ndim = static_cast<std::int32_t>(shape.rank());
  managed.array.dtype = exported_dtype(map.dtype());
  managed.array.shape = exported->shape.data();
  managed.array.strides = exported->strides.data();
  managed.manager_ctx = exported.get();
  managed.deleter = [](Managed* self) {
    delete static_cast<Exported<Managed>*>(self->manager_ctx);
  };
  if constexpr (std::is_same_v<Managed, dlpack::ManagedVersioned>) {
    managed.version = {1, 0};
    managed.flags = flags;
  }
  exported->map.reset(new TensorMap(std::move(map)));
  PyObject* capsule =
      PyCapsule_New(&managed, CapsuleName<Managed>::kFresh, &drop_unconsumed<Managed>);
  if (capsule == nullptr) throw py::error_already_set();
  static_cast<void>(exported.release());
  return py::reinterpret_steal<py::object>(capsule);
}

/// Why DLPack cannot say where the elements are; nullptr where it can.
const char* obstacle(const OpenMap& open, bool versioned) {
  if (open.read_only && !versioned) {
    return "the memory is read-only, which needs a consumer that knows DLPack 1.0";
  }
  const auto strides = open.map.strides();
  const auto item = static_cast<std::ptrdiff_t>(dtype_size(open.map.dtype()));
  for (std::size_t axis = 0; axis < open.map.shape().rank(); ++axis) {
    if (strides[axis] % item != 0) return "the row stride is no multiple of the element size";
  }
  return nullptr;
}

TensorMap copied(const TensorMap& map) {
  const ReleaseGil release;
  const Tensor copy(map.shape(), map.dtype(), TensorMemory::kMem);
  const std::size_t rank = map.shape().rank();
  const auto strides = map.strides();
  copy_from({map.data(), map.dtype(), {map.shape().data(), rank}, {strides.data(), rank}}, copy);
  return copy.map();
}

py::object to_dlpack(const Tensor& self, const py::object& stream,
                     const std::optional<Pair>& max_version, const std::optional<Pair>& dl_device,
                     Copy copy) {
  if (!stream.is_none()) refuse("a tensor in CPU memory has no stream: pass stream=None");
  if (dl_device && (dl_device->first != dlpack::kCpu || dl_device->second != 0)) {
    refuse("a tensor lies in CPU memory (1, 0), not on device (", dl_device->first.value, ", ",
           dl_device->second.value, "): copy it there with the library of that device");
  }
  const bool versioned = max_version && max_version->first >= 1;
  OpenMap open = open_map(self);
  const char* reason = obstacle(open, versioned);
  if (reason != nullptr && copy == false) refuse("cannot export without a copy: ", reason);
  std::uint64_t flags = open.read_only ? dlpack::kReadOnly : 0;
  if (reason != nullptr || copy == true) {
    open.map = copied(open.map);
    flags = dlpack::kCopied;
  }
  if (versioned) return export_map<dlpack::ManagedVersioned>(std::move(open.map), flags);
  return export_map<dlpack::Managed>(std::move(open.map), flags);
}

// Import ----------------------------------------------------------------------------------------

/// A producer's array, every number of it checked.
struct Incoming {
  std::byte* data = nullptr;
  DType dtype = DType::kU8;
  Shape shape;
  std::array<std::ptrdiff_t, Shape::kMaxRank> strides{};  // bytes
  std::size_t bytes = 0;                                  // logical
  std::uint64_t flags = 0;
  std::shared_ptr<void> owner;
};

void check_device(int type) {
  if (type == dlpack::kCpu || type == dlpack::kCudaHost || type == dlpack::kRocmHost) return;
  refuse("the array is on DLPack device ", type,
         ", tensors take CPU memory only: bring it to the CPU first (torch: .cpu())");
}

DType imported_dtype(dlpack::DataType type) {
  for (const DTypeInfo& info : dtype_table()) {
    const dlpack::DataType own = exported_dtype(info.dtype);
    if (own.code == type.code && own.bits == type.bits && type.lanes == 1) return info.dtype;
  }
  refuse("the array's dtype (DLPack code ", int{type.code}, ", ", int{type.bits}, " bits, ",
         type.lanes,
         " lanes) does not exist for tensors: convert it to an integer or float of 8 to ",
         "64 bits");
}

Shape imported_shape(const dlpack::Array& array) {
  if (array.ndim < 1 || array.ndim > static_cast<int>(Shape::kMaxRank)) {
    raise(ErrorCode::kInvalidShape, "DLPack array of ", array.ndim, " axes: tensors have 1 to ",
          Shape::kMaxRank);
  }
  if (array.shape == nullptr) raise(ErrorCode::kInvalidArgument, "DLPack array without a shape");
  std::array<std::size_t, Shape::kMaxRank> extents{};
  const auto rank = static_cast<std::size_t>(array.ndim);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (array.shape[axis] < 0) {
      raise(ErrorCode::kInvalidShape, "DLPack array with a negative extent: ", array.shape[axis],
            " on axis ", axis);
    }
    extents[axis] = static_cast<std::size_t>(array.shape[axis]);
  }
  return Shape(Span<const std::size_t>(extents.data(), rank));
}

[[noreturn]] void raise_unreachable(std::size_t axis) {
  raise(ErrorCode::kInvalidShape, "DLPack array whose axis ", axis,
        " leaves the address space: its strides or its data pointer are damaged");
}

/// Checks that first and last byte have addresses.
void check_reach(const Incoming& in) {
  auto low = reinterpret_cast<std::uintptr_t>(in.data);
  std::uintptr_t high = 0;
  if (__builtin_add_overflow(low, dtype_size(in.dtype), &high)) raise_unreachable(0);
  for (std::size_t axis = 0; axis < in.shape.rank(); ++axis) {
    std::ptrdiff_t reach = 0;
    bool outside = __builtin_mul_overflow(in.shape[axis] - 1, in.strides[axis], &reach);
    if (reach < 0) outside |= __builtin_add_overflow(low, reach, &low);
    if (reach > 0) outside |= __builtin_add_overflow(high, reach, &high);
    if (outside) raise_unreachable(axis);
  }
}

Incoming examine(const dlpack::Array& array) {
  check_device(array.device.type);
  Incoming in;
  in.dtype = imported_dtype(array.dtype);
  in.shape = imported_shape(array);
  const std::size_t item = dtype_size(in.dtype);
  const std::size_t count = in.shape.element_count();
  if (__builtin_mul_overflow(count, item, &in.bytes) || in.bytes > PTRDIFF_MAX) {
    raise(ErrorCode::kInvalidShape, "DLPack array of shape ", in.shape.to_string(),
          " has more bytes than can be addressed");
  }
  if (count == 0) return in;
  if (array.data == nullptr) raise(ErrorCode::kInvalidArgument, "DLPack array without data");
  std::uintptr_t address = reinterpret_cast<std::uintptr_t>(array.data);
  if (__builtin_add_overflow(address, array.byte_offset, &address)) raise_unreachable(0);
  in.data = static_cast<std::byte*>(array.data) + array.byte_offset;
  auto tight = static_cast<std::ptrdiff_t>(item);
  for (std::size_t axis = in.shape.rank(); axis-- > 0;) {
    in.strides[axis] = tight;
    tight *= static_cast<std::ptrdiff_t>(in.shape[axis]);
    if (array.strides != nullptr &&
        __builtin_mul_overflow(array.strides[axis], item, &in.strides[axis])) {
      raise_unreachable(axis);
    }
  }
  check_reach(in);
  return in;
}

/// Marks the capsule as consumed; from here on the owner frees the producer's memory.
template <typename Managed>
std::shared_ptr<void> take(const py::object& capsule, Managed* managed) {
  if (PyCapsule_SetName(capsule.ptr(), CapsuleName<Managed>::kUsed) != 0) {
    throw py::error_already_set();
  }
  return std::shared_ptr<void>(managed, [](void* pointer) {
    auto* self = static_cast<Managed*>(pointer);
    if (self->deleter == nullptr || Py_IsInitialized() == 0) return;
    const AcquireGil acquire;  // producers may free Python objects
    self->deleter(self);
  });
}

/// A capsule that is refused stays as it was: its destructor frees the memory.
template <typename Managed>
std::optional<Incoming> open_capsule(const py::object& capsule) {
  if (PyCapsule_IsValid(capsule.ptr(), CapsuleName<Managed>::kFresh) == 0) return std::nullopt;
  auto* managed =
      static_cast<Managed*>(PyCapsule_GetPointer(capsule.ptr(), CapsuleName<Managed>::kFresh));
  if constexpr (std::is_same_v<Managed, dlpack::ManagedVersioned>) {
    if (managed->version.major != 1) {
      refuse("the array comes by DLPack ", managed->version.major, ".", managed->version.minor,
             ", only versions 0 and 1 are known");
    }
  }
  Incoming in = examine(managed->array);
  if constexpr (std::is_same_v<Managed, dlpack::ManagedVersioned>) in.flags = managed->flags;
  in.owner = take(capsule, managed);
  return in;
}

py::object ask_for_capsule(const py::object& producer, Copy copy) {
  if (PyCapsule_CheckExact(producer.ptr())) return producer;
  if (!py::hasattr(producer, "__dlpack__")) {
    throw type_error("from_dlpack takes an array with __dlpack__ or its capsule, got ",
                     type_name(producer));
  }
  if (py::hasattr(producer, "__dlpack_device__")) {
    check_device(producer.attr("__dlpack_device__")().cast<Pair>().first);
  }
  const py::object method = producer.attr("__dlpack__");
  py::dict options;
  options["max_version"] = py::make_tuple(1, 0);
  if (copy == false) options["copy"] = false;
  try {
    return method(**options);
  } catch (const py::error_already_set& error) {
    if (!error.matches(PyExc_TypeError)) throw;
  }
  return method();  // producers before DLPack 1.0 know no options
}

Incoming receive(const py::object& producer, Copy copy) {
  const py::object capsule = ask_for_capsule(producer, copy);
  if (auto in = open_capsule<dlpack::ManagedVersioned>(capsule)) return *std::move(in);
  if (auto in = open_capsule<dlpack::Managed>(capsule)) return *std::move(in);
  raise(ErrorCode::kInvalidArgument,
        "not a fresh DLPack capsule: ", py::repr(capsule).cast<std::string>(),
        " (each can be consumed once)");
}

/// Why the tensor cannot lie in the producer's memory; nullptr where it can.
const char* obstacle(const Incoming& in) {
  if ((in.flags & dlpack::kReadOnly) != 0) return "the array is read-only";
  if (reinterpret_cast<std::uintptr_t>(in.data) % dtype_size(in.dtype) != 0) {
    return "the array's elements are not aligned";
  }
  return nullptr;
}

Tensor from_dlpack(const py::object& producer, Copy copy) {
  Incoming in = receive(producer, copy);
  if (copy == false && (in.flags & dlpack::kCopied) != 0) {
    refuse("cannot import without a copy: the producer made one");
  }
  if (in.bytes == 0) return Tensor(in.shape, in.dtype, TensorMemory::kMem);
  const char* reason = obstacle(in);
  if (reason != nullptr && copy == false) refuse("cannot import without a copy: ", reason);
  if (reason == nullptr && copy != true) {
    try {
      return Tensor::wrap({in.data, in.dtype, in.shape, in.strides}, std::nullopt, in.owner);
    } catch (const Error& error) {  // gaps that no rows can say
      if (copy == false) refuse("cannot import without a copy: ", error.what());
    }
  }
  const ReleaseGil release;
  Tensor tensor(in.shape, in.dtype, TensorMemory::kMem);
  const std::size_t rank = in.shape.rank();
  copy_from({in.data, in.dtype, {in.shape.data(), rank}, {in.strides.data(), rank}}, tensor);
  return tensor;
}

}  // namespace

void bind_dlpack(py::module_& module) {
  make_exchange_error(module);
  const char* import_doc = "A tensor over the CPU memory of any array with __dlpack__.";
  auto tensor = py::reinterpret_borrow<py::class_<Tensor>>(module.attr("Tensor"));
  tensor
      .def("__dlpack__", &to_dlpack, py::kw_only(), py::arg("stream") = py::none(),
           py::arg("max_version") = py::none(), py::arg("dl_device") = py::none(),
           py::arg("copy").noconvert() = py::none(), "A capsule over the tensor's memory.")
      .def("__dlpack_device__",
           [](const Tensor&) { return std::pair(dlpack::kCpu, std::int32_t{0}); })
      .def_static("from_dlpack", &from_dlpack, py::arg("array"),
                  py::arg("copy").noconvert() = py::none(), import_doc);
  module.def("from_dlpack", &from_dlpack, py::arg("array"),
             py::arg("copy").noconvert() = py::none(), import_doc);
}

}  // namespace edgefirst::python
