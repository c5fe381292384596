// SPDX-License-Identifier: Apache-2.0
// Tensor without its image files (codec.cpp): construction, metadata, mapping, numpy exchange.
#include "edgefirst/tensor.hpp"

#include <algorithm>
#include <cstring>

#include "arguments.hpp"
#include "base/message.hpp"
#include "bindings.hpp"
#include "enums.hpp"
#include "gil.hpp"
#include "mapping.hpp"
#include "ndarray.hpp"
#include "quantization.hpp"
#include "tensor/normalize.hpp"

namespace edgefirst::python {
namespace {

using TensorClass = py::class_<Tensor>;
using Memory = std::optional<TensorMemory>;

/// Drops its reference wherever the last tensor dies: in any thread, with or without the GIL.
std::shared_ptr<void> keep_alive(py::object object) {
  return std::shared_ptr<void>(object.release().ptr(), [](void* pointer) {
    if (Py_IsInitialized() == 0) return;
    const AcquireGil acquire;
    Py_DECREF(static_cast<PyObject*>(pointer));
  });
}

Tensor wrap_array(py::array array, std::optional<PixelFormat> format) {
  ArrayView view(array);
  const StridedArray<void> target = view.destination();
  if (reinterpret_cast<std::uintptr_t>(target.data) % dtype_size(target.dtype) != 0) {
    throw value_error("the array's elements are not aligned: copy it into a tensor instead");
  }
  return Tensor::wrap(strided_memory(target), format, keep_alive(std::move(array)));
}

Tensor make_image(std::size_t width, std::size_t height, PixelFormat format, Memory memory,
                  DType dtype, std::optional<std::size_t> row_stride) {
  if (!row_stride) return Tensor::image(width, height, format, dtype, memory);
  return Tensor::image_with_stride(width, height, format, *row_stride, dtype, memory);
}

void from_numpy(const Tensor& self, const py::object& source) {
  const py::array array = array_like_from(source, "src");
  if (!core_dtype(array.dtype())) {
    raise(ErrorCode::kDtypeMismatch, "numpy dtype does not match tensor dtype: array of ",
          dtype_text(array.dtype()), ", tensor of ", dtype_info(self.dtype()).name);
  }
  const ArrayView view(array);
  const Tensor target = self;
  const ReleaseGil release;
  copy_from(view.source(), target);
}

void normalize_to_numpy(const Tensor& self, const py::object& dst, Normalization normalization,
                        std::optional<Int<long long>> zero_point) {
  const py::array destination = array_from(dst, "dst");
  require_rank(destination, 3, "dst");
  ArrayView view(destination);
  const StridedArray<void> target = view.destination();
  const bool allowed = is_float(target.dtype) || dtype_size(target.dtype) == 1;
  if (!allowed) {
    throw type_error("dst is an array of ", dtype_info(target.dtype).name,
                     ": use uint8, int8, float16, float32 or float64");
  }
  const Tensor source = self;
  const ReleaseGil release;
  std::optional<int> zero;  // what no int holds is as wrong as 256
  if (zero_point) zero = static_cast<int>(std::clamp<long long>(*zero_point, -1, 256));
  normalize_to(source, target, normalization, zero);
}

std::string describe(const Tensor& self) {
  std::string memory = tensor_memory_name(self.memory());
  memory[0] = static_cast<char>(memory[0] - 'a' + 'A');
  return message("Tensor(dtype=", dtype_info(self.dtype()).name,
                 ", shape=", self.shape().to_string(), ", memory=", memory, ")");
}

template <typename T>
py::object or_none(bool present, T value) {
  return present ? py::cast(value) : py::none();
}

void bind_construction(TensorClass& tensor) {
  tensor.def(py::init([](const Shape& shape, const Text& dtype, Memory memory,
                         const std::optional<Text>& name) {
               if (name && name->value.empty() && memory == TensorMemory::kShm) {
                 raise(ErrorCode::kInvalidArgument, "name is empty: pass None for a random one");
               }
               const ReleaseGil release;
               return Tensor(shape, parse_dtype(dtype.value), memory, name.value_or(Text()).value);
             }),
             py::arg("shape"), py::arg("dtype") = "float32", py::arg("mem") = py::none(),
             py::arg("name") = py::none());
  tensor.def_static(
      "image",
      [](Int<std::size_t> width, Int<std::size_t> height, PixelFormat format, Memory memory,
         const Text& dtype, std::optional<Int<std::size_t>> row_stride) {
        const ReleaseGil release;
        return make_image(width, height, format, memory, parse_dtype(dtype.value), row_stride);
      },
      py::arg("width"), py::arg("height"), py::arg("format"), py::arg("mem") = py::none(),
      py::arg("dtype") = "uint8", py::arg("row_stride") = py::none(), "A zero-filled image.");
  const auto wrap = [](const py::object& array, std::optional<PixelFormat> format) {
    if (!py::isinstance<py::array>(array)) {
      throw type_error("argument 'array' of Tensor.wrap() must be numpy.ndarray, not ",
                       type_name(array), ": Tensor.from_numpy copies what numpy.asarray() takes");
    }
    return wrap_array(array, format);
  };
  tensor.def_static("wrap", wrap, py::arg("array"), py::arg("format") = py::none(),
                    "A tensor over the memory of a writable array, without a copy.");
}

void bind_metadata(TensorClass& tensor) {
  tensor
      .def_property_readonly(
          "dtype", [](const Tensor& self) { return dtype_info(self.dtype()).name; },
          "numpy's name of the element type.")
      .def_property_readonly(
          "shape", [](const Tensor& self) { return self.shape(); }, "Extents, a fresh list.")
      .def_property_readonly("size", &Tensor::size_bytes, "Bytes, without padding.")
      .def_property_readonly("memory", &Tensor::memory, "Where the bytes live.")
      .def_property_readonly("name", &Tensor::name, "The storage's name.")
      .def_property_readonly("format", &Tensor::format, "The pixel format of an image, else None.")
      .def_property_readonly(
          "width", [](const Tensor& self) { return or_none(!!self.format(), self.width()); },
          "Pixels; None without a format.")
      .def_property_readonly(
          "height", [](const Tensor& self) { return or_none(!!self.format(), self.height()); },
          "Pixels; None without a format.")
      .def_property_readonly(
          "row_stride",
          [](const Tensor& self) {
            return or_none(self.format() || self.explicit_row_stride(), self.row_stride());
          },
          "Bytes from one row to the next; None without a format, but for chroma planes.")
      .def_property_readonly(
          "is_planar",
          [](const Tensor& self) {
            return self.format() &&
                   pixel_format_info(*self.format()).layout == PixelLayout::kPlanar;
          },
          "Whether every channel is a plane of its own.")
      .def_property("colorimetry", &Tensor::colorimetry, &Tensor::set_colorimetry,
                    "How YUV relates to RGB; None means BT.709 limited range.")
      .def(
          "reshape", [](Tensor& self, const Shape& shape) { self.reshape(shape); },
          py::arg("shape"), "Changes the shape; the element count must stay.")
      .def("set_format", &Tensor::set_format, py::arg("format"),
           "Makes an image of a tensor whose shape fits.")
      .def("__str__", &describe);
}

void bind_quantization_of(TensorClass& tensor) {
  tensor
      .def_property_readonly(
          "quantization",
          [](const Tensor& self) -> std::optional<Quantization> {
            if (self.quantization() == nullptr) return std::nullopt;
            return *self.quantization();
          },
          "A copy of the quantization metadata, else None.")
      .def(
          "set_quantization_per_tensor",
          [](Tensor& self, float scale, Int<std::int32_t> zero_point) {
            self.set_quantization(Quantization::per_tensor(scale, zero_point));
          },
          py::arg("scale"), py::arg("zero_point"), "One scale and zero point.")
      .def(
          "set_quantization_per_tensor_symmetric",
          [](Tensor& self, float scale) {
            self.set_quantization(Quantization::per_tensor_symmetric(scale));
          },
          py::arg("scale"), "One scale, zero point 0.")
      .def(
          "set_quantization_per_channel",
          [](Tensor& self, const Numbers<float>& scales, const Numbers<std::int32_t>& zero_points,
             Int<std::size_t> axis) {
            self.set_quantization(
                Quantization::per_channel(scales.values, zero_points.values, axis));
          },
          py::arg("scales"), py::arg("zero_points"), py::arg("axis"),
          "A scale and zero point per index of an axis.")
      .def(
          "set_quantization_per_channel_symmetric",
          [](Tensor& self, const Numbers<float>& scales, Int<std::size_t> axis) {
            self.set_quantization(Quantization::per_channel_symmetric(scales.values, axis));
          },
          py::arg("scales"), py::arg("axis"), "A scale per index of an axis, zero points 0.")
      .def("clear_quantization", &Tensor::clear_quantization, "Removes the metadata.");
}

void bind_exchange(TensorClass& tensor) {
  tensor.def("numpy", &ndarray_of, "An array over the tensor's memory, without a copy.")
      .def("from_numpy", &from_numpy, py::arg("src"),
           "Copies an array of any layout; dtype and element count must agree.")
      .def("normalize_to_numpy", &normalize_to_numpy, py::arg("dst"),
           py::arg("normalization") = Normalization::kDefault, py::arg("zero_point") = py::none(),
           "Writes an 8-bit image into an array as the numbers a model wants.");
}

void bind_colorimetry(py::module_& module) {
  py::class_<Colorimetry>(module, "Colorimetry", "How a YUV image relates to RGB.")
      .def(py::init([](ColorEncoding encoding, ColorRange range) {
             return Colorimetry{encoding, range};
           }),
           py::kw_only(), py::arg("encoding") = Colorimetry().encoding,
           py::arg("range") = Colorimetry().range)
      .def_property_readonly(
          "encoding", [](const Colorimetry& self) { return self.encoding; }, "The matrix.")
      .def_property_readonly(
          "range", [](const Colorimetry& self) { return self.range; }, "The samples' range.")
      .def("__eq__",
           [](const Colorimetry& self, const py::object& other) {
             return py::isinstance<Colorimetry>(other) && self == other.cast<Colorimetry>();
           })
      .def("__reduce__",
           [](const py::object& self) {
             const py::object make =
                 py::module_::import("functools")
                     .attr("partial")(py::type::of(self),
                                      py::arg("encoding") = self.attr("encoding"),
                                      py::arg("range") = self.attr("range"));
             return py::make_tuple(make, py::tuple());
           })
      .def("__repr__", [](const Colorimetry& self) {
        return "Colorimetry(encoding=" + py::repr(py::cast(self.encoding)).cast<std::string>() +
               ", range=" + py::repr(py::cast(self.range)).cast<std::string>() + ")";
      });
}

}  // namespace

void bind_tensor(py::module_& module) {
  bind_quantization(module);
  bind_colorimetry(module);
  TensorClass tensor(module, "Tensor",
                     "An n-dimensional array in heap, shared or device memory; with a pixel "
                     "format, an image.");
  bind_construction(tensor);
  bind_metadata(tensor);
  bind_quantization_of(tensor);
  bind_exchange(tensor);
}

}  // namespace edgefirst::python
